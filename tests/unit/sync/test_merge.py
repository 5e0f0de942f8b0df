from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.adapters.values import Kind
from app.sync import compare
from app.sync.merge import Conflict, Merged, merge_field
from app.sync.policy import OnBoth
from app.sync.sides import MISSING
from tests.unit.sync.worlds import law, trios

ASK, OURS, THEIRS = OnBoth.ASK, OnBoth.OURS, OnBoth.THEIRS
Trio = tuple[str, Any, Any, Any]


def images(*keys: str, **alts: str) -> list[dict[str, Any]]:
    return [{"key": key, "alt": alts.get(key), "url": f"u/{key}"} for key in keys]


def options(**named: str) -> list[dict[str, Any]]:
    return [{"name": name, "values": values.split()} for name, values in named.items()]


JOINS = [
    ("tags", ["a"], ["a", "b"], ["a", "c"], ["a", "b", "c"]),
    ("tags", ["a", "b"], ["a"], ["b"], []),
    ("tags", ["a", "b"], ["a"], ["a", "b", "c"], ["a", "c"]),
    ("tags", ["Sale"], ["SALE"], ["Sale", "new"], ["SALE", "new"]),
    ("tags", None, ["a"], ["b"], ["a", "b"]),
    ("categories", ["A > B"], ["A > B", "C"], [], ["C"]),
    ("quantity", 10, 8, 7, 5),
    ("quantity", 10, 15, 7, 12),
    ("attributes", {"Care": ["cold"]}, {"Care": ["warm"]}, {"Care": ["cold"], "Origin": ["IT"]},
     {"Care": ["warm"], "Origin": ["IT"]}),
    ("attributes", {"Care": ["cold"]}, {"Care": ["cold", "dry"]}, {"Care": ["cold", "iron"]},
     {"Care": ["cold", "dry", "iron"]}),
    ("attributes", {"Care": ["cold", "dry"]}, {"Care": ["dry"]}, {"Care": ["cold"]}, {}),
    ("images", images("1", "2"), images("2", "1"), images("1", "2", "3"), images("2", "3", "1")),
    ("images", images("1", "2"), images("1"), images("0", "1", "2"), images("0", "1")),
    ("images", images("1"), images("1", "2"), images("1", "3"), images("1", "2", "3")),
    ("images", images("1", "2"), images("1", "2", **{"1": "front"}),
     images("1", "2", **{"2": "back"}), images("1", "2", **{"1": "front", "2": "back"})),
    ("options", options(Size="S M"), options(Size="S M L"), options(Size="S M", Color="red"),
     options(Size="S M L", Color="red")),
    ("options", options(Size="S M"), options(Size="S M L"), options(Size="XS S M"),
     options(Size="XS S M L")),
    ("choice", {"Color": "red", "Size": "S"}, {"Color": "blue", "Size": "S"},
     {"Color": "red", "Size": "M"}, {"Color": "blue", "Size": "M"}),
]  # fmt: skip
COLLISIONS = [
    ("title", "a", "b", "c"),
    ("description", "a", "<b>a</b>", "a!"),
    ("price", *({"minor": minor, "currency": "USD"} for minor in (1000, 1100, 1200))),
    ("sku", "A", "B", None),
    ("quantity", 3, 1, 0),
    ("quantity", 3, None, 2),
    ("tags", ["sale"], ["SALE"], ["Sale"]),
    ("attributes", {"Care": ["cold"]}, {"Care": ["warm"]}, {}),
    ("attributes", {"Care": ["cold"]}, {"Care": ["warm"]}, {"Care": ["hot"]}),
    ("images", images("1", "2", "3"), images("2", "1", "3"), images("3", "1", "2")),
    ("images", images("1"), images("1", **{"1": "front"}), []),
    ("images", images("1"), images("1", "2"), images("2", "1")),
    ("options", options(Size="S M"), options(Size="S"), options(Größe="S M")),
    ("options", options(Size="S M"), options(SIZE="S M"), options(size="S M")),
    ("choice", {"Color": "red"}, {"Color": "blue"}, {"Color": "green"}),
]


