"""Bulk operations: exports, imports, slots, failures, and the storage host."""

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.simulators.shopify import Quirk, StoreState, TwinSettings, seed_synthetic
from tests.channels.shopify_twin.documents import (
    BULK_CANCEL,
    BULK_MUTATION,
    BULK_POLL,
    BULK_QUERY,
    STAGE,
)
from tests.channels.shopify_twin.world import World

CATALOGUE = """{
  products(query: "status:active,draft,archived,unlisted") {
    edges { node {
      id handle title status updatedAt vendor tags
      variants { edges { node {
        id sku price inventoryItem { id tracked
          inventoryLevels { edges { node { id quantities(names: ["available"]) { quantity } } } } }
        selectedOptions { name value }
      } } }
      media { edges { node { id alt ... on MediaImage { image { url } } } } }
    } }
  }
}"""
SET = """
mutation Set($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input) {
    product { id title }
    userErrors { field message code }
  }
}
"""


def _start(world: World, query: str = CATALOGUE) -> dict[str, Any]:
    return world.ask(BULK_QUERY, query=query, grouped=False)["bulkOperationRunQuery"]


def _poll(world: World, operation: dict[str, Any]) -> dict[str, Any]:
    return world.ask(BULK_POLL, id=operation["id"])["bulkOperation"]


def _lines(world: World, url: str) -> list[dict[str, Any]]:
    parts = urlsplit(url)
    answer = world.http.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def _export(world: World, query: str = CATALOGUE) -> list[dict[str, Any]]:
    done = _poll(world, _start(world, query)["bulkOperation"])
    assert done["status"] == "COMPLETED"
    return _lines(world, done["url"])


def _upload(world: World, *lines: dict[str, Any]) -> str:
    wanted = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "bulk_op_vars",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }
    told = world.ask(STAGE, input=[wanted])["stagedUploadsCreate"]
    (target,) = told["stagedTargets"]
    fields = {each["name"]: each["value"] for each in target["parameters"]}
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    answer = world.http.post(
        urlsplit(target["url"]).path, data=fields, files={"file": ("bulk_op_vars", body)}
    )
    assert answer.status_code == (201 if body else 403)
    return str(fields["key"])


def _import(world: World, path: str, mutation: str = SET) -> dict[str, Any]:
    given = {"mutation": mutation, "path": path, "client": "syncstore-1"}
    return world.ask(BULK_MUTATION, **given)["bulkOperationRunMutation"]


def test_children_come_as_lines_of_their_own(world: World) -> None:
    shirt, (red, blue) = world.add_shirt()
    world.add_mug(images=["mug.png"])

    lines = _export(world)

    products = [line for line in lines if "__parentId" not in line]
    gid = f"gid://shopify/Product/{shirt}"
    variants = [line for line in lines if line.get("__parentId") == gid]
    levels = [line for line in lines if line["id"].startswith("gid://shopify/InventoryLevel/")]
    assert [line["title"] for line in products] == ["Shirt", "Mug"]
    assert [line["id"] for line in variants] == [
        f"gid://shopify/ProductVariant/{red}",
        f"gid://shopify/ProductVariant/{blue}",
    ]
    assert "variants" not in products[0]
    assert set(variants[0]["inventoryItem"]) == {"id", "tracked"}
    assert levels[0]["__parentId"] == variants[0]["id"]
    assert any(line["id"].startswith("gid://shopify/MediaImage/") for line in lines)


def test_a_result_is_counted(world: World) -> None:
    world.add_shirt()

    done = _poll(world, _start(world)["bulkOperation"])

    assert (done["objectCount"], done["rootObjectCount"]) == ("5", "1")
    assert done["type"] == "QUERY"
    assert int(done["fileSize"]) > 100
    assert done["errorCode"] is None


def test_sizes_in_the_query_count_for_nothing(world: World, store: StoreState) -> None:
    seed_synthetic(store, 300)
    query = "{ products(first: 5) { edges { node { id } } } }"

    assert len(_export(world, query)) == 300


