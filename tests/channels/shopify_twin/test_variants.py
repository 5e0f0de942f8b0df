"""Variants in bulk, and the options between them."""

from typing import Any

import pytest

from app.simulators.shopify import StoreState
from tests.channels.shopify_twin.documents import (
    VARIANTS_CREATE,
    VARIANTS_DELETE,
    VARIANTS_UPDATE,
)
from tests.channels.shopify_twin.world import World

OPTIONS_CREATE = """
mutation Add($id: ID!, $options: [OptionCreateInput!]!, $how: ProductOptionCreateVariantStrategy) {
  productOptionsCreate(productId: $id, options: $options, variantStrategy: $how) {
    product { id options { name values } variantsCount { count } }
    userErrors { field message code }
  }
}
"""
OPTION_UPDATE = """
mutation Change(
  $id: ID!, $option: OptionUpdateInput!, $add: [OptionValueCreateInput!], $gone: [ID!],
  $values: [OptionValueUpdateInput!], $how: ProductOptionUpdateVariantStrategy
) {
  productOptionUpdate(
    productId: $id, option: $option, optionValuesToAdd: $add, optionValuesToDelete: $gone,
    optionValuesToUpdate: $values, variantStrategy: $how
  ) {
    product { options { id name optionValues { id name } } variantsCount { count } }
    userErrors { field message code }
  }
}
"""
OPTIONS_DELETE = """
mutation Drop($id: ID!, $options: [ID!]!, $how: ProductOptionDeleteStrategy) {
  productOptionsDelete(productId: $id, options: $options, strategy: $how) {
    deletedOptionsIds
    product { options { name values } variantsCount { count } }
    userErrors { field message code }
  }
}
"""


def _product(number: int) -> str:
    return f"gid://shopify/Product/{number}"


def _variant(number: int) -> str:
    return f"gid://shopify/ProductVariant/{number}"


def _update(world: World, product: int, *rows: dict[str, Any], **given: Any) -> dict[str, Any]:
    asked = {"id": _product(product), "variants": list(rows)} | given
    return world.ask(VARIANTS_UPDATE, **asked)["productVariantsBulkUpdate"]


def _codes(told: dict[str, Any]) -> list[str]:
    return [error["code"] for error in told["userErrors"]]


def test_prices_change_and_null_clears(world: World, store: StoreState) -> None:
    mug, variant = world.add_mug(compareAtPrice="12.00")
    row: dict[str, Any] = {"id": _variant(variant), "price": "8", "compareAtPrice": None}
    row["inventoryItem"] = {"sku": "CUP", "cost": "3.10"}

    told = _update(world, mug, row)

    (shown,) = told["productVariants"]
    assert told["userErrors"] == []
    assert (shown["price"], shown["compareAtPrice"], shown["sku"]) == ("8.00", None, "CUP")
    assert store.variant(variant)["cost"] == "3.10"


def test_there_is_no_sku_on_the_variant_itself(world: World) -> None:
    mug, variant = world.add_mug()
    text = VARIANTS_UPDATE.replace("$variants: [ProductVariantsBulkInput!]!, ", "").replace(
        "$variants", f'[{{id: "{_variant(variant)}", sku: "CUP"}}]'
    )

    assert world.code(text, id=_product(mug)) == "argumentNotAccepted"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"id": None}, "PRODUCT_VARIANT_ID_MISSING"),
        ({"id": "gid://shopify/ProductVariant/1"}, "PRODUCT_VARIANT_DOES_NOT_EXIST"),
        ({"price": "-1"}, "GREATER_THAN_OR_EQUAL_TO"),
        ({"price": "cheap"}, "INVALID_INPUT"),
        ({"barcode": "1" * 256}, "INVALID_INPUT"),
        (
            {"inventoryQuantities": [{"locationId": "x", "availableQuantity": 1}]},
            "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE",
        ),
        (
            {"optionValues": [{"optionName": "Size", "name": "S"}]},
            "OPTION_DOES_NOT_EXIST",
        ),
        (
            {"metafields": [{"namespace": "x", "key": "y", "type": "number_integer", "value": ""}]},
            "INVALID_VALUE",
        ),
    ],
)
def test_a_wrong_row_blocks_all(
    world: World, store: StoreState, row: dict[str, Any], code: str
) -> None:
    shirt, (red, blue) = world.add_shirt()

    told = _update(world, shirt, {"id": _variant(red), "price": "5"}, {"id": _variant(blue)} | row)

    assert _codes(told) == [code]
    assert told["productVariants"] is None
    assert store.variant(red)["price"] == "20.00"