@pytest.mark.parametrize(("name", "base", "ours", "theirs", "both"), JOINS)
def test_edits_that_do_not_touch_join(
    name: str, base: Any, ours: Any, theirs: Any, both: Any
) -> None:
    merged = merge_field(name, base, ours, theirs, ASK)

    assert isinstance(merged, Merged)
    assert compare.equal(name, merged.value, both)


@pytest.mark.parametrize(("name", "base", "ours", "theirs"), COLLISIONS)
def test_edits_of_the_same_thing_are_a_conflict_with_every_value_kept(
    name: str, base: Any, ours: Any, theirs: Any
) -> None:
    assert merge_field(name, base, ours, theirs, ASK) == Conflict(base, ours, theirs)


@pytest.mark.parametrize(("name", "base", "ours", "theirs"), COLLISIONS)
def test_a_rule_decides_a_conflict(name: str, base: Any, ours: Any, theirs: Any) -> None:
    by_ours = merge_field(name, base, ours, theirs, OURS)
    by_theirs = merge_field(name, base, ours, theirs, THEIRS)

    assert by_ours == Merged(ours, changed_ours=False, changed_theirs=True)
    assert by_theirs == Merged(theirs, changed_ours=True, changed_theirs=False)


def test_sides_that_never_agreed_and_are_equal_agree() -> None:
    merged = merge_field("title", MISSING, "Mug", "Mug ", ASK)

    assert merged == Merged("Mug", changed_ours=False, changed_theirs=False)


def test_whoever_has_nothing_at_the_first_meeting_takes_what_the_other_has() -> None:
    there = merge_field("title", MISSING, "Mug", "", ASK)
    here = merge_field("title", MISSING, None, "Mug", ASK)

    assert there == Merged("Mug", changed_ours=False, changed_theirs=True)
    assert here == Merged("Mug", changed_ours=True, changed_theirs=False)


def test_tags_that_differ_at_the_first_meeting_are_not_mixed_unasked() -> None:
    assert isinstance(merge_field("tags", MISSING, ["a"], ["b"], ASK), Conflict)


def test_uncounted_stock_is_not_filled_in_at_the_first_meeting() -> None:
    assert isinstance(merge_field("quantity", MISSING, None, 7, ASK), Conflict)


def test_an_emptied_field_stays_emptied() -> None:
    merged = merge_field("title", "Mug", None, "Mug", ASK)

    assert merged == Merged(None, changed_ours=False, changed_theirs=True)


def test_joined_pictures_keep_their_addresses() -> None:
    merged = merge_field("images", images("1"), images("1", "2"), images("3", "1"), ASK)

    assert isinstance(merged, Merged)
    assert [image["url"] for image in merged.value] == ["u/3", "u/1", "u/2"]


@given(trios())
@law
def test_an_unchanged_side_never_wins(trio: Trio) -> None:
    name, base, changed, _ = trio

    by_us = merge_field(name, base, changed, base, ASK)
    by_them = merge_field(name, base, base, changed, ASK)

    assert isinstance(by_us, Merged)
    assert isinstance(by_them, Merged)
    assert compare.equal(name, by_us.value, changed)
    assert compare.equal(name, by_them.value, changed)
    assert not by_us.changed_ours
    assert not by_them.changed_theirs


@given(trios())
@law
def test_merging_its_own_result_changes_nothing(trio: Trio) -> None:
    name, base, ours, theirs = trio
    merged = merge_field(name, base, ours, theirs, ASK)
    assume(isinstance(merged, Merged))
    assert isinstance(merged, Merged)

    again = merge_field(name, merged.value, merged.value, merged.value, ASK)

    assert again == Merged(merged.value, changed_ours=False, changed_theirs=False)


@given(trios())
@law
def test_a_merge_that_reached_one_side_only_ends_the_same(trio: Trio) -> None:
    name, base, ours, theirs = trio
    merged = merge_field(name, base, ours, theirs, ASK)
    assume(isinstance(merged, Merged))
    assert isinstance(merged, Merged)

    after_our_write = merge_field(name, theirs, merged.value, theirs, ASK)

    assert isinstance(after_our_write, Merged)
    assert compare.equal(name, after_our_write.value, merged.value)


