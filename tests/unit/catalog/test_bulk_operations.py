"""What a bulk edit wishes of one product."""

from typing import Any
from uuid import UUID

import pytest

from app.catalog.bulk import Operation, changes_for, describe, read_operation
from app.catalog.service import ProductValues
from app.core.errors import Invalid

VARIANT = UUID(int=2)


def product(price: dict[str, Any] | None = None, **values: Any) -> ProductValues:
    """A product with one variant."""
    return ProductValues(UUID(int=1), 1, values, {VARIANT: {"price": price}})


def priced(operation: Operation, minor: int, currency: str = "USD") -> int:
    """Return the price an operation wishes, in minor units."""
    change = changes_for(operation, product({"minor": minor, "currency": currency}))
    return int(change.variants[VARIANT]["price"]["minor"])


@pytest.mark.parametrize(
    ("kind", "value", "ending", "old", "new"),
    [
        ("price_percent", "-10", "", 1000, 900),
        ("price_percent", "12,5%", "", 1000, 1125),
        ("price_percent", "-10", ".99", 1000, 899),
        ("price_amount", "-2.50", "", 1000, 750),
        ("price_amount", "1", ".95", 1000, 1095),
        ("price_set", "19.90", "", 1000, 1990),
        ("price_set", "0", ".99", 1000, 99),
    ],
)
def test_a_price_moves_by_its_rule_and_ends_as_wished(
    kind: str, value: str, ending: str, old: int, new: int
) -> None:
    assert priced(Operation(kind, value, ending), old) == new


def test_a_currency_without_decimals_has_no_ending() -> None:
    assert priced(Operation("price_percent", "-10", ".99"), 1000, "JPY") == 900


def test_a_price_below_nothing_is_refused() -> None:
    with pytest.raises(Invalid, match="below 0"):
        priced(Operation("price_amount", "-20"), 1000)


def test_a_variant_without_a_price_is_left_alone() -> None:
    change = changes_for(Operation("price_percent", "-10"), product())

    assert change.variants == {}


@pytest.mark.parametrize(
    ("kind", "value", "had", "then"),
    [
        ("tags_add", "new, sale", ["sale"], ["new", "sale"]),
        ("tags_remove", "SALE", ["new", "sale"], ["new"]),
        ("categories_add", "Home > Mugs", [], ["Home > Mugs"]),
        ("categories_remove", "home", ["Home", "Mugs"], ["Mugs"]),
        ("categories_set", "Mugs", ["Home"], ["Mugs"]),
    ],
)
def test_lists_gain_and_lose_words(kind: str, value: str, had: list[str], then: list[str]) -> None:
    name = kind.partition("_")[0]

    wished: dict[str, Any] = {name: had}
    change = changes_for(Operation(kind, value), product(**wished))

    assert change.values == {name: then}


def test_an_empty_brand_takes_the_brand_off() -> None:
    assert changes_for(Operation("brand"), product(brand="Acme")).values == {"brand": None}


def test_the_end_of_a_sale_takes_its_price_and_dates() -> None:
    change = changes_for(Operation("sale_clear"), product())

    assert change.variants[VARIANT] == {"sale_price": None, "sale_from": None, "sale_to": None}


def test_barcodes_are_emptied() -> None:
    assert changes_for(Operation("gtin_clear"), product()).variants[VARIANT] == {"gtin": None}


def test_a_set_price_fills_what_has_none_and_other_rules_leave_it_alone() -> None:
    filled = changes_for(Operation("price_set", "24.90", currency="USD"), product())
    moved = changes_for(Operation("price_amount", "5", currency="USD"), product())

    assert filled.variants[VARIANT] == {"price": {"minor": 2490, "currency": "USD"}}
    assert moved.variants == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "kind"),
        ({"kind": "status", "value": "archived"}, "value"),
        ({"kind": "price_set", "value": "much"}, "value"),
        ({"kind": "price_set", "value": "1e12"}, "value"),
        ({"kind": "price_set", "value": "NaN"}, "value"),
        ({"kind": "price_set", "value": "1", "ending": "99"}, "ending"),
        ({"kind": "tags_add"}, "value"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_at_its_field(
    given: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        read_operation(given)

    assert set(refusal.value.fields) == {field}


def test_an_operation_reads_as_a_sentence() -> None:
    operation = read_operation({"kind": "price_percent", "value": "-10%", "ending": ".99"})

    assert describe(operation) == "Lower prices by 10%, ending in .99"
    raised = Operation("price_amount", "12", currency="USD")
    assert describe(raised) == "Raise prices by 12 USD"
