"""The list of stock: a row per variant, all locations added up or one of them; keyset pages.

The list walks an index and adds up only what a page shows; in the order of a figure it walks the
totals (`by_figure`). At one location a figure has no total, and is added up for everything there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    func,
    lateral,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Session

from app.catalog import rules
from app.catalog.filters import ProductFilter
from app.catalog.models import Media, MediaState, Product, Variant
from app.catalog.queries.estimates import planned_rows
from app.catalog.queries.searching import narrow
from app.catalog.queries.values import organization_of
from app.catalog.service.writing import among
from app.core.paging import (
    KeysetPage,
    decode_cursor,
    encode_cursor,
    id_in,
    number_in,
    text_in,
)
from app.inventory.filters import StockFilter
from app.inventory.models import Level
from app.inventory.queries import by_figure
from app.inventory.service import kit_quantities

PAGE_SIZE: Final = 50
COUNTED: Final = 10_000
_BUCKETS: Final = ("on_hand", "committed", "reserved", "locked", "incoming", "available")
_UNCOUNTED: Final = -(2**31)  # sorts before every figure, as “not counted” does


Conditions = Sequence[ColumnElement[bool]]
Part = Callable[[Sequence[Any] | None], Any]  # asks for what comes behind a row


@dataclass(frozen=True, slots=True)
class _Way:
    """Which way a list is walked, and how many rows are asked for."""

    is_down: bool
    is_back: bool
    limit: int

    def ordered(self, rows: Select[Any], key: Sequence[Any]) -> Select[Any]:
        """Return rows in the order of a key."""
        order = [each.desc() if self.is_down else each.asc() for each in key]
        return rows.order_by(*order).limit(self.limit)


@dataclass(frozen=True, slots=True)
class StockRow:
    """One variant with what lies there, what is promised of it and what may be sold."""

    id: UUID
    product_id: UUID
    title: str
    options: str
    sku: str | None
    thumb_media_id: UUID | None
    is_counted: bool
    on_hand: int
    committed: int
    reserved: int
    locked: int
    incoming: int
    available: int
    is_low: bool
    is_kit: bool = False  # what is available of it, its components give

    @property
    def name(self) -> str:
        """Title and options, for labels."""
        return f"{self.title} / {self.options}" if self.options else self.title


def stock_page(
    session: Session,
    wanted: StockFilter,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> KeysetPage[StockRow]:
    """Return one page of the list; `after` and `before` are cursors of an earlier page."""
    cursor, is_back = before or after, before is not None
    at = _place_in(wanted, cursor) if cursor else None
    sums = _sums(wanted, organization_of(session))
    where = _narrowed(session, wanted, sums)
    way = _Way(wanted.is_descending != is_back, is_back, size + 1)
    found = _walked(session, wanted, _parts(session, wanted, where, way), at, way)
    has_more, rows = len(found) > size, found[:size]
    if is_back:
        rows = rows[::-1]
    number = at[2] if at else 1
    first = max(1, number - len(rows)) if is_back else number
    total, is_estimate = _count(session, wanted, where, sums)
    has_before, has_after = (has_more, True) if is_back else (at is not None, has_more)
    return KeysetPage(
        _with_kits(session, [_row(each) for each in rows]),
        encode_cursor(rows[0].place, str(rows[0].id), first) if rows and has_before else None,
        encode_cursor(rows[-1].place, str(rows[-1].id), first + len(rows))
        if rows and has_after
        else None,
        max(total, first + len(rows) - 1),
        is_estimate,
        first,
    )


def _place_in(wanted: StockFilter, cursor: str) -> Sequence[Any]:
    """Return what a cursor says: value and id of the row it stands at, and its number."""
    value, key, number = decode_cursor(cursor, length=3)
    if wanted.sort_key == "title" or (wanted.sort_key == "sku" and value is not None):
        value = text_in(value)
    elif value is not None or wanted.location:  # nothing: it has no place in this order
        value = number_in(value)
    return [value, id_in(key), number_in(number)]


def _parts(
    session: Session, wanted: StockFilter, where: Conditions, way: _Way
) -> list[tuple[bool, Part]]:
    """Return what has a place in the order, and what has none and comes last, both ways."""
    if _has_totals(wanted):
        organization_id = organization_of(session)
        asked = by_figure.Asked(
            organization_id, where, wanted.stock, wanted.sort_key, way.is_down, way.limit
        )
        parts: list[tuple[bool, Part]] = [
            (True, partial(by_figure.counted, asked)),
            (False, partial(by_figure.uncounted, asked)),
        ]
        if wanted.stock:
            return parts[1:] if wanted.stock == "uncounted" else parts[:1]
        return parts
    sums = _sums(wanted, organization_of(session))
    column = _column(wanted, sums)
    if wanted.sort_key == "sku" and not _is_summed(wanted):
        named = [*where, Variant.sku_key.is_not(None)]
        nameless = [*where, Variant.sku_key.is_(None)]
        return [
            (True, partial(_in_order, wanted, sums, column, named, way)),
            (False, partial(_in_order, wanted, sums, None, nameless, way)),
        ]
    return [(True, partial(_in_order, wanted, sums, column, where, way))]


def _in_order(
    wanted: StockFilter,
    sums: FromClause,
    column: Any,
    where: Conditions,
    way: _Way,
    at: Sequence[Any] | None,
) -> Select[Any]:
    """Ask for the next variants in the order of a column, or of their ids."""
    question = select(
        Variant.id.label("variant_id"), (null() if column is None else column).label("place")
    ).join(Product, Product.id == Variant.product_id)
    if _is_summed(wanted):
        question = question.outerjoin(sums, sums.c.variant_id == Variant.id)
    key = (Variant.id,) if column is None else (column, Variant.id)
    if at is not None:
        question = question.where(*by_figure.beyond(key, at, is_down=way.is_down))
    return way.ordered(question.where(*where), key)


def _walked(
    session: Session,
    wanted: StockFilter,
    parts: list[tuple[bool, Part]],
    at: Sequence[Any] | None,
    way: _Way,
) -> Sequence[Any]:
    """Walk the parts of a list until a page is full; backwards from the last one."""
    if way.is_back:
        parts.reverse()
    if at is not None:
        while parts and parts[0][0] != (at[0] is not None):
            del parts[0]
    found: list[Any] = []
    for _, part in parts:
        found += _drawn(session, part(at), wanted, way)
        if len(found) >= way.limit:
            break
        at = None  # the next part from its beginning
    return found[: way.limit]


def _drawn(session: Session, picked: Any, wanted: StockFilter, way: _Way) -> Sequence[Any]:
    """Add up what was picked for the page, and nothing else."""
    here = StockFilter(location=wanted.location)
    page = picked.subquery("picked")
    rows = _rows(_sums(here, organization_of(session))).add_columns(page.c.place)
    rows = rows.join(page, page.c.variant_id == Variant.id)
    return session.execute(way.ordered(rows, (page.c.place, page.c.variant_id))).all()


def _has_totals(wanted: StockFilter) -> bool:
    """Tell whether totals answer it: all locations together, by a figure or by what has one."""
    by_them = wanted.sort_key in by_figure.FIGURES or wanted.stock in ("out", "short")
    return by_them and not wanted.location


def stock_row(session: Session, variant_id: UUID) -> StockRow | None:
    """Return the line of one variant, all locations added up."""
    mine = Variant.organization_id == organization_of(session)
    found = session.execute(
        _rows(_sums(StockFilter(), organization_of(session))).where(mine, Variant.id == variant_id)
    )
    row = found.first()
    return None if row is None else _with_kits(session, [_row(row)])[0]


def stock_rows(session: Session, variant_ids: Sequence[UUID], location: str = "") -> list[StockRow]:
    """Return the lines of some variants, for live rows."""
    mine = Variant.organization_id == organization_of(session)
    question = _rows(_sums(StockFilter(location=location), organization_of(session)))
    found = session.execute(question.where(mine, among(Variant.id, variant_ids)))
    return _with_kits(session, [_row(each) for each in found])


def _with_kits(session: Session, rows: Sequence[StockRow]) -> list[StockRow]:
    """Show of kits what their components give, all locations together."""
    given = kit_quantities(session, [row.id for row in rows])
    return [
        replace(
            row, is_kit=True, is_counted=given[row.id] is not None, available=given[row.id] or 0
        )
        if row.id in given
        else row
        for row in rows
    ]


def _is_summed(wanted: StockFilter) -> bool:
    """Tell whether everything at a location is added up first, instead of what a page shows."""
    if not wanted.location:
        return False
    return wanted.sort_key not in ("title", "sku") or wanted.stock in ("out", "uncounted")


def _sums(wanted: StockFilter, organization_id: UUID) -> FromClause:
    here = [Level.organization_id == organization_id, Level.is_counted]
    if wanted.location:
        here.append(Level.location_id == UUID(wanted.location))
    figures = [func.coalesce(func.sum(getattr(Level, name)), 0).label(name) for name in _BUCKETS]
    is_low = func.coalesce(func.bool_or(Level.available <= Level.reorder_point), False)
    summed = select(
        Level.variant_id.label("variant_id"),
        *figures,
        func.count().label("levels"),
        is_low.label("is_low"),
    )
    summed = summed.where(*here).group_by(Level.variant_id)
    if _is_summed(wanted):
        return summed.subquery("sums")
    return lateral(summed.where(Level.variant_id == Variant.id).correlate(Variant), name="sums")


def _rows(sums: FromClause) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Variant.id,
            Variant.product_id,
            Product.title,
            Variant.choice,
            Variant.sku,
            Media.id.label("thumb_media_id"),
            *(func.coalesce(sums.c[name], 0).label(name) for name in _BUCKETS),
            func.coalesce(sums.c.levels, 0).label("levels"),
            func.coalesce(sums.c.is_low, False).label("is_low"),
        )
        .select_from(Variant)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(sums, sums.c.variant_id == Variant.id)
        .outerjoin(
            Media,
            (Media.id == func.coalesce(Variant.media_id, Product.thumb_media_id))
            & (Media.state == MediaState.READY),
        )
    )


def _row(row: Any) -> StockRow:
    return StockRow(
        id=row.id,
        product_id=row.product_id,
        title=row.title,
        options=" / ".join(map(str, row.choice.values())),
        sku=row.sku,
        thumb_media_id=row.thumb_media_id,
        is_counted=row.levels > 0,
        is_low=row.is_low,
        is_kit=False,
        **{name: int(getattr(row, name)) for name in _BUCKETS},
    )


def _column(wanted: StockFilter, sums: FromClause) -> Any:
    if wanted.sort_key == "title":
        return Product.title_key
    if wanted.sort_key == "sku":
        return Variant.sku_key
    figure: Any = sums.c[wanted.sort_key]
    if wanted.sort_key == "reserved":  # kept back by us or by a channel, as the column shows it
        figure = figure + sums.c.locked
    return func.coalesce(figure, _UNCOUNTED)


def _narrowed(session: Session, wanted: StockFilter, sums: FromClause) -> list[ColumnElement[bool]]:
    organization = organization_of(session)
    where: list[ColumnElement[bool]] = [
        Variant.organization_id == organization,
        Product.organization_id == organization,
        Product.status != rules.ProductStatus.ARCHIVED,
    ]
    if wanted.q:
        where.append(_sought(session, wanted.q))
    if wanted.location:
        there = [Level.location_id == UUID(wanted.location), Level.is_counted]
        where.append(Variant.id.in_(select(Level.variant_id).where(*there)))
    if wanted.stock and not (_has_totals(wanted) and wanted.stock in ("out", "short")):
        where.append(_state(wanted, sums, organization))
    return where


def _sought(session: Session, phrase: str) -> ColumnElement[bool]:
    """Ask for the variant with this SKU or barcode; else for products found by these words."""
    here = Variant.organization_id == organization_of(session)
    key = rules.sku_key(phrase)
    codes = session.scalars(
        select(Variant.id).where(here, or_(Variant.sku_key == key, Variant.gtin == phrase))
    )
    if found := list(codes):
        return among(Variant.id, found)
    products = narrow(session, ProductFilter(q=phrase)).where
    return Variant.product_id.in_(select(Product.id).where(*products))


def _state(wanted: StockFilter, sums: FromClause, organization_id: UUID) -> ColumnElement[bool]:
    if wanted.location and wanted.stock == "uncounted":
        return sums.c.levels.is_(None)
    if wanted.location and wanted.stock == "out":
        return sums.c.available <= 0
    if wanted.stock == "uncounted":
        return by_figure.is_uncounted(organization_id)
    here = [Level.organization_id == organization_id, Level.is_counted]
    if wanted.location:
        here.append(Level.location_id == UUID(wanted.location))
    asked = {
        "low": and_(Level.reorder_point.is_not(None), Level.available <= Level.reorder_point),
        "short": Level.available < 0,
        "kept": or_(Level.reserved > 0, Level.locked > 0),
    }
    # Gathered first: few are like that, and each has an index of its own or one scan.
    found = select(Level.variant_id).where(*here, asked[wanted.stock]).distinct()
    return Variant.id.in_(select(found.cte("found").prefix_with("MATERIALIZED").c.variant_id))


def _count(
    session: Session, wanted: StockFilter, where: Conditions, sums: FromClause
) -> tuple[int, bool]:
    """Count exactly up to 10,000; beyond that, take the planner's word."""
    if _has_totals(wanted) and wanted.stock in ("out", "short"):
        fitting: Any = by_figure.every_counted(organization_of(session), where, wanted.stock)
    else:
        fitting = select(Variant.id).join(Product, Product.id == Variant.product_id).where(*where)
        if _is_summed(wanted):
            fitting = fitting.outerjoin(sums, sums.c.variant_id == Variant.id)
    some = fitting.limit(COUNTED + 1).subquery()
    counted = session.scalar(select(func.count()).select_from(some)) or 0
    if counted <= COUNTED:
        return counted, False
    return max(planned_rows(session, fitting), COUNTED), True
