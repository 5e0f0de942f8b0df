"""Which location serves what of an order, pure: by a rule, and the merchant's order of places."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import takewhile
from typing import Final, Generic, TypeVar

from babel import Locale

Good = TypeVar("Good")
Place = TypeVar("Place")

_SAME_REGION: Final = 2  # weighs as much as so many more characters of the postcode


class Routing(StrEnum):
    """By which rule places serve."""

    FEWEST = "fewest"  # one that has everything serves alone, else as few as can be
    NEAREST = "nearest"  # the nearest one that has any of it first
    RANK = "rank"  # the first one in the merchant's order that has any of it first


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a place is or a parcel goes, as far as it is compared; empty texts: not known."""

    country: str = ""  # ISO 3166 code of two letters
    region: str = ""
    postcode: str = ""

    @classmethod
    def of(cls, country: str, region: str = "", postcode: str = "") -> "Spot":
        """Return a spot from what people write: a country by its code or its English name."""
        plain = re.sub(r"[\W_]+", "", postcode).upper()
        return cls(_code(country.strip()), region.strip().casefold(), plain)


def _code(country: str) -> str:
    known = _codes()
    return country.upper() if country.upper() in known.values() else known.get(_key(country), "")


@cache
def _codes() -> Mapping[str, str]:
    named = Locale("en").territories.items()
    return {_key(name): code for code, name in named if len(code) == 2 and code.isalpha()}


def _key(country: str) -> str:
    return country.casefold()


def nearness(place: Spot, to: Spot) -> tuple[int, int]:
    """Return how far a place is, the nearest first: same country, then region and postcode."""
    if not to.country or place.country != to.country:
        return (1, 0)
    alike = sum(
        1
        for _ in takewhile(
            lambda pair: pair[0] == pair[1], zip(place.postcode, to.postcode, strict=False)
        )
    )
    is_same = bool(to.region) and place.region == to.region
    return (0, -(alike + _SAME_REGION * is_same))


@dataclass(frozen=True, slots=True)
class Lane(Generic[Place]):
    """Places that may serve, best first; `is_strict`: in just this order, however many parcels."""

    places: Sequence[Place]
    is_strict: bool = False


def lane(routing: Routing, places: Mapping[Place, Spot], to: Spot | None) -> Lane[Place]:
    """Put places, given in the merchant's order, in that of a rule.

    Where nobody knows where a parcel goes, the nearest place is as good as any.
    """
    if routing is Routing.NEAREST and to is not None and to.country:
        return Lane(sorted(places, key=lambda place: nearness(places[place], to)), is_strict=True)
    return Lane(list(places), is_strict=routing is Routing.RANK)


@dataclass(frozen=True, slots=True)
class Part(Generic[Place, Good]):
    """So many units of a good from a place."""

    place: Place
    good: Good
    quantity: int


def route(
    wanted: Mapping[Good, int],
    available: Mapping[Place, Mapping[Good, int]],
    lane: Lane[Place],
) -> list[Part[Place, Good]]:
    """Split what is wanted over the places of a lane.

    In a strict one each place gives what it has, in order. Else one that serves everything serves
    alone, and otherwise the place that serves the most units goes first, the order deciding between
    equals, until nothing is left to take. What no place has is left out: the caller sees it as
    short.
    """
    order = lane.places
    rest = {good: quantity for good, quantity in wanted.items() if quantity > 0}
    left = {place: dict(available.get(place, {})) for place in order}
    parts: list[Part[Place, Good]] = []
    while rest:
        best = first(lane, {place: _served(rest, left[place]) for place in order})
        if best is None:
            break
        for part in _take(rest, left[best], best):
            parts.append(part)
            rest[part.good] -= part.quantity
            left[best][part.good] -= part.quantity
        rest = {good: quantity for good, quantity in rest.items() if quantity}
    return parts


def first(lane: Lane[Place], served: Mapping[Place, int]) -> Place | None:
    """Return the place that serves next, by the units each can; None: none has any."""
    able = [place for place in lane.places if served[place]]
    if lane.is_strict or not able:
        return next(iter(able), None)
    return max(able, key=lambda place: served[place])


def _served(wanted: Mapping[Good, int], stock: Mapping[Good, int]) -> int:
    return sum(max(0, min(quantity, stock.get(good, 0))) for good, quantity in wanted.items())


def _take(
    wanted: Mapping[Good, int], stock: Mapping[Good, int], place: Place
) -> Iterator[Part[Place, Good]]:
    for good, quantity in wanted.items():
        most = min(quantity, stock.get(good, 0))
        if most > 0:
            yield Part(place, good, most)
