"""The order list: keyset pages by the moment an order was placed, and numbers of its tabs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.adapters.orders import Journey
from app.catalog.queries import organization_of
from app.catalog.service.writing import among
from app.connections.models import Connection, ConnectionState
from app.core.money import Money
from app.core.paging import KeysetPage, itself, newest_page
from app.orders.filters import TAB_STATES, WORK, OrderFilter
from app.orders.models import Order, OrderLine, Return, Shipment
from app.orders.queries.buyers import Buyer, buyer_of
from app.orders.queries.searching import FOUND, Condition, searched
from app.orders.rules import OPEN, OrderState, ReturnState

PAGE_SIZE: Final = 50
COUNTED: Final = 10_000
_ON_ITS_WAY: Final = (OrderState.PARTIALLY_SHIPPED.value, OrderState.SHIPPED.value)
# What a line of the list shows of an order: neither its whole row nor the channel's sealed answer.
_SHOWN: Final = (
    Order.id,
    Order.number,
    Order.external_number,
    Order.source,
    Order.state,
    Order.payment,
    Order.placed_at,
    Order.total_minor,
    Order.currency,
    Order.units,
    Order.personal,
    Order.is_rush,
    Order.is_test,
    Order.unmapped,
    Connection.name.label("connection"),
    (Connection.state != ConnectionState.DISCONNECTED).label("hears"),
)


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the list."""

    id: UUID
    number: str
    external_number: str
    source: str
    connection: str
    state: str
    payment: str
    placed_at: datetime
    total: Money
    units: int
    lines: int
    first_item: str
    buyer: Buyer
    is_rush: bool
    is_test: bool
    unmapped: int
    short: int
    is_untold: bool
    is_stuck: bool  # a carrier did not get rid of a parcel


def order_list(
    session: Session,
    wanted: OrderFilter,
    *,
    sees_buyers: bool,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
) -> KeysetPage[OrderRow]:
    """Return one page of a list."""
    asked = asking(session, wanted)
    found = newest_page(
        session,
        asked.question,
        asked.key,
        itself,
        after=after,
        before=before,
        limit=size,
        counted=FOUND if wanted.q else COUNTED,
        known=asked.known,
        is_oldest_first=wanted.is_oldest_first,
    )
    rows = order_rows(session, list(found.rows), sees_buyers=sees_buyers)
    return KeysetPage(rows, found.before, found.after, found.total, found.is_estimate, found.first)


@dataclass(frozen=True, slots=True)
class Asked:
    """What asks for the orders of a list, by which columns they are ordered, and how many."""

    question: Select[UUID]
    key: list[InstrumentedAttribute[Any]]
    known: int | None  # None: they have to be counted


def asking(session: Session, wanted: OrderFilter) -> Asked:
    """Return the question of a list.

    What a search gathered is fenced: PostgreSQL would walk all orders in the order of the list, and
    look for each of them among a thousand ids.
    """
    is_plain = wanted == OrderFilter(q=wanted.q)
    search = searched(session, wanted.q, is_bounded=is_plain)
    where = [*_narrowed(session, wanted), *search.conditions]
    order = Order
    if search.is_gathered:
        some = select(Order.id, Order.placed_at, Order.is_rush).where(*where)
        order = aliased(Order, some.cte("found").prefix_with("MATERIALIZED"))
        where = []
    key = [*([order.is_rush] if wanted.is_rush_first else []), order.placed_at, order.id]
    known = search.known if is_plain else None
    return Asked(select(order.id).where(*where), key, known)


def conditions(session: Session, wanted: OrderFilter) -> list[Condition]:
    """Return what a list is narrowed to, as conditions that hold within the organization."""
    search = searched(session, wanted.q, is_bounded=False)
    return [*_narrowed(session, wanted), *search.conditions]


def _narrowed(session: Session, wanted: OrderFilter) -> list[Condition]:
    found: list[Condition] = [Order.organization_id == organization_of(session)]
    if wanted.tab:
        found += _tab(wanted.tab)
    if wanted.state:
        found.append(Order.state == wanted.state)
    if wanted.payment:
        found.append(Order.payment == wanted.payment)
    if wanted.channel:
        found.append(Order.connection_id == UUID(wanted.channel))
    if wanted.needs:
        found += _needs(wanted.needs)
    return found


def _within(states: frozenset[OrderState]) -> Condition:
    return Order.state.in_(sorted(state.value for state in states))


def _tab(tab: str) -> list[Condition]:
    if tab == "mapping":
        return [_within(OPEN - {OrderState.ON_HOLD}), Order.unmapped > 0]
    found = [_within(TAB_STATES[tab])]
    if tab == "rush":
        found.append(Order.is_rush.expression)
    if tab in ("ship", "waiting"):
        found.append(Order.unmapped == 0)
    return found


