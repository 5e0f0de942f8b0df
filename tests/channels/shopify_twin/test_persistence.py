"""A store in a file survives its process."""

from pathlib import Path
from typing import Any

import httpx

from app.simulators.shopify import StoreState, TwinSettings, create_twin, seed_products
from tests.channels.shopify_twin.world import SHOP, Clock, Internet

ITEMS: list[dict[str, Any]] = [
    {
        "title": "Hoodie",
        "vendor": "Acme",
        "tags": ["warm"],
        "images": ["https://pics.test/hoodie.jpg"],
        "options": {"Color": ["Red", "Blue"]},
        "variants": [
            {"sku": "HOODIE-RED", "price": "42", "quantity": 3, "options": {"Color": "Red"}},
            {"sku": "HOODIE-BLUE", "price": "42", "options": {"Color": "Blue"}},
        ],
    },
    {"title": "Mug", "sku": "MUG", "price": "9.50", "cost": "2", "weight": "0.4", "quantity": 1},
]


def _open(path: Path, internet: Internet) -> StoreState:
    http = httpx.Client(transport=httpx.MockTransport(internet))
    return StoreState(clock=Clock(), http=http, path=path, settings=TwinSettings())


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    internet = Internet()
    store = _open(tmp_path / "shop.sqlite", internet)
    hoodie, mug = seed_products(store, ITEMS)
    token = store.install()["access"]
    store.place_order((store.find_sku("MUG") or 0, 1))
    gone = store.add_product(title="Gone")
    store.keep_file("old", b"bytes")
    store.drop_file("old")
    store.delete_product(gone)
    before = store.counts()
    products = [store.product(number) for number in (hoodie, mug)]
    store.close()

    again = _open(tmp_path / "shop.sqlite", internet)

    assert again.counts() == before
    assert "old" not in again.files
    assert [again.product(number) for number in (hoodie, mug)] == products
    assert again.fact("shop_id") == store.fact("shop_id")
    assert again.add_product(title="New") > gone
    asked = httpx.Client(
        transport=httpx.WSGITransport(app=create_twin(again)), base_url=f"https://{SHOP}"
    ).post(
        "/admin/api/2026-10/graphql.json",
        json={"query": '{ products(first: 5, query: "sku:MUG status:active") { nodes { id } } }'},
        headers={"X-Shopify-Access-Token": token},
    )
    assert asked.json()["data"]["products"]["nodes"] == [{"id": f"gid://shopify/Product/{mug}"}]
    again.close()


def test_deliveries_that_waited_go_out_after_a_restart(tmp_path: Path) -> None:
    internet = Internet()
    store = _open(tmp_path / "shop.sqlite", internet)
    with store.change():
        store.hooks.put(
            {
                "id": 1,
                "topic": "PRODUCTS_CREATE",
                "uri": "https://sync.test/hooks/1",
                "name": None,
                "include_fields": [],
                "failures": 0,
            }
        )
    seed_products(store, ITEMS)
    store.close()

    again = _open(tmp_path / "shop.sqlite", internet)
    again.deliver_due()

    assert len(internet.deliveries("products/create")) == 2
    again.close()


def test_seeds_take_names_where_the_api_wants_ids(tmp_path: Path) -> None:
    internet = Internet()
    store = _open(tmp_path / "shop.sqlite", internet)

    hoodie, mug = seed_products(store, ITEMS)

    shown, plain = store.product(hoodie), store.product(mug)
    assert [variant["option1"] for variant in shown["variants"]] == ["Red", "Blue"]
    assert [variant["inventory_quantity"] for variant in shown["variants"]] == [3, 0]
    assert shown["images"][0]["src"].startswith(f"https://{SHOP}/cdn/")
    assert shown["published_at"] is not None
    assert (plain["variants"][0]["price"], plain["variants"][0]["sku"]) == ("9.50", "MUG")
    assert store.variant(store.find_sku("MUG") or 0)["cost"] == "2.00"
    assert internet.calls == []
    store.close()
