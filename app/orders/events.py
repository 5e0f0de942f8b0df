"""Facts of orders."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order was taken in for the first time."""

    order_id: UUID
    connection_id: UUID | None


@dataclass(frozen=True, slots=True)
class ChannelOwed:
    """A channel has to be told of an order: `kind` is ship, unship, cancel or refund."""

    connection_id: UUID
    kind: str
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class RushRulesChanged:
    """Open orders behind this one are to be looked at again; None: all of them."""

    after: UUID | None
