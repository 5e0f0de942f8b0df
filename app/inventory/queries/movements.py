"""The ledger of one variant, newest first: what moved, why, by whom, because of what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Select, cast, func, select
from sqlalchemy.orm import Session

from app.catalog.filters import is_id
from app.catalog.models import Import
from app.catalog.queries.values import organization_of
from app.catalog.service.writing import among
from app.connections.models import Connection
from app.core import clock
from app.core.paging import KeysetPage, newest_page
from app.inventory.ledger import PostingKind
from app.inventory.models import Level, Location, Posting, StockCount, Transfer
from app.orders.models import Order
from app.team.models import User

DAYS: Final = 30
COUNTED: Final = 10_000
MOST_EXPORTED: Final = 100_000


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting with the names people know it by."""

    posting: Posting
    location: str
    person: str | None

    @property
    def id(self) -> int:
        """The posting's id."""
        return self.posting.id


@dataclass(frozen=True, slots=True)
class Cause:
    """What a posting was made by."""

    kind: str  # "order", "connection", "import", "transfer", "count", or "reason"
    key: str
    label: str = ""


def _wanted(
    session: Session, variant_id: UUID, location: str, kind: str
) -> Select[*tuple[Any, ...]]:
    levels = select(Level.id).where(
        Level.variant_id == variant_id, Level.organization_id == organization_of(session)
    )
    if is_id(location):
        levels = levels.where(Level.location_id == UUID(location))
    wanted = (
        select(Posting, Location.name, User.name)
        .join(Level, Level.id == Posting.level_id)
        .join(Location, Location.id == Level.location_id)
        .outerjoin(User, User.id == Posting.user_id)
        .where(among(Posting.level_id, session.scalars(levels)))
    )
    return wanted.where(Posting.kind == PostingKind(kind)) if kind in set(PostingKind) else wanted


def movements(
    session: Session,
    variant_id: UUID,
    *,
    location: str = "",
    kind: str = "",
    after: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> KeysetPage[Movement]:
    """Return a page of what moved, newest first."""
    return newest_page(
        session,
        _wanted(session, variant_id, location, kind),
        [Posting.id],
        Movement,
        after=after,
        before=before,
        limit=limit,
        counted=COUNTED,
    )


def every_movement(
    session: Session, variant_id: UUID, *, location: str = "", kind: str = ""
) -> Iterator[Movement]:
    """Go through what moved, newest first, for a file."""
    wanted = _wanted(session, variant_id, location, kind).order_by(Posting.id.desc())
    rows = session.execute(wanted.limit(MOST_EXPORTED).execution_options(yield_per=1_000))
    for row in rows:
        yield Movement(*row)


def causes(session: Session, references: Sequence[str | None]) -> Mapping[str, Cause]:
    """Return what postings were made by, by reference; one question per kind of cause."""
    found: dict[str, Cause] = {}
    ids: dict[str, dict[UUID, str]] = {}
    for reference in {each for each in references if each}:
        kind, _, key = reference.partition(":")
        found[reference] = Cause(kind, key)
        if is_id(key):
            ids.setdefault(kind, {})[UUID(key)] = reference
    asked: Mapping[str, tuple[Any, Any]] = {
        "order": (Order.id, Order.number),
        "connection": (Connection.id, Connection.name),
        "import": (Import.id, Import.file_name),
        "transfer": (Transfer.id, func.concat("Transfer ", Transfer.number)),
        "count": (StockCount.id, func.concat("Count ", StockCount.number)),
    }
    for kind, (column, label) in asked.items():
        if kind in ids:
            rows = session.execute(select(column, label).where(among(column, ids[kind])))
            for key, name in rows:
                found[ids[kind][key]] = Cause(kind, str(key), name)
    return found


@dataclass(frozen=True, slots=True)
class Day:
    """What lay there at the end of a day, and what came and went on it."""

    at: date
    on_hand: int
    came: int = 0
    went: int = 0


def on_hand_by_day(session: Session, variant_id: UUID, zone: ZoneInfo) -> Sequence[Day]:
    """Return the last DAYS in a zone, the oldest first, counted back from what lies there now."""
    first = clock.now().astimezone(zone).date() - timedelta(days=DAYS - 1)
    levels = session.execute(
        select(Level.id, Level.on_hand).where(
            Level.variant_id == variant_id, Level.organization_id == organization_of(session)
        )
    ).all()
    day = cast(func.timezone(zone.key, Posting.at), Date)
    rows = session.execute(
        select(
            day,
            func.coalesce(func.sum(Posting.quantity).filter(Posting.quantity > 0), 0),
            func.coalesce(func.sum(-Posting.quantity).filter(Posting.quantity < 0), 0),
        )
        .where(
            among(Posting.level_id, [level_id for level_id, _ in levels]),
            Posting.at >= datetime.combine(first, time.min, zone),
            Posting.quantity != 0,
        )
        .group_by(day)
    )
    moved = {at: (int(came), int(went)) for at, came, went in rows}
    days: list[Day] = []
    left = sum(on_hand for _, on_hand in levels)
    for at in [first + timedelta(days=each) for each in reversed(range(DAYS))]:
        came, went = moved.get(at, (0, 0))
        days.append(Day(at, left, came, went))
        left += went - came
    return days[::-1] if moved else ()
