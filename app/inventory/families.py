"""What each shop may sell of a kit and of the goods in it, pure: they lie on one shelf.

A *family* are all variants that share counted goods: the goods, and every kit that holds them, kits
of kits opened. Each shop's part of each of them is a *claim*. Of no good the claims together are
ever more than what is available of it: units in one times how many may still be sold, shown counts
and writes under way included. As in `offering.grants`, whoever is to be shown less is lowered
first, and a claim is raised by what nobody is exposed to, in every good it takes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from app.inventory.offering import (
    SHARING,
    Member,
    Mode,
    Offered,
    Terms,
    of_mode,
    offered,
    parts_of,
    split,
)
from app.inventory.offering import offers as offers_alone

Variant = TypeVar("Variant", bound=str)
Stock = Mapping[str, int]  # good → what is available of it
Units = Mapping[str, int]  # counted good → how many of it are in one
Key = tuple[str, str]  # whose part, and of which variant


@dataclass(frozen=True, slots=True)
class Claim:
    """What one part may sell of one variant.

    `shop` is whose weight counts: what a shop sells of a family, it sells out of its part of the
    goods. `most` can be built where it counts, `exposed` may still be sold as far as we know.
    """

    shop: str
    units: Units
    terms: Terms
    most: int
    exposed: int = 0

    @property
    def size(self) -> int:
        """How much one of it takes of the good it takes most of."""
        return max(self.units.values())

    def whole(self, stock: Stock) -> int:
        """Return how many so much stock gives."""
        return max(0, min(stock[good] // units for good, units in self.units.items()))


Claims = Mapping[Key, Claim]


def together(units: Mapping[Variant, Units]) -> list[list[Variant]]:
    """Return the families among variants, by what one of each takes."""
    holding: dict[str, list[Variant]] = {}
    for variant, goods in units.items():
        for good in goods:
            holding.setdefault(good, []).append(variant)
    families: list[list[Variant]] = []
    seen: set[Variant] = set()
    for variant in units:
        due, family = [variant], list[Variant]()
        while due:
            each = due.pop()
            if each not in seen:
                seen.add(each)
                family.append(each)
                due += [other for good in units[each] for other in holding.pop(good, ())]
        families += [family] if family else []
    return families


def ideal(stock: Stock, claims: Claims) -> dict[Key, int]:
    """Split goods by weight, each shop's part into what it sells; nothing useful is left over.

    What a shop cannot use of its part goes to the others, again by weight. What is held back of a
    claim by its terms stays held back.
    """
    left = {good: max(units, 0) for good, units in stock.items()}
    given = dict.fromkeys(claims, 0)
    while able := _able(left, claims, given):
        more: dict[Key, int] = {}
        for shop, part in _parts(left, able).items():
            mine = {key: each for key, each in able.items() if each.shop == shop}
            more |= _filled(part, mine, given)
        if not any(more.values()):  # no shop's part is enough for one: the first has it
            more = {min(able): 1}
        for key, some in more.items():
            given[key] += some
            _take(left, claims[key], some)
    return {key: each.terms.less(given[key]) for key, each in claims.items()}


def _able(left: Stock, claims: Claims, given: Mapping[Key, int]) -> dict[Key, Claim]:
    """Return the claims that so much would give one more of."""
    return {
        key: each
        for key, each in claims.items()
        if each.terms.weight and given[key] < each.most and each.whole(left)
    }


def _parts(left: Stock, able: Claims) -> dict[str, dict[str, int]]:
    """Split every good among the shops that can use it."""
    weights: dict[str, dict[str, int]] = {}
    for each in able.values():
        for good in each.units:
            weights.setdefault(good, {})[each.shop] = each.terms.weight
    parts: dict[str, dict[str, int]] = {each.shop: {} for each in able.values()}
    for good, shops in weights.items():
        for shop, part in split(left[good], shops).items():
            parts[shop][good] = part
    return parts


def _filled(part: Stock, mine: Claims, given: Mapping[Key, int]) -> dict[Key, int]:
    """Make of a shop's part what it sells: first one of each, the small ones first; then evenly."""
    left, got = dict(part), dict(given)
    is_first = True
    while able := _able(left, mine, got):
        more = {} if is_first else _evenly(left, able, got)
        if not any(more.values()):
            more = dict.fromkeys(sorted(able, key=lambda each: (able[each].size, each)), 1)
        for key, some in more.items():
            some = min(some, mine[key].whole(left))
            got[key] += some
            _take(left, mine[key], some)
        is_first = False
    return {key: got[key] - given[key] for key in mine}


