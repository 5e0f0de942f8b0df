"""Orders of a shop in a dict: bought by its customers, shipped, cancelled and refunded by anybody.

The shop counts its own stock down when somebody buys, and up again when an order is cancelled with
its goods put back, as real shops do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.adapters.orders import (
    Address,
    ChannelOrder,
    ChannelOrderLine,
    ChannelRefund,
    ChannelShipment,
    Payment,
)
from app.core import clock


class OutOfStock(Exception):
    """A customer wanted more than the shop shows."""


@dataclass(slots=True)
class OrderBook:
    """What the customers of a shop bought; `version` orders the changes."""

    orders: dict[str, ChannelOrder] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    refund_keys: dict[str, str] = field(default_factory=dict)  # our key → their refund
    version: int = 0

    def put(self, order: ChannelOrder) -> None:
        """Keep an order as it stands now."""
        self.version += 1
        self.versions[order.external_id] = self.version
        self.orders[order.external_id] = replace(order, modified_at=clock.now())


def placed(
    external_id: str,
    goods: Sequence[tuple[str, str, str, int, int]],
    *,
    currency: str,
    payment: Payment,
    email: str,
    at: datetime | None = None,
) -> ChannelOrder:
    """Return a new order of (their variant, SKU, title, units, minor units each)."""
    lines = tuple(
        ChannelOrderLine(
            external_id=f"{external_id}-{position}",
            title=title,
            quantity=units,
            ordered=units,
            unit_price=price,
            total=price * units,
            sku=sku,
            taken=units,
            product_external_id=variant,
            variant_external_id=variant,
        )
        for position, (variant, sku, title, units, price) in enumerate(goods, 1)
    )
    total = sum(line.total for line in lines)
    return ChannelOrder(
        external_id=external_id,
        number=f"#{1000 + int(external_id)}",
        placed_at=at or clock.now(),
        modified_at=clock.now(),
        currency=currency,
        status="open",
        payment=payment,
        lines=lines,
        total=total,
        items=total,
        email=email,
        ship_to=Address(name="Dora Diaz", line1="1 Main Street", city="Springfield", country="US"),
    )


def shipped(order: ChannelOrder, shipment: ChannelShipment) -> ChannelOrder:
    """Return an order after a parcel of it left."""
    lines = tuple(
        replace(line, shipped=line.shipped + shipment.lines.get(line.external_id, 0))
        for line in order.lines
    )
    is_done = all(line.shipped >= line.quantity for line in lines)
    return replace(order, lines=lines, shipments=(*order.shipments, shipment), is_done=is_done)


def unshipped(order: ChannelOrder, shipment: ChannelShipment) -> ChannelOrder:
    """Return an order after a parcel of it was cancelled."""
    lines = tuple(
        replace(line, shipped=line.shipped - shipment.lines.get(line.external_id, 0))
        for line in order.lines
    )
    parcels = tuple(
        replace(each, is_cancelled=True) if each is shipment else each for each in order.shipments
    )
    return replace(order, lines=lines, shipments=parcels, is_done=False)


def refunded(
    order: ChannelOrder,
    refund_id: str,
    amount: int,
    lines: Mapping[str, int],
    *,
    restocks: bool,
    why: str,
    key: str = "",
) -> ChannelOrder:
    """Return an order after money was given back; what never left is no longer wanted."""
    kept, called_off = [], {}
    for line in order.lines:
        units = lines.get(line.external_id, 0)
        unsent = min(units, line.quantity - line.shipped)
        if unsent:
            called_off[line.external_id] = unsent
        kept.append(
            replace(
                line,
                quantity=line.quantity - unsent,
                taken=line.taken - (units if restocks else 0),
            )
        )
    refund = ChannelRefund(
        external_id=refund_id,
        amount=amount,
        at=clock.now(),
        reason=why,
        lines=dict(lines),
        restocked=dict(lines) if restocks else {},
        called_off=called_off,
        key=key,
    )
    total = order.refunded + amount
    payment = Payment.REFUNDED if total >= order.total else Payment.PARTIALLY_REFUNDED
    return replace(
        order,
        lines=tuple(kept),
        refunds=(*order.refunds, refund),
        refunded=total,
        payment=payment,
    )
