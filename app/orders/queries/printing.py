"""What people carry through the warehouse: a pick list over several orders, and packing slips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from app.catalog.models import Variant
from app.catalog.queries import organization_of
from app.catalog.service.writing import among
from app.connections.models import Connection
from app.inventory.models import Level, Location
from app.orders.filters import OrderFilter
from app.orders.models import Allocation, Order
from app.orders.queries.buyers import Buyer, buyer_of
from app.orders.queries.detail import LineRow, OrderDetail, line_rows
from app.orders.queries.index import conditions
from app.orders.queries.sets import Good, goods_of
from app.orders.scanning import Packable, code_key
from app.orders.service.sets import goods_of as goods_in_units
from app.orders.service.sets import parts_of

SLICE: Final = 500


@dataclass(slots=True)
class Pick:
    """What to take from one place: a variant, how many units, and for which orders."""

    location: str
    sku: str
    title: str
    options: str
    media_id: UUID | None
    units: int = 0
    orders: dict[str, int] = field(default_factory=dict)  # number → units, rush orders first
    rush: set[str] = field(default_factory=set)  # numbers of rush orders


@dataclass(frozen=True, slots=True)
class Slip:
    """An order with its lines and its buyer, for paper and for files."""

    order: Order
    connection: str
    buyer: Buyer
    lines: Sequence[LineRow]


def slips(
    session: Session, order_ids: Sequence[UUID], *, sees_buyers: bool, is_rush_first: bool = False
) -> list[Slip]:
    """Return orders with their lines, the oldest first; absent ones are left out."""
    first = (Order.is_rush.desc(),) if is_rush_first else ()
    rows = session.execute(
        select(Order, Connection.name)
        .outerjoin(Connection, Connection.id == Order.connection_id)
        .options(defer(Order.raw))
        .where(Order.organization_id == organization_of(session), among(Order.id, order_ids))
        .order_by(*first, Order.placed_at, Order.id)
    ).all()
    lines = line_rows(session, [row[0] for row in rows])
    return [
        Slip(
            order,
            name or "",
            buyer_of(order.organization_id, order.id, order.personal, is_open=sees_buyers),
            lines[order.id],
        )
        for order, name in rows
    ]


def pick_list(session: Session, orders: Sequence[Slip]) -> list[Pick]:
    """Return what is promised to these orders: what a rush order wants, then by place and SKU."""
    by_line = {row.id: (row, slip.order.number) for slip in orders for row in slip.lines}
    rush = {slip.order.number for slip in orders if slip.order.is_rush}
    left = {
        (key, good): units
        for key, (row, _) in by_line.items()
        for good, units in _promised(row).items()
    }
    parts = session.execute(
        select(Allocation.line_id, Level.variant_id, Location.name, Allocation.quantity)
        .join(Level, Level.id == Allocation.level_id)
        .join(Location, Location.id == Level.location_id)
        .where(among(Allocation.line_id, list(by_line)))
    ).all()
    of_kits = {good for row, _ in by_line.values() for good in parts_of(row.line)}
    goods = goods_of(session, of_kits)
    picks: dict[tuple[str, UUID], Pick] = {}

    def add(line_id: UUID, good: UUID, location: str, units: int) -> None:
        row, number = by_line[line_id]
        pick = picks.get((location, good))
        if pick is None:
            pick = picks[location, good] = _pick(location, row, goods.get(good))
        pick.units += units
        pick.orders[number] = pick.orders.get(number, 0) + units
        if number in rush:
            pick.rush.add(number)

    for line_id, good, location, units in parts:
        add(line_id, good, location, units)
        left[line_id, good] = left.get((line_id, good), 0) - units
    for (line_id, good), units in left.items():
        if units > 0:  # promised of what nobody counts: it lies in no place we know
            add(line_id, good, "", units)
    for pick in picks.values():
        pick.orders = dict(sorted(pick.orders.items(), key=lambda part: part[0] not in pick.rush))
    return sorted(
        picks.values(), key=lambda each: (not each.rush, each.location, each.sku, each.title)
    )


def _promised(row: LineRow) -> dict[UUID, int]:
    """Return what a line holds, by variant: of a kit, its components."""
    return goods_in_units(row.line, row.line.allocated) or {row.id: row.line.allocated}


def _pick(location: str, row: LineRow, part: Good | None) -> Pick:
    """Return an empty pick of a line's own item, or of a component of its kit."""
    if part is not None and row.line.parts is not None:
        return Pick(location, part.sku, part.title, part.options, part.media_id)
    return Pick(
        location, row.sku, row.product_title or row.line.title, row.line.options, row.media_id
    )


def iter_slips(
    session: Session,
    wanted: OrderFilter,
    order_ids: Sequence[UUID] | None,
    *,
    sees_buyers: bool,
) -> Iterator[Slip]:
    """Go through all orders of a list, or through these, in slices, the oldest first."""
    if order_ids is not None:
        yield from slips(session, order_ids, sees_buyers=sees_buyers)
        return
    where = conditions(session, wanted)
    last: tuple[object, UUID] | None = None
    while True:
        question = select(Order.id, Order.placed_at).where(*where)
        if last is not None:
            question = question.where(
                (Order.placed_at > last[0]) | ((Order.placed_at == last[0]) & (Order.id > last[1]))
            )
        rows = session.execute(question.order_by(Order.placed_at, Order.id).limit(SLICE)).all()
        yield from slips(session, [row.id for row in rows], sees_buyers=sees_buyers)
        session.expunge_all()  # memory stays flat
        if len(rows) < SLICE:
            return
        last = (rows[-1].placed_at, rows[-1].id)


def packable(session: Session, order: OrderDetail) -> list[Packable]:
    """Return the lines of an order by the codes a scanner may read."""
    keys = [row.line.variant_id for row in order.lines if row.line.variant_id]
    known = {
        row.id: row
        for row in session.execute(
            select(Variant.id, Variant.sku, Variant.gtin).where(
                Variant.organization_id == organization_of(session), among(Variant.id, keys)
            )
        )
    }
    found = []
    for row in order.lines:
        variant = known.get(row.line.variant_id)
        codes = (variant.sku, variant.gtin) if variant is not None else ()
        keyed = frozenset(filter(None, map(code_key, (*codes, row.line.sku))))
        name = " ".join(part for part in (row.line.title or row.sku, row.line.options) if part)
        found.append(Packable(row.id, name, keyed, row.line.allocated))
    return found
