"""productSet and the other ways to write a product."""

from typing import Any

import pytest

from app.simulators.shopify import StoreState, TwinSettings
from tests.channels.shopify_twin.documents import (
    DEFINE,
    OPERATION,
    OWN_ID,
    PRODUCT_DELETE,
    PRODUCT_SET,
    PRODUCT_UPDATE,
)
from tests.channels.shopify_twin.world import World

SIZES = [{"name": "Size", "position": 1, "values": [{"name": "S"}, {"name": "M"}]}]


def _sized(name: str, **given: Any) -> dict[str, Any]:
    return {"optionValues": [{"optionName": "Size", "name": name}], **given}


def _tee(world: World, **given: Any) -> dict[str, Any]:
    body = {
        "title": "Example Tee",
        "vendor": "Acme",
        "tags": ["summer"],
        "productOptions": SIZES,
        "variants": [
            _sized(
                "S",
                sku="TEE-S",
                price="19.90",
                barcode="4006381333931",
                inventoryItem={
                    "tracked": True,
                    "cost": "7.50",
                    "measurement": {"weight": {"value": 180, "unit": "GRAMS"}},
                },
                inventoryQuantities=[
                    {"locationId": world.place, "name": "available", "quantity": 5}
                ],
            ),
            _sized("M", sku="TEE-M", price="19.90", inventoryItem={"tracked": True}),
        ],
    }
    return body | given


def _set(world: World, body: dict[str, Any], **given: Any) -> dict[str, Any]:
    told = world.ask(PRODUCT_SET, input=body, now=True, **given)["productSet"]
    assert told["userErrors"] == []
    return told["product"]


def _codes(world: World, body: dict[str, Any], **given: Any) -> list[str]:
    told = world.ask(PRODUCT_SET, input=body, now=True, **given)["productSet"]
    assert told["product"] is None
    return [error["code"] for error in told["userErrors"]]


def test_a_product_is_made_with_its_variants(world: World, store: StoreState) -> None:
    product = _set(world, _tee(world))

    small, medium = product["variants"]["nodes"]
    assert (product["handle"], product["status"]) == ("example-tee", "ACTIVE")
    assert small["price"] == "19.90"
    assert small["inventoryItem"]["unitCost"] == {"amount": "7.5"}
    assert small["inventoryItem"]["measurement"]["weight"] == {"value": 180, "unit": "GRAMS"}
    assert medium["selectedOptions"] == [{"name": "Size", "value": "M"}]
    assert store.stock(store.find_sku("TEE-S") or 0) == 5


def test_a_product_without_options_has_the_default_variant(world: World) -> None:
    product = _set(world, {"title": "Mug"})

    (variant,) = product["variants"]["nodes"]
    assert variant["selectedOptions"] == [{"name": "Title", "value": "Default Title"}]
    assert [option["name"] for option in product["options"]] == ["Title"]


def test_variants_that_are_left_out_are_deleted_with_their_stock(
    world: World, store: StoreState
) -> None:
    product = _set(world, _tee(world))
    small, medium = product["variants"]["nodes"]

    again = _set(
        world,
        {"productOptions": SIZES[:1], "variants": [_sized("S", price="21.00")]},
        identifier={"id": product["id"]},
    )

    assert [node["id"] for node in again["variants"]["nodes"]] == [small["id"]]
    assert again["variants"]["nodes"][0]["sku"] == "TEE-S"
    assert store.find_sku("TEE-M") is None
    assert world.ask(
        "query Q($id: ID!) { inventoryItem(id: $id) { id } }", id=medium["inventoryItem"]["id"]
    ) == {"inventoryItem": None}


