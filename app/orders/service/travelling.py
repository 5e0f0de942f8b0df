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
    """Take over what the carrier of a parcel says now.

    A message may name a neighbour: it stands at the parcel until the buyer is forgotten, and in no
    timeline, whose lines stay.
    """
    is_news = parcel.journey != seen.journey
    parcel.journey = seen.journey
    parcel.said = "" if order.erased_at else seen.said.strip()[:200]
    parcel.in_transit_at, parcel.delivered_at = seen.in_transit_at, seen.delivered_at
    parcel.expected_at = seen.expected_at
    words = _WORDS.get(seen.journey) if seen.journey else None
    if is_news and words and not parcel.is_cancelled:
        named = f"Parcel {parcel.tracking_number}" if parcel.tracking_number else "A parcel"
        timeline.note(work, order, "parcel", f"{named}: {words}.")
