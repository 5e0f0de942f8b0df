"""How states of orders and payments are shown."""

from collections.abc import Mapping
from typing import Final

from app.adapters.orders import Journey, Payment
from app.orders.rules import OrderState, ReturnState
from app.web.states import FAILED, IDLE, NEEDS_YOU, PAUSED, SYNCED, WAITING, State, Tone


def _like(base: State, word: str, icon: str) -> State:
    return State(word, base.tone, icon)


STATES: Final[Mapping[str, State]] = {
    OrderState.PENDING: _like(NEEDS_YOU, "Waiting for stock", "clock"),
    OrderState.ON_HOLD: _like(PAUSED, "On hold", "circle-pause"),
    OrderState.ALLOCATED: _like(WAITING, "Ready to ship", "package"),
    OrderState.PICKING: _like(WAITING, "Picking", "package-search"),
    OrderState.PACKED: _like(WAITING, "Packed", "package-check"),
    OrderState.PARTIALLY_SHIPPED: _like(NEEDS_YOU, "Partly shipped", "package-open"),
    OrderState.SHIPPED: _like(SYNCED, "Shipped", "truck"),
    OrderState.DELIVERED: _like(SYNCED, "Delivered", "package-check"),
    OrderState.CANCELLED: _like(PAUSED, "Cancelled", "circle-slash"),
    OrderState.RETURNED: _like(PAUSED, "Returned", "undo-2"),
}
PAYMENTS: Final[Mapping[str, State]] = {
    Payment.PENDING: _like(NEEDS_YOU, "Unpaid", "banknote"),
    Payment.AUTHORIZED: _like(WAITING, "Authorized", "banknote"),
    Payment.PARTIALLY_PAID: _like(NEEDS_YOU, "Partly paid", "banknote"),
    Payment.PAID: _like(SYNCED, "Paid", "circle-check"),
    Payment.PARTIALLY_REFUNDED: _like(PAUSED, "Partly refunded", "undo-2"),
    Payment.REFUNDED: _like(PAUSED, "Refunded", "undo-2"),
    Payment.VOIDED: _like(PAUSED, "Voided", "ban"),
}
RETURNS: Final[Mapping[str, State]] = {
    ReturnState.EXPECTED: _like(WAITING, "Expected", "clock"),
    ReturnState.RECEIVED: _like(SYNCED, "Received", "package-check"),
    ReturnState.CANCELLED: _like(PAUSED, "Nothing came", "circle-slash"),
}
JOURNEYS: Final[Mapping[str, State]] = {
    Journey.ANNOUNCED: _like(IDLE, "Label made", "tag"),
    Journey.PICKED_UP: _like(WAITING, "With the carrier", "truck"),
    Journey.IN_TRANSIT: _like(WAITING, "In transit", "truck"),
    Journey.DELAYED: _like(NEEDS_YOU, "Delayed", "clock"),
    Journey.OUT_FOR_DELIVERY: _like(WAITING, "Out for delivery", "truck"),
    Journey.WAITING: _like(WAITING, "Waits for the buyer", "store"),
    Journey.ATTEMPTED: _like(NEEDS_YOU, "Delivery attempted", "triangle-alert"),
    Journey.FAILED: _like(FAILED, "Delivery failed", "circle-x"),
    Journey.DELIVERED: _like(SYNCED, "Delivered", "package-check"),
}
RISKS: Final[Mapping[str, State]] = {
    "low": _like(IDLE, "Low risk", "shield-check"),
    "medium": _like(NEEDS_YOU, "Medium risk", "shield-alert"),
    "high": State("High risk", Tone.RED, "shield-alert"),
}


def order_state(value: str) -> State:
    """Return how the state of an order is shown."""
    return STATES[value]


def payment_state(value: str) -> State:
    """Return how the payment of an order is shown."""
    return PAYMENTS[value]


def return_state(value: str) -> State:
    """Return how the state of a return is shown."""
    return RETURNS[value]


def journey_state(value: str) -> State:
    """Return how the word of a carrier is shown."""
    return JOURNEYS[value]


def risk_state(value: str) -> State | None:
    """Return how a risk is shown; None: nobody told of one."""
    return RISKS.get(value.casefold())
