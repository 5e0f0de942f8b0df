"""Finding things: search syntax, order, pages, and an index that lags."""

from datetime import timedelta
from typing import Any

import pytest

from app.simulators.shopify import StoreState, TwinSettings
from app.simulators.shopify.search import Query
from tests.channels.shopify_twin.documents import DEFINE, OWN_ID, PRODUCTS_PAGE
from tests.channels.shopify_twin.world import World

BY_SKU = """
query Q($query: String!) {
  productVariants(first: 10, query: $query, sortKey: ID) {
    nodes { id sku product { id } inventoryItem { id } }
  }
}
"""
ITEMS = """
query Q($query: String) {
  inventoryItems(first: 10, query: $query) { nodes { id sku updatedAt variant { id } } }
}
"""
DOC = {
    "id": 12,
    "title": "Green hoodie",
    "status": "DRAFT",
    "sku": ["H-1", "H-2"],
    "tag": ["warm", "Sale"],
    "vendor": "Acme",
    "updated_at": 1795305600,
    "inventory_total": 7,
}


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("", True),
        ("hoodie", True),
        ("title:green*", True),
        ("title:green", False),
        ("status:active,draft,archived", True),
        ("status:ACTIVE", False),
        ("-status:active", True),
        ("NOT status:draft", False),
        ("sku:H-2", True),
        ("sku:h-2 tag:sale", True),
        ("sku:'H-3' OR sku:\"H-1\"", True),
        ("sku:H-3 OR (tag:warm vendor:Acme)", True),
        ("sku:H-3 OR (tag:warm vendor:Other)", False),
        ("id:12", True),
        ("id:>12", False),
        ("id:>=12 AND inventory_total:<10", True),
        ("updated_at:>'2026-11-21T23:59:59Z'", True),
        ("updated_at:>'2026-11-22T00:00:00Z'", False),
        ("updated_at:>=2026-11-22T00:00:00Z", True),
        ("updated_at:>'2026-11-21'", True),
        ("updated_at:<'yesterday'", False),
        ("barcode:*", False),
        ("sku:*", True),
    ],
)
def test_terms_mean_what_they_say(text: str, is_found: bool) -> None:
    assert Query(text)(DOC) is is_found


def _page(world: World, query: str | None = None, **given: Any) -> dict[str, Any]:
    asked = {"first": 50, "after": None, "query": query, "sort": "UPDATED_AT"} | given
    return world.ask(PRODUCTS_PAGE, **asked)["products"]


def _titles(world: World, query: str | None = None, **given: Any) -> list[str]:
    return [node["title"] for node in _page(world, query, **given)["nodes"]]


def test_a_query_without_a_status_finds_only_active_products(
    world: World, store: StoreState
) -> None:
    world.add_mug()
    draft = store.add_product(title="Draft", status="DRAFT")

    assert _titles(world, "title:*") == ["Mug"]
    assert _titles(world, "status:active,draft,archived,unlisted") == ["Mug", "Draft"]
    assert _titles(world, f"id:{draft}") == ["Draft"]
    assert _titles(world) == ["Mug", "Draft"]


def test_changes_since_a_moment_come_in_their_order(world: World, store: StoreState) -> None:
    for title in ("A", "B", "C"):
        store.add_product(title=title)
        world.clock.pass_seconds(10)
    store.edit_product(store.product_ids()[0], vendor="Other")

    found = _titles(world, "status:active updated_at:>'2026-11-21T08:00:05Z'")

    assert found == ["B", "C", "A"]


def test_pages_stay_true_while_products_move(world: World, store: StoreState) -> None:
    for number in range(6):
        store.add_product(title=f"P{number}")
        world.clock.pass_seconds(1)

    first = _page(world, "status:active", first=3)
    store.edit_product(store.product_ids()[1], vendor="Other")
    rest = _page(world, "status:active", first=10, after=first["pageInfo"]["endCursor"])

    assert [node["title"] for node in first["nodes"]] == ["P0", "P1", "P2"]
    assert first["pageInfo"]["hasNextPage"]
    assert [node["title"] for node in rest["nodes"]] == ["P3", "P4", "P5", "P1"]
    assert not rest["pageInfo"]["hasNextPage"]
    assert rest["pageInfo"]["hasPreviousPage"]


def test_paging_ends_where_a_bulk_operation_begins() -> None:
    world = World(TwinSettings(reachable_objects=3))
    for number in range(5):
        world.store.add_product(title=f"P{number}")

    page = _page(world, "status:active", first=10)

    assert len(page["nodes"]) == 3
    assert not page["pageInfo"]["hasNextPage"]


def test_lists_run_backwards_too(world: World, store: StoreState) -> None:
    for number in range(4):
        store.add_product(title=f"P{number}")
    text = """
    query Q($last: Int, $before: String, $first: Int, $back: Boolean) {
      products(last: $last, before: $before, first: $first, reverse: $back, sortKey: TITLE) {
        nodes { title } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor }
      }
    }"""

    tail = world.ask(text, last=2)["products"]
    before = world.ask(text, last=2, before=tail["pageInfo"]["startCursor"])["products"]
    turned = world.ask(text, first=2, back=True)["products"]

    assert [node["title"] for node in tail["nodes"]] == ["P2", "P3"]
    assert [node["title"] for node in before["nodes"]] == ["P0", "P1"]
    assert [node["title"] for node in turned["nodes"]] == ["P3", "P2"]


