"""The panel under /_twin, which only rehearsals have."""

import httpx
import pytest

from app.simulators.woocommerce import StoreState, create_twin
from tests.channels.woocommerce_twin.world import World


@pytest.fixture
def panel(world: World) -> httpx.Client:
    app = create_twin(world.store, with_control=True)
    return httpx.Client(transport=httpx.WSGITransport(app=app), base_url="https://store.test/_twin")


def test_a_store_without_a_panel_has_no_such_address(world: World) -> None:
    assert world.client(path="/_twin").get("/state").status_code == 404


def test_the_panel_seeds_and_counts(panel: httpx.Client) -> None:
    panel.post("/seed", json={"count": 30, "variations": 2})
    panel.post("/seed", json={"items": [{"name": "Mug", "sku": "MUG", "categories": ["Cups"]}]})

    state = panel.get("/state").json()

    assert (state["counts"]["products"], state["counts"]["variations"]) == (31, 60)
    assert state["name"] == "Sandbox store"


def test_the_panel_plays_the_merchant(panel: httpx.Client, store: StoreState) -> None:
    product = panel.post("/products", json={"name": "Mug", "regular_price": "5"}).json()["id"]

    edited = panel.post(f"/products/{product}", json={"name": "Cup"}).json()
    panel.post(f"/products/{product}/trash")
    in_trash = store.product(product)["status"]
    panel.post(f"/products/{product}/restore")
    restored = panel.get(f"/products/{product}").json()["status"]
    panel.post(f"/products/{product}/erase")

    assert (edited["name"], in_trash, restored) == ("Cup", "trash", "publish")
    assert panel.get(f"/products/{product}").status_code == 404
    assert store.writes() == []


def test_the_panel_plays_the_customer(panel: httpx.Client, store: StoreState) -> None:
    product = store.add_product(name="Mug", regular_price="5", manage_stock=True, stock_quantity=3)

    order = panel.post("/orders", json={"lines": [[product, 2]]}).json()

    assert (order["status"], order["total"]) == ("processing", "10.00")
    assert store.product(product)["stock_quantity"] == 1
    assert panel.post("/orders", json={}).status_code == 400


def test_the_panel_shows_who_wrote_what(world: World, panel: httpx.Client) -> None:
    world.api.post("/products", json={"name": "Mug", "sku": "MUG"})
    world.api.post("/products", json={"name": "Mug", "sku": "MUG"})

    seen = panel.get("/writes", params={"field": "sku"}).json()
    panel.delete("/writes")

    assert (seen["count"], seen["took_effect"]) == (2, 1)
    assert seen["writes"][1]["error"] == "product_invalid_sku"
    assert panel.get("/state").json()["counts"]["requests"] == 0


def test_the_panel_makes_the_weather(world: World, panel: httpx.Client) -> None:
    panel.post("/throttle", json={"times": 1, "retry_after": 3})
    throttled = world.api.get("/products").status_code
    panel.post("/chaos", json={"chances": {"busy": 1.0}, "seed": 4})
    busy = world.api.get("/products").status_code
    panel.delete("/chaos")

    assert (throttled, busy, world.api.get("/products").status_code) == (429, 503, 200)
    assert panel.post("/chaos", json={"profile": "hail"}).status_code == 400
    assert panel.post("/chaos", json={"chances": {"hail": 1}}).status_code == 400


def test_the_panel_limits_the_rate(panel: httpx.Client, store: StoreState) -> None:
    panel.post("/rate", json={"per_second": 10, "burst": 5})
    limit = store.chaos.rate_limit
    panel.post("/rate", json={"per_second": 0})

    assert limit is not None
    assert (limit.per_second, limit.burst) == (10, 5)
    assert store.chaos.rate_limit is None


def test_the_panel_ticks_the_queue_and_makes_keys(world: World, panel: httpx.Client) -> None:
    world.add_webhook("product.created")
    world.store.add_product(name="Mug")

    sent = panel.post("/deliver").json()["sent"]
    key = panel.post("/keys", json={"permissions": "read"}).json()

    assert sent == [{"topic": "product.created", "status": 200}]
    client = world.client(auth=(key["consumer_key"], key["consumer_secret"]))
    assert client.get("/products").status_code == 200
