"""Decisions about orders: which state follows which, what an order wants of the stock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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
        {OrderState.SHIPPED, OrderState.CANCELLED, OrderState.RETURNED}
    ),
    OrderState.SHIPPED: frozenset(
        {OrderState.PARTIALLY_SHIPPED, OrderState.DELIVERED, OrderState.RETURNED}
    ),
    OrderState.DELIVERED: frozenset({OrderState.RETURNED}),
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
# What a person moves an order to and the figures alone would not.
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
    if is_cancelled and not shipped:
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