def _evenly(left: Stock, able: Claims, got: Mapping[Key, int]) -> dict[Key, int]:
    sharing: dict[str, int] = {}
    for each in able.values():
        for good in each.units:
            sharing[good] = sharing.get(good, 0) + 1
    each_part = {good: left[good] // many for good, many in sharing.items()}
    return {key: min(each.whole(each_part), each.most - got[key]) for key, each in able.items()}


def _take(left: dict[str, int], claim: Claim, some: int) -> None:
    for good, units in claim.units.items():
        left[good] -= units * some


def grants(stock: Stock, claims: Claims) -> dict[Key, int]:
    """Return how many each claim is to be shown next.

    A grant at or below what a claim is exposed to is safe at any time; those above use only what
    nobody is exposed to, in all goods at once. For one variant alone it is `offering.grants`.
    """
    wanted = ideal(stock, claims)
    shown = {key: each.exposed for key, each in claims.items()}
    room = {good: max(units, 0) for good, units in stock.items()}
    for each in claims.values():
        _take(room, each, each.exposed)
    _lower(dict(room), claims, wanted, shown)
    _raise(room, claims, wanted, shown)
    _make_way(room, claims, wanted, shown)
    return {
        key: min(count, claims[key].terms.less(claims[key].whole(stock)))
        for key, count in shown.items()
    }


Wanted = Mapping[Key, int]


def _lower(room: dict[str, int], claims: Claims, wanted: Wanted, shown: dict[Key, int]) -> None:
    """While more is claimed of a good than there is: lower who has most more than its part."""
    for key in sorted(claims, key=lambda each: (_lacks(each, claims, wanted, shown), each)):
        claim = claims[key]
        due = max(-(room[good] // units) for good, units in claim.units.items())
        less = min(max(due, 0), max(shown[key] - wanted[key], 0))
        shown[key] -= less
        _take(room, claim, -less)


def _raise(room: dict[str, int], claims: Claims, wanted: Wanted, shown: dict[Key, int]) -> None:
    """Give who has too little what nobody is exposed to."""
    for key in sorted(claims, key=lambda each: (-_lacks(each, claims, wanted, shown), each)):
        claim = claims[key]
        more = min(claim.whole(room), wanted[key] - shown[key])
        if more > 0 and shown[key] >= claim.exposed:
            shown[key] += more
            _take(room, claim, more)


def _lacks(key: Key, claims: Claims, wanted: Wanted, shown: Mapping[Key, int]) -> int:
    return (wanted[key] - shown[key]) * claims[key].size


def _make_way(room: Stock, claims: Claims, wanted: Wanted, shown: dict[Key, int]) -> None:
    """Lower who has most more than its part, for who has nothing, or lets a good lie idle."""
    needed = _needed(room, claims, wanted, shown)
    holding: dict[str, list[Key]] = {good: [] for good in sorted(needed)}
    for key in sorted(claims):
        for good in claims[key].units.keys() & needed.keys():
            holding[good].append(key)
    for good, keys in holding.items():
        short = needed[good] - max(room[good], 0)
        above = {key: (shown[key] - wanted[key]) * claims[key].units[good] for key in keys}
        rich = max(keys, key=above.__getitem__)
        if short > 0 and above[rich] > 0:
            sets = -(-short // claims[rich].units[good])
            shown[rich] -= min(shown[rich] - wanted[rich], sets)


def _needed(
    room: Stock, claims: Claims, wanted: Wanted, shown: Mapping[Key, int]
) -> dict[str, int]:
    """Return the units of goods that wait for others: all of a part for who has nothing."""
    needed: dict[str, int] = {}
    for key, claim in claims.items():
        if not shown[key] == claim.exposed < wanted[key]:
            continue
        is_starving = not claim.exposed
        if is_starving or any(room[good] > 0 for good in claim.units):
            for good, units in claim.units.items():
                some = wanted[key] if is_starving else 1
                needed[good] = needed.get(good, 0) + units * some
    return needed


@dataclass(frozen=True, slots=True)
class Sold:
    """A variant of a family: what one takes of each counted good, and who sells it."""

    units: Units
    members: Mapping[str, Member]


def offers(stock: Stock, family: Mapping[str, Sold]) -> dict[str, dict[str, Offered]]:
    """Return what each shop is to be shown next of each variant of a family.

    Without a strict shop in it, everybody sees everything that counts there. Who takes nothing from
    us keeps what it may sell, and the others split what is left.
    """
    if not any(of_mode(each.members, Mode.STRICT) for each in family.values()):
        return {variant: offers_alone(0, each.members) for variant, each in family.items()}
    left = dict(stock)
    claims: dict[Key, Claim] = {}
    parts: dict[Key, int] = {}
    for variant, sold in family.items():
        for part, claim, takes in _claims(stock, sold):
            if takes:
                claims[part, variant] = claim
            else:
                parts[part, variant] = claim.exposed
                _take(left, claim, claim.exposed)
    parts |= grants(left, claims)
    return {
        variant: offered(
            {part: n for (part, of), n in parts.items() if of == variant}, sold.members
        )
        for variant, sold in family.items()
    }


def _claims(stock: Stock, sold: Sold) -> Iterable[tuple[str, Claim, bool]]:
    """Yield each part of a variant with its claim, and whether it can be changed."""
    there = min(max(stock[good], 0) // units for good, units in sold.units.items())
    exposed, terms = parts_of(sold.members, there)
    sharing = of_mode(sold.members, Mode.SHARED).values()
    for part, held in exposed.items():
        if part == SHARING:
            shop, most = SHARING, max(each.counted for each in sharing)
        else:
            shop, most = sold.members[part].shop or part, sold.members[part].counted
        limits = terms.get(part, Terms())
        yield part, Claim(shop, sold.units, limits, most, held), part in terms
