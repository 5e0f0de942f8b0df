"""What was ordered in a period: cells by day, channel and currency, top items, hours to ship.

Days are those of a zone. Tests of a shop are no orders. The orders of a period are found by the
moment they were placed (`ix_orders_recent`); what is shown of them is added up by PostgreSQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, cast, extract, func, select
from sqlalchemy.orm import Session

from app.adapters.orders import Payment
from app.catalog.models import Product, Variant
from app.catalog.queries import organization_of
from app.catalog.service.writing import among
from app.connections.models import Connection
from app.core.periods import Period
from app.orders.models import Order, OrderLine, Shipment
from app.orders.reporting import Cell, Channel, Sums
from app.orders.rules import OrderState
from app.registry import CHANNELS

TOP: Final = 20
_MANUAL: Final = "manual"
_LABELS: Final = {each.key: each.label for each in CHANNELS}
_GONE: Final = (OrderState.SHIPPED, OrderState.DELIVERED, OrderState.RETURNED)
_UNPAID: Final = (Payment.PENDING, Payment.VOIDED)


@dataclass(frozen=True, slots=True)
class TopItem:
    """A variant of which much was ordered, with its money by currency."""

    variant_id: UUID
    title: str
    options: str
    sku: str | None
    orders: int
    units: int
    money: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Speed:
    """Hours from order to the last parcel, of orders that left whole."""

    orders: int = 0
    median: float | None = None
    slow: float | None = None  # nine of ten left sooner


def placed(session: Session, period: Period, channel: str = "") -> list[ColumnElement[bool]]:
    """Return what makes an order one of a period."""
    found = [
        Order.organization_id == organization_of(session),
        Order.placed_at >= period.starts_at,
        Order.placed_at < period.ends_at,
        ~Order.is_test,
    ]
    if channel:
        found.append(Order.connection_id == UUID(channel))
    return found


def _is_kept() -> ColumnElement[bool]:
    return Order.state != OrderState.CANCELLED


def count_orders(session: Session, period: Period, channel: str = "") -> int:
    """Count what was placed in a period and not cancelled."""
    wanted = select(func.count()).where(*placed(session, period, channel), _is_kept())
    return session.scalar(wanted) or 0


def order_cells(session: Session, period: Period, channel: str = "") -> Iterator[Cell]:
    """Go through the cells of a period, the first day first."""
    day = cast(func.timezone(period.zone.key, Order.placed_at), Date)
    kept = _is_kept()
    amounts = [
        func.coalesce(func.sum(getattr(Order, name)).filter(kept), 0)
        for name in ("units", "items_minor", "discount_minor", "shipping_minor", "fees_minor",
                     "tax_minor", "total_minor")
    ]  # fmt: skip
    of_day = (
        select(
            day.label("day"),
            Order.connection_id,
            Order.source,
            Order.currency,
            func.count().label("placed"),
            func.count().filter(~kept).label("cancelled"),
            func.count().filter(kept, Order.refunded_minor > 0).label("refunded"),
            *amounts,
            func.coalesce(func.sum(Order.total_minor).filter(kept, Order.payment.in_(_UNPAID)), 0),
            func.coalesce(func.sum(Order.refunded_minor).filter(kept), 0),
        )
        .where(*placed(session, period, channel))
        .group_by(day, Order.connection_id, Order.source, Order.currency)
        .order_by(day, Order.connection_id, Order.source, Order.currency)
    )
    named = select(Connection.id, Connection.name).where(
        Connection.organization_id == organization_of(session)
    )
    names = {row.id: row.name for row in session.execute(named)}
    for at, connection_id, source, currency, *figures in session.execute(of_day):
        name = names.get(connection_id) or _words(source)
        sums = Sums(*(int(each) for each in figures))
        yield Cell(at, Channel(connection_id, name), currency, sums)


def _words(source: str) -> str:
    if source == _MANUAL:
        return "Entered here"
    return f"{_LABELS.get(source, source)}, no longer connected"


def top_items(session: Session, period: Period, channel: str = "") -> Sequence[TopItem]:
    """Return the variants of which most units were ordered."""
    wanted = [*placed(session, period, channel), _is_kept(), OrderLine.variant_id.is_not(None)]
    by_currency = (
        select(
            OrderLine.variant_id,
            Order.currency,
            func.count(Order.id.distinct()).label("orders"),
            func.sum(OrderLine.quantity).label("units"),
            func.sum(OrderLine.total_minor).label("total"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(*wanted)
        .group_by(OrderLine.variant_id, Order.currency)
    ).cte("by_currency")
    units = func.sum(by_currency.c.units)
    rows = session.execute(
        select(
            by_currency.c.variant_id,
            func.sum(by_currency.c.orders),
            units,
            func.jsonb_object_agg(by_currency.c.currency, by_currency.c.total),
        )
        .group_by(by_currency.c.variant_id)
        .having(units > 0)
        .order_by(units.desc(), by_currency.c.variant_id)
        .limit(TOP)
    ).all()
    names = _names(session, [row[0] for row in rows])
    return [
        TopItem(key, *names[key], int(orders), int(count), {k: int(v) for k, v in money.items()})
        for key, orders, count, money in rows
        if key in names
    ]


def _names(
    session: Session, variant_ids: Sequence[UUID]
) -> dict[UUID, tuple[str, str, str | None]]:
    rows = session.execute(
        select(Variant.id, Product.title, Variant.choice, Variant.sku)
        .join(Product, Product.id == Variant.product_id)
        .where(among(Variant.id, variant_ids))
    )
    return {
        key: (title, " / ".join(map(str, choice.values())), sku) for key, title, choice, sku in rows
    }


def shipping_speed(session: Session, period: Period, channel: str = "") -> Speed:
    """Return how long orders of a period took to leave."""
    left = (
        select(Order.placed_at, func.max(Shipment.shipped_at).label("left_at"))
        .join(Shipment, Shipment.order_id == Order.id)
        .where(
            *placed(session, period, channel),
            Order.state.in_(_GONE),
            ~Shipment.is_cancelled,
        )
        .group_by(Order.id, Order.placed_at)
    ).subquery()
    hours: Any = extract("epoch", left.c.left_at - left.c.placed_at) / 3600
    hours = func.greatest(hours, 0)
    count, median, slow = session.execute(
        select(
            func.count(),
            func.percentile_cont(0.5).within_group(hours),
            func.percentile_cont(0.9).within_group(hours),
        ).select_from(left)
    ).one()
    return Speed(count, *(None if each is None else float(each) for each in (median, slow)))