def test_a_wrong_row_blocks_only_itself_when_parts_are_allowed(
    world: World, store: StoreState
) -> None:
    shirt, (red, blue) = world.add_shirt()

    told = _update(
        world,
        shirt,
        {"id": _variant(red), "price": "5"},
        {"id": _variant(blue), "price": "-5"},
        partial=True,
    )

    assert _codes(told) == ["GREATER_THAN_OR_EQUAL_TO"]
    assert told["userErrors"][0]["field"] == ["variants", "1", "price"]
    assert (store.variant(red)["price"], store.variant(blue)["price"]) == ("5.00", "18.00")
    assert (len(store.writes()), len(store.writes(refused=True))) == (1, 1)


def test_a_product_that_is_gone_is_said(world: World) -> None:
    assert _codes(_update(world, 1, {"id": _variant(1)})) == ["PRODUCT_DOES_NOT_EXIST"]


def test_a_choice_can_change_but_not_to_a_siblings(world: World, store: StoreState) -> None:
    shirt, (red, blue) = world.add_shirt()
    choose = {"optionName": "Color"}

    new = _update(world, shirt, {"id": _variant(red), "optionValues": [choose | {"name": "Green"}]})
    taken = _update(
        world, shirt, {"id": _variant(red), "optionValues": [choose | {"name": "Blue"}]}
    )

    assert _codes(new) == []
    assert store.product(shirt)["options"][0]["values"] == ["Blue", "Green"]
    assert _codes(taken) == ["VARIANT_ALREADY_EXISTS"]
    assert blue in store.variants.rows


def test_new_variants_take_the_place_of_the_default(world: World, store: StoreState) -> None:
    mug, plain = world.add_mug()
    world.ask(
        OPTIONS_CREATE,
        id=_product(mug),
        options=[{"name": "Color", "values": [{"name": "Red"}]}],
    )
    rows = [
        {
            "optionValues": [{"optionName": "Color", "name": "Blue"}],
            "price": "11",
            "inventoryQuantities": [{"locationId": world.place, "availableQuantity": 4}],
        }
    ]

    told = world.ask(VARIANTS_CREATE, id=_product(mug), variants=rows)["productVariantsBulkCreate"]

    (made,) = told["productVariants"]
    assert (made["title"], made["inventoryQuantity"]) == ("Blue", 4)
    assert told["product"]["options"] == [{"name": "Color", "values": ["Red", "Blue"]}]
    assert plain in store.variants.rows


