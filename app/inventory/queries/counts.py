"""Counts: the list, what counters see (never a figure of ours), and what approvers compare."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalog.models import Category, Media, MediaState, Product, Variant
from app.catalog.queries.values import organization_of
from app.catalog.service.writing import among
from app.core.errors import NotFound
from app.core.paging import KeysetPage, itself, newest_page
from app.inventory.counting import OPEN, CountState
from app.inventory.models import Level, Location, StockCount, StockCountLine
from app.team.models import User

PAGE_SIZE: Final = 50
TABS: Final = {
    "open": OPEN,
    "done": frozenset(CountState) - OPEN,
}
_DIFFERS: Final = StockCountLine.counted != StockCountLine.expected
VIEWS: Final[dict[str, ColumnElement[bool]]] = {
    "todo": StockCountLine.counted.is_(None),
    "seen": StockCountLine.counted.is_not(None),
    "differs": and_(_DIFFERS, StockCountLine.posted.is_(None)),
    "posted": and_(StockCountLine.posted.is_not(None), StockCountLine.posted != 0),
}


@dataclass(frozen=True, slots=True)
class CountRow:
    """One line of the list."""

    id: UUID
    number: int
    state: str
    location: str
    scope: str
    person: str | None
    created_at: datetime
    lines: int
    counted: int


def _sums() -> "Select[*tuple[Any, ...]]":
    return select(
        func.count().label("lines"),
        func.count(StockCountLine.counted).label("counted"),
        func.count().filter(VIEWS["differs"]).label("differs"),
        func.count().filter(VIEWS["posted"]).label("posted"),
        func.coalesce(
            func.sum(StockCountLine.counted - StockCountLine.expected).filter(
                StockCountLine.counted > StockCountLine.expected
            ),
            0,
        ).label("more"),
        func.coalesce(
            func.sum(StockCountLine.expected - StockCountLine.counted).filter(
                StockCountLine.counted < StockCountLine.expected
            ),
            0,
        ).label("fewer"),
    )


def count_list(
    session: Session, tab: str = "", *, after: str | None = None, before: str | None = None
) -> KeysetPage[CountRow]:
    """Return one page of the counts of a tab, newest first; only theirs are added up."""
    wanted = select(StockCount.id).where(StockCount.organization_id == organization_of(session))
    if tab in TABS:
        wanted = wanted.where(StockCount.state.in_(sorted(TABS[tab])))
    found = newest_page(
        session,
        wanted,
        [StockCount.id],
        itself,
        after=after,
        before=before,
        limit=PAGE_SIZE,
        counted=10_000,
    )
    rows = session.execute(_rows().where(among(StockCount.id, found.rows)))
    by_id = {row[0]: CountRow(*row) for row in rows}
    return replace(found, rows=[by_id[key] for key in found.rows])


def _rows() -> "Select[*tuple[Any, ...]]":
    sums = (
        _sums()
        .where(StockCountLine.count_id == StockCount.id)
        .correlate(StockCount)
        .lateral("sums")
    )
    return (
        select(
            StockCount.id,
            StockCount.number,
            StockCount.state,
            Location.name,
            StockCount.scope,
            User.name,
            StockCount.created_at,
            sums.c.lines,
            sums.c.counted,
        )
        .join(Location, Location.id == StockCount.location_id)
        .outerjoin(User, User.id == StockCount.user_id)
        .join(sums, literal(value=True))
    )


def has_counts(session: Session) -> bool:
    """Tell whether there is any."""
    mine = select(StockCount.id).where(StockCount.organization_id == organization_of(session))
    return session.scalar(select(mine.exists())) is True


@dataclass(frozen=True, slots=True)
class CountDetail:
    """A count as its pages show it."""

    count: StockCount
    location: str
    person: str | None
    lines: int
    counted: int
    differs: int
    posted: int
    more: int
    fewer: int


def count_detail(session: Session, count_id: UUID) -> CountDetail:
    """Return a count with its sums; raises NotFound."""
    found = session.execute(
        select(StockCount, Location.name, User.name)
        .join(Location, Location.id == StockCount.location_id)
        .outerjoin(User, User.id == StockCount.user_id)
        .where(StockCount.id == count_id, StockCount.organization_id == organization_of(session))
    ).first()
    if found is None:
        raise NotFound
    sums = session.execute(_sums().where(StockCountLine.count_id == count_id)).one()
    return CountDetail(*found, *map(int, sums))


@dataclass(frozen=True, slots=True)
class CountLineRow:
    """A line with what people know the variant by."""

    line: StockCountLine
    title: str
    choice: dict[str, Any]
    sku: str | None
    gtin: str | None
    thumb_media_id: UUID | None
    person: str | None
    on_hand: int | None  # now; no page of a counter shows it

    @property
    def id(self) -> UUID:
        """The line's id."""
        return self.line.id

    @property
    def options(self) -> str:
        """The variant's options."""
        return " / ".join(map(str, self.choice.values()))

    @property
    def name(self) -> str:
        """Title and options, for labels."""
        return f"{self.title} / {self.options}" if self.choice else self.title

    @property
    def since(self) -> int:
        """By how much on hand moved after the look."""
        return (self.on_hand or 0) - (self.line.expected or 0)


