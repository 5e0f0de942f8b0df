"""What a format has no words for stays as it is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.catalog.files import Dialect
from app.catalog.imports.keeping import kept_product, kept_variant

NOW = datetime(2026, 11, 28, tzinfo=UTC)
OURS: dict[str, Any] = {
    "price": {"minor": 900, "currency": "USD"},
    "sale_price": {"minor": 500, "currency": "USD"},
    "sale_from": None,
    "sale_to": None,
    "backorders": "notify",
    "weight": {"value": "12", "unit": "oz"},
    "length": None,
    "width": None,
    "height": None,
}


def test_a_sale_that_has_not_begun_outlives_shopifys_silence() -> None:
    ours = {**OURS, "sale_from": "2026-12-01T00:00:00+00:00"}

    kept = kept_variant(Dialect.SHOPIFY, {"sale_price": None}, ours, NOW)

    assert kept["sale_price"] == OURS["sale_price"]


def test_a_sale_that_runs_ends_where_shopify_shows_none() -> None:
    assert kept_variant(Dialect.SHOPIFY, {"sale_price": None}, OURS, NOW)["sale_price"] is None


@pytest.mark.parametrize(("dialect", "word"), [(Dialect.SHOPIFY, "notify"), (Dialect.OWN, "yes")])
def test_shopifys_yes_may_mean_notify(dialect: Dialect, word: str) -> None:
    assert kept_variant(dialect, {"backorders": "yes"}, OURS, NOW)["backorders"] == word


@pytest.mark.parametrize(
    ("value", "is_kept"), [("0.340194", True), ("0.34019428", True), ("0.3402", False)]
)
def test_a_weight_rounded_on_its_way_is_the_same_weight(value: str, is_kept: bool) -> None:
    weight = {"value": value, "unit": "kg"}

    kept = kept_variant(Dialect.WOOCOMMERCE, {"weight": weight}, OURS, NOW)

    assert (kept["weight"] == OURS["weight"]) is is_kept


def test_option_values_without_a_variant_stay_where_the_format_lists_none() -> None:
    ours = {"options": [{"name": "Size", "values": ["XL", "S"]}], "images": []}
    wished = {"options": [{"name": "Size", "values": ["S", "M"]}]}

    shopify = kept_product(Dialect.SHOPIFY, wished, ours)
    own = kept_product(Dialect.OWN, wished, ours)

    assert shopify["options"] == [{"name": "Size", "values": ["XL", "S", "M"]}]
    assert own["options"] == wished["options"]


def test_alternative_texts_stay_where_the_format_has_none() -> None:
    ours = {"images": [{"key": "1", "alt": "Front", "url": "https://a.example/1.jpg"}]}
    image = {"key": "ext:https://a.example/1.jpg", "alt": None, "url": "https://a.example/1.jpg"}

    woo = kept_product(Dialect.WOOCOMMERCE, {"images": [image]}, ours)
    shopify = kept_product(Dialect.SHOPIFY, {"images": [image]}, ours)

    assert woo["images"] == [{**image, "alt": "Front"}]
    assert shopify["images"] == [image]


def test_an_attribute_named_like_an_option_stays_where_woocommerce_has_no_room() -> None:
    ours = {
        "options": [{"name": "Color", "values": ["Ice"]}],
        "attributes": {"Color": ["ice"], "Cloth": ["wool"]},
        "images": [],
    }

    woo = kept_product(Dialect.WOOCOMMERCE, {"attributes": {"Cloth": ["silk"]}}, ours)
    own = kept_product(Dialect.OWN, {"attributes": {"Cloth": ["silk"]}}, ours)

    assert woo["attributes"] == {"Color": ["ice"], "Cloth": ["silk"]}
    assert own["attributes"] == {"Cloth": ["silk"]}
