"""The panel under /_twin, which only rehearsals have."""

from collections.abc import Iterator

import httpx
import pytest

from app.simulators.shopify import StoreState, create_twin
from tests.channels.shopify_twin.documents import PRODUCT_SET
from tests.channels.shopify_twin.world import World

ASK = "{ shop { name } }"


@pytest.fixture
def panel(world: World) -> Iterator[httpx.Client]:
    app = create_twin(world.store, with_control=True)
    transport = httpx.WSGITransport(app=app)
    with httpx.Client(transport=transport, base_url="https://store.test/_twin") as client:
        yield client


def test_a_store_without_a_panel_has_no_such_address(world: World) -> None:
    assert world.http.get("/_twin/state").status_code == 404


def test_the_panel_seeds_and_counts(panel: httpx.Client) -> None:
    panel.post("/seed", json={"count": 30, "variants": 2})
    panel.post("/seed", json={"items": [{"title": "Mug", "sku": "MUG", "images": ["mug.png"]}]})

    state = panel.get("/state").json()

    assert (state["counts"]["products"], state["counts"]["variants"]) == (31, 61)
    assert state["shop"] == "sandbox-store.myshopify.com"
    assert [place["name"] for place in state["locations"]] == ["Main warehouse", "Corner shop"]


def test_the_panel_plays_the_merchant(panel: httpx.Client, store: StoreState) -> None:
    made = panel.post("/products", json={"title": "Mug", "price": "5", "quantity": 2}).json()
    product, variant = made["id"], made["variants"][0]

    edited = panel.post(f"/products/{product}", json={"title": "Cup"}).json()
    dearer = panel.post(f"/variants/{variant}", json={"price": "7"}).json()
    counted = panel.post(f"/variants/{variant}/stock", json={"quantity": 9}).json()
    panel.post(f"/products/{product}/unpublish")
    hidden = panel.get(f"/products/{product}").json()["published_at"]
    panel.post(f"/products/{product}/publish")
    panel.post(f"/products/{product}/delete")

    assert (edited["title"], dearer["price"], counted) == ("Cup", "7.00", {"available": 9})
    assert hidden is None
    assert panel.get(f"/products/{product}").status_code == 404
    assert store.writes() == []


def test_what_the_shop_refuses_the_panel_refuses(panel: httpx.Client) -> None:
    made = panel.post("/products", json={"title": "Mug"}).json()

    assert panel.post(f"/products/{made['id']}", json={"title": ""}).status_code == 400
    assert panel.post(f"/variants/{made['variants'][0]}", json={"price": "-1"}).status_code == 400
    assert panel.post("/variants/1/stock", json={"quantity": 1}).status_code == 404
    assert panel.post("/quirks", json={"quirk": "hail"}).status_code == 400
    assert panel.post("/orders", json={}).status_code == 400


def test_the_panel_plays_the_customer(panel: httpx.Client, world: World) -> None:
    _, variant = world.add_mug()

    order = panel.post("/orders", json={"lines": [[variant, 2]]}).json()

    assert order["id"] in world.store.orders.rows
    assert world.store.stock(variant) == 3


def test_the_panel_lets_shoppers_buy_what_is_there(
    panel: httpx.Client, world: World, store: StoreState
) -> None:
    _, variant = world.add_mug()
    late = panel.post("/sell", json={"lines": [[variant, 6]]})
    bought = {"lines": [[variant, 3]], "financial_status": "PENDING"}
    order = panel.post("/sell", json=bought).json()["id"]
    line = panel.get(f"/orders/{order}").json()["line_items"][0]["id"]

    panel.post(f"/orders/{order}/pay")
    panel.post(f"/orders/{order}/lines/{line}", json={"quantity": 2})
    panel.post(f"/orders/{order}/refund", json={"line": line, "restock": False})

    shown = panel.get(f"/orders/{order}").json()
    assert late.status_code == 409
    assert shown["financial_status"] == "partially_refunded"
    assert shown["line_items"][0]["current_quantity"] == 1
    assert store.stock(variant) == 3
    assert panel.post(f"/orders/{order}/lines/1", json={"quantity": 1}).status_code == 404
    assert panel.post(f"/orders/{order}/delete").status_code == 200
    assert panel.get(f"/orders/{order}").status_code == 404


def test_the_panel_does_what_a_merchant_does_with_orders(
    panel: httpx.Client, world: World, store: StoreState
) -> None:
    _, variant = world.add_mug()
    order, other = (
        panel.post("/orders", json={"lines": [[variant, 1]], "tags": ["rush"]}).json()["id"]
        for _ in range(2)
    )

    panel.post(f"/orders/{order}", json={"note": "Ring twice"})
    for action in ("hold", "release", "ship", "refund"):
        assert panel.post(f"/orders/{order}/{action}").status_code == 200
    panel.post(f"/orders/{other}/cancel")

    row = store.orders.rows[order]
    assert (row["note"], row["financial_status"]) == ("Ring twice", "REFUNDED")
    assert len(store.fulfillments.rows) == 1
    assert store.orders.rows[other]["cancelled"] is not None
    told = panel.post(f"/orders/{order}/carry", json={"status": "in_transit", "in_days": 2})
    assert [each["shipment_status"] for each in told.json()] == ["in_transit"]
    assert panel.post(f"/orders/{order}/carry", json={"status": "lost"}).status_code == 400
    assert panel.post(f"/orders/{other}/carry", json={"status": "DELIVERED"}).status_code == 404
    assert panel.post("/orders/1/ship").status_code == 404
    assert panel.post(f"/orders/{order}", json={"price": 1}).status_code == 400


