"""Transfers: the list, newest first, and one of them with its lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from app.catalog.models import Media, MediaState, Product, Variant
from app.catalog.queries.values import organization_of
from app.catalog.service.writing import among
from app.core.errors import NotFound
from app.core.paging import KeysetPage, itself, newest_page
from app.inventory.models import Level, Location, Transfer, TransferLine
from app.inventory.transit import ON_THE_WAY, OPEN, TransferState
from app.team.models import User

TABS: Final = {
    "open": OPEN,
    "draft": frozenset((TransferState.DRAFT,)),
    "way": ON_THE_WAY,
    "done": frozenset(TransferState) - OPEN,
}
PAGE_SIZE: Final = 50
_Origin = aliased(Location)
_Destination = aliased(Location)


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One line of the list."""

    id: UUID
    number: int
    state: str
    origin: str | None
    supplier: str
    destination: str
    expected_on: date | None
    created_at: datetime
    lines: int
    units: int
    on_the_way: int

    @property
    def source(self) -> str:
        """Where the goods come from, in words."""
        return self.origin or self.supplier or "Outside"


def _rows(session: Session) -> "Select[*tuple[Any, ...]]":
    rest = (
        TransferLine.quantity
        - TransferLine.arrived
        - TransferLine.missing
        - TransferLine.damaged
        - TransferLine.turned_back
    )
    sums = (
        select(
            func.count().label("lines"),
            func.coalesce(func.sum(TransferLine.quantity), 0).label("units"),
            func.coalesce(func.sum(rest), 0).label("rest"),
        )
        .where(TransferLine.transfer_id == Transfer.id)
        .correlate(Transfer)
        .lateral("sums")
    )
    on_the_way = case((Transfer.state.in_(sorted(ON_THE_WAY)), sums.c.rest), else_=0)
    return (
        select(
            Transfer.id,
            Transfer.number,
            Transfer.state,
            _Origin.name,
            Transfer.supplier,
            _Destination.name,
            Transfer.expected_on,
            Transfer.created_at,
            sums.c.lines,
            sums.c.units,
            on_the_way,
        )
        .join(_Destination, _Destination.id == Transfer.destination_id)
        .outerjoin(_Origin, _Origin.id == Transfer.origin_id)
        .join(sums, literal(value=True))
        .where(Transfer.organization_id == organization_of(session))
    )


def transfer_list(
    session: Session, tab: str = "", *, after: str | None = None, before: str | None = None
) -> KeysetPage[TransferRow]:
    """Return one page of the transfers of a tab, newest first; only theirs are added up."""
    wanted = select(Transfer.id).where(Transfer.organization_id == organization_of(session))
    if tab in TABS:
        wanted = wanted.where(Transfer.state.in_(sorted(TABS[tab])))
    found = newest_page(
        session,
        wanted,
        [Transfer.id],
        itself,
        after=after,
        before=before,
        limit=PAGE_SIZE,
        counted=10_000,
    )
    rows = session.execute(_rows(session).where(among(Transfer.id, found.rows)))
    by_id = {row[0]: TransferRow(*row) for row in rows}
    return replace(found, rows=[by_id[key] for key in found.rows])


def has_transfers(session: Session) -> bool:
    """Tell whether there is any."""
    mine = select(Transfer.id).where(Transfer.organization_id == organization_of(session))
    return session.scalar(select(mine.exists())) is True


@dataclass(frozen=True, slots=True)
class TransferLineRow:
    """A line with what people know the variant by, and what is available where it leaves."""

    line: TransferLine
    title: str
    options: str
    sku: str | None
    gtin: str | None
    thumb_media_id: UUID | None
    available: int | None  # at the origin; None: from outside, or not counted there

    @property
    def id(self) -> UUID:
        """The line's id."""
        return self.line.id

    @property
    def name(self) -> str:
        """Title and options, for labels."""
        return f"{self.title} / {self.options}" if self.options else self.title


@dataclass(frozen=True, slots=True)
class TransferDetail:
    """A transfer as its page shows it."""

    transfer: Transfer
    origin: str | None
    destination: str
    person: str | None
    lines: Sequence[TransferLineRow]

    @property
    def source(self) -> str:
        """Where the goods come from, in words."""
        return self.origin or self.transfer.supplier or "Outside"

    @property
    def rest(self) -> int:
        """How many units are still on their way."""
        is_on_the_way = self.transfer.state in ON_THE_WAY
        return sum(each.line.rest for each in self.lines) if is_on_the_way else 0

    def sum_of(self, name: str) -> int:
        """Add a figure up over all lines."""
        return sum(getattr(each.line, name) for each in self.lines)


def transfer_detail(session: Session, transfer_id: UUID) -> TransferDetail:
    """Return a transfer with its lines; raises NotFound."""
    found = session.execute(
        select(Transfer, _Origin.name, _Destination.name, User.name)
        .join(_Destination, _Destination.id == Transfer.destination_id)
        .outerjoin(_Origin, _Origin.id == Transfer.origin_id)
        .outerjoin(User, User.id == Transfer.user_id)
        .where(Transfer.id == transfer_id, Transfer.organization_id == organization_of(session))
    ).first()
    if found is None:
        raise NotFound
    transfer, origin, destination, person = found
    return TransferDetail(transfer, origin, destination, person, _lines(session, transfer))


def _lines(session: Session, transfer: Transfer) -> Sequence[TransferLineRow]:
    picture = func.coalesce(Variant.media_id, Product.thumb_media_id)
    rows = session.execute(
        select(TransferLine, Variant, Product.title, Media.id)
        .join(Variant, Variant.id == TransferLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Media, (Media.id == picture) & (Media.state == MediaState.READY))
        .where(TransferLine.transfer_id == transfer.id)
        .order_by(TransferLine.id)
    ).all()
    here = select(Level.variant_id, Level.available).where(
        Level.location_id == transfer.origin_id,
        Level.is_counted,
        among(Level.variant_id, [line.variant_id for line, *_ in rows]),
    )
    available: dict[UUID, int] = {}
    if transfer.origin_id is not None:
        available = {each.variant_id: each.available for each in session.execute(here)}
    return [
        TransferLineRow(
            line,
            title,
            " / ".join(map(str, variant.choice.values())),
            variant.sku,
            variant.gtin,
            media_id,
            available.get(line.variant_id),
        )
        for line, variant, title, media_id in rows
    ]
