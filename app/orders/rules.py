"""Decisions about orders: which state follows which, what an order wants of the stock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from app.adapters.orders import Journey, Payment, ReturnStep


class OrderState(StrEnum):
    """Life of an order here; where its money is, is told apart (`adapters.orders.Payment`)."""

    PENDING = "pending"  # wants stock and has not all of it
    ON_HOLD = "on_hold"  # nobody works on it: unpaid, under review, held by a person
    ALLOCATED = "allocated"  # everything it wants is promised to it
    PICKING = "picking"
    PACKED = "packed"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


# Where an order stands again when its parcels did not leave after all.
_UNSHIPPED: Final = (OrderState.PENDING, OrderState.ON_HOLD, OrderState.ALLOCATED)
TRANSITIONS: Final[Mapping[OrderState, frozenset[OrderState]]] = {
    OrderState.PENDING: frozenset(
        {
            OrderState.ON_HOLD,
            OrderState.ALLOCATED,
            OrderState.PARTIALLY_SHIPPED,
            OrderState.SHIPPED,
            OrderState.CANCELLED,
        }
    ),
    OrderState.ON_HOLD: frozenset(
        {
            OrderState.PENDING,
            OrderState.ALLOCATED,
            OrderState.PARTIALLY_SHIPPED,
            OrderState.SHIPPED,
            OrderState.CANCELLED,
        }
    ),
    OrderState.ALLOCATED: frozenset(
        {
            OrderState.PENDING,
            OrderState.ON_HOLD,
            OrderState.PICKING,
            OrderState.PACKED,
            OrderState.PARTIALLY_SHIPPED,
            OrderState.SHIPPED,
            OrderState.CANCELLED,
        }
    ),
    OrderState.PICKING: frozenset(
        {
            OrderState.PENDING,
            OrderState.ON_HOLD,
            OrderState.ALLOCATED,
            OrderState.PACKED,
            OrderState.PARTIALLY_SHIPPED,
            OrderState.SHIPPED,
            OrderState.CANCELLED,
        }
    ),
    OrderState.PACKED: frozenset(
        {
            OrderState.PENDING,
            OrderState.ON_HOLD,
            OrderState.ALLOCATED,
            OrderState.PARTIALLY_SHIPPED,
            OrderState.SHIPPED,
            OrderState.CANCELLED,
        }
    ),
    OrderState.PARTIALLY_SHIPPED: frozenset(
        {OrderState.SHIPPED, OrderState.CANCELLED, OrderState.RETURNED, *_UNSHIPPED}
    ),
    OrderState.SHIPPED: frozenset(
        {
            OrderState.PARTIALLY_SHIPPED,
            OrderState.DELIVERED,
            OrderState.CANCELLED,
            OrderState.RETURNED,
            *_UNSHIPPED,
        }
    ),
    # A shop may cancel a parcel its carrier delivered; people here may not.
    OrderState.DELIVERED: frozenset(
        {
            OrderState.PARTIALLY_SHIPPED,
            OrderState.CANCELLED,
            OrderState.RETURNED,
            *_UNSHIPPED,
        }
    ),
    OrderState.CANCELLED: frozenset({OrderState.PENDING, OrderState.ALLOCATED, OrderState.ON_HOLD}),
    OrderState.RETURNED: frozenset(),
}
# States in which an order keeps what it was promised, and may still get more.
OPEN: Final = frozenset(
    (
        OrderState.PENDING,
        OrderState.ON_HOLD,
        OrderState.ALLOCATED,
        OrderState.PICKING,
        OrderState.PACKED,
        OrderState.PARTIALLY_SHIPPED,
    )
)
# What a person, or a carrier, moves an order to and the figures alone would not.
BY_HAND: Final = frozenset((OrderState.PICKING, OrderState.PACKED, OrderState.DELIVERED))


def may_follow(before: OrderState, after: OrderState) -> bool:
    """Tell whether an order may go from one state to another."""
    return after in TRANSITIONS[OrderState(before)]


@dataclass(frozen=True, slots=True)
class LineFigures:
    """One line in whole units: what the buyer is to get, and how far it has come."""

    quantity: int
    shipped: int = 0
    returned: int = 0
    allocated: int = 0  # promised and not shipped
    needs_stock: bool = True  # a service, a gift card, or a line nobody has to ship wants none

    @property
    def open(self) -> int:
        """What is still to be shipped."""
        return max(0, self.quantity - self.shipped) if self.needs_stock else 0

    @property
    def short(self) -> int:
        """What is still to be promised."""
        return max(0, self.open - self.allocated)


def has_arrived(state: OrderState, journeys: Iterable[Journey | None]) -> bool:
    """Tell whether the carriers brought the last of an order: each of its parcels was delivered.

    What somebody else carries says nothing, so an order with such a parcel waits for a person.
    """
    told = list(journeys)
    is_all = bool(told) and all(each == Journey.DELIVERED for each in told)
    return is_all and may_follow(state, OrderState.DELIVERED)


def state_of(
    before: OrderState,
    lines: Iterable[LineFigures],
    *,
    is_cancelled: bool,
    is_held: bool,
    is_done_there: bool = False,
) -> OrderState:
    """Return the state the figures of an order call for; what a person moved it to stays.

    `is_done_there`: the channel regards it as shipped or needing nothing more.
    """
    figures = list(lines)
    shipped = sum(each.shipped for each in figures)
    returned = sum(each.returned for each in figures)
    is_open = any(each.open for each in figures)
    is_nothing_left = bool(figures) and not any(each.quantity for each in figures)
    if (is_cancelled or is_nothing_left) and not shipped:
        return OrderState.CANCELLED
    if shipped and returned >= shipped and (is_cancelled or not is_open):
        return OrderState.RETURNED
    if shipped and (is_cancelled or not is_open):
        return OrderState.DELIVERED if before is OrderState.DELIVERED else OrderState.SHIPPED
    if shipped:
        return OrderState.PARTIALLY_SHIPPED
    if not is_open and is_done_there:
        return OrderState.DELIVERED if before is OrderState.DELIVERED else OrderState.SHIPPED
    if is_held:
        return OrderState.ON_HOLD
    if any(each.short for each in figures):
        return OrderState.PENDING
    return before if before in (OrderState.PICKING, OrderState.PACKED) else OrderState.ALLOCATED


class ReturnState(StrEnum):
    """Life of a return here."""

    EXPECTED = "expected"
    RECEIVED = "received"
    CANCELLED = "cancelled"  # nothing of it came


# Only the channel it was opened on opens a return again, or takes in what nobody waited for here.
RETURN_TRANSITIONS: Final[Mapping[ReturnState, frozenset[ReturnState]]] = {
    ReturnState.EXPECTED: frozenset({ReturnState.RECEIVED, ReturnState.CANCELLED}),
    ReturnState.RECEIVED: frozenset({ReturnState.EXPECTED}),
    ReturnState.CANCELLED: frozenset({ReturnState.EXPECTED, ReturnState.RECEIVED}),
}


def return_follows(
    state: ReturnState, before: str, after: ReturnStep, *, came: bool, is_lost: bool
) -> ReturnState:
    """Return the state of a return after its channel said that it stands at `after`.

    What did not move there moves nothing here: a person may have unpacked it meanwhile. `is_lost`:
    the channel says that what is missing never came.
    """
    if before == after:
        wanted = ReturnState.RECEIVED if came and state is ReturnState.CANCELLED else state
    elif after in (ReturnStep.REQUESTED, ReturnStep.OPEN):
        is_new = before in ("", ReturnStep.CLOSED)
        wanted = ReturnState.EXPECTED if is_new else state
    elif after is ReturnStep.CLOSED and state is ReturnState.EXPECTED and not is_lost:
        wanted = ReturnState.RECEIVED
    else:
        wanted = ReturnState.RECEIVED if came else ReturnState.CANCELLED
    return wanted if wanted in RETURN_TRANSITIONS[state] else state


@dataclass(frozen=True, slots=True)
class Back:
    """Units of a line that left and came back, by both ways we hear of it; each counts once.

    A refund says that units are back on the shelf and names no unit; a return was unpacked by
    somebody. Both may be about the same unit, so what refunds say is believed only as far as no
    return was unpacked, and what was unpacked always.
    """

    refunded: int = 0  # refunds, here or on the channel, say these are back on the shelf
    restocked: int = 0  # unpacked, and put on the shelf
    written_off: int = 0  # unpacked, and not to be sold again
    sent_back: int = 0  # unpacked, and sent to the buyer again

    @property
    def assumed(self) -> int:
        """What lies on the shelf by the word of a refund alone."""
        return max(0, self.refunded - self.restocked - self.written_off - self.sent_back)

    @property
    def kept(self) -> int:
        """What was unpacked and stayed here."""
        return self.restocked + self.written_off

    @property
    def on_shelf(self) -> int:
        """What is on the shelf again."""
        return self.restocked + self.assumed

    @property
    def returned(self) -> int:
        """What the buyer no longer has."""
        return max(self.kept, self.refunded)

    def with_refund(self, units: int) -> "Back":
        """Return it after a refund said that so many units are back."""
        return replace(self, refunded=self.refunded + units)

    def with_return(self, restocked: int, written_off: int, sent_back: int) -> "Back":
        """Return it after so many units were unpacked."""
        return replace(
            self,
            restocked=self.restocked + restocked,
            written_off=self.written_off + written_off,
            sent_back=self.sent_back + sent_back,
        )


def heard(restocked: int, discarded: int, known: Back, room: int) -> tuple[int, int]:
    """Return what is news of a channel's decisions on units of a return: restocked, written off.

    `known` is what this return is known to have brought, `room` how many units may still have come
    unknown to us. What was unpacked here is true: the channel then speaks of the same units.
    """
    fresh = max(0, min(room, restocked + discarded - known.kept - known.sent_back))
    whole = min(fresh, max(0, restocked - known.restocked))
    return whole, min(fresh - whole, max(0, discarded - known.written_off))


def refundable(payment: str, total: int, refunded: int) -> int:
    """Return how much of an order may still be given back; nothing before it was paid."""
    is_paid = payment not in (Payment.PENDING, Payment.AUTHORIZED, Payment.VOIDED)
    return max(0, total - refunded) if is_paid else 0


def share_of(worth: int, units: int, whole: int) -> int:
    """Return the part of an amount that falls to some of its units, rounded half up."""
    return (2 * worth * units + whole) // (2 * whole) if whole else 0


def paid_units(ordered: int, quantity: int, *, each: int, total: int) -> int:
    """Return for how many units of a line its total (before discounts) stands.

    What was edited away was ordered once, and nobody paid for it.
    """
    if each > 0 and total % each == 0 and quantity <= total // each < ordered:
        return total // each
    return ordered


def split(amount: int, first: int, second: int) -> tuple[int, int]:
    """Split an amount by what two parts of it are worth; neither gets nothing."""
    part = share_of(amount, first, first + second) if first + second else amount // 2
    part = min(max(part, 1), amount - 1)
    return part, amount - part


def shared_out(amount: int, worths: Sequence[int]) -> list[int]:
    """Share an amount out by what each part is worth; the shares add up to it exactly."""
    shares: list[int] = []
    left, rest = amount, sum(worths)
    for worth in worths:
        share = min(worth, share_of(left, worth, rest))
        shares.append(share)
        left, rest = left - share, rest - worth
    return shares
