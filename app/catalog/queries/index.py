"""The product list: keyset pages in both directions, with totals that are exact up to 10,000."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, text, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.catalog.filters import ProductFilter
from app.catalog.models import Media, MediaState, Product
from app.catalog.queries.estimates import planned_rows
from app.catalog.queries.positions import (
    NULLABLE,
    Key,
    cursor_of,
    first_number,
    position_of,
)
from app.catalog.queries.searching import Narrowing, narrow
from app.catalog.queries.values import organization_of
from app.catalog.service.writing import among
from app.connections.models import Connection, ConnectionState
from app.core.money import Money
from app.core.paging import KeysetPage, decode_cursor
from app.listings.models import Listing

PAGE_SIZE: Final = 50
COUNTED: Final = 10_000
STEPS: Final = 20_000

_SORTS: Final[dict[str, InstrumentedAttribute[Any]]] = {
    "updated": Product.updated_at,
    "title": Product.title_key,
    "price": Product.price_min_minor,
    "stock": Product.stock_total,
    "brand": Product.brand,
}


@dataclass(frozen=True, slots=True)
class ListingBadge:
    """How a product stands on one connection."""

    listing_id: UUID
    connection_id: UUID
    connection: str
    channel: str
    state: str
    error: str | None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One line of the list."""

    id: UUID
    title: str
    status: str
    is_excluded: bool
    brand: str | None
    sku: str | None
    variant_count: int
    price_min: Money | None
    price_max: Money | None
    stock: int | None
    thumb_media_id: UUID | None
    updated_at: datetime
    listings: tuple[ListingBadge, ...] = ()


def product_list(
    session: Session,
    wanted: ProductFilter,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
    is_counting: bool = True,
) -> KeysetPage[ProductRow]:
    """Return one page of a list; `after` and `before` are cursors of an earlier page."""
    narrowing = narrow(session, wanted)
    cursor = before or after
    is_back = before is not None
    at = decode_cursor(cursor, length=3) if cursor else None
    walk = Walk(wanted, position_of(wanted.sort_key, at), is_back, size + 1)
    found, total = _keys(session, narrowing, walk)
    has_more = len(found) > size
    keys = found[:size][::-1] if is_back else found[:size]
    is_estimate = not is_counting
    if is_counting and total is None:
        total, is_estimate = _count(session, narrowing)
    first = first_number(at, len(keys), is_back=is_back)
    has_before = has_more if is_back else at is not None
    has_after = True if is_back else has_more
    return KeysetPage(
        rows=product_rows(session, [key for _, key in keys]),
        before=cursor_of(keys[0], first) if keys and has_before else None,
        after=cursor_of(keys[-1], first + len(keys)) if keys and has_after else None,
        total=max(total or 0, first + len(keys) - 1),
        is_estimate=is_estimate,
        first=first,
    )


@dataclass(frozen=True, slots=True)
class Walk:
    """Which way through a list: from where, in which direction, how far."""

    wanted: ProductFilter
    position: Key | None
    is_back: bool
    most: int

    @property
    def column(self) -> InstrumentedAttribute[Any]:
        """What the list is ordered by."""
        return _SORTS[self.wanted.sort_key]

    @property
    def is_down(self) -> bool:
        """Whether this walk meets larger values first."""
        return self.wanted.is_descending != self.is_back


def _keys(session: Session, narrowing: Narrowing, walk: Walk) -> tuple[list[Key], int | None]:
    """Return the keys of a page, and the total when it was counted on the way."""
    if not narrowing.is_gathered:
        found = _walk(session, narrowing, walk)
        if len(found) >= walk.most or not narrowing.is_broad:
            return found, None
    # Words far from the beginning of this order: gathering them costs less than walking on.
    return _gather(session, (*narrowing.plain, *narrowing.gathered), walk)