@pytest.mark.parametrize(
    "arguments", ["", "(first: 251)", "(first: 0)", "(first: 1, last: 1)", '(first: 1, after: "x")']
)
def test_a_list_needs_a_size_and_a_true_cursor(world: World, arguments: str) -> None:
    text = f"{{ products{arguments} {{ nodes {{ id }} }} }}"

    assert world.code(text) == "BAD_REQUEST"


def test_the_variants_of_one_product_come_all_at_once(world: World) -> None:
    mug, _ = world.add_mug()
    alone = "query Q($id: ID!) { product(id: $id) { variants(first: 2048) { nodes { id } } } }"
    nested = "{ products(first: 1) { nodes { variants(first: 300) { nodes { id } } } } }"

    assert world.ask(alone, id=f"gid://shopify/Product/{mug}")
    assert world.code(nested) == "BAD_REQUEST"


def test_variants_and_items_are_found_by_sku(world: World) -> None:
    _, (red, _) = world.add_shirt()

    (variant,) = world.ask(BY_SKU, query="sku:SHIRT-RED")["productVariants"]["nodes"]
    (item,) = world.ask(ITEMS, query="sku:'SHIRT-RED'")["inventoryItems"]["nodes"]

    assert variant["id"] == item["variant"]["id"] == f"gid://shopify/ProductVariant/{red}"


def test_a_sku_can_have_several_owners(world: World) -> None:
    world.add_mug()
    world.add_mug(title="Other mug")

    assert len(world.ask(BY_SKU, query="sku:MUG")["productVariants"]["nodes"]) == 2
    page = _page(world, "sku:MUG status:active")
    items = [node["variants"]["nodes"][0]["inventoryItem"] for node in page["nodes"]]
    assert [item["duplicateSkuCount"] for item in items] == [1, 1]


def test_custom_ids_are_searched_and_looked_up(world: World, store: StoreState) -> None:
    world.ask(DEFINE, definition=OWN_ID)
    mug, _ = world.add_mug()
    store.set_metafield(mug, key="syncstore_id", type="id", value="P-1")
    lookup = """
    query Q($value: String!) {
      productByIdentifier(identifier: {customId: {key: "syncstore_id", value: $value}}) { id }
    }"""

    found = world.ask(lookup, value="P-1")["productByIdentifier"]
    none = world.ask(lookup, value="P-2")["productByIdentifier"]
    searched = _titles(world, "status:active metafields.app--1000001.syncstore_id:P-1")

    assert (found, none) == ({"id": f"gid://shopify/Product/{mug}"}, None)
    assert searched == ["Mug"]


def test_a_custom_id_without_its_definition_is_an_error(world: World) -> None:
    lookup = '{ productByIdentifier(identifier: {customId: {key: "own", value: "1"}}) { id } }'

    assert world.code(lookup) == "NOT_FOUND"


def test_the_search_is_behind_and_the_product_itself_is_not() -> None:
    world = World(TwinSettings(search_lag_seconds=5))
    number = world.store.add_product(title="Mug", status="ACTIVE")
    by_id = "query Q($id: ID!) { product(id: $id) { title } }"

    soon = _titles(world, "status:active")
    itself = world.ask(by_id, id=f"gid://shopify/Product/{number}")["product"]
    world.store.pass_time(timedelta(seconds=5))
    later = _titles(world, "status:active")

    assert (soon, itself, later) == ([], {"title": "Mug"}, ["Mug"])


def test_a_lagging_search_finds_by_the_old_and_shows_the_new() -> None:
    world = World(TwinSettings(search_lag_seconds=5))
    number = world.store.add_product(title="Mug", tags=["old"])
    world.store.pass_time(timedelta(seconds=5))
    world.store.edit_product(number, title="Cup", tags=["new"])

    assert _titles(world, "status:active tag:old") == ["Cup"]
    assert _titles(world, "status:active tag:new") == []


def test_stock_does_not_move_the_product(world: World, store: StoreState) -> None:
    mug, variant = world.add_mug()
    before = store.product(mug)["updated_at"]
    world.clock.pass_seconds(60)

    store.set_stock(variant, 9)

    assert store.product(mug)["updated_at"] == before
    assert _titles(world, "status:active updated_at:>'2026-11-21T08:01:00Z'") == []


def test_things_are_counted(world: World) -> None:
    world.add_shirt()
    text = """{
      productsCount(query: "status:active") { count precision }
      productVariantsCount(limit: 1) { count precision }
    }"""

    assert world.ask(text) == {
        "productsCount": {"count": 1, "precision": "EXACT"},
        "productVariantsCount": {"count": 1, "precision": "AT_LEAST"},
    }
