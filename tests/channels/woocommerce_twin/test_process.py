"""The twin as a process of its own."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]
PAIR = ("ck_" + "a" * 40, "cs_" + "b" * 40)


@contextmanager
def _serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app.simulators.woocommerce", "--port", "0", *arguments],
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


def test_a_store_is_served_and_comes_back_after_a_stop(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds.json"
    seeds.write_text(json.dumps([{"name": "Mug", "sku": "MUG", "images": ["mug.jpg"]}]))
    arguments = [
        *("--name", "Large store", "--state", str(tmp_path / "shop.sqlite")),
        *("--seed-from", str(seeds), "--key", ":".join(PAIR), "--believe-ssl"),
    ]

    with _serving(*arguments) as (url, first), httpx.Client(base_url=url, auth=PAIR) as client:
        state = client.get("/_twin/state").json()
        made = client.post("/wp-json/wc/v3/products", json={"name": "Cup", "sku": "CUP"})
        picture = client.get(
            client.get("/wp-json/wc/v3/products?sku=MUG").json()[0]["images"][0]["src"]
        )
    with _serving(*arguments) as (url, _), httpx.Client(base_url=url, auth=PAIR) as client:
        names = [item["name"] for item in client.get("/wp-json/wc/v3/products?order=asc").json()]

    assert (state["name"], state["counts"]["products"]) == ("Large store", 1)
    assert made.status_code == 201
    assert picture.content.startswith(b"\x89PNG")
    assert first.returncode == 0
    assert names == ["Mug", "Cup"]


def test_a_lost_answer_drops_the_wire() -> None:
    key = ("--key", ":".join(PAIR), "--believe-ssl")
    with _serving(*key) as (url, _), httpx.Client(base_url=url, auth=PAIR) as client:
        client.post("/_twin/chaos", json={"chances": {"lost_answer": 1.0}, "seed": 2})
        outcomes = []
        for number in range(6):
            try:
                answer = client.post("/wp-json/wc/v3/products", json={"name": f"M {number}"})
                outcomes.append(answer.status_code)
            except httpx.TransportError:
                outcomes.append(0)
        client.delete("/_twin/chaos")
        state = client.get("/_twin/state").json()

    assert set(outcomes) == {0, 504}
    assert state["counts"]["products"] == 6