@given(trios())
@law
def test_swapping_the_sides_swaps_nothing_but_names(trio: Trio) -> None:
    name, base, ours, theirs = trio

    here = merge_field(name, base, ours, theirs, ASK)
    there = merge_field(name, base, theirs, ours, ASK)

    if isinstance(here, Conflict):
        assert there == Conflict(base, theirs, ours)
    else:
        assert isinstance(there, Merged)
        assert compare.equal(name, here.value, there.value)
        assert (here.changed_ours, here.changed_theirs) == (
            there.changed_theirs,
            there.changed_ours,
        )


@given(trios())
@law
def test_equal_sides_agree_whatever_was_before(trio: Trio) -> None:
    name, base, value, _ = trio

    for before in (base, MISSING):
        merged = merge_field(name, before, value, value, ASK)
        assert merged == Merged(value, changed_ours=False, changed_theirs=False)


@given(trios())
@law
def test_the_flags_say_exactly_who_is_written(trio: Trio) -> None:
    name, base, ours, theirs = trio

    merged = merge_field(name, base, ours, theirs, OURS)

    assert isinstance(merged, Merged)
    assert merged.changed_ours != compare.equal(name, merged.value, ours)
    assert merged.changed_theirs != compare.equal(name, merged.value, theirs)


COLLECTIONS = (Kind.SET, Kind.IMAGES, Kind.MAP, Kind.OPTIONS, Kind.CHOICE)


@given(trios(*COLLECTIONS))
@law
def test_nothing_appears_that_neither_side_has(trio: Trio) -> None:
    name, base, ours, theirs = trio

    merged = merge_field(name, base, ours, theirs, OURS)

    assert isinstance(merged, Merged)
    assert elements(name, merged.value) <= elements(name, ours) | elements(name, theirs)


@given(trios(*COLLECTIONS))
@law
def test_nothing_disappears_that_both_sides_kept(trio: Trio) -> None:
    name, base, ours, theirs = trio

    for rule in (OURS, THEIRS):
        merged = merge_field(name, base, ours, theirs, rule)
        assert isinstance(merged, Merged)
        assert elements(name, ours) & elements(name, theirs) <= elements(name, merged.value)


@given(trios(*COLLECTIONS), st.data())
@law
def test_edits_of_different_elements_join(trio: Trio, data: st.DataObject) -> None:
    name, base, _, _ = trio
    fields = sorted(elements(name, base))
    removed = data.draw(st.sampled_from([None, *fields]))
    ours = without(name, base, removed) if removed else base
    theirs = with_another(name, base)

    merged = merge_field(name, base, ours, theirs, ASK)

    assert isinstance(merged, Merged)
    assert elements(name, merged.value) == (
        elements(name, ours) | (elements(name, theirs) - elements(name, base))
    )


def without(name: str, value: Any, element: str) -> Any:
    """Return a collection without one of its elements."""
    if isinstance(value, dict):
        return {
            key: held for key, held in value.items() if element not in elements(name, {key: held})
        }
    return [item for item in value if element not in elements(name, [item])]


def with_another(name: str, value: Any) -> Any:
    """Return a collection with an element more that no world has."""
    kind = compare.kind_of(name)
    if kind is Kind.MAP:
        return {**(value or {}), "Made in": ["IT"]}
    if kind is Kind.CHOICE:
        return {**(value or {}), "Made in": "IT"}
    fresh = {
        Kind.SET: "fresh",
        Kind.IMAGES: {"key": "fresh", "alt": None, "url": None},
        Kind.OPTIONS: {"name": "Made in", "values": ["IT"]},
    }
    return [*(value or []), fresh[kind]]


def elements(name: str, value: Any) -> set[str]:
    """Return what a collection consists of, by the keys its elements are known under."""
    spelled = compare.canonical(name, value) or []
    if isinstance(spelled, dict):
        return {key.casefold() for key in spelled}
    keys = [item.get("key") or item["name"] if isinstance(item, dict) else item for item in spelled]
    return {key.casefold() for key in keys}