def _walk(session: Session, narrowing: Narrowing, walk: Walk) -> list[Key]:
    """Walk the order from a cursor; rows without a value always come last."""
    segments = [False, True] if walk.wanted.sort_key in NULLABLE else [False]
    if walk.is_back:
        segments.reverse()
    position = walk.position
    if position is not None:
        segments = segments[segments.index(position[0] is None) :]
    found: list[Key] = []
    for is_null in segments:
        where = list(narrowing.plain)
        if position is not None and is_null == (position[0] is None):
            where.append(_beyond(walk.column, position, is_down=walk.is_down))
        question = _segment(walk.column, where, is_null=is_null, is_down=walk.is_down)
        if narrowing.is_broad:
            question = _asking_each(question, narrowing, walk)
        rows = session.execute(question.limit(walk.most - len(found)))
        found += [(row[0], row[1]) for row in rows]
        if len(found) >= walk.most or narrowing.is_broad:  # a bounded walk may have left some out
            break
    return found


def _asking_each(question: Select[Any], narrowing: Narrowing, walk: Walk) -> Select[Any]:
    """Ask the words of each row on a walk of bounded length."""
    steps = question.add_columns(Product.search, Product.tags).limit(STEPS).subquery()
    row = aliased(Product, steps)
    column = getattr(row, walk.column.key)
    return (
        select(column, row.id)
        .where(*narrowing.walked(row))
        .order_by(*_directed((column, row.id), is_down=walk.is_down))
    )


def _directed(columns: Sequence[Any], *, is_down: bool) -> list[Any]:
    return [each.desc() if is_down else each.asc() for each in columns]


def _gather(
    session: Session, where: Sequence[ColumnElement[bool]], walk: Walk
) -> tuple[list[Key], int | None]:
    """Take all that fit, count and sort them, and return those beyond the cursor."""
    all_fitting = select(walk.column.label("value"), Product.id).where(*where)
    found = all_fitting.cte("found").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(found).scalar_subquery()
    question = select(found.c.value, found.c.id, total)
    if walk.position is not None:
        question = question.where(_after(found.c, walk.position, walk))
    last = found.c.value.is_(None)
    order = [last.desc() if walk.is_back else last.asc()]
    order += _directed((found.c.value, found.c.id), is_down=walk.is_down)
    rows = session.execute(question.order_by(*order).limit(walk.most)).all()
    return [(row[0], row[1]) for row in rows], (rows[0][2] if rows else None)


def _after(columns: Any, position: Key, walk: Walk) -> ColumnElement[bool]:
    value, product_id = position
    by_id = columns.id < product_id if walk.is_down else columns.id > product_id
    is_null = columns.value.is_(None)
    if value is None:
        same: ColumnElement[bool] = and_(is_null, by_id)
        return or_(~is_null, same) if walk.is_back else same
    by_value = columns.value < value if walk.is_down else columns.value > value
    beyond = or_(by_value, and_(columns.value == value, by_id))
    return beyond if walk.is_back else or_(is_null, beyond)


def _segment(
    column: InstrumentedAttribute[Any],
    where: Sequence[ColumnElement[bool]],
    *,
    is_null: bool,
    is_down: bool,
) -> Select[Any]:
    question = select(column, Product.id).where(*where)
    if column.expression.nullable:
        question = question.where(column.is_(None) if is_null else column.is_not(None))
    order = [Product.id] if is_null else [column, Product.id]
    return question.order_by(*_directed(order, is_down=is_down))


def _beyond(
    column: InstrumentedAttribute[Any], position: tuple[Any, UUID], *, is_down: bool
) -> ColumnElement[bool]:
    value, product_id = position
    if value is None:
        return Product.id < product_id if is_down else Product.id > product_id
    here = tuple_(column, Product.id)
    there = tuple_(literal(value, column.type), literal(product_id, Product.id.type))
    return here < there if is_down else here > there


def _count(session: Session, narrowing: Narrowing) -> tuple[int, bool]:
    """Count exactly up to 10,000; beyond that, take the planner's word."""
    if not narrowing.is_broad:
        fitting = select(literal(1)).select_from(Product).where(*narrowing.where)
        some = fitting.limit(COUNTED + 1).subquery()
        counted = session.scalar(select(func.count()).select_from(some)) or 0
        if counted <= COUNTED:
            return counted, False
    planned = planned_rows(session, select(Product.id).where(*narrowing.where))
    return max(planned, 0 if narrowing.is_broad else COUNTED), True