def _needs(what: str) -> list[Condition]:
    if what == "untold":
        return [_untold()]
    if what == "delivery":
        return [_stuck()]
    if what == "return":
        return [
            exists().where(
                Return.organization_id == Order.organization_id,
                Return.order_id == Order.id,
                Return.state == ReturnState.EXPECTED,
            )
        ]
    return [
        _within(OPEN),
        {
            "mapping": Order.unmapped > 0,
            "rush": Order.is_rush.expression,
            "short": exists().where(
                OrderLine.organization_id == Order.organization_id,
                OrderLine.order_id == Order.id,
                *_short(),
            ),
        }[what],
    ]


def _short() -> tuple[Condition, ...]:
    return (
        OrderLine.needs_stock.expression,
        OrderLine.quantity > OrderLine.shipped + OrderLine.allocated,
    )


def _untold() -> Condition:
    return and_(
        Order.connection_id.in_(
            select(Connection.id).where(Connection.state != ConnectionState.DISCONNECTED)
        ),
        exists().where(
            Shipment.organization_id == Order.organization_id,
            Shipment.order_id == Order.id,
            *_owed(),
        ),
    )


def _owed() -> tuple[Condition, ...]:
    return (Shipment.told_at.is_(None),)


def _stuck() -> Condition:
    return exists().where(
        Shipment.organization_id == Order.organization_id,
        Shipment.order_id == Order.id,
        _is_stuck(),
        Order.state.in_(_ON_ITS_WAY),
    )


def _is_stuck() -> Condition:
    return Shipment.journey.in_((Journey.ATTEMPTED.value, Journey.FAILED.value))


def order_rows(session: Session, order_ids: Sequence[UUID], *, sees_buyers: bool) -> list[OrderRow]:
    """Return the lines of these orders, in the order given; absent ones are left out."""
    if not order_ids:
        return []
    organization_id = organization_of(session)
    rows = session.execute(
        select(*_SHOWN)
        .outerjoin(Connection, Connection.id == Order.connection_id)
        .where(Order.organization_id == organization_id, among(Order.id, order_ids))
    )
    items = _items(session, order_ids)
    parcels = session.execute(
        select(Shipment.order_id, and_(*_owed()), _is_stuck())
        .where(
            Shipment.organization_id == organization_id,
            among(Shipment.order_id, order_ids),
            or_(and_(*_owed()), _is_stuck()),
        )
        .distinct()
    ).all()
    owed = {order_id for order_id, is_owed, _ in parcels if is_owed}
    stuck = {order_id for order_id, _, is_stuck in parcels if is_stuck}
    found = {
        row.id: _row(
            row,
            items.get(row.id),
            is_untold=row.id in owed and row.hears,
            is_stuck=row.id in stuck and row.state in _ON_ITS_WAY,
            buyer=buyer_of(organization_id, row.id, row.personal, is_open=sees_buyers),
        )
        for row in rows
    }
    return [found[key] for key in order_ids if key in found]


def _items(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Return, by order, how many lines it has, what its first one is, and what is short."""
    short = case((and_(*_short()), OrderLine.quantity - OrderLine.shipped - OrderLine.allocated))
    rows = session.execute(
        select(
            OrderLine.order_id,
            func.count().label("lines"),
            func.coalesce(func.sum(short), 0).label("short"),
            func.min(case((OrderLine.position == 0, OrderLine.title))).label("first"),
        )
        .where(among(OrderLine.order_id, order_ids))
        .group_by(OrderLine.order_id)
    )
    return {row.order_id: row for row in rows}


def _row(order: Any, items: Any, *, is_untold: bool, is_stuck: bool, buyer: Buyer) -> OrderRow:
    return OrderRow(
        id=order.id,
        number=order.number,
        external_number=order.external_number,
        source=order.source,
        connection=order.connection or "",
        state=order.state,
        payment=order.payment,
        placed_at=order.placed_at,
        total=Money(order.total_minor, order.currency),
        units=order.units,
        lines=items.lines if items else 0,
        first_item=(items.first or "") if items else "",
        buyer=buyer,
        is_rush=order.is_rush,
        is_test=order.is_test,
        unmapped=order.unmapped,
        short=int(items.short) if items and order.state in OPEN else 0,
        is_untold=is_untold,
        is_stuck=is_stuck,
    )


def tab_counts(session: Session) -> dict[str, int]:
    """Return how many orders wait in each tab of work, in one question, bounded."""
    organization_id = organization_of(session)
    counts = []
    for tab in WORK:
        some = (
            select(Order.id)
            .where(Order.organization_id == organization_id, *_tab(tab))
            .limit(COUNTED)
            .subquery()
        )
        counts.append(select(func.count()).select_from(some).scalar_subquery())
    return dict(zip(WORK, session.execute(select(*counts)).one(), strict=True))


def has_orders(session: Session) -> bool:
    """Tell whether the organization ever had an order."""
    some = select(Order.id).where(Order.organization_id == organization_of(session)).limit(1)
    return session.scalar(some) is not None


def chosen_orders(session: Session, wanted: OrderFilter, *, most: int) -> list[UUID]:
    """Return the orders of a list, the oldest first, at most so many."""
    question = select(Order.id).where(*conditions(session, wanted))
    return list(session.scalars(question.order_by(Order.placed_at, Order.id).limit(most)))
