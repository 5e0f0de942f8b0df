"""What people carry through the warehouse: a pick list over several orders, and packing slips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from app.catalog.queries import organization_of
from app.catalog.service.writing import among
from app.connections.models import Connection
from app.inventory.models import Level, Location
from app.orders.filters import OrderFilter
from app.orders.models import Allocation, Order
from app.orders.queries.buyers import Buyer, buyer_of
from app.orders.queries.detail import LineRow, line_rows
from app.orders.queries.index import conditions

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
    orders: dict[str, int] = field(default_factory=dict)  # number → units


@dataclass(frozen=True, slots=True)
class Slip:
    """An order with its lines and its buyer, for paper and for files."""

    order: Order
    connection: str
    buyer: Buyer
    lines: Sequence[LineRow]


def slips(session: Session, order_ids: Sequence[UUID], *, sees_buyers: bool) -> list[Slip]:
    """Return orders with their lines, the oldest first; absent ones are left out."""
    rows = session.execute(
        select(Order, Connection.name)
        .outerjoin(Connection, Connection.id == Order.connection_id)
        .options(defer(Order.raw))
        .where(Order.organization_id == organization_of(session), among(Order.id, order_ids))
        .order_by(Order.placed_at, Order.id)
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
    """Return what is promised to these orders, by place and SKU."""
    by_line = {row.id: (row, slip.order.number) for slip in orders for row in slip.lines}
    left = {key: row.line.allocated for key, (row, _) in by_line.items()}
    parts = session.execute(
        select(Allocation.line_id, Location.name, Allocation.quantity)
        .join(Level, Level.id == Allocation.level_id)
        .join(Location, Location.id == Level.location_id)
        .where(among(Allocation.line_id, list(by_line)))
    ).all()
    picks: dict[tuple[str, object], Pick] = {}

    def add(line_id: UUID, location: str, units: int) -> None:
        row, number = by_line[line_id]
        key = (location, row.line.variant_id or row.id)
        pick = picks.get(key)
        if pick is None:
            pick = picks[key] = Pick(
                location,
                row.sku,
                row.product_title or row.line.title,
                row.line.options,
                row.media_id,
            )
        pick.units += units
        pick.orders[number] = pick.orders.get(number, 0) + units

    for line_id, location, units in parts:
        add(line_id, location, units)
        left[line_id] -= units
    for line_id, units in left.items():
        if units > 0:  # promised of what nobody counts: it lies in no place we know
            add(line_id, "", units)
    return sorted(picks.values(), key=lambda each: (each.location, each.sku, each.title))


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