def test_the_default_variant_gives_way_when_it_is_alone(world: World, store: StoreState) -> None:
    mug, plain = world.add_mug()
    rows = [{"optionValues": [{"optionName": "Title", "name": "Large"}], "price": "11"}]

    kept = world.ask(
        VARIANTS_CREATE, id=_product(mug), variants=rows, strategy="PRESERVE_STANDALONE_VARIANT"
    )["productVariantsBulkCreate"]
    other, lonely = world.add_mug(title="Cup")
    replaced = world.ask(VARIANTS_CREATE, id=_product(other), variants=rows)

    assert kept["product"]["variantsCount"] == {"count": 2}
    assert replaced["productVariantsBulkCreate"]["product"]["variantsCount"] == {"count": 1}
    assert plain in store.variants.rows
    assert lonely not in store.variants.rows


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"optionValues": [{"optionName": "Color", "name": "Red"}]}, "VARIANT_ALREADY_EXISTS"),
        ({"optionValues": []}, "NEED_TO_ADD_OPTION_VALUES"),
        ({"optionValues": [{"optionName": "Size", "name": "S"}]}, "INVALID_INPUT"),
        ({"price": "-1"}, "GREATER_THAN_OR_EQUAL_TO"),
        ({"id": "gid://shopify/ProductVariant/1"}, "NO_KEY_ON_CREATE"),
        (
            {"inventoryQuantities": [{"locationId": "x", "availableQuantity": 1}]},
            "TRACKED_VARIANT_LOCATION_NOT_FOUND",
        ),
    ],
)
def test_a_wrong_new_variant_makes_none(
    world: World, store: StoreState, row: dict[str, Any], code: str
) -> None:
    shirt, _ = world.add_shirt()
    good = {"optionValues": [{"optionName": "Color", "name": "Green"}]}
    bad = {"optionValues": [{"optionName": "Color", "name": "White"}]} | row

    told = world.ask(VARIANTS_CREATE, id=_product(shirt), variants=[good, bad])

    assert code in _codes(told["productVariantsBulkCreate"])
    assert len(store.variant_ids(shirt)) == 2
    assert store.product(shirt)["options"][0]["values"] == ["Red", "Blue"]


def test_variants_are_deleted_but_one_stays(world: World, store: StoreState) -> None:
    shirt, (red, blue) = world.add_shirt()

    gone = world.ask(VARIANTS_DELETE, id=_product(shirt), ids=[_variant(red)])
    last = world.ask(VARIANTS_DELETE, id=_product(shirt), ids=[_variant(blue)])
    foreign = world.ask(VARIANTS_DELETE, id=_product(shirt), ids=[_variant(1)])

    assert gone["productVariantsBulkDelete"]["product"]["options"] == [{"values": ["Blue"]}]
    assert _codes(last["productVariantsBulkDelete"]) == ["CANNOT_DELETE_LAST_VARIANT"]
    assert _codes(foreign["productVariantsBulkDelete"]) == [
        "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
    ]
    assert store.variant(blue)["position"] == 1


def test_options_are_added_to_what_stands(world: World) -> None:
    shirt, _ = world.add_shirt()
    size = {"name": "Size", "values": [{"name": "S"}, {"name": "M"}]}

    left = world.ask(OPTIONS_CREATE, id=_product(shirt), options=[size], how="LEAVE_AS_IS")
    fit = {"name": "Fit", "values": [{"name": "Slim"}, {"name": "Wide"}]}
    made = world.ask(OPTIONS_CREATE, id=_product(shirt), options=[fit], how="CREATE")

    assert left["productOptionsCreate"]["product"]["variantsCount"] == {"count": 2}
    assert made["productOptionsCreate"]["product"]["variantsCount"] == {"count": 8}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([{"name": "color", "values": [{"name": "x"}]}], "OPTION_ALREADY_EXISTS"),
        ([{"values": [{"name": "x"}]}], "OPTION_NAME_MISSING"),
        (
            [{"name": "Size", "values": []}],
            "NEW_OPTION_WITHOUT_VALUE_FOR_EXISTING_VARIANTS",
        ),
        ([{"name": "Size", "values": [{"name": "x"}, {"name": "X"}]}], "DUPLICATED_OPTION_VALUE"),
        (
            [{"name": name, "values": [{"name": "x"}]} for name in ("A", "B", "C")],
            "OPTIONS_OVER_LIMIT",
        ),
    ],
)
def test_a_wrong_option_is_refused(world: World, options: list[Any], code: str) -> None:
    shirt, _ = world.add_shirt()

    told = world.ask(OPTIONS_CREATE, id=_product(shirt), options=options)["productOptionsCreate"]

    assert _codes(told) == [code]