def test_an_empty_result_has_no_address(world: World) -> None:
    done = _poll(world, _start(world)["bulkOperation"])

    assert (done["status"], done["url"], done["objectCount"]) == ("COMPLETED", None, "0")


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("{ shop { name } }", "at least one connection"),
        ('{ nodes(ids: ["x"]) { id } }', "top-level node"),
        ("{ products { edges { node { nome } } } }", "nome"),
        ("{ products {", "Syntax"),
        ("mutation { appUninstall { app { id } } }", "exactly one query"),
        ("{ products { edges { node { variants { edges { node { id } } } } } } }", "'id' field"),
        (
            "{ products { edges { node { id variants { edges { node { id metafields { edges { node"
            " { id owner { metafields { edges { node { id } } } } } } } } } } } } } }",
            "depth",
        ),
        (
            "{ a: products { edges { node { id } } } b: products { edges { node { id } } }"
            " c: products { edges { node { id } } } d: products { edges { node { id } } }"
            " e: products { edges { node { id } } } f: products { edges { node { id } } } }",
            "more than 5",
        ),
    ],
)
def test_a_query_that_cannot_run_in_bulk_is_refused(world: World, query: str, word: str) -> None:
    told = _start(world, query)

    assert told["bulkOperation"] is None
    assert told["userErrors"][0]["code"] == "INVALID"
    assert word in told["userErrors"][0]["message"]


def test_five_run_at_once_and_the_sixth_waits_for_a_slot() -> None:
    world = World(TwinSettings(bulk_seconds=10))
    started = [_start(world) for _ in range(5)]
    sixth = _start(world)
    other_kind = _import(world, _upload(world, {"input": {"title": "Mug"}}))
    world.clock.pass_seconds(30)
    for told in started:
        _poll(world, told["bulkOperation"])

    assert sixth["userErrors"][0]["code"] == "LIMIT_REACHED"
    assert other_kind["userErrors"] == []
    assert _start(world)["userErrors"] == []


def test_an_operation_takes_its_time() -> None:
    world = World(TwinSettings(bulk_seconds=10))
    world.add_mug()
    operation = _start(world)["bulkOperation"]
    seen = []
    for _ in range(4):
        seen.append(_poll(world, operation)["status"])
        world.clock.pass_seconds(8)

    assert seen == ["CREATED", "CREATED", "RUNNING", "COMPLETED"]


def test_an_operation_can_be_stopped(world: World) -> None:
    slow = World(TwinSettings(bulk_seconds=10))
    operation = _start(slow)["bulkOperation"]

    stopping = slow.ask(BULK_CANCEL, id=operation["id"])["bulkOperationCancel"]
    slow.clock.pass_seconds(10)
    ended = _poll(slow, operation)
    again = slow.ask(BULK_CANCEL, id=operation["id"])["bulkOperationCancel"]

    assert stopping["bulkOperation"]["status"] == "CANCELING"
    assert ended["status"] == "CANCELED"
    assert "cannot be canceled" in again["userErrors"][0]["message"]


