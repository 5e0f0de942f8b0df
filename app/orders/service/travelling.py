"""Where a parcel is, by the word of its carrier: kept as the channel tells, noted when it moves."""

from collections.abc import Mapping
from typing import Final

from app.adapters.orders import ChannelShipment, Journey
from app.core.work import Work
from app.orders.models import Order, Shipment
from app.orders.service import timeline

_WORDS: Final[Mapping[Journey, str]] = {
    Journey.PICKED_UP: "picked up by the carrier",
    Journey.IN_TRANSIT: "in transit",
    Journey.DELAYED: "delayed",
    Journey.OUT_FOR_DELIVERY: "out for delivery",
    Journey.WAITING: "waiting to be picked up by the buyer",
    Journey.ATTEMPTED: "the carrier tried to deliver it, and nobody took it",
    Journey.FAILED: "the carrier could not deliver it",
    Journey.DELIVERED: "delivered",
}


def follow(work: Work, order: Order, parcel: Shipment, seen: ChannelShipment) -> None:
    """Take over what the carrier of a parcel says now."""
    said = seen.said.strip()[:200]
    words = _WORDS.get(seen.journey) if seen.journey else None
    is_news = (parcel.journey, parcel.said) != (seen.journey, said)
    parcel.journey, parcel.said = seen.journey, said
    parcel.in_transit_at, parcel.delivered_at = seen.in_transit_at, seen.delivered_at
    parcel.expected_at = seen.expected_at
    if is_news and words and not parcel.is_cancelled:
        named = f"Parcel {parcel.tracking_number}" if parcel.tracking_number else "A parcel"
        quoted = f" “{said}”" if said else ""
        timeline.note(work, order, "parcel", f"{named}: {words}.{quoted}")
