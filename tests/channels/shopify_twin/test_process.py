"""The twin as a process of its own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[3]
TOKEN = "shpat_rehearsal"


@contextmanager
def _serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.simulators.shopify", "--port", "0", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip().rpartition(" ")[2], process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _ask(client: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    answer = client.post(
        "/admin/api/2026-10/graphql.json",
        json={"query": query, "variables": variables},
        headers={"X-Shopify-Access-Token": TOKEN},
    )
    assert answer.status_code == 200
    return answer.json()["data"]


def test_a_store_is_served_and_comes_back_after_a_stop(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.json"
    seeds.write_text(json.dumps([{"title": "Mug", "sku": "MUG", "images": ["mug.jpg"]}]))
    arguments = [
        *("--name", "Large store", "--state", str(tmp_path / "shop.sqlite")),
        *("--seed-from", str(seeds), "--token", TOKEN),
    ]
    make = 'mutation { productSet(input: {title: "Cup"}) { product { id } } }'
    look = "{ shop { myshopifyDomain } products(first: 5) { nodes { title media(first: 1) {"
    look += " nodes { ... on MediaImage { image { url } } } } } } }"

    with _serving(*arguments) as (url, first), httpx.Client(base_url=url) as client:
        state = client.get("/_twin/state").json()
        _ask(client, make)
        seen = _ask(client, look)
        mug = seen["products"]["nodes"][0]["media"]["nodes"][0]["image"]["url"]
        picture = client.get(mug)
    with _serving(*arguments) as (url, _), httpx.Client(base_url=url) as client:
        names = [node["title"] for node in _ask(client, look)["products"]["nodes"]]

    assert (state["name"], state["counts"]["products"]) == ("Large store", 1)
    assert seen["shop"]["myshopifyDomain"] == "large-store.myshopify.com"
    assert picture.content.startswith(b"\x89PNG")
    assert first.returncode == 0
    assert names == ["Mug", "Cup"]


def test_no_request_waits_for_the_background() -> None:
    arguments = ["--token", TOKEN, "--bulk-seconds", "0", "--deliver-every", "0.1"]
    start = 'mutation { bulkOperationRunQuery(query: "{ products { edges { node { id } } } }") {'
    start += " bulkOperation { id status } userErrors { message } } }"
    poll = "query Q($id: ID!) { bulkOperation(id: $id) { status objectCount url } }"

    with _serving(*arguments) as (url, _), httpx.Client(base_url=url) as client:
        client.post("/_twin/seed", json={"count": 250})
        time.sleep(1.1)  # the search is a second behind
        operation = _ask(client, start)["bulkOperationRunQuery"]["bulkOperation"]
        told = _ask(client, poll, id=operation["id"])["bulkOperation"]
        deadline = time.monotonic() + 20
        while told["status"] != "COMPLETED" and time.monotonic() < deadline:
            time.sleep(0.05)
            told = _ask(client, poll, id=operation["id"])["bulkOperation"]
        lines = client.get(told["url"]).text.splitlines()

    assert (told["objectCount"], len(lines)) == ("250", 250)
    assert operation["status"] == "CREATED"
