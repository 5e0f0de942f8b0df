"""Metafields, their definitions, and publishing."""

from typing import Any

import pytest

from app.simulators.shopify import StoreState
from tests.channels.shopify_twin.documents import (
    DEFINE,
    OWN_ID,
    PUBLICATIONS,
    PUBLISH,
    UNPUBLISH,
)
from tests.channels.shopify_twin.world import World

SET = """
mutation Set($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields { id namespace key type value compareDigest jsonValue ownerType definition { id } }
    userErrors { field message code elementIndex }
  }
}
"""
DELETE = """
mutation Delete($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) {
    deletedMetafields { ownerId namespace key }
    userErrors { field message }
  }
}
"""
LOOK = """
query Look($id: ID!) {
  product(id: $id) {
    metafield(key: "care") { value owner { metafield(key: "care") { id } } }
    metafields(first: 5, keys: ["care"]) { nodes { key } }
  }
  metafieldDefinitions(first: 5, ownerType: PRODUCT) {
    nodes { key metafieldsCount type { name category } }
  }
}
"""


def _set(world: World, product: int, **given: Any) -> dict[str, Any]:
    row = {"ownerId": f"gid://shopify/Product/{product}", "key": "care", "value": "Wash cold"}
    row |= {"type": "single_line_text_field"} | given
    return world.ask(SET, metafields=[row])["metafieldsSet"]


def _code(told: dict[str, Any]) -> str:
    return str(told["userErrors"][0]["code"])


def test_a_definition_is_made_once(world: World) -> None:
    made = world.ask(DEFINE, definition=OWN_ID)["metafieldDefinitionCreate"]
    again = world.ask(DEFINE, definition=OWN_ID)["metafieldDefinitionCreate"]

    assert made["createdDefinition"]["namespace"] == "app--1000001"
    assert made["createdDefinition"]["capabilities"]["uniqueValues"]["enabled"]
    assert _code(again) == "TAKEN"


@pytest.mark.parametrize(
    ("key", "code"), [("a b", "INVALID_CHARACTER"), ("a", "TOO_SHORT"), ("a" * 65, "TOO_LONG")]
)
def test_a_definition_needs_a_proper_key(world: World, key: str, code: str) -> None:
    told = world.ask(DEFINE, definition=OWN_ID | {"key": key})["metafieldDefinitionCreate"]

    assert _code(told) == code


def test_a_value_is_set_looked_at_and_removed(world: World) -> None:
    mug, _ = world.add_mug()
    world.ask(DEFINE, definition=OWN_ID)
    gid = f"gid://shopify/Product/{mug}"

    (made,) = _set(world, mug)["metafields"]
    seen = world.ask(LOOK, id=gid)
    key = {"ownerId": gid, "namespace": "$app", "key": "care"}
    gone = world.ask(DELETE, metafields=[key, key])["metafieldsDelete"]

    assert (made["namespace"], made["ownerType"]) == ("app--1000001", "PRODUCT")
    assert seen["product"]["metafield"]["owner"]["metafield"]["id"] == made["id"]
    assert seen["product"]["metafields"]["nodes"] == [{"key": "care"}]
    assert seen["metafieldDefinitions"]["nodes"][0]["metafieldsCount"] == 0
    assert gone["deletedMetafields"][1] is None
    assert world.ask(LOOK, id=gid)["product"]["metafield"] is None


def test_a_value_can_be_compared_before_it_is_set(world: World) -> None:
    mug, _ = world.add_mug()
    new = _set(world, mug, compareDigest=None)
    (held,) = new["metafields"]

    stale = _set(world, mug, value="Wash hot", compareDigest=None)
    good = _set(world, mug, value="Wash hot", compareDigest=held["compareDigest"])

    assert _code(stale) == "STALE_OBJECT"
    assert good["metafields"][0]["value"] == "Wash hot"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"value": ""}, "BLANK"),
        ({"type": None}, "BLANK"),
        ({"ownerId": "gid://shopify/Product/1"}, "INVALID"),
        ({"key": "syncstore_id"}, "INVALID_TYPE"),
        ({"key": "syncstore_id", "type": "id", "value": "P-1"}, "TAKEN"),
        ({"key": "syncstore_id", "type": "id", "value": "x" * 256}, "INVALID_VALUE"),
    ],
)
def test_a_wrong_value_is_refused(world: World, given: dict[str, Any], code: str) -> None:
    world.ask(DEFINE, definition=OWN_ID)
    mug, _ = world.add_mug()
    cup, _ = world.add_mug(title="Cup")
    world.store.set_metafield(cup, key="syncstore_id", type="id", value="P-1")

    assert _code(_set(world, mug, **given)) == code


