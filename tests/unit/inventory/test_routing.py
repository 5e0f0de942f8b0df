"""Which place serves what: nothing is served twice or invented, and each rule keeps its word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inventory.routing import Lane, Routing, Spot, lane, nearness, route

PLACES = ["north", "south", "east"]
GOODS = ["a", "b", "c"]
stocks = st.fixed_dictionaries(
    {place: st.dictionaries(st.sampled_from(GOODS), st.integers(-3, 9)) for place in PLACES}
)
orders = st.dictionaries(st.sampled_from(GOODS), st.integers(0, 12))


@given(orders, stocks, st.booleans())
def test_what_is_there_is_served_and_nothing_else(
    wanted: dict[str, int], stock: dict[str, dict[str, int]], is_strict: bool
) -> None:
    parts = route(wanted, stock, Lane(PLACES, is_strict=is_strict))

    for good, units in wanted.items():
        there = sum(max(0, here.get(good, 0)) for here in stock.values())
        assert sum(each.quantity for each in parts if each.good == good) == min(units, there)
    for each in parts:
        assert 0 < each.quantity <= stock[each.place][each.good]
    assert len({(each.place, each.good) for each in parts}) == len(parts)


@given(orders, stocks)
def test_whoever_has_everything_serves_alone_unless_the_order_is_strict(
    wanted: dict[str, int], stock: dict[str, dict[str, int]]
) -> None:
    needed = {good: units for good, units in wanted.items() if units}
    able = [p for p in PLACES if all(stock[p].get(g, 0) >= n for g, n in needed.items())]

    parts = route(wanted, stock, Lane(PLACES))

    if able and needed:
        assert {each.place for each in parts} == {able[0]}


def test_in_a_strict_order_the_first_gives_what_it_has() -> None:
    stock = {"north": {"a": 1}, "south": {"a": 9}, "east": {"a": 9}}

    parts = route({"a": 3}, stock, Lane(PLACES, is_strict=True))

    assert [(each.place, each.quantity) for each in parts] == [("north", 1), ("south", 2)]


@pytest.mark.parametrize(
    ("country", "code"),
    [("de", "DE"), ("Germany", "DE"), (" united states ", "US"), ("Atlantis", ""), ("", "")],
)
def test_a_country_is_known_by_code_or_name(country: str, code: str) -> None:
    assert Spot.of(country).country == code


def test_nearer_is_the_same_country_then_region_and_postcode() -> None:
    buyer = Spot.of("DE", "Bavaria", "80331")
    spots = [
        Spot.of("Germany", "bavaria", "80-339"),
        Spot.of("Germany", "", "8033 1"),
        Spot.of("Germany", "Berlin", "10115"),
        Spot.of("Austria", "", "8033"),
    ]

    far = [nearness(each, buyer) for each in spots]

    assert far == sorted(far)
    assert len(set(far)) == 4


def test_a_rule_puts_places_in_its_order() -> None:
    spots = {"north": Spot.of("SE"), "south": Spot.of("IT"), "east": Spot.of("PL")}
    buyer = Spot.of("IT")

    assert lane(Routing.FEWEST, spots, buyer) == Lane(["north", "south", "east"])
    assert lane(Routing.RANK, spots, buyer) == Lane(["north", "south", "east"], is_strict=True)
    assert lane(Routing.NEAREST, spots, buyer) == Lane(["south", "north", "east"], is_strict=True)
    assert lane(Routing.NEAREST, spots, None) == Lane(["north", "south", "east"])