def test_a_failure_leaves_a_part(world: World, store: StoreState) -> None:
    seed_synthetic(store, 10)
    store.next(Quirk.BULK_FAILS)

    done = _poll(world, _start(world)["bulkOperation"])

    assert (done["status"], done["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")
    assert done["url"] is None
    assert 0 < len(_lines(world, done["partialDataUrl"])) < 30


def test_a_missing_scope_fails_the_operation(world: World, store: StoreState) -> None:
    world.add_mug()
    world.token = store.install(["read_locations"])["access"]

    told = _start(world, "{ products { edges { node { id } } } }")
    done = _poll(world, told["bulkOperation"])

    assert (done["status"], done["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_the_end_is_told(world: World, store: StoreState) -> None:
    world.add_webhook("BULK_OPERATIONS_FINISH")
    operation = _start(world)["bulkOperation"]
    store.tick()

    (call,) = world.internet.deliveries("bulk_operations/finish")
    told = json.loads(call.content)
    assert (told["admin_graphql_api_id"], told["status"]) == (operation["id"], "completed")


def test_every_line_is_a_mutation_and_says_which(world: World, store: StoreState) -> None:
    path = _upload(
        world,
        {"input": {"title": "Mug"}},
        {"input": {"title": ""}},
        {"nothing": True},
        {"input": {"title": "Cup"}},
    )

    operation = _import(world, path)["bulkOperation"]
    done = _poll(world, operation)
    lines = _lines(world, done["url"])

    assert [line["__lineNumber"] for line in lines] == [0, 1, 2, 3]
    assert lines[0]["data"]["productSet"]["product"]["title"] == "Mug"
    assert lines[1]["data"]["productSet"]["userErrors"][0]["code"] == "INVALID_PRODUCT"
    assert lines[2]["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert store.titles() == ["Mug", "Cup"]
    assert all(write.in_bulk for write in store.writes())
    assert not any(name.startswith("uploads/") for name in store.files)


def test_a_product_somebody_else_is_writing_fails_its_line(world: World, store: StoreState) -> None:
    operation = _import(world, _upload(world, {"input": {"title": "Mug"}}))["bulkOperation"]
    store.next(Quirk.PARALLEL)

    (line,) = _lines(world, _poll(world, operation)["url"])

    code = line["errors"][0]["extensions"]["code"]
    assert code == "TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT"
    assert store.titles() == []


def test_an_import_needs_its_file_and_one_mutation(world: World) -> None:
    two = "mutation { a: appUninstall { app { id } } b: appUninstall { app { id } } }"
    path = _upload(world, {"input": {"title": "Mug"}})

    missing = _import(world, "tmp/nowhere")["userErrors"]
    double = _import(world, path, two)["userErrors"]
    query = _import(world, path, "{ shop { name } }")["userErrors"]
    unread = _import(world, path, "mutation {")["userErrors"]

    codes = [errors[0]["code"] for errors in (missing, double, query, unread)]
    assert codes == ["NO_SUCH_FILE", *["INVALID_MUTATION"] * 3]


def test_an_empty_upload_is_refused(world: World) -> None:
    path = _upload(world)

    assert _import(world, path)["userErrors"][0]["code"] == "NO_SUCH_FILE"


def test_the_storage_host_writes_down_tokens_it_should_not_see(
    world: World, store: StoreState
) -> None:
    world.add_mug()
    url = urlsplit(_poll(world, _start(world)["bulkOperation"])["url"])

    world.http.get(url.path, headers={"X-Shopify-Access-Token": world.token})

    assert store.counts()["leaked_tokens"] == 1


def test_a_result_is_gone_after_a_week(world: World) -> None:
    world.add_mug()
    url = urlsplit(_poll(world, _start(world)["bulkOperation"])["url"])
    world.clock.pass_seconds(7 * 86400 + 1)

    assert world.http.get(url.path).status_code == 404
    world.token = world.store.install()["access"]
    _poll(world, _start(world)["bulkOperation"])
    assert sum(path.startswith("bulk/") for path in world.store.files) == 1


def test_bulk_operations_are_listed(world: World) -> None:
    operation = _start(world)["bulkOperation"]
    _import(world, _upload(world, {"input": {"title": "Mug"}}))
    text = """{
      bulkOperations(first: 5, query: "operation_type:query") { nodes { id type query } }
      currentBulkOperation(type: MUTATION) { type status }
    }"""

    told = world.ask(text)

    assert [node["id"] for node in told["bulkOperations"]["nodes"]] == [operation["id"]]
    assert told["currentBulkOperation"]["type"] == "MUTATION"


def test_a_file_can_be_put_as_well_as_posted(world: World, store: StoreState) -> None:
    wanted = {"resource": "IMAGE", "filename": "mug.png", "mimeType": "image/png"}
    (target,) = world.ask(STAGE, input=[wanted])["stagedUploadsCreate"]["stagedTargets"]

    answer = world.http.put(urlsplit(target["url"]).path, content=b"bytes")

    assert answer.status_code == 201
    assert target["resourceUrl"].startswith(store.settings.storage_url)
    assert isinstance(answer, httpx.Response)