def test_scalars_that_are_left_out_stay_and_lists_are_replaced(world: World) -> None:
    product = _set(world, _tee(world))

    again = _set(world, {"tags": ["winter"]}, identifier={"id": product["id"]})

    assert (again["title"], again["vendor"], again["tags"]) == ("Example Tee", "Acme", ["winter"])
    assert len(again["variants"]["nodes"]) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"productOptions": SIZES}, "VARIANTS_INPUT_MISSING"),
        ({"variants": [_sized("S")]}, "PRODUCT_OPTIONS_INPUT_MISSING"),
        ({"title": ""}, "INVALID_PRODUCT"),
        ({"title": "x" * 256}, "INVALID_PRODUCT"),
        ({"productOptions": SIZES, "variants": [_sized("XL")]}, "OPTION_VALUE_DOES_NOT_EXIST"),
        (
            {
                "productOptions": SIZES,
                "variants": [{"optionValues": [{"optionName": "Color", "name": "Red"}]}],
            },
            "OPTION_DOES_NOT_EXIST",
        ),
        ({"productOptions": SIZES, "variants": [_sized("S"), _sized("S")]}, "INVALID_VARIANT"),
        ({"productOptions": SIZES, "variants": [_sized("S", price="-1")]}, "INVALID_VARIANT"),
        (
            {"productOptions": [{"name": "Size", "values": []}], "variants": []},
            "OPTION_VALUES_MISSING",
        ),
        (
            {
                "productOptions": [*SIZES, {"name": "size", "values": [{"name": "x"}]}],
                "variants": [],
            },
            "DUPLICATED_OPTION_NAME",
        ),
        (
            {
                "productOptions": [
                    {"name": f"O{number}", "values": [{"name": "x"}]} for number in range(4)
                ],
                "variants": [],
            },
            "OPTIONS_OVER_LIMIT",
        ),
        (
            {
                "productOptions": SIZES,
                "variants": [_sized("S", id="gid://shopify/ProductVariant/1")],
            },
            "PRODUCT_VARIANT_DOES_NOT_EXIST",
        ),
    ],
)
def test_a_wrong_product_is_refused_and_nothing_is_made(
    world: World, store: StoreState, body: dict[str, Any], code: str
) -> None:
    found = _codes(world, {"title": "Tee"} | body)

    assert code in found
    assert store.product_ids() == []
    assert store.writes(refused=True)[0].error == found[0]


def test_more_variants_than_the_shop_allows_are_refused() -> None:
    world = World(TwinSettings(max_variants=1))

    assert _codes(world, _tee(world)) == ["VARIANTS_OVER_LIMIT"]


def test_a_handle_that_is_taken_is_refused(world: World) -> None:
    _set(world, {"title": "Mug"})

    assert _codes(world, {"title": "Cup", "handle": "mug"}) == ["HANDLE_NOT_UNIQUE"]
    assert _set(world, {"title": "Mug"})["handle"] == "mug-1"


def test_stock_can_only_be_updated_where_the_item_is_stocked(world: World) -> None:
    product = _set(world, _tee(world))
    rows = [{"locationId": world.other_place, "name": "available", "quantity": 3}]
    body = {
        "productOptions": SIZES,
        "variants": [_sized("S", inventoryQuantities=rows), _sized("M")],
    }

    assert _codes(world, body, identifier={"id": product["id"]}) == ["INVALID_VARIANT"]


def test_the_same_custom_id_makes_once_and_then_changes(world: World, store: StoreState) -> None:
    world.ask(DEFINE, definition=OWN_ID)
    own = {"key": "syncstore_id", "value": "P-1001"}
    fields = [{"key": "syncstore_id", "type": "id", "value": "P-1001"}]

    first = _set(world, _tee(world, metafields=fields), identifier={"customId": own})
    again = _set(world, {"title": "Tee", "metafields": fields}, identifier={"customId": own})

    assert first["id"] == again["id"]
    assert (again["title"], len(store.product_ids())) == ("Tee", 1)
    assert again["metafields"]["nodes"] == [
        {"namespace": "app--1000001", "key": "syncstore_id", "type": "id", "value": "P-1001"}
    ]


def test_a_custom_id_has_to_be_among_the_metafields(world: World) -> None:
    world.ask(DEFINE, definition=OWN_ID)
    identifier = {"customId": {"key": "syncstore_id", "value": "P-1"}}
    other = [{"key": "syncstore_id", "type": "id", "value": "P-2"}]

    mismatch = _codes(world, {"title": "Tee", "metafields": other}, identifier=identifier)
    missing = _codes(world, {"title": "Tee"}, identifier=identifier)

    assert (mismatch, missing) == (["METAFIELD_MISMATCH"], ["MISSING_FIELD_REQUIRED"])


def test_a_custom_id_needs_its_definition(world: World) -> None:
    own = {"key": "syncstore_id", "value": "P-1"}
    fields = [{"key": "syncstore_id", "type": "id", "value": "P-1"}]

    found = _codes(world, {"title": "T", "metafields": fields}, identifier={"customId": own})

    assert found == ["INVALID_METAFIELD"]


