"""Orders across the port: what a channel tells of them, and what we tell it back.

A channel that sells implements `OrderChannel` beside `ChannelAdapter` and says in
`Capabilities.orders` which of it it can do. Reads follow the rules of the port: paged by cursors
only the adapter understands, `Cursor("full", {"since": <ISO moment>})` for the history since a day,
`Cursor("changes", watermark)` for what moved, with an overlap. Writes take a batch and return one
outcome per item, in order; each may be repeated: the adapter looks for what it did before.

Amounts are minor units of the order's currency. Quantities are whole units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from app.adapters.types import Cursor, Outcome, Page


class OrderAct(StrEnum):
    """What a channel lets us do with its orders."""

    READ = "read"
    SHIP = "ship"
    CANCEL = "cancel"
    REFUND = "refund"
    UNSHIP = "unship"


class Payment(StrEnum):
    """Where the money of an order is, whatever the channel calls it."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"


class Journey(StrEnum):
    """Where a parcel is, by the word of its carrier; a channel that hears none says nothing."""

    ANNOUNCED = "announced"  # there is a label, and the carrier has no parcel yet
    PICKED_UP = "picked_up"  # by the carrier
    IN_TRANSIT = "in_transit"
    DELAYED = "delayed"
    OUT_FOR_DELIVERY = "out_for_delivery"
    WAITING = "waiting"  # the buyer may fetch it
    ATTEMPTED = "attempted"  # nobody took it; the carrier tries again
    FAILED = "failed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel or an invoice goes; empty texts where the channel tells nothing."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""  # ISO 3166 code of two letters
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ChannelOrderLine:
    """One line of an order as it stands on the channel.

    `quantity` is what the buyer is still to get or has got: what was edited away, cancelled or
    refunded without a delivery no longer counts. `taken` is by how much the channel's own stock
    count is lower because of this line (0: it has not counted it down, or gave it back).
    """

    external_id: str
    title: str
    quantity: int
    ordered: int  # as it was when the order was placed
    unit_price: int  # before discounts
    total: int  # of the line after discounts, without taxes added on top
    sku: str = ""
    discount: int = 0
    tax: int = 0
    shipped: int = 0  # how many the channel itself knows as shipped
    taken: int = 0
    needs_shipping: bool = True
    product_external_id: str | None = None
    variant_external_id: str | None = None  # as offers know it; a simple product's own id
    options: str = ""  # "Red / L", for people


@dataclass(frozen=True, slots=True)
class ChannelRefund:
    """Money given back on the channel; `lines` maps a line's id to units taken back.

    `key` is the key of the draft it was made from, where we made it and the channel kept that.
    """

    external_id: str
    amount: int
    at: datetime
    reason: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    restocked: Mapping[str, int] = field(default_factory=dict)  # units the channel put back
    called_off: Mapping[str, int] = field(default_factory=dict)  # of `lines`, what never left
    key: str = ""


@dataclass(frozen=True, slots=True)
class ChannelShipment:
    """A parcel the channel knows of; `lines` maps a line's id to units.

    What its carrier tells is `journey`, with the carrier's own message as `said`; None and empty
    where the channel tells nothing. A word of delivery may come without its moment.
    """

    external_id: str
    lines: Mapping[str, int]
    carrier: str = ""
    number: str = ""
    url: str = ""
    at: datetime | None = None
    is_cancelled: bool = False
    journey: Journey | None = None
    said: str = ""
    in_transit_at: datetime | None = None
    delivered_at: datetime | None = None
    expected_at: datetime | None = None


class ReturnStep(StrEnum):
    """How far a return is on the channel it was opened on."""

    REQUESTED = "requested"  # the buyer asks; nobody agreed yet
    OPEN = "open"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Fate(StrEnum):
    """What was decided on the channel of units of a return."""

    RESTOCKED = "restocked"  # they lie on the shelf whose stock is kept in step
    DISCARDED = "discarded"  # they are not for sale there
    MISSING = "missing"  # they did not come


