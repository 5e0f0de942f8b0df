"""Kits, pure: what is in a set, how many whole sets the components give, and where from.

A kit is a variant made of other variants, kits among them. It has no stock of its own: what lies on
the shelf are its *goods*, the components that are no kits. A set is built from one place, because
half a set here and half there is two parcels and no set. Goods that nobody counts are always there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from app.inventory.routing import Lane, Part, first, route

Good = TypeVar("Good")
Place = TypeVar("Place")
Key = TypeVar("Key")

MOST_COMPONENTS: Final = 50  # of one kit
MOST_LEVELS: Final = 5  # a kit of kits of kits …
MOST_UNITS: Final = 10_000  # of one component in a set
MOST_GOODS: Final = 1_000_000  # units of one good in a set, nested kits multiplied

Boms = Mapping[Good, Mapping[Good | None, int]]  # None: a component that was deleted
Stock = Mapping[Place, Mapping[Good, int]]  # available, of counted goods alone


@dataclass(frozen=True, slots=True)
class Contents(Generic[Good]):
    """What one set holds of goods; `is_whole` False: a component was deleted, none can be built."""

    goods: Mapping[Good, int]
    is_whole: bool = True


def contents(kit: Good, boms: Boms[Good]) -> Contents[Good]:
    """Return the goods in one set, nested kits opened; `boms` is kit → component → quantity."""
    known: dict[Good, Contents[Good]] = {}

    def open_up(each: Good, above: frozenset[Good]) -> Contents[Good]:
        if each not in boms:
            return Contents({each: 1})
        if each not in known:
            known[each] = merged(each, above | {each})
        return known[each]

    def merged(each: Good, above: frozenset[Good]) -> Contents[Good]:
        goods: dict[Good, int] = {}
        is_whole = True
        for component, quantity in boms[each].items():
            if component is None or component in above:
                is_whole = False
                continue
            part = open_up(component, above)
            is_whole = is_whole and part.is_whole
            for good, units in part.goods.items():
                goods[good] = goods.get(good, 0) + quantity * units
        return Contents(goods, is_whole=is_whole)

    return open_up(kit, frozenset())


def is_above(kit: Good, component: Good, boms: Boms[Good]) -> bool:
    """Tell whether a component is, or holds, the kit: then the kit may not hold it."""
    seen: set[Good] = set()
    due = [component]
    while due:
        each = due.pop()
        if each == kit:
            return True
        if each not in seen:
            seen.add(each)
            due += [part for part in boms.get(each, {}) if part is not None]
    return False


def height(kit: Good, boms: Boms[Good]) -> int:
    """Return how many kits lie in each other, this one counted; 0 for what is no kit."""
    known: dict[Good, int] = {}

    def of(each: Good) -> int:
        if each not in known:
            inner = [part for part in boms.get(each, {}) if part is not None]
            known[each] = 1 + max(map(of, inner), default=0) if each in boms else 0
        return known[each]

    return of(kit)


def sets_at(parts: Mapping[Good, int], here: Mapping[Good, int], counted: Collection[Good]) -> int:
    """Return how many whole sets one place gives; what is missing or short gives none."""
    given = (here.get(good, 0) // units for good, units in parts.items() if good in counted)
    return max(0, min(given, default=0))


def available(
    parts: Mapping[Good, int], stock: Stock[Place, Good], counted: Collection[Good]
) -> int | None:
    """Return how many sets may be sold, all places together; None: nobody counts any of it.

    Never more than the components give together: what one place is short of, another lends.
    """
    limits = [good for good in parts if good in counted]
    if not limits:
        return None
    by_place = sum(sets_at(parts, here, counted) for here in stock.values())
    together = min(
        max(0, sum(here.get(good, 0) for here in stock.values())) // parts[good] for good in limits
    )
    return min(by_place, together)


def missing(
    parts: Mapping[Good, int], sets: int, stock: Stock[Place, Good], counted: Collection[Good]
) -> dict[Good, int]:
    """Return what so many more sets lack, all places together, good by good."""
    short: dict[Good, int] = {}
    for good, units in parts.items():
        held = sum(max(0, here.get(good, 0)) for here in stock.values())
        if good in counted and held < units * sets:
            short[good] = units * sets - held
    return short


@dataclass(frozen=True, slots=True)
class Wish(Generic[Good]):
    """So many sets of these goods."""

    parts: Mapping[Good, int]
    sets: int


@dataclass(slots=True)
class Split(Generic[Key, Place, Good]):
    """What is served from where: whole sets by wish, and plain goods."""

    sets: dict[Key, dict[Place, int]] = field(default_factory=dict)
    goods: list[Part[Place, Good]] = field(default_factory=list)


def split(
    wishes: Mapping[Key, Wish[Good]],
    wanted: Mapping[Good, int],
    stock: Stock[Place, Good],
    lane: Lane[Place],
    *,
    counted: Collection[Good],
) -> Split[Key, Place, Good]:
    """Split an order over the places of a lane.

    Unless its order is strict, a place that serves everything serves alone, and else each kit takes
    its sets from the place that gives the most; plain goods take what is left (`routing.route`).
    What no place has is left out: the caller sees it as short.
    """
    left = {place: dict(stock.get(place, {})) for place in lane.places}
    if not lane.is_strict:
        needs = _needs(wishes.values(), wanted, counted)
        able = [place for place in lane.places if _has(left[place], needs)]
        lane = Lane(able[:1] or lane.places)
    made: Split[Key, Place, Good] = Split()
    for key, wish in wishes.items():
        rest = wish.sets
        while rest > 0:
            sets = {place: sets_at(wish.parts, left[place], counted) for place in lane.places}
            gives = {place: min(rest, most) for place, most in sets.items()}
            best = first(lane, gives)
            if best is None:
                break
            some = gives[best]
            rest -= some
            _take(left[best], wish.parts, some)
            made.sets.setdefault(key, {})[best] = some
    made.goods = route(wanted, left, lane)
    return made


def _needs(
    wishes: Iterable[Wish[Good]], wanted: Mapping[Good, int], counted: Collection[Good]
) -> dict[Good, int]:
    needed = dict(wanted)
    for wish in wishes:
        for good, units in wish.parts.items():
            if good in counted:
                needed[good] = needed.get(good, 0) + units * wish.sets
    return needed


def _has(here: Mapping[Good, int], needs: Mapping[Good, int]) -> bool:
    return all(max(0, here.get(good, 0)) >= units for good, units in needs.items())


def _take(here: dict[Good, int], parts: Mapping[Good, int], sets: int) -> None:
    for good, units in parts.items():
        if good in here:
            here[good] -= units * sets


@dataclass(frozen=True, slots=True)
class Held(Generic[Key, Place, Good]):
    """Units of a good at a place that a line holds."""

    key: Key
    place: Place
    good: Good
    quantity: int


def given_up(
    held: Sequence[Held[Key, Place, Good]], parts: Mapping[Good, int], sets: int
) -> dict[Key, int]:
    """Return which units go when so many sets go, the places in the order of `held`.

    Whole sets leave a place before the next one is asked.
    """
    gone: dict[Key, int] = {}
    rest = sets
    for place in dict.fromkeys(each.place for each in held):
        here = [each for each in held if each.place == place]
        there = max(-(-each.quantity // parts.get(each.good, each.quantity)) for each in here)
        some = min(rest, there)
        for each in here if some else ():
            units = parts.get(each.good, each.quantity) * some
            gone[each.key] = min(each.quantity, units)
        rest -= some
    return gone
