"""Kits and the goods in them share the shelf: whatever all shops sell of both lies there."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.inventory import families, offering
from app.inventory.families import Claim, Claims, Key, Sold, Stock
from app.inventory.offering import Member, Mode, Terms

PLENTY = 10_000
SHOPS = ("a", "b", "c")
TERMS = st.builds(
    Terms,
    buffer=st.integers(0, 3),
    buffer_percent=st.sampled_from((0, 10, 50)),
    cap=st.none() | st.integers(0, 20),
    weight=st.integers(1, 3),
)
PLAIN = st.builds(Terms, weight=st.integers(1, 3))
# Cups and saucers, alone and in sets; a good may be in no kit, or in all of them.
UNITS = (
    {"cup": 1},
    {"saucer": 1},
    {"cup": 2},
    {"cup": 1, "saucer": 1},
    {"cup": 6, "saucer": 2},
)


def stocks() -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({"cup": st.integers(-2, 30), "saucer": st.integers(-2, 12)})


@st.composite
def claimed(
    draw: st.DrawFn, terms: st.SearchStrategy[Terms] = TERMS, *, most_exposed: int = 12
) -> dict[Key, Claim]:
    weights = {shop: draw(terms).weight for shop in SHOPS}
    keys = draw(st.lists(st.tuples(st.sampled_from(SHOPS), st.integers(0, 4)), unique=True))
    return {
        (shop, str(at)): Claim(
            shop,
            UNITS[at],
            replace(draw(terms), weight=weights[shop]),
            draw(st.sampled_from((PLENTY, 0, 3))),
            draw(st.integers(0, most_exposed)),
        )
        for shop, at in keys
    }


def used(claims: Claims, counts: Mapping[Key, int]) -> dict[str, int]:
    total = {"cup": 0, "saucer": 0}
    for key, claim in claims.items():
        for good, units in claim.units.items():
            total[good] += units * counts[key]
    return total


def exposed(claims: Claims) -> dict[Key, int]:
    return {key: each.exposed for key, each in claims.items()}


def shown_now(claims: Claims, counts: Mapping[Key, int]) -> dict[Key, Claim]:
    return {key: replace(each, exposed=counts[key]) for key, each in claims.items()}


def at_rest(stock: Stock, claims: Claims) -> dict[Key, Claim]:
    """Write and confirm until nobody is to be shown anything else."""
    now = dict(claims)
    for _ in range(200):
        counts = families.grants(stock, now)
        if counts == exposed(now):
            return now
        now = shown_now(now, counts)
    raise AssertionError("It does not come to rest.")


@given(stock=stocks(), claims=claimed())
def test_what_is_raised_is_there_in_every_good(stock: Stock, claims: Claims) -> None:
    before = exposed(claims)

    counts = families.grants(stock, claims)

    after = used(claims, {key: max(counts[key], before[key]) for key in claims})
    for good, units in used(claims, before).items():
        assert after[good] <= max(units, stock[good], 0)


@given(
    stock=stocks(),
    claims=claimed(most_exposed=0),
    moves=st.lists(st.tuples(st.sampled_from("sgcrs"), st.integers(0, 99)), max_size=40),
)
def test_no_sequence_of_writes_and_sales_offers_more_than_there_is(
    stock: dict[str, int], claims: dict[Key, Claim], moves: list[tuple[str, int]]
) -> None:
    base, sent = exposed(claims), dict[Key, int]()
    stock = {good: max(units, 0) for good, units in stock.items()}
    for move, number in moves if claims else ():
        key = sorted(claims)[number % len(claims)]
        most = {each: max(base[each], sent.get(each, 0)) for each in claims}
        if move == "g":  # a write is noted, and leaves
            sent[key] = families.grants(stock, shown_now(claims, most))[key]
        elif move == "c" and key in sent:  # it arrived
            base[key] = sent.pop(key)
        elif move == "r":  # it was refused
            sent.pop(key, None)
        elif move == "s" and most[key]:  # a sale, whose order is heard
            base[key] = max(base[key] - 1, 0)
            sent = {each: max(n - (each == key), 0) for each, n in sent.items()}
            for good, units in claims[key].units.items():
                stock[good] -= units

        most = {each: max(base[each], sent.get(each, 0)) for each in claims}
        assert all(units <= stock[good] for good, units in used(claims, most).items())


@given(stock=stocks(), claims=claimed(PLAIN))
def test_nothing_lies_idle_at_rest(stock: Stock, claims: Claims) -> None:
    now = at_rest(stock, claims)

    idle = {good: max(stock[good], 0) - units for good, units in used(now, exposed(now)).items()}
    for each in now.values():
        is_enough = all(idle[good] >= units for good, units in each.units.items())
        assert not is_enough or each.exposed >= min(each.most, each.whole(stock))


@given(stock=stocks(), claims=claimed())
def test_whatever_was_shown_comes_to_rest_within_what_there_is(
    stock: Stock, claims: Claims
) -> None:
    now = at_rest(stock, claims)

    assert all(units <= max(stock[good], 0) for good, units in used(now, exposed(now)).items())


@given(
    stock=stocks(),
    members=st.lists(
        st.tuples(
            st.integers(0, 4),
            st.builds(
                Member,
                st.sampled_from(Mode),
                TERMS,
                counted=st.integers(0, 20),
                exposed=st.integers(0, 6),
                takes=st.booleans(),
                shop=st.sampled_from(SHOPS),
            ),
        ),
        max_size=8,
    ),
)
def test_in_whichever_mode_and_also_beside_paused_shops_nothing_is_raised_beyond_what_is_there(
    stock: Stock, members: list[tuple[int, Member]]
) -> None:
    family = {
        str(at): Sold(units, {str(n): each for n, (of, each) in enumerate(members) if of == at})
        for at, units in enumerate(UNITS)
    }
    if Mode.STRICT not in {each.mode for _, each in members}:
        return

    found = families.offers(stock, family)

    def most(*, is_before: bool) -> dict[str, int]:
        total = {"cup": 0, "saucer": 0}
        for variant, sold in family.items():
            parts: dict[str, int] = {}
            for name, each in sold.members.items():
                if each.mode is not Mode.MIRROR:
                    raised = each.takes and not is_before
                    after = found[variant][name].quantity if raised else 0
                    part = "sharing" if each.mode is Mode.SHARED else name
                    parts[part] = max(parts.get(part, 0), each.exposed, after)
            for good, units in sold.units.items():
                total[good] += units * sum(parts.values())
        return total

    before = most(is_before=True)
    for good, units in most(is_before=False).items():
        assert units <= max(before[good], stock[good], 0)


@given(
    available=st.integers(-2, 40),
    held=st.lists(st.integers(0, 20), min_size=3, max_size=3),
    terms=st.lists(TERMS, min_size=3, max_size=3),
)
def test_one_variant_alone_is_split_as_ever(
    available: int, held: list[int], terms: list[Terms]
) -> None:
    shops = list(zip(SHOPS, terms, held, strict=True))
    claims = {(s, "mug"): Claim(s, {"mug": 1}, each, PLENTY, n) for s, each, n in shops}

    found = families.grants({"mug": available}, claims)

    expected = offering.grants(
        available, dict(zip(SHOPS, held, strict=True)), dict(zip(SHOPS, terms, strict=True))
    )
    assert {shop: count for (shop, _), count in found.items()} == expected


def strict(shop: str, counted: int, exposed: int = 0, **terms: int) -> Member:
    return Member(Mode.STRICT, Terms(**terms), counted, exposed, shop=shop)


def shown(stock: Stock, family: Mapping[str, Sold]) -> dict[str, dict[str, int]]:
    return {
        variant: {name: each.quantity for name, each in some.items()}
        for variant, some in families.offers(stock, family).items()
    }


def test_a_shop_divides_its_part_between_cups_and_sets() -> None:
    cups = Sold({"cup": 1}, {"a1": strict("a", 12), "b1": strict("b", 12)})
    sets = Sold({"cup": 2}, {"a2": strict("a", 6)})

    assert shown({"cup": 12}, {"cup": cups, "set": sets}) == {
        "cup": {"a1": 4, "b1": 6},
        "set": {"a2": 1},
    }


def test_what_a_kit_cannot_use_is_sold_alone() -> None:
    cups = Sold({"cup": 1}, {"b1": strict("b", 100)})
    sets = Sold({"cup": 1, "saucer": 1}, {"a2": strict("a", 2)})

    assert shown({"cup": 100, "saucer": 2}, {"cup": cups, "set": sets}) == {
        "cup": {"b1": 98},
        "set": {"a2": 2},
    }


def test_a_cup_that_one_shop_still_shows_is_in_no_set_of_another() -> None:
    cups = Sold({"cup": 1}, {"a1": strict("a", 4, exposed=4)})
    sets = Sold({"cup": 2}, {"b2": strict("b", 2)})
    assert shown({"cup": 4}, {"cup": cups, "set": sets}) == {"cup": {"a1": 2}, "set": {"b2": 0}}

    lowered = Sold({"cup": 1}, {"a1": strict("a", 4, exposed=2)})
    assert shown({"cup": 4}, {"cup": lowered, "set": sets}) == {"cup": {"a1": 2}, "set": {"b2": 1}}


def test_beside_a_strict_shop_those_that_share_hold_a_part_of_every_variant() -> None:
    sharing = Member(Mode.SHARED, Terms(), counted=8)
    cups = Sold({"cup": 1}, {"a1": strict("a", 8)})
    sets = Sold({"cup": 2}, {"b2": sharing, "c2": replace(sharing, counted=4)})

    assert shown({"cup": 8}, {"cup": cups, "set": sets}) == {
        "cup": {"a1": 4},
        "set": {"b2": 2, "c2": 2},
    }


def test_what_a_paused_shop_holds_of_a_set_is_given_to_nobody() -> None:
    deaf = replace(strict("a", 1, exposed=1), takes=False)
    cups = Sold({"cup": 1}, {"b1": strict("b", 3)})
    sets = Sold({"cup": 2}, {"a2": deaf})

    assert shown({"cup": 3}, {"cup": cups, "set": sets}) == {"cup": {"b1": 1}, "set": {"a2": 1}}


def test_families_are_what_shares_a_good() -> None:
    units = {"cup": {"cup": 1}, "jar": {"jar": 1}, "set": {"cup": 2, "tin": 1}, "tin": {"tin": 1}}

    assert sorted(map(sorted, families.together(units))) == [["cup", "set", "tin"], ["jar"]]
