"""Cost and the bucket."""

from typing import Any

import pytest

from app.simulators.shopify import StoreState, TwinSettings
from app.simulators.shopify.cost import weight
from tests.channels.shopify_twin.documents import PRODUCT_SET, PRODUCTS_PAGE
from tests.channels.shopify_twin.world import World

# As recorded from a live store: what was asked, what it cost.
PRODUCT = """
query Q($id: ID!) {
  product(id: $id) {
    createdAt updatedAt hasOnlyDefaultVariant description(truncateAt: 200) descriptionHtml
    onlineStorePreviewUrl onlineStoreUrl productType status tags title vendor
    seo { description title }
    metafields(first: 50) { edges { node { id namespace type legacyResourceId key value } } }
  }
}
"""
VARIANT = """
query Q($id: ID!) {
  productVariant(id: $id) {
    createdAt updatedAt availableForSale barcode compareAtPrice displayName inventoryPolicy position
    price sku taxCode taxable title
    product { id }
    selectedOptions { name value }
    inventoryItem {
      countryCodeOfOrigin createdAt id inventoryHistoryUrl legacyResourceId
      measurement { weight { value } }
      provinceCodeOfOrigin requiresShipping sku tracked updatedAt
      unitCost { amount currencyCode }
    }
    metafields(first: 50) { edges { node { id namespace type legacyResourceId key value } } }
  }
}
"""


def _cost(world: World, query: str, /, **variables: Any) -> dict[str, Any]:
    return world.post(query, variables).json()["extensions"]["cost"]


def test_costs_come_out_as_recorded(world: World) -> None:
    mug, variant = world.add_mug()

    product = _cost(world, PRODUCT, id=f"gid://shopify/Product/{mug}")
    one = _cost(world, VARIANT, id=f"gid://shopify/ProductVariant/{variant}")

    assert (product["requestedQueryCost"], product["actualQueryCost"]) == (11, 4)
    assert one["requestedQueryCost"] == 13
    assert one["actualQueryCost"] in {6, 7}  # with and without the cost of one


@pytest.mark.parametrize(("size", "expected"), [(0, 0), (1, 1), (10, 4), (50, 7), (250, 10)])
def test_a_page_weighs_less_than_its_size(size: int, expected: int) -> None:
    assert weight(size) == expected


def test_scalars_are_free_and_a_mutation_costs_ten(world: World) -> None:
    read = _cost(world, "{ shop { name email currencyCode } }")
    written = _cost(world, 'mutation { productDelete(input: {id: "x"}) { deletedProductId } }')

    assert read["requestedQueryCost"] == 1
    assert written["requestedQueryCost"] == 10


def test_product_set_costs_more_with_every_part(world: World) -> None:
    small = "mutation S($input: ProductSetInput!) { productSet(input: $input) { product { id } } }"
    variants = [{"optionValues": [], "file": {"originalSource": "https://x.test/a"}}] * 10
    body = {"title": "T", "variants": variants, "files": [{"originalSource": "x"}] * 2}

    plain = _cost(world, small, input={"title": "T"})["requestedQueryCost"]
    full = _cost(world, small, input=body)["requestedQueryCost"]

    assert (plain, full) == (11, 23)  # 10 × 0.2 + 2 × 1.9 + 10 × 0.6, rounded up


def test_a_query_that_is_too_dear_is_refused(world: World) -> None:
    deep = "{ products(first: 250) { nodes { variants(first: 250) { nodes { "
    deep += "inventoryItem { inventoryLevels(first: 250) { nodes { location { id } } } } } } } } }"

    (error,) = world.errors(deep)

    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["maxCost"] == 1000
    assert error["extensions"]["cost"] > 1000


def test_the_page_of_the_contract_fits(world: World) -> None:
    cost = _cost(world, PRODUCTS_PAGE, first=50, query=None, sort="UPDATED_AT", after=None)

    assert cost["requestedQueryCost"] < 1000


def test_what_was_asked_for_is_taken_and_what_was_not_used_comes_back(world: World) -> None:
    world.add_mug()
    cost = _cost(world, "{ products(first: 250) { nodes { id } } }")

    left = cost["throttleStatus"]["currentlyAvailable"]
    assert cost["requestedQueryCost"] > cost["actualQueryCost"]
    assert left == 2000 - cost["actualQueryCost"]


def test_an_empty_bucket_throttles_inside_a_good_answer(world: World, store: StoreState) -> None:
    store.bucket.set(size=40, rate=2)
    query = "{ products(first: 100) { nodes { id variants(first: 2) { nodes { id } } } } }"
    first, *_ = [world.post(query) for _ in range(1)]
    store.bucket.level = 5

    throttled = world.post(query)
    told = throttled.json()
    world.clock.pass_seconds(60)
    later = world.post(query).json()

    assert "errors" not in first.json()
    assert throttled.status_code == 200
    assert told["errors"][0]["message"] == "Throttled"
    assert told["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in told
    assert told["extensions"]["cost"]["actualQueryCost"] is None
    assert told["extensions"]["cost"]["throttleStatus"] == {
        "maximumAvailable": 40.0,
        "currentlyAvailable": 5,
        "restoreRate": 2.0,
    }
    assert "errors" not in later


def test_a_throttled_mutation_has_not_run(world: World, store: StoreState) -> None:
    store.bucket.set(size=5)

    told = world.post(PRODUCT_SET, {"input": {"title": "Mug"}, "now": True}).json()

    assert told["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert store.titles() == []
    assert store.writes(refused=True) == []


def test_bigger_plans_restore_faster() -> None:
    world = World(TwinSettings(plan="Plus", bucket_size=20000, restore_rate=1000))

    status = _cost(world, "{ shop { name } }")["throttleStatus"]

    assert (status["maximumAvailable"], status["restoreRate"]) == (20000.0, 1000.0)
