"""Reports of orders, pure: cells of a day, a channel and a currency, added up along each of them.

Money is never added across currencies. What was cancelled counts as an order that was placed, and
as nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from app.core.money import MAX_MINOR, Money

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Sums:
    """What some orders come to; amounts are minor units of one currency."""

    placed: int = 0
    cancelled: int = 0  # of what was placed
    refunded: int = 0  # orders of which money went back, in part or whole
    units: int = 0
    items_minor: int = 0
    discount_minor: int = 0
    shipping_minor: int = 0
    fees_minor: int = 0
    tax_minor: int = 0
    total_minor: int = 0
    unpaid_minor: int = 0  # of the total
    refunded_minor: int = 0

    def plus(self, other: "Sums") -> "Sums":
        """Return both together."""
        return Sums(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    @property
    def orders(self) -> int:
        """How many were placed and not cancelled."""
        return self.placed - self.cancelled

    @property
    def net_minor(self) -> int:
        """What is left of the total after refunds."""
        return self.total_minor - self.refunded_minor

    @property
    def average_minor(self) -> int | None:
        """What an order comes to, rounded half up; None without any."""
        if not self.orders:
            return None
        return (2 * self.total_minor + self.orders) // (2 * self.orders)

    @property
    def cancelled_share(self) -> float | None:
        """Which part of what was placed was cancelled."""
        return self.cancelled / self.placed if self.placed else None

    @property
    def refunded_share(self) -> float | None:
        """Of which part of the orders money went back."""
        return self.refunded / self.orders if self.orders else None


NAMES: Final = tuple(each.name for each in fields(Sums))
AMOUNTS: Final[Mapping[str, str]] = {
    "items_minor": "Items",
    "discount_minor": "Discounts",
    "shipping_minor": "Shipping",
    "fees_minor": "Fees",
    "tax_minor": "Tax",
    "total_minor": "Total",
    "unpaid_minor": "Not paid yet",
    "refunded_minor": "Refunds",
    "net_minor": "Net",
}


class Channel(NamedTuple):
    """Where orders came from: a connection, or what an order without one says of itself."""

    connection_id: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The orders of one day, channel and currency."""

    day: date
    channel: Channel
    currency: str
    sums: Sums


def added_up(cells: Iterable[Cell], by: Callable[[Cell], Key]) -> dict[Key, Sums]:
    """Return the sums of cells that share a key."""
    found: dict[Key, Sums] = {}
    for cell in cells:
        key = by(cell)
        found[key] = found.get(key, Sums()).plus(cell.sums)
    return found


def by_currency(cells: Iterable[Cell]) -> dict[str, Sums]:
    """Return what each currency comes to, the one of most orders first."""
    found = added_up(cells, lambda each: each.currency)
    return dict(sorted(found.items(), key=lambda each: (-each[1].placed, each[0])))


def by_channel(cells: Iterable[Cell]) -> dict[Channel, dict[str, Sums]]:
    """Return the sums of each channel by currency, the one of most orders first."""
    found: dict[Channel, dict[str, Sums]] = {}
    sums = added_up(cells, lambda each: (each.channel, each.currency))
    for (channel, currency), some in sums.items():
        found.setdefault(channel, {})[currency] = some
    return dict(
        sorted(
            found.items(),
            key=lambda each: (-sum(one.placed for one in each[1].values()), each[0].name),
        )
    )


def counted(sums: Iterable[Sums]) -> Sums:
    """Return orders and units of all currencies; their money is not to be read."""
    total = Sums()
    for each in sums:
        total = total.plus(Sums(each.placed, each.cancelled, each.refunded, each.units))
    return total


def money_of(minor: int | None, currency: str) -> Money | None:
    """Return an amount; None when there is none, or it is beyond all money."""
    return None if minor is None or abs(minor) > MAX_MINOR else Money(minor, currency)
