"""What kits give, by their laws: nested, with shared components, with stock below zero."""

from hypothesis import given
from hypothesis import strategies as st

from app.inventory import kits
from app.inventory.kits import Held, Wish
from app.inventory.routing import Lane

GOODS = ["a", "b", "c", "d"]
PLACES = ["north", "south"]
stocks = st.fixed_dictionaries(
    {place: st.dictionaries(st.sampled_from(GOODS), st.integers(-5, 12)) for place in PLACES}
)
parts = st.dictionaries(st.sampled_from(GOODS), st.integers(1, 4), min_size=1)


@st.composite
def nests(draw: st.DrawFn) -> dict[str, dict[str | None, int]]:
    """Kits that hold goods and kits before them, so that there is no circle."""
    boms: dict[str, dict[str | None, int]] = {}
    for at in range(draw(st.integers(1, 4))):
        inner = st.sampled_from([*GOODS, *boms])
        boms[f"kit{at}"] = draw(st.dictionaries(inner, st.integers(1, 3), min_size=1, max_size=4))
    return boms


def opened(kit: str, boms: dict[str, dict[str | None, int]]) -> list[str]:
    """The goods of one set, laid out one by one."""
    return [
        good
        for part, units in boms[kit].items()
        if part is not None
        for _ in range(units)
        for good in (opened(part, boms) if part in boms else [part])
    ]


@given(nests())
def test_a_nested_kit_holds_what_lies_on_the_table_when_all_is_unpacked(
    boms: dict[str, dict[str | None, int]],
) -> None:
    for kit in boms:
        found = kits.contents(kit, boms)

        laid_out = opened(kit, boms)
        assert found.goods == {good: laid_out.count(good) for good in laid_out}
        assert found.is_whole
        assert 1 <= kits.height(kit, boms) <= len(boms)


@given(nests(), st.sampled_from(GOODS))
def test_a_lost_component_or_a_circle_leaves_no_whole_set(
    boms: dict[str, dict[str | None, int]], good: str
) -> None:
    first, last = "kit0", list(boms)[-1]
    assert not kits.contents(first, {**boms, first: {good: 1, None: 2}}).is_whole

    circle: dict[str, dict[str | None, int]]
    circle = {**boms, first: {last: 1}, last: {**boms[last], first: 1}}
    assert not kits.contents(first, circle).is_whole
    assert kits.is_above(first, last, circle)
    assert not kits.is_above(first, good, circle)


@given(parts, stocks)
def test_a_kit_gives_whole_sets_and_never_more_than_any_component(
    parts: dict[str, int], stock: dict[str, dict[str, int]]
) -> None:
    counted = {good for here in stock.values() for good in here}

    sets = kits.available(parts, stock, counted)

    if not counted & parts.keys():
        assert sets is None
        return
    assert sets is not None
    assert sets >= 0
    for good in counted & parts.keys():
        together = sum(here.get(good, 0) for here in stock.values())
        assert sets * parts[good] <= max(0, together)
    alone = max(kits.sets_at(parts, here, counted) for here in stock.values())
    assert sets <= sum(kits.sets_at(parts, here, counted) for here in stock.values())
    if all(value >= 0 for here in stock.values() for value in here.values()):
        assert sets >= alone
        assert kits.missing(parts, sets, stock, counted) == {}


@given(
    st.dictionaries(st.sampled_from("xyz"), st.builds(Wish, parts, st.integers(1, 4))),
    st.dictionaries(st.sampled_from(GOODS), st.integers(1, 6)),
    stocks,
)
def test_an_order_is_split_into_whole_sets_of_one_place_and_takes_no_more_than_there_is(
    wishes: dict[str, Wish[str]], wanted: dict[str, int], stock: dict[str, dict[str, int]]
) -> None:
    counted = {good for here in stock.values() for good in here}
    wishes = {key: wish for key, wish in wishes.items() if counted & wish.parts.keys()}

    made = kits.split(wishes, wanted, stock, Lane(PLACES), counted=counted)

    left = {place: dict(here) for place, here in stock.items()}
    for key, places in made.sets.items():
        assert sum(places.values()) <= wishes[key].sets
        for place, sets in places.items():
            for good in counted & wishes[key].parts.keys():
                left[place][good] -= sets * wishes[key].parts[good]
    for part in made.goods:
        left[part.place][part.good] -= part.quantity
    for place, here in left.items():
        assert all(value >= min(0, stock[place][good]) for good, value in here.items())
    for key, wish in wishes.items():  # what is short could be built nowhere
        if sum(made.sets.get(key, {}).values()) < wish.sets:
            assert not any(kits.sets_at(wish.parts, here, counted) for here in left.values())


@given(parts, st.dictionaries(st.sampled_from(PLACES), st.integers(1, 5), min_size=1), st.data())
def test_sets_given_up_leave_whole_sets_behind(
    parts: dict[str, int], held: dict[str, int], data: st.DataObject
) -> None:
    rows = [
        Held(f"{place}-{good}", place, good, units * sets)
        for place, sets in held.items()
        for good, units in parts.items()
    ]
    some = data.draw(st.integers(0, sum(held.values())))

    gone = kits.given_up(rows, parts, some)

    for good, units in parts.items():
        assert sum(gone.get(f"{place}-{good}", 0) for place in held) == units * some
    for row in rows:
        assert (row.quantity - gone.get(row.key, 0)) % parts[row.good] == 0
