"""Their JSON and our values: missing is not zero, null is not empty, absent is not deleted."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.errors import BadPayload
from app.adapters.shopify.mapper import inward, outward, sameness
from app.adapters.shopify.mapper.dialect import Dialect

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "shopify"
DIALECT = Dialect("USD")
law = settings(deadline=None)


def _variant(**fields: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/ProductVariant/70",
        "sku": "MUG",
        "price": "10.00",
        "compareAtPrice": None,
        "selectedOptions": [{"name": "Title", "value": "Default Title"}],
        "inventoryItem": _item(),
        **fields,
    }


def _item(available: int | None = 5, **fields: Any) -> dict[str, Any]:
    level = {"quantities": [{"name": "available", "quantity": available}]}
    return {
        "id": "gid://shopify/InventoryItem/71",
        "tracked": True,
        "inventoryLevel": None if available is None else level,
        **fields,
    }


def _product(*variants: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Product/7",
        "title": "Mug",
        "status": "ACTIVE",
        "options": [{"name": "Title", "position": 1, "optionValues": [{"name": "Default Title"}]}],
        "variants": {"nodes": list(variants) or [_variant()]},
        **fields,
    }


def _values(**fields: Any) -> dict[str, Any]:
    return dict(inward.product(_product(**fields), DIALECT).values)


def _sold(**fields: Any) -> dict[str, Any]:
    return dict(inward.variant(_variant(**fields), DIALECT, is_only=True).values)


def _usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


def test_a_product_without_options_has_one_variant_and_no_choice() -> None:
    found = inward.product(_product(), DIALECT)

    assert (found.external_id, found.kind) == ("7", "simple")
    assert found.values["options"] == []
    assert [(each.external_id, each.values["choice"]) for each in found.variants] == [("70", {})]


def test_a_product_with_options_tells_them_in_their_order() -> None:
    options = [
        {"name": "Color", "position": 2, "optionValues": [{"name": "Red"}]},
        {"name": "Size", "position": 1, "optionValues": [{"name": "S"}, {"name": "M"}]},
    ]
    chosen = [{"name": "Size", "value": "S"}, {"name": "Color", "value": "Red"}]

    found = inward.product(_product(_variant(selectedOptions=chosen), options=options), DIALECT)

    assert found.kind == "variable"
    assert found.values["options"] == [
        {"name": "Size", "values": ["S", "M"]},
        {"name": "Color", "values": ["Red"]},
    ]
    assert found.variants[0].values["choice"] == {"Size": "S", "Color": "Red"}


def test_an_option_called_title_may_be_a_real_one() -> None:
    options = [{"name": "Title", "position": 1, "optionValues": [{"name": "First edition"}]}]

    assert inward.product(_product(options=options), DIALECT).kind == "variable"


@pytest.mark.parametrize(
    ("status", "is_published", "ours"),
    [
        ("ACTIVE", True, "active"),
        ("ACTIVE", None, "active"),
        ("ACTIVE", False, "inactive"),
        ("UNLISTED", True, "inactive"),
        ("DRAFT", False, "draft"),
        ("ARCHIVED", True, "archived"),
        ("A_STATUS_OF_NEXT_YEAR", True, "inactive"),
    ],
)
def test_an_active_product_nobody_can_see_is_inactive(
    status: str, is_published: bool | None, ours: str
) -> None:
    fields = {} if is_published is None else {"isPublished": is_published}

    assert _values(status=status, **fields)["status"] == ours


@pytest.mark.parametrize(
    ("charged", "compared", "price", "sale"),
    [
        ("19.90", None, 1990, None),
        ("15.00", "19.90", 1990, 1500),
        ("19.90", "19.90", 1990, None),
        ("99.99", "85.00", 9999, None),
        ("0.00", "5.00", 500, 0),
    ],
)
def test_a_price_that_is_compared_at_a_higher_one_is_a_sale(
    charged: str, compared: str | None, price: int, sale: int | None
) -> None:
    found = _sold(price=charged, compareAtPrice=compared)

    assert found["price"] == _usd(price)
    assert found["sale_price"] == (None if sale is None else _usd(sale))


@pytest.mark.parametrize(
    ("item", "quantity"),
    [
        (_item(5), 5),
        (_item(0), 0),
        (_item(-3), -3),
        (_item(5, tracked=False), None),
        (_item(None), 0),
    ],
)
def test_stock_is_what_can_be_sold_at_our_location(
    item: dict[str, Any], quantity: int | None
) -> None:
    assert _sold(inventoryItem=item)["quantity"] == quantity


def test_absent_is_not_empty() -> None:
    values = _values()
    sold = dict(inward.variant({"id": "gid://shopify/ProductVariant/1"}, DIALECT).values)

    for name in ("description", "brand", "categories", "tags", "attributes", "images"):
        assert name not in values
    for name in ("gtin", "price", "sale_price", "quantity", "weight", "image", "backorders"):
        assert name not in sold


def test_empty_is_carried() -> None:
    values = _values(descriptionHtml="", vendor="", productType="", tags=[], media={"nodes": []})

    assert values["description"] is None
    assert values["brand"] is None
    assert values["categories"] == []
    assert values["tags"] == []
    assert values["images"] == []


def test_the_merchants_own_word_for_the_kind_of_product_comes_first() -> None:
    category = {"id": "gid://shopify/TaxonomyCategory/hg-1", "fullName": "Home > Mugs"}

    assert _values(productType="Cups", category=category)["categories"] == ["Cups"]
    assert _values(productType="", category=category)["categories"] == ["Home > Mugs"]


@pytest.mark.parametrize(
    ("media", "picture"),
    [("MediaImage/9", "ext:9"), ("Model3d/9", None), ("Video/9", None), ("ExternalVideo/9", None)],
)
def test_a_model_or_a_film_of_a_variant_is_no_picture(media: str, picture: str | None) -> None:
    found = _sold(media={"nodes": [{"id": f"gid://shopify/{media}"}]})

    assert found["image"] == picture


def test_only_pictures_that_can_be_shown_are_pictures() -> None:
    nodes = [
        {"id": "gid://shopify/Video/1", "mediaContentType": "VIDEO", "status": "READY"},
        {"id": "gid://shopify/MediaImage/2", "mediaContentType": "IMAGE", "status": "FAILED"},
        {
            "id": "gid://shopify/MediaImage/3",
            "mediaContentType": "IMAGE",
            "status": "READY",
            "alt": "Front",
            "image": {"url": "https://cdn/3.jpg"},
        },
        {"id": "gid://shopify/MediaImage/4", "mediaContentType": "IMAGE", "status": "PROCESSING"},
    ]

    assert _values(media={"nodes": nodes})["images"] == [
        {"key": "ext:3", "alt": "Front", "url": "https://cdn/3.jpg"},
        {"key": "ext:4", "alt": None, "url": None},
    ]


def test_our_keys_are_found() -> None:
    key = {"value": "listing-1"}

    found = inward.product(_product(_variant(ourKey={"value": "v-1"}), ourKey=key), DIALECT)

    assert (found.our_key, found.variants[0].our_key) == ("listing-1", "v-1")
    assert inward.product(_product(ourKey=None), DIALECT).our_key is None


def test_a_gift_card_is_only_read() -> None:
    found = inward.product(_product(isGiftCard=True), DIALECT)

    assert (found.kind, found.is_writable) == ("gift_card", False)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"id": 7}, "product.id"),
        (_product(title=7), "product.title"),
        (_product(tags="a"), "product.tags"),
        (_product(tags=[1]), "product.tags"),
        (_product(updatedAt="yesterday"), "product.updatedAt"),
        (_product(attributes={"value": "{"}), "product.attributes"),
        (_product(attributes={"value": "[]"}), "product.attributes"),
        (_product(variants={"nodes": 3}), "product.variants"),
        (_product(variants={"nodes": [3]}), "product.variants[0]"),
        (_product(_variant(price="cheap")), "product.variants[0].price"),
        (_product(_variant(price="NaN")), "product.variants[0].price"),
        (_product(_variant(price=[1])), "product.variants[0].price"),
        (_product(_variant(price="9" * 30)), "product.variants[0].price"),
        (
            _product(
                _variant(
                    inventoryItem=_item(measurement={"weight": {"value": 1, "unit": "STONES"}})
                )
            ),
            "product.variants[0].inventoryItem.measurement.weight.unit",
        ),
        ("nothing", "product"),
    ],
)
def test_what_cannot_be_read_names_its_path(raw: Any, path: str) -> None:
    with pytest.raises(BadPayload) as caught:
        inward.product(raw, DIALECT)

    assert caught.value.path == path


@pytest.mark.parametrize(
    ("unit", "value", "ours"),
    [
        ("GRAMS", 180.0, {"value": "180", "unit": "g"}),
        ("POUNDS", 0.25, {"value": "0.25", "unit": "lb"}),
        ("KILOGRAMS", 0, None),
        ("OUNCES", 0.0, None),
    ],
)
def test_no_weight_is_none(unit: str, value: float, ours: Any) -> None:
    item = _item(measurement={"weight": {"unit": unit, "value": value}})

    assert _sold(inventoryItem=item)["weight"] == ours


@pytest.mark.parametrize(
    ("status", "publishes", "theirs"),
    [
        ("active", True, "ACTIVE"),
        ("inactive", True, "ACTIVE"),
        ("inactive", False, "UNLISTED"),
        ("draft", True, "DRAFT"),
        ("archived", False, "ARCHIVED"),
    ],
)
def test_hidden_is_unpublished_where_we_may_publish(
    status: str, publishes: bool, theirs: str
) -> None:
    assert outward.product_body({"status": status}, publishes=publishes) == {"status": theirs}


def test_only_what_changes_is_written() -> None:
    assert outward.product_body({}, publishes=True) == {}
    assert outward.variant_body({}, {}, DIALECT) == ({}, [])
    assert outward.product_body({"description": None, "brand": None}, publishes=True) == {
        "descriptionHtml": "",
        "vendor": "",
    }


@pytest.mark.parametrize(
    ("values", "current", "theirs"),
    [
        ({"price": _usd(1990)}, {}, ("19.90", None)),
        ({"sale_price": _usd(1500)}, {"price": _usd(1990)}, ("15.00", "19.90")),
        (
            {"price": _usd(2500)},
            {"price": _usd(1990), "sale_price": _usd(1500)},
            ("15.00", "25.00"),
        ),
        ({"sale_price": None}, {"price": _usd(1990), "sale_price": _usd(1500)}, ("19.90", None)),
    ],
)
def test_price_and_sale_price_are_written_together(
    values: dict[str, Any], current: dict[str, Any], theirs: tuple[str, str | None]
) -> None:
    body, problems = outward.variant_body(values, current, DIALECT)

    assert not problems
    assert (body["price"], body["compareAtPrice"]) == theirs


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"price": {"minor": 100, "currency": "EUR"}}, "price", "wrong_currency"),
        ({"price": None}, "price", "no_price"),
        ({"price": _usd(100), "sale_price": _usd(100)}, "price", "sale_not_lower"),
        ({"weight": {"value": "much", "unit": "kg"}}, "weight", "wrong_unit"),
        ({"weight": {"value": "1", "unit": "stone"}}, "weight", "wrong_unit"),
        ({"weight": {"value": "1", "unit": "cm"}}, "weight", "wrong_unit"),
        ({"weight": {"value": "-1", "unit": "kg"}}, "weight", "wrong_unit"),
    ],
)
def test_what_cannot_be_said_is_a_problem_of_its_field(
    values: dict[str, Any], field: str, code: str
) -> None:
    body, problems = outward.variant_body(values, {}, DIALECT, variant_key="v")

    assert body == {}
    assert [(each.field, each.code, each.variant_key) for each in problems] == [(field, code, "v")]


def test_a_unit_shopify_does_not_know_is_converted() -> None:
    body, _ = outward.variant_body({"weight": {"value": "0.5", "unit": "t"}}, {}, DIALECT)

    assert body["inventoryItem"]["measurement"]["weight"] == {"value": 500.0, "unit": "KILOGRAMS"}


def test_the_sku_stands_inside_for_variants_and_outside_for_products() -> None:
    body, _ = outward.variant_body({"sku": "A", "gtin": "4006381333931"}, {}, DIALECT)

    assert body == {"inventoryItem": {"sku": "A"}, "barcode": "4006381333931"}
    assert outward.as_set_row(body) == {"sku": "A", "barcode": "4006381333931"}


def test_a_product_without_options_has_shopifys_own() -> None:
    assert outward.options_body([]) == [
        {"name": "Title", "position": 1, "values": [{"name": "Default Title"}]}
    ]
    assert outward.choice_body({}) == [{"optionName": "Title", "name": "Default Title"}]


_MINOR = st.integers(min_value=1, max_value=10**9)
_SKU = st.none() | st.text(min_size=1, max_size=20).filter(str.strip)
_WEIGHT = st.none() | st.builds(
    lambda value, unit: {"value": f"{value:f}", "unit": unit},
    st.decimals("0.01", "9999", places=2),
    st.sampled_from(["g", "kg", "oz", "lb"]),
)


@law
@given(price=_MINOR, cut=st.none() | _MINOR, sku=_SKU, weight=_WEIGHT, policy=st.booleans())
def test_a_variant_reads_back_as_it_was_written(
    price: int, cut: int | None, sku: str | None, weight: Any, policy: bool
) -> None:
    sale = None if cut is None or cut >= price else _usd(price - cut)
    values = {
        "sku": sku,
        "price": _usd(price),
        "sale_price": sale,
        "weight": weight,
        "backorders": "yes" if policy else "no",
    }

    body, problems = outward.variant_body(values, {}, DIALECT)
    kept = json.loads(json.dumps(body))
    item = {"id": "gid://shopify/InventoryItem/1", "tracked": False, **kept.pop("inventoryItem")}
    row = {"id": "gid://shopify/ProductVariant/1", "sku": item.pop("sku") or None, **kept}
    shown = inward.variant({**row, "inventoryItem": item}, DIALECT, is_only=True).values

    assert not problems
    assert sameness.changed(values, shown) == {}


_NAME = st.text(min_size=1, max_size=8)


@law
@given(attributes=st.dictionaries(_NAME, st.lists(_NAME, min_size=1, max_size=3, unique=True)))
def test_attributes_read_back_as_they_were_written(attributes: dict[str, list[str]]) -> None:
    kept = {"value": outward.attributes_metafield(attributes)["value"]}

    assert sameness.is_same("attributes", attributes, _values(attributes=kept)["attributes"])


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "is_same"),
    [
        ("backorders", "notify", "yes", True),
        ("backorders", "notify", "no", False),
        ("tags", ["Blue"], ["blue"], True),
        ("title", "Mug ", "Mug", True),
        ("title", "Mug", "mug", False),
        ("description", None, "", True),
        ("quantity", 0, None, False),
        ("price", _usd(0), None, False),
        ("weight", {"value": "0", "unit": "kg"}, None, True),
        ("weight", {"value": "1", "unit": "kg"}, {"value": "1000", "unit": "g"}, True),
        ("weight", {"value": "1", "unit": "kg"}, {"value": "1001", "unit": "g"}, False),
        ("weight", {"value": "x", "unit": "kg"}, {"value": "1001", "unit": "g"}, False),
        ("choice", {"Size": "S"}, {"size": "s"}, True),
        (
            "options",
            [{"name": "Size", "values": ["S", "M"]}],
            [{"name": "Size", "values": ["M", "S"]}],
            False,
        ),
    ],
)
def test_what_counts_as_the_same(name: str, ours: Any, theirs: Any, is_same: bool) -> None:
    assert sameness.is_same(name, ours, theirs) is is_same


def test_a_weight_is_never_a_float_on_our_side() -> None:
    item = _item(measurement={"weight": {"unit": "KILOGRAMS", "value": 0.1}})

    assert Decimal(_sold(inventoryItem=item)["weight"]["value"]) == Decimal("0.1")


def test_variants_shopify_sent_can_be_read() -> None:
    path = SAMPLES / "graphql_responses" / "products" / "ProductVariantDetailsResponse.txt"
    if not path.exists():
        pytest.skip("Shopify's samples are not beside the checkout")
    raw = json.loads(path.read_text(encoding="utf-8-sig").replace("{{VariantId}}", "1"))
    row = {**raw["data"]["productVariant"], "id": "gid://shopify/ProductVariant/1"}
    row["inventoryItem"]["measurement"]["weight"]["unit"] = "KILOGRAMS"

    found = inward.variant(row, DIALECT)

    assert found.values["price"] == _usd(9999)
    assert found.values["sale_price"] is None
    assert found.values["choice"] == {"Test": "Test"}
    assert found.values["quantity"] is None
    assert found.values["sku"] is None