def test_the_same_custom_id_on_two_products_is_a_violation(world: World) -> None:
    world.ask(DEFINE, definition=OWN_ID)
    fields = [{"key": "syncstore_id", "type": "id", "value": "P-1"}]
    _set(world, {"title": "Tee", "metafields": fields})

    assert _codes(world, {"title": "Cup", "metafields": fields}) == ["CAPABILITY_VIOLATION"]


def test_an_id_that_is_gone_is_said(world: World) -> None:
    gone = {"id": "gid://shopify/Product/1"}

    assert _codes(world, {"title": "Tee"}, identifier=gone) == ["PRODUCT_DOES_NOT_EXIST"]


def test_a_promised_product_is_there_at_the_next_look(world: World) -> None:
    told = world.ask(PRODUCT_SET, input={"title": "Tee"}, now=False)["productSet"]
    failed = world.ask(PRODUCT_SET, input={"title": ""}, now=False)["productSet"]
    waiting = told["productSetOperation"]

    done = world.ask(OPERATION, id=waiting["id"])["productOperation"]
    refused = world.ask(OPERATION, id=failed["productSetOperation"]["id"])["productOperation"]

    assert (told["product"], waiting["status"]) == (None, "CREATED")
    assert done["status"] == "COMPLETE"
    assert done["product"] is not None
    assert refused["userErrors"][0]["code"] == "INVALID_PRODUCT"


def test_a_product_is_updated_by_any_of_its_names(world: World) -> None:
    product = _set(world, {"title": "Mug"})

    for identifier in ({"id": product["id"]}, {"handle": "mug"}):
        told = world.ask(
            PRODUCT_UPDATE,
            identifier=identifier,
            product={"seo": {"title": "Best mug"}, "tags": [" b ", "a", "B"]},
        )["productUpdate"]
        assert told["userErrors"] == []
        assert told["product"]["seo"] == {"title": "Best mug", "description": None}
        assert told["product"]["tags"] == ["a", "B"]


def test_deleting_is_final(world: World, store: StoreState) -> None:
    mug, variant = world.add_mug()
    gid = f"gid://shopify/Product/{mug}"

    told = world.ask(PRODUCT_DELETE, id=gid, now=True)["productDelete"]
    again = world.ask(PRODUCT_DELETE, id=gid, now=True)["productDelete"]

    assert told["deletedProductId"] == gid
    assert again["userErrors"] == [{"field": ["id"], "message": "Product does not exist"}]
    assert store.counts()["variants"] == store.counts()["levels"] == 0
    assert variant not in store.variants.rows


def test_a_delete_can_be_promised(world: World, store: StoreState) -> None:
    mug, _ = world.add_mug()

    told = world.ask(PRODUCT_DELETE, id=f"gid://shopify/Product/{mug}", now=False)
    operation = told["productDelete"]["productDeleteOperation"]
    done = world.ask(OPERATION, id=operation["id"])["productOperation"]

    assert operation["status"] == "CREATED"
    assert done["deletedProductId"] == f"gid://shopify/Product/{mug}"
    assert store.product_ids() == []


def test_tags_are_added_and_taken_off(world: World) -> None:
    mug, _ = world.add_mug(tags=["old"])
    gid = f"gid://shopify/Product/{mug}"
    add = """
    mutation A($id: ID!) { tagsAdd(id: $id, tags: ["New"]) { node { id } userErrors { message } } }
    """
    off = """
    mutation R($id: ID!) { tagsRemove(id: $id, tags: ["OLD"]) { node { id } userErrors { field } } }
    """

    world.ask(add, id=gid)
    world.ask(off, id=gid)

    assert world.store.product(mug)["tags"] == "New"


def test_a_product_has_at_most_250_tags(world: World) -> None:
    mug, _ = world.add_mug(tags=[f"tag {number}" for number in range(250)])
    add = """
    mutation A($id: ID!) { tagsAdd(id: $id, tags: ["one"]) { node { id } userErrors { message } } }
    """

    told = world.ask(add, id=f"gid://shopify/Product/{mug}")["tagsAdd"]

    assert "250" in told["userErrors"][0]["message"]


def test_the_write_log_tells_products_and_variants_apart(world: World, store: StoreState) -> None:
    _set(world, _tee(world))

    (product,) = store.product_ids()
    assert store.writes(resource="product")[0].id == f"gid://shopify/Product/{product}"
    assert store.writes_of("title") == 1
    assert store.writes_of("price") == 2
    assert store.writes_of("cost") == 1
    assert [write.resource for write in store.writes()] == ["product", "variant", "variant"]