def test_all_or_none_and_at_most_twenty_five(world: World, store: StoreState) -> None:
    mug, _ = world.add_mug()
    row = {"ownerId": f"gid://shopify/Product/{mug}", "type": "single_line_text_field"}
    good, bad = row | {"key": "care", "value": "x"}, row | {"key": "made", "value": ""}

    mixed = world.ask(SET, metafields=[good, bad])["metafieldsSet"]
    many = world.ask(SET, metafields=[good] * 26)["metafieldsSet"]

    assert mixed["userErrors"][0]["elementIndex"] == 1
    assert _code(many) == "LESS_THAN_OR_EQUAL_TO"
    assert store.metafields.rows == {}


def test_variants_carry_values_too(world: World) -> None:
    _, variant = world.add_mug()
    row = {"ownerId": f"gid://shopify/ProductVariant/{variant}", "key": "care", "value": "[1]"}
    row |= {"type": "json"}

    (made,) = world.ask(SET, metafields=[row])["metafieldsSet"]["metafields"]

    assert (made["ownerType"], made["jsonValue"]) == ("PRODUCTVARIANT", [1])


def test_a_product_is_shown_on_channels_and_taken_off(world: World, store: StoreState) -> None:
    number = store.add_product(title="Mug")
    gid = f"gid://shopify/Product/{number}"
    channels = world.ask(PUBLICATIONS)["publications"]["nodes"]
    both = [{"publicationId": each["id"]} for each in channels]

    shown = world.ask(PUBLISH, id=gid, input=both)["publishablePublish"]
    world.ask(UNPUBLISH, id=gid, input=both[:1])
    seen = world.ask(
        """query Q($id: ID!, $one: ID!) { product(id: $id) {
          publishedOnPublication(publicationId: $one) resourcePublicationsCount { count }
          availablePublicationsCount { count } onlineStoreUrl publishedAt
          unpublishedPublications(first: 5) { nodes { id } } } }""",
        id=gid,
        one=channels[0]["id"],
    )["product"]

    assert [each["catalog"]["title"] for each in channels] == ["Online Store", "Point of Sale"]
    assert len(shown["publishable"]["resourcePublicationsV2"]["nodes"]) == 2
    assert not seen["publishedOnPublication"]
    assert seen["resourcePublicationsCount"] == {"count": 1}
    assert seen["unpublishedPublications"]["nodes"] == [{"id": channels[0]["id"]}]
    assert seen["onlineStoreUrl"] is None


def test_active_is_not_yet_visible_and_a_date_is_not_yet_now(
    world: World, store: StoreState
) -> None:
    number = store.add_product(title="Mug", status="ACTIVE")
    gid = f"gid://shopify/Product/{number}"
    online = world.ask(PUBLICATIONS)["publications"]["nodes"][0]["id"]
    later = [{"publicationId": online, "publishDate": "2026-11-22T00:00:00Z"}]
    url = "query Q($id: ID!) { product(id: $id) { onlineStoreUrl } }"

    hidden = world.ask(url, id=gid)["product"]["onlineStoreUrl"]
    world.ask(PUBLISH, id=gid, input=later)
    planned = world.ask(url, id=gid)["product"]["onlineStoreUrl"]
    world.clock.pass_seconds(86400)
    world.token = store.install()["access"]

    assert (hidden, planned) == (None, None)
    assert world.ask(url, id=gid)["product"]["onlineStoreUrl"].endswith("/products/mug")


def test_unknown_products_and_channels_are_said(world: World, store: StoreState) -> None:
    number = store.add_product(title="Mug")
    wrong = [{"publicationId": "gid://shopify/Publication/1"}]

    channel = world.ask(PUBLISH, id=f"gid://shopify/Product/{number}", input=wrong)
    product = world.ask(UNPUBLISH, id="gid://shopify/Product/1", input=[])

    assert channel["publishablePublish"]["userErrors"][0]["field"] == [
        "input",
        "0",
        "publicationId",
    ]
    assert product["publishableUnpublish"]["userErrors"][0]["field"] == ["id"]
    assert world.code(PUBLISH, id="gid://shopify/Location/1", input=[])
