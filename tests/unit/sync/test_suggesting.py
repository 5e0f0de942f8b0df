"""What an edit begins with: joins a person may change, that lose and invent nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sync import compare
from app.sync.merge import Merged, merge_field
from app.sync.policy import OnBoth
from app.sync.sides import MISSING
from app.sync.suggesting import suggest, weave
from tests.unit.sync.test_merge import COLLECTIONS, elements, images, options
from tests.unit.sync.worlds import law, trios

Trio = tuple[str, Any, Any, Any]


@pytest.mark.parametrize(
    ("name", "base", "ours", "theirs", "both"),
    [
        ("title", "Blue mug", "Big blue mug", "Blue mug, new", "Big blue mug, new"),
        ("title", "Blue mug", "Red mug", "Green mug", "Red mug"),
        ("description", "<p>A mug.</p>", "<p>A <b>big</b> mug.</p>", "<p>A mug.</p><p>New</p>",
         "<p>A <b>big</b> mug.</p><p>New</p>"),
        ("tags", ["sale"], ["SALE", "a"], ["Sale", "b"], ["SALE", "a", "b"]),
        ("attributes", {"Care": ["cold"]}, {"Care": ["warm"]}, {"Care": ["hot"]},
         {"Care": ["hot", "warm"]}),
        ("images", images("1", "2"), images("2", "1", "3"), images("1", "4", "2"),
         images("2", "1", "3", "4")),
        ("options", options(Size="S M"), options(Size="S M L"), options(Size="M S XL"),
         options(Size="M L S XL")),
        ("choice", {"Size": "S"}, {"Size": "M"}, {"Size": "L"}, {"Size": "M"}),
        ("quantity", 3, 1, 0, 0),
        ("quantity", 3, None, 2, None),
        ("price", *({"minor": n, "currency": "USD"} for n in (10, 11, 12)),
         {"minor": 11, "currency": "USD"}),
        ("sku", "A", "B", None, "B"),
        ("tags", MISSING, ["a"], ["b"], ["a", "b"]),
    ],
)  # fmt: skip
def test_an_edit_begins_with_the_best_of_both(
    name: str, base: Any, ours: Any, theirs: Any, both: Any
) -> None:
    assert compare.equal(name, suggest(name, base, ours, theirs), both)


@given(trios())
@law
def test_what_joins_by_itself_is_suggested(trio: Trio) -> None:
    name, base, ours, theirs = trio
    merged = merge_field(name, base, ours, theirs, OnBoth.ASK)

    suggested = suggest(name, base, ours, theirs)

    if isinstance(merged, Merged):
        assert compare.equal(name, suggested, merged.value)


@given(trios(*COLLECTIONS))
@law
def test_a_suggestion_invents_nothing_and_keeps_what_both_have(trio: Trio) -> None:
    name, base, ours, theirs = trio

    for before in (base, MISSING):
        found = elements(name, suggest(name, before, ours, theirs))
        assert found <= elements(name, ours) | elements(name, theirs)
        assert elements(name, ours) & elements(name, theirs) <= found


_WORDS = st.lists(st.sampled_from(["blue", "mug", "big", "<b>", ","]), max_size=6).map(" ".join)


@given(_WORDS, _WORDS, _WORDS)
@law
def test_woven_texts_do_not_depend_on_who_is_who(base: str, ours: str, theirs: str) -> None:
    assert weave(base, ours, theirs) == weave(base, theirs, ours)


@given(_WORDS, _WORDS)
@law
def test_a_text_only_one_side_changed_is_that_side(base: str, changed: str) -> None:
    assert weave(base, changed, base) == changed
    assert weave(base, base, changed) == changed
