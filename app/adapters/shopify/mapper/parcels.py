"""A parcel of a shop → ours; pure: what is in it, who carries it, and what the carrier says."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from app.adapters.orders import ChannelShipment, Journey
from app.adapters.shopify.mapper.reader import Reader

_NOT_SENT: Final = ("CANCELLED", "ERROR", "FAILURE")
# What is shown of a parcel → where it is; words of the merchant alone (FULFILLED) say nothing.
_JOURNEYS: Final[Mapping[str, Journey]] = {
    "ATTEMPTED_DELIVERY": Journey.ATTEMPTED,
    "CARRIER_PICKED_UP": Journey.PICKED_UP,
    "CONFIRMED": Journey.ANNOUNCED,
    "DELAYED": Journey.DELAYED,
    "DELIVERED": Journey.DELIVERED,
    "FAILURE": Journey.FAILED,
    "IN_TRANSIT": Journey.IN_TRANSIT,
    "LABEL_PRINTED": Journey.ANNOUNCED,
    "LABEL_PURCHASED": Journey.ANNOUNCED,
    "NOT_DELIVERED": Journey.FAILED,
    "OUT_FOR_DELIVERY": Journey.OUT_FOR_DELIVERY,
    "PICKED_UP": Journey.DELIVERED,  # by the buyer, after READY_FOR_PICKUP
    "READY_FOR_PICKUP": Journey.WAITING,
}

# Our name of a carrier in small letters → Shopify's, which makes the link to a parcel itself where
# the name is spelled exactly so.
CARRIERS: Final[Mapping[str, str]] = {
    "ups": "UPS",
    "usps": "USPS",
    "fedex": "FedEx",
    "dhl": "DHL Express",
    "ontrac": "OnTrac",
    "lasership": "Lasership",
}
_OURS: Final[Mapping[str, str]] = {"DHL Express": "DHL", "Lasership": "LaserShip"}


def carrier(name: str) -> str:
    """Return how Shopify spells a carrier; others stay as they are."""
    return CARRIERS.get(name.strip().casefold(), name.strip())


def shipment(read: Reader) -> ChannelShipment:
    """Read a parcel with what is in it, and what its carrier says."""
    lines: Counter[str] = Counter()
    for each in read.objects("fulfillmentLineItems"):
        lines[owner(each)] += count(each, "quantity")
    tracking = next(read.objects("trackingInfo"), None)
    company = (tracking.text("company") if tracking else None) or ""
    return ChannelShipment(
        external_id=read.identity(),
        lines=dict(lines),
        carrier=_OURS.get(company, company),
        number=(tracking.text("number") if tracking else None) or "",
        url=(tracking.text("url") if tracking else None) or "",
        at=read.moment("createdAt"),
        is_cancelled=read.text("status") in _NOT_SENT,
        **_journey(read),
    )


def _journey(read: Reader) -> dict[str, Any]:
    """Tell what the carrier says; a message counts while it belongs to the word that is shown."""
    shown = read.text("displayStatus") or ""
    delivered_at = read.moment("deliveredAt")
    last = next(read.objects("events"), None)
    is_last = last is not None and last.text("status") == shown
    return {
        "journey": _JOURNEYS.get(shown) or (Journey.DELIVERED if delivered_at else None),
        "said": (last.text("message") or "").strip() if last is not None and is_last else "",
        "in_transit_at": read.moment("inTransitAt"),
        "delivered_at": delivered_at,
        "expected_at": read.moment("estimatedDeliveryAt"),
    }


def owner(read: Reader) -> str:
    """Return the number of the order's line that something is about."""
    line = read.inner("lineItem")
    if line is None:
        raise read.bad("lineItem", "an object")
    return line.identity()


def count(read: Reader, name: str) -> int:
    """Return how many; what is absent is none."""
    return int(read.number(name) or 0)