def test_an_option_and_its_values_are_renamed_added_and_deleted(
    world: World, store: StoreState
) -> None:
    shirt, (red, blue) = world.add_shirt()
    (option,) = store.products.rows[shirt]["options"]
    own = f"gid://shopify/ProductOption/{option['id']}"
    values = [f"gid://shopify/ProductOptionValue/{value['id']}" for value in option["values"]]

    renamed = world.ask(
        OPTION_UPDATE,
        id=_product(shirt),
        option={"id": own, "name": "Colour"},
        values=[{"id": values[0], "name": "Crimson"}],
    )["productOptionUpdate"]
    used = world.ask(
        OPTION_UPDATE, id=_product(shirt), option={"id": own}, gone=[values[1]], how="LEAVE_AS_IS"
    )["productOptionUpdate"]
    managed = world.ask(
        OPTION_UPDATE,
        id=_product(shirt),
        option={"id": own},
        gone=[values[1]],
        add=[{"name": "Green"}],
        how="MANAGE",
    )["productOptionUpdate"]

    assert renamed["userErrors"] == []
    assert _codes(used) == ["OPTION_VALUE_HAS_VARIANTS"]
    names = [value["name"] for value in managed["product"]["options"][0]["optionValues"]]
    assert names == ["Crimson", "Green"]
    assert managed["product"]["variantsCount"] == {"count": 2}
    assert red in store.variants.rows
    assert blue not in store.variants.rows


def test_the_values_of_all_variants_cannot_go(world: World, store: StoreState) -> None:
    mug, _ = world.add_mug()
    size = {"name": "Size", "values": [{"name": "S"}, {"name": "M"}]}
    world.ask(OPTIONS_CREATE, id=_product(mug), options=[size], how="LEAVE_AS_IS")
    (option,) = store.products.rows[mug]["options"]
    used = f"gid://shopify/ProductOptionValue/{option['values'][0]['id']}"

    told = world.ask(
        OPTION_UPDATE,
        id=_product(mug),
        option={"id": f"gid://shopify/ProductOption/{option['id']}"},
        gone=[used],
        how="MANAGE",
    )["productOptionUpdate"]

    assert _codes(told) == ["CANNOT_LEAVE_OPTIONS_WITHOUT_VARIANTS"]
    assert len(store.variant_ids(mug)) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"option": {"id": "gid://shopify/ProductOption/1"}}, "OPTION_DOES_NOT_EXIST"),
        ({"values": [{"id": "gid://shopify/ProductOptionValue/1"}]}, "OPTION_VALUE_DOES_NOT_EXIST"),
        ({"add": [{"name": "red"}]}, "OPTION_VALUE_ALREADY_EXISTS"),
    ],
)
def test_a_wrong_option_update_is_refused(
    world: World, store: StoreState, given: dict[str, Any], code: str
) -> None:
    shirt, _ = world.add_shirt()
    own = f"gid://shopify/ProductOption/{store.products.rows[shirt]['options'][0]['id']}"

    told = world.ask(OPTION_UPDATE, **{"id": _product(shirt), "option": {"id": own}} | given)

    assert _codes(told["productOptionUpdate"]) == [code]


def test_options_are_deleted_with_care(world: World, store: StoreState) -> None:
    shirt, (red, _) = world.add_shirt()
    own = f"gid://shopify/ProductOption/{store.products.rows[shirt]['options'][0]['id']}"

    careful = world.ask(OPTIONS_DELETE, id=_product(shirt), options=[own], how="DEFAULT")
    gentle = world.ask(OPTIONS_DELETE, id=_product(shirt), options=[own], how="NON_DESTRUCTIVE")
    rough = world.ask(OPTIONS_DELETE, id=_product(shirt), options=[own], how="POSITION")

    assert _codes(careful["productOptionsDelete"]) == ["CANNOT_DELETE_OPTION_WITH_MULTIPLE_VALUES"]
    assert _codes(gentle["productOptionsDelete"]) == ["CANNOT_USE_NON_DESTRUCTIVE_STRATEGY"]
    assert rough["productOptionsDelete"]["product"] == {
        "options": [{"name": "Title", "values": ["Default Title"]}],
        "variantsCount": {"count": 1},
    }
    assert store.variant_ids(shirt) == [red]
