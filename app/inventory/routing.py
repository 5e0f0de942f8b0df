"""Which location serves what of an order, pure: one that serves all, else as few as can be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Good = TypeVar("Good")
Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Part(Generic[Place, Good]):
    """So many units of a good from a place."""

    place: Place
    good: Good
    quantity: int


def route(
    wanted: Mapping[Good, int],
    available: Mapping[Place, Mapping[Good, int]],
    order: Sequence[Place],
) -> list[Part[Place, Good]]:
    """Split what is wanted over places; `order` is the merchant's, best first.

    A place that serves everything serves alone. Else the place that serves the most units goes
    first, the merchant's order deciding between equals, until nothing is left to take. What no
    place has is left out: the caller sees it as short.
    """
    rest = {good: quantity for good, quantity in wanted.items() if quantity > 0}
    left = {place: dict(available.get(place, {})) for place in order}
    parts: list[Part[Place, Good]] = []
    while rest:
        best = max(
            order,
            key=lambda place: (_served(rest, left[place]), -order.index(place)),
            default=None,
        )
        if best is None or not _served(rest, left[best]):
            break
        for part in _take(rest, left[best], best):
            parts.append(part)
            rest[part.good] -= part.quantity
            left[best][part.good] -= part.quantity
        rest = {good: quantity for good, quantity in rest.items() if quantity}
    return parts


def _served(wanted: Mapping[Good, int], stock: Mapping[Good, int]) -> int:
    return sum(max(0, min(quantity, stock.get(good, 0))) for good, quantity in wanted.items())


def _take(
    wanted: Mapping[Good, int], stock: Mapping[Good, int], place: Place
) -> Iterator[Part[Place, Good]]:
    for good, quantity in wanted.items():
        most = min(quantity, stock.get(good, 0))
        if most > 0:
            yield Part(place, good, most)
