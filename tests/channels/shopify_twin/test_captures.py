"""The twin's answers next to captured ones: at least the same keys, of the same JSON types."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.simulators.shopify import StoreState
from tests.channels.shopify_twin.documents import (
    BULK_MUTATION,
    BULK_POLL,
    BULK_QUERY,
    PRODUCT_UPDATE,
    STAGE,
)
from tests.channels.shopify_twin.test_cost import PRODUCT, VARIANT, VARIANTS
from tests.channels.shopify_twin.world import PICTURE, World

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "shopify"

pytestmark = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the captured answers are not on this machine"
)

# Of old API versions, or of what no webhook body has today.
OLD = {
    "fulfillment_service",
    "inventory_management",
    "grams",
    "weight",
    "weight_unit",
    "requires_shipping",
}
# Captured as null or as a text by different stores.
LOOSE = {"alt", "barcode", "image_id", "template_suffix", "option2", "option3"}


def _captured(name: str) -> Any:
    text = (SAMPLES / name).read_text(encoding="utf-8-sig")
    text = re.sub(r"\{\{\w+\}\}|%\d", "1", text)
    return json.loads(text)


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def _differences(captured: Any, shown: Any, at: str = "") -> list[str]:
    if isinstance(captured, dict) and isinstance(shown, dict):
        found = []
        for key, value in captured.items():
            if key in OLD:
                continue
            if key not in shown:
                found.append(f"{at}.{key} is missing")
            else:
                found += _differences(value, shown[key], f"{at}.{key}")
        return found
    if isinstance(captured, list) and isinstance(shown, list):
        return _differences(captured[0], shown[0], f"{at}[0]") if captured and shown else []
    if captured is None or shown is None or at.rpartition(".")[2] in LOOSE:
        return []  # says nothing about the type
    return [] if _kind(captured) == _kind(shown) else [f"{at} is {_kind(shown)}"]


@pytest.mark.parametrize(
    ("name", "query", "kind"),
    [
        ("products/ProductDetailsResponse.txt", PRODUCT, "Product"),
        ("products/ProductVariantDetailsResponse.txt", VARIANT, "ProductVariant"),
        ("products/ProductVariantsResponse.txt", VARIANTS, "Product"),
    ],
    ids=["product", "variant", "variants"],
)
def test_reads_look_like_recorded_ones(world: World, name: str, query: str, kind: str) -> None:
    product, variant = world.add_mug(cost="3", compareAtPrice="12")
    number = product if kind == "Product" else variant

    shown = world.post(query, {"id": f"gid://shopify/{kind}/{number}"}).json()

    assert _differences(_captured(f"graphql_responses/{name}"), shown) == []


def test_writes_look_like_recorded_ones(world: World) -> None:
    mug, _ = world.add_mug()
    media = [{"originalSource": PICTURE, "mediaContentType": "IMAGE"}]
    gid = f"gid://shopify/Product/{mug}"
    uploaded = world.post(PRODUCT_UPDATE, {"product": {"id": gid}, "media": media}).json()
    wanted = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "bulk_op_vars",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }
    staged = world.post(STAGE, {"input": [wanted]}).json()
    captured = _captured("graphql_responses/bulk_operations/StagedUploadResult.txt")

    upload = _captured("graphql_responses/products/UploadImageToProductResponse.txt")
    node = upload["data"]["productUpdate"]["product"]["media"]["nodes"][0]
    shown = uploaded["data"]["productUpdate"]["product"]["media"]["nodes"][0]
    assert _kind(node["id"]) == _kind(shown["id"])
    assert _differences(captured, staged) == []
    names = captured["data"]["stagedUploadsCreate"]["stagedTargets"][0]["parameters"]
    ours = staged["data"]["stagedUploadsCreate"]["stagedTargets"][0]["parameters"]
    assert [each["name"] for each in ours[:2]] == [each["name"] for each in names[:2]]
    assert ours[0]["value"].endswith("/bulk_op_vars")


def test_bulk_operations_look_like_recorded_ones(world: World, store: StoreState) -> None:
    query = "{ products { edges { node { id } } } }"
    told = world.post(BULK_QUERY, {"query": query, "grouped": False}).json()["data"]
    operation = told["bulkOperationRunQuery"]["bulkOperation"]
    polled = world.post(BULK_POLL, {"id": operation["id"]}).json()["data"]
    refused = world.post(BULK_MUTATION, {"mutation": "x", "path": "y", "client": None}).json()

    completed = _captured("graphql_responses/bulk_operations/BulkOperationCompletedResult.txt")
    started = _captured("graphql_responses/bulk_operations/BulkMutationResponse.txt")
    assert _differences(completed["data"]["node"], polled["bulkOperation"]) == []
    assert set(started["data"]["bulkOperationRunMutation"]) == set(
        refused["data"]["bulkOperationRunMutation"]
    )
    assert store.counts()["bulk_operations"] == 1


def test_lines_of_an_import_look_like_recorded_ones(world: World) -> None:
    text = (SAMPLES / "graphql_responses/bulk_operations/BulkOperationResult.txt").read_text()
    recorded = [json.loads(line) for line in re.sub(r"%\d", "1", text).splitlines()]

    assert [line["__lineNumber"] for line in recorded] == [0, 1, 2, 3]
    assert set(recorded[2]) == {"errors", "data", "__lineNumber"}
    # What test_bulk.py holds the twin's own lines to.
    assert recorded[2]["errors"][0]["message"].startswith("This product is currently being")


def test_webhook_bodies_look_like_rest_ones(world: World, store: StoreState) -> None:
    shirt, (red, _) = world.add_shirt()
    body = store.product(shirt)
    world.add_webhook("ORDERS_CREATE")
    store.place_order((red, 1))
    (sent,) = store.deliver_due()

    captured = _captured("rest_products/single_product.json")
    order = _captured("rest_fixtures/order.json")["order"]["line_items"][0]
    line = json.loads(sent.body)["line_items"][0]
    assert _differences(captured, body) == []
    kept = {"id", "price", "product_id", "quantity", "sku", "title", "variant_id", "name"}
    assert _differences({key: order[key] for key in kept}, line) == []


def test_the_whole_products_of_a_recorded_list_can_be_seeded(store: StoreState) -> None:
    listed = _captured("rest_products/bulk_products.json")["products"]

    for product in listed:
        store.add_product(
            title=product["title"],
            descriptionHtml=product["body_html"] or "",
            vendor=product["vendor"],
            productOptions=[
                {"name": option["name"], "values": [{"name": value} for value in option["values"]]}
                for option in product["options"]
            ],
            variants=[
                {
                    "sku": variant["sku"],
                    "price": variant["price"],
                    "optionValues": [
                        {"optionName": option["name"], "name": variant[f"option{at}"]}
                        for at, option in enumerate(product["options"], start=1)
                    ],
                }
                for variant in product["variants"]
            ],
        )

    assert len(store.product_ids()) == len(listed)
    for number, product in zip(store.product_ids(), listed, strict=True):
        assert _differences(product, store.product(number)) == []
