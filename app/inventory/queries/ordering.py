"""What to order again at a location: levels at or below their reorder point, the emptiest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import Session

from app.catalog.models import Media, MediaState, Product, Variant
from app.catalog.queries.values import organization_of
from app.catalog.service.writing import among
from app.core import clock
from app.core.paging import KeysetPage, decode_cursor, encode_cursor, id_in, number_in
from app.inventory.ledger import PostingKind
from app.inventory.models import KitComponent, Level, Posting, Transfer, TransferLine
from app.inventory.reporting import Shelf, days_left, to_order
from app.inventory.transit import OPEN, TransferState

LOOKED_AT: Final = 28  # days whose sales tell the speed
PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class Coming:
    """Units of a variant in a transfer that is open."""

    transfer_id: UUID
    name: str
    is_draft: bool
    expected_on: date | None
    units: int


@dataclass(frozen=True, slots=True)
class LowRow:
    """A level at or below its reorder point, with what to order of it."""

    level_id: UUID
    variant_id: UUID
    title: str
    options: str
    sku: str | None
    thumb_media_id: UUID | None
    shelf: Shelf
    coming: Sequence[Coming]
    quantity: int

    @property
    def name(self) -> str:
        """Title and options, for labels."""
        return f"{self.title} / {self.options}" if self.options else self.title

    @property
    def days_left(self) -> int | None:
        """How many days what is available lasts; None: nothing was sold."""
        return days_left(self.shelf.available, self.shelf.sold, LOOKED_AT)


def _low(session: Session) -> list[ColumnElement[bool]]:
    organization = organization_of(session)
    return [
        Level.organization_id == organization,
        Level.reorder_point.is_not(None),
        Level.available <= Level.reorder_point,
        Level.is_counted.expression,
        Product.organization_id == organization,
        Product.archived_at.is_(None),
        ~select(KitComponent.id).where(KitComponent.kit_id == Level.variant_id).exists(),
    ]


def low_by_location(session: Session) -> Mapping[UUID, int]:
    """Return how many levels are at or below their reorder points, by location."""
    rows = session.execute(
        select(Level.location_id, func.count())
        .join(Variant, Variant.id == Level.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(*_low(session))
        .group_by(Level.location_id)
    )
    return {location_id: int(count) for location_id, count in rows}


def has_reorder_points(session: Session) -> bool:
    """Tell whether anybody said when to order again."""
    some = select(Level.id).where(
        Level.organization_id == organization_of(session), Level.reorder_point.is_not(None)
    )
    return session.scalar(select(some.exists())) is True


def low_page(
    session: Session,
    location_id: UUID,
    *,
    total: int,
    ahead: int,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> KeysetPage[LowRow]:
    """Return a page of what to order again at a location; three questions, however many rows."""
    cursor, is_back = before or after, before is not None
    at = decode_cursor(cursor, length=3) if cursor else None
    key = (Level.available, Level.id)
    question = (
        select(Level, Variant, Product.title, Media.id)
        .join(Variant, Variant.id == Level.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(
            Media,
            (Media.id == func.coalesce(Variant.media_id, Product.thumb_media_id))
            & (Media.state == MediaState.READY),
        )
        .where(*_low(session), Level.location_id == location_id)
    )
    if at is not None:
        here = literal(number_in(at[0], most=2**31 - 1), Level.available.type)
        there = tuple_(here, literal(id_in(at[1]), Level.id.type))
        question = question.where(tuple_(*key) < there if is_back else tuple_(*key) > there)
    order = [each.desc() for each in key] if is_back else list(key)
    found = session.execute(question.order_by(*order).limit(size + 1)).all()
    has_more, rows = len(found) > size, found[:size]
    if is_back:
        rows = rows[::-1]
    number = number_in(at[2]) if at else 1
    first = max(1, number - len(rows)) if is_back else number
    has_before, has_after = (has_more, True) if is_back else (at is not None, has_more)
    ends = [(rows[each][0].available, str(rows[each][0].id)) for each in (0, -1)] if rows else []
    return KeysetPage(
        _low_rows(session, location_id, rows, ahead),
        encode_cursor(*ends[0], first) if rows and has_before else None,
        encode_cursor(*ends[1], first + len(rows)) if rows and has_after else None,
        max(total, first + len(rows) - 1),
        first=first,
    )


def _low_rows(session: Session, location_id: UUID, rows: Sequence[Any], ahead: int) -> list[LowRow]:
    sold = _sold(session, [level.id for level, *_ in rows])
    coming = _coming(session, location_id, [level.variant_id for level, *_ in rows])
    return [
        _low_row(row, sold.get(row[0].id, 0), coming.get(row[0].variant_id, []), ahead)
        for row in rows
    ]


def _low_row(row: Any, sold: int, coming: Sequence[Coming], ahead: int) -> LowRow:
    level, variant, title, media_id = row
    drafted = sum(each.units for each in coming if each.is_draft)
    shelf = Shelf(
        level.available,
        level.reorder_point,
        level.reorder_quantity,
        level.incoming + drafted,
        sold,
    )
    return LowRow(
        level.id,
        variant.id,
        title,
        " / ".join(map(str, variant.choice.values())),
        variant.sku,
        media_id,
        shelf,
        coming,
        to_order(shelf, looked_at=LOOKED_AT, ahead=ahead),
    )


def _sold(session: Session, level_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many units were shipped from levels in the days that are looked at."""
    rows = session.execute(
        select(Posting.level_id, func.sum(-Posting.quantity))
        .where(
            among(Posting.level_id, level_ids),
            Posting.at >= clock.now() - timedelta(days=LOOKED_AT),
            Posting.kind.in_((PostingKind.SHIP, PostingKind.UNSHIP)),
        )
        .group_by(Posting.level_id)
    )
    return {level_id: int(units) for level_id, units in rows}


def _coming(
    session: Session, location_id: UUID, variant_ids: Sequence[UUID]
) -> dict[UUID, list[Coming]]:
    """Return what is under way to a location, or in a draft, by variant; the next one first."""
    rows = session.execute(
        select(TransferLine, Transfer)
        .join(Transfer, Transfer.id == TransferLine.transfer_id)
        .where(
            Transfer.organization_id == organization_of(session),
            Transfer.state.in_(sorted(OPEN)),
            Transfer.destination_id == location_id,
            among(TransferLine.variant_id, variant_ids),
        )
        .order_by(Transfer.expected_on, Transfer.number)
    )
    found: dict[UUID, list[Coming]] = {}
    for line, transfer in rows:
        word = "Transfer" if transfer.origin_id else "Delivery"
        if line.rest:
            found.setdefault(line.variant_id, []).append(
                Coming(
                    transfer.id,
                    f"{word} {transfer.number}",
                    transfer.state == TransferState.DRAFT,
                    transfer.expected_on,
                    line.rest,
                )
            )
    return found
