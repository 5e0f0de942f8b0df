from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.values import PRODUCT_FIELDS, VARIANT_FIELDS
from app.listings.readiness import Gap, gaps, is_ready


@dataclass(frozen=True, slots=True)
class Limits:
    product_fields: frozenset[str] = frozenset(PRODUCT_FIELDS)
    variant_fields: frozenset[str] = frozenset(VARIANT_FIELDS)
    max_images: int | None = None
    max_variants: int | None = None
    max_lengths: Mapping[str, int] = field(default_factory=dict)


def usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


PRODUCT = {
    "title": "Mug",
    "description": "Good",
    "status": "active",
    "images": [{"key": "1", "alt": None, "url": None}],
    "options": [],
}
VARIANT = {"sku": "A", "price": usd(1000), "quantity": 3, "gtin": None}
SIZES = [{"name": "Size", "values": ["S", "M"]}]


def sentences(
    product: Mapping[str, Any] | None = None,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    limits: Limits | None = None,
    currency: str | None = None,
) -> list[str]:
    held = {"v": VARIANT} if variants is None else variants
    found = gaps({**PRODUCT, **(product or {})}, held, limits or Limits(), currency=currency)
    return [gap.sentence for gap in found]


def test_a_whole_product_is_ready() -> None:
    assert sentences() == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": " "}, "Give the product a title."),
        ({"status": "archived"}, "The product is archived. Restore it before you publish it."),
        ({"description": None}, "Shoppers see no description."),
        ({"images": []}, "Shoppers see no picture."),
    ],
)
def test_what_a_product_lacks(change: dict[str, Any], sentence: str) -> None:
    assert sentences(change) == [sentence]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"price": None}, "Give every variant a price."),
        ({"price": usd(-1)}, "A price cannot be below 0."),
        ({"sale_price": usd(1000)}, "The sale price must be below the price."),
        ({"sku": ""}, "Without an SKU this variant cannot be found again on the channel."),
        ({"gtin": "12345"}, "A barcode has 8, 12, 13 or 14 digits; “12345” has 5."),
        ({"quantity": -1}, "Stock is below zero."),
        ({"sale_from": "2026-02-01T00:00:00+00:00", "sale_to": "2026-01-01T00:00:00+00:00"},
         "The sale ends before it starts."),
    ],
)  # fmt: skip
def test_what_a_variant_lacks(change: dict[str, Any], sentence: str) -> None:
    assert sentences(variants={"v": {**VARIANT, **change}}) == [sentence]


def test_prices_are_in_the_money_of_the_shop() -> None:
    assert sentences(currency="USD") == []
    assert sentences(currency="EUR") == ["The shop sells in EUR; this price is in USD."]


def test_a_product_without_variants_has_nothing_to_sell() -> None:
    assert sentences(variants={}) == ["Add at least one variant: it carries price and stock."]


def test_the_limits_of_a_channel_are_told_with_figures() -> None:
    limits = Limits(max_images=1, max_variants=1, max_lengths={"title": 2, "sku": 3})
    pictures = [{"key": str(i), "alt": None, "url": None} for i in range(3)]
    two = {key: {**VARIANT, "sku": f"SKU-{key}", "choice": {"Size": key}} for key in ("S", "M")}

    found = sentences({"images": pictures, "options": SIZES}, two, limits)

    assert found == [
        "Title may have 2 characters on this channel; it has 3.",
        "The channel takes 1 variants; there are 2.",
        "SKU may have 3 characters on this channel; it has 5.",
        "SKU may have 3 characters on this channel; it has 5.",
        "The channel takes 1 pictures; this product has 3. Only the first 1 are sent.",
    ]


def test_several_variants_need_something_that_tells_them_apart() -> None:
    two = {key: {**VARIANT, "sku": key} for key in "ab"}

    assert sentences(variants=two) == [
        "Several variants need an option that tells them apart, such as Size."
    ]


def test_every_variant_has_a_value_of_its_own_for_each_option() -> None:
    three = {
        "a": {**VARIANT, "sku": "a", "choice": {"Size": "S"}},
        "b": {**VARIANT, "sku": "b", "choice": {"size": " s"}},
        "c": {**VARIANT, "sku": "c", "choice": {}},
    }

    found = gaps({**PRODUCT, "options": SIZES}, three, Limits())

    assert Gap("choice", "This variant has no value for “Size”.", "c") in found
    assert {gap.variant_key for gap in found if "More than one" in gap.sentence} == {"a", "b"}


def test_one_sku_for_two_variants_is_refused() -> None:
    two = {key: {**VARIANT, "sku": key, "choice": {"Size": key}} for key in ("s", "S")}

    found = sentences({"options": SIZES}, two)

    assert "More than one variant has the SKU “s”." in found


def test_a_channel_is_not_asked_for_what_it_does_not_carry() -> None:
    few = Limits(product_fields=frozenset({"title"}), variant_fields=frozenset())

    assert gaps({"title": "Mug"}, {"v": {}, "w": {}}, few) == []


def test_only_blocking_gaps_keep_a_product_back() -> None:
    look = gaps({**PRODUCT, "images": []}, {"v": VARIANT}, Limits())
    stop = gaps({**PRODUCT, "title": ""}, {"v": VARIANT}, Limits())

    assert is_ready(look)
    assert not is_ready(stop)


@given(
    st.fixed_dictionaries({}, optional={"title": st.text(max_size=5), "options": st.just(SIZES)}),
    st.dictionaries(
        st.sampled_from("abc"),
        st.fixed_dictionaries(
            {},
            optional={
                "sku": st.one_of(st.none(), st.text(max_size=3)),
                "price": st.one_of(st.none(), st.integers(-5, 5).map(usd)),
                "sale_price": st.one_of(st.none(), st.integers(-5, 5).map(usd)),
                "choice": st.one_of(st.none(), st.just({"Size": "S"})),
                "quantity": st.one_of(st.none(), st.integers(-5, 5)),
            },
        ),
    ),
)
@settings(deadline=None, max_examples=50)
def test_any_half_made_product_can_be_judged(
    product: dict[str, Any], variants: dict[str, dict[str, Any]]
) -> None:
    found = gaps(product, variants, Limits(max_variants=2))

    assert [gap.is_blocking for gap in found] == sorted(
        (g.is_blocking for g in found), reverse=True
    )
    assert all(gap.sentence.endswith(".") for gap in found)
