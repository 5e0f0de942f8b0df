"""Values as they come in: one spelling each, and cleaning twice changes nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog import rules, values
from app.catalog.html import clean_html
from app.catalog.rules import Layer
from app.catalog.values import NotTaken, clean, same

TEXTS = st.text(max_size=60)
PIECES = [
    "<p>",
    "</p>",
    "<b",
    "class='x'>",
    "</b>",
    "<script>",
    "</script>",
    "<img",
    "src=x",
    "onerror=y>",
    "</a>",
    "&amp;",
    "&",
    "<",
    ">",
    "tea",
    "<style>p{}</style>",
    "<p",
    "style='color:red;position:fixed'>",
    "<iframe>",
    "<a",
    "href='javascript:1'>",
    "<a",
    "href='https://x.example'",
    "target=_blank>",
]
MARKUP = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)


@settings(deadline=None)
@given(MARKUP)
def test_cleaning_html_twice_changes_nothing(html: str) -> None:
    once = clean_html(html)

    assert clean_html(once) == once
    assert "<script" not in once
    assert "<iframe" not in once


@settings(deadline=None)
@given(TEXTS.filter(lambda text: bool(values.plain(text).split())))
def test_cleaning_a_title_twice_changes_nothing(text: str) -> None:
    once = clean("title", text, currency="USD")

    assert clean("title", once, currency="USD") == once


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=8))
def test_cleaning_tags_twice_changes_nothing(tags: list[str]) -> None:
    once = clean("tags", tags, currency="USD")

    assert clean("tags", once, currency="USD") == once
    assert once == sorted(once)


@settings(deadline=None)
@given(st.dictionaries(TEXTS, st.lists(TEXTS, max_size=3), max_size=5))
def test_cleaning_attributes_twice_changes_nothing(attributes: dict[str, list[str]]) -> None:
    once = clean("attributes", attributes, currency="USD")

    assert clean("attributes", once, currency="USD") == once


@pytest.mark.parametrize(
    ("field", "given_value", "kept"),
    [
        ("categories", ["Clothing>Shirts", " Gifts "], ["Clothing > Shirts", "Gifts"]),
        ("weight", {"value": "1.500", "unit": "Kilograms"}, {"value": "1.5", "unit": "kg"}),
        ("weight", {"value": "", "unit": "kg"}, None),
        ("sale_from", "2026-11-20T01:00:00+01:00", "2026-11-20T00:00:00+00:00"),
        ("gtin", "978-3-16-148410-0", "9783161484100"),
        ("sku", "  MUG 1 ", "MUG 1"),
        ("sku", "   ", None),
        ("backorders", None, "no"),
        ("tags", None, []),
        ("attributes", {"Colour": "Blue", "Empty": []}, {"Colour": ["Blue"]}),
        ("condition", "New", "new"),
    ],
)
def test_values_are_kept_in_one_spelling(field: str, given_value: Any, kept: Any) -> None:
    assert clean(field, given_value, currency="USD") == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("images", [{"key": "ext:no-address", "alt": None}]),
        ("options", [{"name": "Size", "values": []}, {"name": "size", "values": []}]),
        ("options", [{"name": str(n), "values": ["x"]} for n in range(11)]),
        ("categories", ["a > " * 400 + "b"]),
        ("price", {"minor": "12", "currency": "USD"}),
        ("quantity", 3_000_000_000),
        ("sale_to", "tomorrow"),
        ("sale_to", "9999-12-31T23:59:59-05:00"),
        ("backorders", "maybe"),
    ],
)
def test_what_cannot_be_kept_is_a_sentence(field: str, value: Any) -> None:
    with pytest.raises(NotTaken) as refusal:
        clean(field, value, currency="USD")

    assert str(refusal.value).endswith(".")


def test_the_same_weight_in_other_units_is_no_change() -> None:
    assert same("weight", {"value": "1", "unit": "kg"}, {"value": "1000", "unit": "g"})
    assert not same("quantity", 0, None)
    assert same("tags", [], [])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([*Layer, None]), st.integers(0, 3)), min_size=1, max_size=8)
)
def test_the_highest_layer_is_always_what_is_seen(writes: list[tuple[Layer | None, int]]) -> None:
    effective: Any = "first"
    layers: rules.Layers = {}

    for layer, value in writes:
        effective, layers = rules.write_layer(layers, "title", effective, value, layer=layer)

        kept = layers.get("title")
        if kept:
            top = max((Layer(name) for name in kept), key=rules.LAYER_ORDER.index)
            assert effective == kept[top.value]


def test_a_dropped_layer_shows_what_lies_below() -> None:
    _, layers = rules.write_layer({}, "title", "Sourced", "Mine", layer=Layer.MANUAL)

    assert rules.drop_layer(layers, "title", "Mine", layer=Layer.MANUAL) == ("Sourced", {})


def test_search_ignores_case_and_accents() -> None:
    assert rules.fold("  Crème   BRÛLÉE ") == "creme brulee"
    assert rules.slug("Blue Müg, large!") == "blue-mug-large"