def product_rows(session: Session, product_ids: Sequence[UUID]) -> list[ProductRow]:
    """Return the lines of these products, in the order given; absent ones are left out."""
    if not product_ids:
        return []
    rows = session.execute(
        select(
            Product.id,
            Product.title,
            Product.status,
            Product.is_excluded,
            Product.brand,
            Product.first_sku,
            Product.variant_count,
            Product.currency,
            Product.price_min_minor,
            Product.price_max_minor,
            Product.stock_total,
            Product.updated_at,
            Media.id.label("thumb_media_id"),
        )
        .outerjoin(Media, (Media.id == Product.thumb_media_id) & (Media.state == MediaState.READY))
        .where(Product.organization_id == organization_of(session), among(Product.id, product_ids))
    )
    badges = listing_badges(session, product_ids)
    found = {row.id: _row(row, badges.get(row.id, ())) for row in rows}
    return [found[key] for key in product_ids if key in found]


def _row(row: Any, badges: Sequence[ListingBadge]) -> ProductRow:
    currency = row.currency or "USD"
    return ProductRow(
        id=row.id,
        title=row.title,
        status=str(row.status),
        is_excluded=row.is_excluded,
        brand=row.brand,
        sku=row.first_sku,
        variant_count=row.variant_count,
        price_min=None if row.price_min_minor is None else Money(row.price_min_minor, currency),
        price_max=None if row.price_max_minor is None else Money(row.price_max_minor, currency),
        stock=row.stock_total,
        thumb_media_id=row.thumb_media_id,
        updated_at=row.updated_at,
        listings=tuple(badges),
    )


def listing_badges(session: Session, product_ids: Sequence[UUID]) -> dict[UUID, list[ListingBadge]]:
    """Return how products stand on each connection."""
    rows = session.execute(
        select(
            Listing.product_id,
            Listing.id,
            Listing.connection_id,
            Connection.name,
            Connection.channel,
            Listing.state,
            Listing.error,
        )
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            among(Listing.product_id, product_ids),
            Connection.state != ConnectionState.DISCONNECTED,
        )
        .order_by(Connection.name, Listing.id)
    )
    found: dict[UUID, list[ListingBadge]] = {}
    for row in rows:
        badge = ListingBadge(
            row.id, row.connection_id, row.name, row.channel, str(row.state), row.error
        )
        found.setdefault(row.product_id, []).append(badge)
    return found


def count_products(session: Session, wanted: ProductFilter) -> tuple[int, bool]:
    """Return how many products a filter finds, and whether that is an estimate."""
    return _count(session, narrow(session, wanted))


def selected_ids(session: Session, wanted: ProductFilter, *, most: int) -> list[UUID]:
    """Return the products of a list, at most so many, in no order that matters."""
    question = select(Product.id).where(*narrow(session, wanted).where).limit(most)
    return list(session.scalars(question))


def iter_product_ids(
    session: Session, wanted: ProductFilter, *, size: int = 1000
) -> Iterator[list[UUID]]:
    """Go through every product of a list in slices, in the order of their ids."""
    where = narrow(session, wanted).where
    last: UUID | None = None
    while True:
        question = select(Product.id).where(*where).order_by(Product.id).limit(size)
        if last is not None:
            question = question.where(Product.id > last)
        ids = list(session.scalars(question))
        if ids:
            yield ids
        if len(ids) < size:
            return
        last = ids[-1]


def is_catalog_empty(session: Session) -> bool:
    """Tell whether the organization has no product at all."""
    return (
        session.scalar(
            select(Product.id).where(Product.organization_id == organization_of(session)).limit(1)
        )
        is None
    )


def brand_names(session: Session, *, most: int = 100) -> list[str]:
    """Return brands in use, by jumping along the index from one to the next."""
    rows = session.scalars(_BRANDS, {"organization": organization_of(session), "most": most})
    return list(rows)


_BRANDS: Final = text(
    """
    WITH RECURSIVE found AS (
        (SELECT brand FROM products
         WHERE organization_id = :organization AND brand IS NOT NULL ORDER BY brand LIMIT 1)
        UNION ALL
        SELECT (SELECT p.brand FROM products p
                WHERE p.organization_id = :organization AND p.brand > found.brand
                ORDER BY p.brand LIMIT 1)
        FROM found WHERE found.brand IS NOT NULL
    )
    SELECT brand FROM found WHERE brand IS NOT NULL LIMIT :most
    """
)