def test_the_panel_takes_goods_back(panel: httpx.Client, world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    number = store.place_order((mug, 3))
    store.ship_order(number)
    back = panel.post(f"/orders/{number}/returns", json={"is_open": False}).json()["id"]

    assert panel.post(f"/returns/{back}/close").status_code == 400
    assert panel.post(f"/returns/{back}/approve").json()["status"] == "OPEN"
    for action in ("dispose", "refund", "close"):
        assert panel.post(f"/returns/{back}/{action}").status_code == 200
    assert panel.post("/returns/1/close").status_code == 404
    assert store.stock(mug) == 3


def test_the_panel_shows_who_wrote_what(world: World, panel: httpx.Client) -> None:
    world.ask(PRODUCT_SET, input={"title": "Mug"}, now=True)
    world.ask(PRODUCT_SET, input={"title": ""}, now=True)

    seen = panel.get("/writes", params={"field": "title"}).json()
    panel.delete("/writes")

    assert (seen["count"], seen["took_effect"]) == (2, 1)
    assert seen["writes"][1]["error"] == "INVALID_PRODUCT"
    assert panel.get("/state").json()["counts"]["requests"] == 0


def test_the_panel_makes_the_weather(world: World, panel: httpx.Client) -> None:
    panel.post("/quirks", json={"quirk": "throttled"})
    throttled = world.code(ASK)
    panel.post("/chaos", json={"chances": {"busy": 1.0}, "seed": 4})
    busy = world.post(ASK).status_code
    panel.delete("/chaos")
    panel.post("/rate", json={"per_second": 10, "burst": 5})
    limit = world.store.chaos.rate_limit
    panel.post("/rate", json={"per_second": 0})

    assert (throttled, busy, world.post(ASK).status_code) == ("THROTTLED", 503, 200)
    assert limit is not None
    assert world.store.chaos.rate_limit is None


def test_the_panel_shuts_the_shop_and_shrinks_the_bucket(world: World, panel: httpx.Client) -> None:
    panel.post("/condition", json={"condition": "frozen"})
    frozen = world.post(ASK).status_code
    panel.post("/condition", json={"condition": "open"})
    panel.post("/bucket", json={"size": 40, "rate": 2})

    status = world.post(ASK).json()["extensions"]["cost"]["throttleStatus"]

    assert (frozen, status["maximumAvailable"]) == (402, 40.0)
    assert panel.post("/condition", json={"condition": "wet"}).status_code == 400


def test_the_panel_moves_the_clock_and_changes_the_app(world: World, panel: httpx.Client) -> None:
    now = panel.get("/state").json()["now"]
    later = panel.post("/clock", json={"seconds": 3600}).json()["now"]
    dead = world.post(ASK).status_code
    world.token = panel.post("/tokens", json={"scopes": ["read_products"]}).json()["access"]
    alive = world.post(ASK).status_code
    panel.post("/app/scopes", json={"scopes": ["read_products", "read_orders"]})
    panel.post("/app/secret", json={"secret": "brand-new"})
    panel.post("/app/expire")
    expired = world.post(ASK).status_code
    panel.post("/app/revoke")
    panel.post("/tokens", json={"access": "shpat_static"})
    static = world.post(ASK, token="shpat_static").status_code
    link = panel.get("/install-link", params={"app_url": "https://sync.test/x"}).json()["url"]
    panel.post("/app/uninstall")

    assert (later - now, dead, alive, expired, static) == (3600, 401, 200, 401, 200)
    assert world.store.counts()["tokens"] == 0
    assert link.startswith("https://sync.test/x?shop=sandbox-store.myshopify.com")


def test_the_panel_ticks_and_asks_for_privacy(world: World, panel: httpx.Client) -> None:
    world.add_webhook("PRODUCTS_CREATE")
    world.add_mug()
    panel.post("/privacy", json={"topic": "customers/redact"})

    sent = panel.post("/deliver").json()["sent"]

    assert sent == [{"topic": "PRODUCTS_CREATE", "status": 200}]


def test_a_person_can_look_and_press(world: World, panel: httpx.Client) -> None:
    world.add_mug()
    world.ask(PRODUCT_SET, input={"title": "Cup"}, now=True)

    page = panel.get("/").text
    pressed = [
        panel.post(f"/buttons/{name}").status_code
        for name in ("deliver", "hour", "throttle", "expire", "uninstall")
    ]

    assert "Sandbox store" in page
    assert "Mug" in page
    assert "productSet" in page
    assert pressed == [303] * 5
    assert panel.post("/buttons/none").status_code == 400