def _lines(session: Session, count_id: UUID) -> "Select[*tuple[Any, ...]]":
    picture = func.coalesce(Variant.media_id, Product.thumb_media_id)
    return (
        select(
            StockCountLine,
            Product.title,
            Variant.choice,
            Variant.sku,
            Variant.gtin,
            Media.id,
            User.name,
            Level.on_hand,
        )
        .join(StockCount, StockCount.id == StockCountLine.count_id)
        .join(Variant, Variant.id == StockCountLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Media, (Media.id == picture) & (Media.state == MediaState.READY))
        .outerjoin(User, User.id == StockCountLine.user_id)
        .outerjoin(
            Level,
            (Level.variant_id == StockCountLine.variant_id)
            & (Level.location_id == StockCount.location_id),
        )
        .where(
            StockCountLine.count_id == count_id,
            StockCountLine.organization_id == organization_of(session),
        )
    )


def count_lines(
    session: Session,
    count_id: UUID,
    view: str,
    *,
    after: str | None = None,
    before: str | None = None,
) -> KeysetPage[CountLineRow]:
    """Return one page of lines: what is seen, the last look first; all else as people walk."""
    wanted = _lines(session, count_id)
    if view in VIEWS:
        wanted = wanted.where(VIEWS[view])
    is_seen = view == "seen"
    key: list[InstrumentedAttribute[Any]] = [StockCountLine.id]
    return newest_page(
        session,
        wanted,
        [StockCountLine.counted_at, *key] if is_seen else key,
        CountLineRow,
        after=after,
        before=before,
        limit=PAGE_SIZE,
        is_oldest_first=not is_seen,
    )


def every_count_line(session: Session, count_id: UUID) -> Iterator[CountLineRow]:
    """Yield all lines of a count, as people walk."""
    for row in session.execute(_lines(session, count_id).order_by(StockCountLine.id)):
        yield CountLineRow(*row)


def count_line(session: Session, count_id: UUID, line_id: UUID) -> CountLineRow | None:
    """Return one line."""
    row = session.execute(_lines(session, count_id).where(StockCountLine.id == line_id)).first()
    return None if row is None else CountLineRow(*row)


def open_line_ids(session: Session, count_id: UUID) -> Sequence[UUID]:
    """Return the lines whose differences nobody doubts: nothing moved while they were counted."""
    return session.scalars(
        select(StockCountLine.id).where(
            StockCountLine.count_id == count_id,
            StockCountLine.organization_id == organization_of(session),
            VIEWS["differs"],
            StockCountLine.has_moved.is_(False),
        )
    ).all()


def category_choices(session: Session) -> list[tuple[str, str]]:
    """Return all categories by their full names."""
    rows = session.execute(
        select(Category.id, Category.path)
        .where(Category.organization_id == organization_of(session))
        .order_by(Category.path)
    )
    return [(str(key), path) for key, path in rows]
