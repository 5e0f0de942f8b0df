"""The smallest valid orders of a channel; every field can be overridden."""

from typing import Any
from uuid import UUID

from app.adapters.orders import Address, ChannelOrder, ChannelOrderLine, Payment
from app.connections import service as connections
from app.core import clock
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.orders import service

DORA = Address(
    name="Dora Diaz", line1="1 Main Street", city="Springfield", postcode="12345", country="US"
)


def sold(sku: str, units: int = 1, *, each: int = 1000, key: str = "", **values: Any) -> Any:
    """Return a line of so many units at so many cents each."""
    told: dict[str, Any] = {
        "external_id": key or f"line-{sku}",
        "title": f"Item {sku}",
        "quantity": units,
        "ordered": units,
        "unit_price": each,
        "total": each * units,
        "sku": sku,
        "taken": units,
        "variant_external_id": f"there-{sku}",
    }
    return ChannelOrderLine(**{**told, **values})


def channel_order(*lines: ChannelOrderLine, number: str = "1001", **values: Any) -> ChannelOrder:
    """Return an order as a channel shows it; Dora bought it, and paid."""
    total = sum(line.total for line in lines)
    told: dict[str, Any] = {
        "external_id": number,
        "number": f"#{number}",
        "placed_at": clock.now(),
        "modified_at": clock.now(),
        "currency": "USD",
        "status": "open",
        "payment": Payment.PAID,
        "lines": lines,
        "total": total,
        "items": total,
        "email": "dora@buyers.example",
        "phone": "+1 555 0100",
        "ship_to": DORA,
        "raw": {"id": number, "billing": {"first_name": "Dora"}},
    }
    return ChannelOrder(**{**told, **values})


def taken(work: Work, connection_id: UUID, seen: ChannelOrder) -> UUID:
    """Take an order in; returns its id."""
    found = service.take_order(work, connections.get_connection(work, connection_id), seen)
    assert found is not None
    return found.order_id


def order(
    actor: Actor, connection_id: UUID, *lines: ChannelOrderLine, number: str = "1001", **values: Any
) -> UUID:
    """Commit an order and return its id."""
    with unit_of_work(actor) as work:
        return taken(work, connection_id, channel_order(*lines, number=number, **values))