@dataclass(frozen=True, slots=True)
class ReturnDecision:
    """What became of some units of a line."""

    line: str
    units: int
    fate: Fate
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChannelReturn:
    """Goods on their way back, as the channel tells; `lines` maps a line's id to units announced.

    `refunds` are ids of refunds that were made for it: what such a refund put back are the same
    units as those it restocked.
    """

    external_id: str
    step: ReturnStep
    lines: Mapping[str, int]
    reason: str = ""
    decisions: tuple[ReturnDecision, ...] = ()
    refunds: tuple[str, ...] = ()

    def units(self, fate: Fate, line: str, *, before: datetime | None = None) -> int:
        """Return how many units of a line had a fate; `before` a moment, if one is given."""
        return sum(
            each.units
            for each in self.decisions
            if (each.line, each.fate) == (line, fate)
            and (before is None or (each.at is not None and each.at < before))
        )


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """An order as it stands on the channel."""

    external_id: str
    number: str  # as the buyer knows it: "#1001"
    placed_at: datetime
    modified_at: datetime | None
    currency: str
    status: str  # the channel's own word
    payment: Payment
    lines: tuple[ChannelOrderLine, ...]
    total: int
    items: int = 0  # sum of lines before discounts
    discount: int = 0
    shipping: int = 0
    tax: int = 0
    fees: int = 0
    refunded: int = 0
    includes_tax: bool = False  # whether prices of lines hold the tax
    is_held: bool = False  # not to be worked on yet: unpaid, under review, held by the merchant
    hold_reason: str = ""
    is_done: bool = False  # the channel regards it as shipped or needing nothing more
    is_test: bool = False
    is_draft: bool = False  # a cart or draft: no order yet
    is_deleted: bool = False
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    email: str = ""
    phone: str = ""
    ship_to: Address | None = None  # None: nothing to ship, or picked up
    bill_to: Address | None = None
    shipping_method: str = ""
    note: str = ""  # what the buyer wrote
    tags: tuple[str, ...] = ()
    risk: str = ""  # low, medium, high, or nothing
    source: str = ""  # the channel's word for where it was placed
    refunds: tuple[ChannelRefund, ...] = ()
    shipments: tuple[ChannelShipment, ...] = ()
    returns: tuple[ChannelReturn, ...] = ()  # none either where the channel does not tell us
    url: str | None = None  # where the merchant sees it on the channel
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShipmentDraft:
    """A parcel to make known; the same number on the same order is the same parcel.

    `lines` maps a line's id to units; `carrier` is our name for it, which the adapter turns into
    the channel's. `is_last` says that nothing of the order is left to ship after it.
    """

    key: str
    order_external_id: str
    lines: Mapping[str, int]
    carrier: str = ""
    number: str = ""
    url: str = ""
    is_last: bool = False
    notifies: bool = True


@dataclass(frozen=True, slots=True)
class UnshipDraft:
    """A parcel that did not leave after all; one the channel does not know of, any more, is done.

    `external_id` is the channel's shipment, if it ever told us; else its number and lines tell.
    `others` are its shipments that stay, whatever number they have.
    """

    key: str
    order_external_id: str
    external_id: str = ""
    number: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CancelDraft:
    """An order to cancel on the channel; one that is cancelled already is done."""

    key: str
    order_external_id: str
    reason: str = ""
    restocks: bool = True  # the channel's own stock count goes up again
    refunds: bool = False  # money goes back the way it came
    notifies: bool = False


@dataclass(frozen=True, slots=True)
class RefundDraft:
    """Money to give back on the channel; `key` is looked for first, so that it is given once.

    `shipping` is how much of the amount is for the delivery.
    """

    key: str
    order_external_id: str
    amount: int
    currency: str
    reason: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    restocks: bool = False
    notifies: bool = False
    shipping: int = 0


class OrderChannel(Protocol):
    """The orders of one connection to one channel."""

    def pull_orders(self, after: Cursor) -> Page[ChannelOrder]:
        """Read a page of orders, the longest unchanged first."""

    def read_orders(self, external_ids: Sequence[str]) -> Sequence[ChannelOrder]:
        """Read these orders as they stand now; missing ones come back with `is_deleted`."""

    def ship_orders(self, drafts: Sequence[ShipmentDraft]) -> Sequence[Outcome]:
        """Make parcels known; `external_id` of an outcome is the channel's shipment."""

    def unship_orders(self, drafts: Sequence[UnshipDraft]) -> Sequence[Outcome]:
        """Take parcels back; one outcome per draft, in order."""

    def cancel_orders(self, drafts: Sequence[CancelDraft]) -> Sequence[Outcome]:
        """Cancel orders; one outcome per draft, in order."""

    def refund_orders(self, drafts: Sequence[RefundDraft]) -> Sequence[Outcome]:
        """Give money back; `external_id` of an outcome is the channel's refund."""
