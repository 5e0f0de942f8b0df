from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.values import FIELDS, Kind
from app.sync import compare
from app.sync.sides import MISSING
from tests.unit.sync.worlds import VALUES, law, trios

SAME = [
    ("title", " Blue mug ", "Blue mug"),
    ("title", "Cafe\u0301", "Café"),
    ("title", "", None),
    ("sku", " MUG-1 ", "MUG-1"),
    ("description", "<p>Good mug</p>", "Good mug"),
    ("description", "<p>a</p>\n\n<p>b</p>", "<p>a<p>b"),
    ("price", {"minor": 999, "currency": "usd"}, {"minor": 999, "currency": "USD"}),
    ("weight", {"value": "0.5", "unit": "kg"}, {"value": "500", "unit": "g"}),
    ("weight", {"value": "1", "unit": "lb"}, {"value": "453.59", "unit": "g"}),
    ("weight", {"value": "16", "unit": "oz"}, {"value": "1.0", "unit": "LBS"}),
    ("length", {"value": "1", "unit": "in"}, {"value": "2.54", "unit": "cm"}),
    ("length", {"value": "1", "unit": "yd"}, {"value": "3", "unit": "ft"}),
    ("weight", {"value": "", "unit": "kg"}, None),
    ("sale_from", "2026-11-20T00:00:00+00:00", "2026-11-20T01:00:00+01:00"),
    ("sale_from", "2026-11-20T00:00:00.9Z", "2026-11-20T00:00:00"),
    ("tags", ["b", "a", "a "], ["a", "b"]),
    ("tags", [], None),
    ("categories", ["Clothing>Shirts"], ["Clothing > Shirts"]),
    (
        "images",
        [{"key": "1", "alt": "", "url": "x"}],
        [{"key": "1", "alt": None, "url": "y"}],
    ),
    ("attributes", {"Care": ["cold", "dry"]}, {"Care ": ["dry", "cold"], "Empty": []}),
    ("choice", {"Color": "Red"}, {"color": "red", "Size": ""}),
]
OTHER = [
    ("title", "Blue mug", "Blue  mug"),
    ("sku", "mug-1", "MUG-1"),
    ("sku", "0012", "12"),
    ("description", "Good mug", "Good <b>mug</b>"),
    ("price", {"minor": 999, "currency": "USD"}, {"minor": 999, "currency": "EUR"}),
    ("price", {"minor": 0, "currency": "USD"}, None),
    ("quantity", 0, None),
    ("weight", {"value": "1", "unit": "lb"}, {"value": "453.5", "unit": "g"}),
    ("weight", {"value": "0", "unit": "kg"}, None),
    ("weight", {"value": "1", "unit": "kg"}, {"value": "1", "unit": "cm"}),
    ("sale_from", "2026-11-20T00:00:00+00:00", "2026-11-20T00:00:01+00:00"),
    ("tags", ["a"], ["a", "b"]),
    ("images", [{"key": "1"}, {"key": "2"}], [{"key": "2"}, {"key": "1"}]),
    ("images", [{"key": "1", "alt": "a"}], [{"key": "1", "alt": "b"}]),
    ("options", [{"name": "A", "values": ["x", "y"]}], [{"name": "A", "values": ["y", "x"]}]),
    ("choice", {"Color": "Red"}, {"Color": "Blue"}),
    ("backorders", True, 1),
]


@pytest.mark.parametrize(("name", "a", "b"), SAME)
def test_what_means_the_same_is_equal(name: str, a: Any, b: Any) -> None:
    assert compare.equal(name, a, b)
    assert compare.equal(name, b, a)


@pytest.mark.parametrize(("name", "a", "b"), OTHER)
def test_what_a_shopper_can_tell_apart_is_not_equal(name: str, a: Any, b: Any) -> None:
    assert not compare.equal(name, a, b)
    assert not compare.equal(name, b, a)


def test_missing_is_neither_empty_nor_zero() -> None:
    assert compare.equal("title", MISSING, MISSING)
    assert not compare.equal("title", MISSING, None)
    assert not compare.equal("quantity", MISSING, 0)


def test_uncounted_stock_is_a_fact_and_an_empty_title_is_not() -> None:
    assert not compare.is_empty("quantity", None)
    assert compare.is_empty("title", " ")
    assert compare.is_empty("title", MISSING)


def test_a_field_we_do_not_know_is_compared_as_it_stands() -> None:
    assert compare.equal("colour_of_the_sky", " blue", "blue")
    assert compare.equal("colour_of_the_sky", ["a"], ["a"])


@given(trios())
@law
def test_equal_is_the_same_both_ways(trio: tuple[str, Any, Any, Any]) -> None:
    name, a, b, _ = trio

    assert compare.equal(name, a, a)
    assert compare.equal(name, a, b) == compare.equal(name, b, a)


@given(trios())
@law
def test_the_canonical_spelling_is_canonical_and_equal_to_its_value(
    trio: tuple[str, Any, Any, Any],
) -> None:
    name, value, _, _ = trio

    spelled = compare.canonical(name, value)

    assert compare.canonical(name, spelled) == spelled
    assert compare.equal(name, spelled, value)


@given(trios())
@law
def test_fingerprints_are_equal_when_and_only_when_values_are(
    trio: tuple[str, Any, Any, Any],
) -> None:
    name, a, b, _ = trio

    are_equal = compare.equal(name, a, b)
    have_one_print = compare.fingerprint({name: a}) == compare.fingerprint({name: b})

    if FIELDS[name].kind is Kind.MEASURE:
        assert are_equal or not have_one_print
    else:
        assert are_equal == have_one_print


@given(VALUES[Kind.TEXT], VALUES[Kind.SET])
@law
def test_a_fingerprint_does_not_depend_on_the_order_of_fields(title: Any, tags: Any) -> None:
    one, other = {"title": title, "tags": tags}, {"tags": tags, "title": title}

    assert compare.fingerprint(one) == compare.fingerprint(other)


@given(st.decimals("0", "99999", places=3), st.sampled_from(["-0.01", "0", "0.004", "0.01"]))
@law
def test_weights_within_a_hundredth_of_a_gram_are_equal(value: Decimal, nudge: str) -> None:
    here = {"value": str(value), "unit": "g"}
    there = {"value": str(value + Decimal(nudge)), "unit": "g"}

    assert compare.equal("weight", here, there)


@given(st.integers(0, 10**9), st.integers(-12, 12))
@law
def test_a_moment_is_the_same_in_every_zone(seconds: int, hours: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)

    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))

    assert compare.equal("sale_to", moment.isoformat(), elsewhere.isoformat())
