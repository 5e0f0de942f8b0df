"""Cost and the bucket."""

from typing import Any

import pytest

from app.simulators.shopify import StoreState, TwinSettings
from app.simulators.shopify.cost import weight
from tests.channels.shopify_twin.documents import PRODUCT_SET, PRODUCTS_PAGE, STAGE
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
      provinceCodeOfOrigin harmonizedSystemCode requiresShipping sku tracked updatedAt
      unitCost { amount currencyCode }
    }
    metafields(first: 50) { edges { node { id namespace type legacyResourceId key value } } }
  }
}
"""


def _cost(world: World, query: str, /, **variables: Any) -> dict[str, Any]:
    return world.post(query, variables).json()["extensions"]["cost"]


VARIANTS_CREATED = """
mutation M($id: ID!, $rows: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $id, variants: $rows) {
    productVariants { legacyResourceId createdAt updatedAt }
    userErrors { field message }
  }
}
"""
VARIANTS = """
query Q($id: ID!) {
  product(id: $id) {
    variants(first: 200) {
      pageInfo { hasNextPage } edges { cursor node { legacyResourceId updatedAt } }
    }
  }
}
"""


@pytest.mark.parametrize(
    ("query", "kind", "requested", "actual"),
    [(PRODUCT, "Product", 11, 4), (VARIANT, "ProductVariant", 13, 6), (VARIANTS, "Product", 13, 4)],
    ids=["product", "variant", "variants"],
)
def test_costs_come_out_as_recorded(
    world: World, query: str, kind: str, requested: int, actual: int
) -> None:
    numbers = dict(zip(("Product", "ProductVariant"), world.add_mug(), strict=True))

    cost = _cost(world, query, id=f"gid://shopify/{kind}/{numbers[kind]}")

    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (requested, actual)


def test_a_mutation_is_ten_points_with_what_it_returns(world: World) -> None:
    mug, _ = world.add_mug()
    rows = [{"optionValues": [{"optionName": "Title", "name": "Big"}]}]
    wanted = {"resource": "IMAGE", "filename": "mug.png", "mimeType": "image/png"}

    created = _cost(world, VARIANTS_CREATED, id=f"gid://shopify/Product/{mug}", rows=rows)
    staged = _cost(world, STAGE, input=[wanted])

    assert (created["requestedQueryCost"], created["actualQueryCost"]) == (10, 10)
    assert (staged["requestedQueryCost"], staged["actualQueryCost"]) == (11, 11)


@pytest.mark.parametrize(
    ("size", "expected"), [(0, 0), (1, 1), (10, 4), (50, 7), (200, 10), (250, 11)]
)
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

    assert (plain, full) == (10, 22)  # 10 × 0.2 + 2 × 1.9 + 10 × 0.6, rounded up


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
    store.bucket.set(size=60, rate=2)
    query = "{ products(first: 100) { nodes { id variants(first: 2) { nodes { id } } } } }"
    first = world.post(query)
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
        "maximumAvailable": 60.0,
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
