"""A store in a file survives its process."""

from pathlib import Path

import httpx

from app.simulators.woocommerce import StoreState, seed_products
from tests.channels.woocommerce_twin.world import HOOK, PICTURE, Clock, Internet

ITEMS = [
    {
        "name": "Hoodie",
        "type": "variable",
        "sku": "HOODIE",
        "categories": ["Clothing > Hoodies"],
        "tags": ["warm"],
        "brands": ["Acme"],
        "images": [{"src": "https://pics.test/hoodie.jpg"}],
        "attributes": [
            {"name": "Color", "global": True, "variation": True, "options": ["Red", "Blue"]}
        ],
        "variations": [
            {
                "sku": "HOODIE-RED",
                "regular_price": "42",
                "attributes": [{"name": "Color", "option": "Red"}],
            }
        ],
    }
]


def _open(path: Path, internet: Internet) -> StoreState:
    http = httpx.Client(transport=httpx.MockTransport(internet))
    return StoreState(clock=Clock(), http=http, path=path)


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    internet = Internet()
    store = _open(tmp_path / "shop.sqlite", internet)
    (hoodie,) = seed_products(store, ITEMS)
    key = store.add_key()
    mug = store.add_product(name="Mug", images=[{"src": PICTURE}])
    store.place_order((mug, 1))
    gone = store.add_product(name="Gone", sku="GONE")
    store.trash(gone)
    store.erase(store.add_product(name="Erased"))
    before, products = store.counts(), [store.product(row_id) for row_id in (hoodie, mug, gone)]
    store.close()

    again = _open(tmp_path / "shop.sqlite", internet)

    assert again.counts() == before
    assert [again.product(row_id) for row_id in (hoodie, mug, gone)] == products
    assert again.find_sku("HOODIE-RED") in again.variation_ids(hoodie)
    assert again.keys.rows[key.id]["secret"] == key.consumer_secret
    assert len(again.files) == 2
    assert again.add_product(name="New") > gone
    again.close()


def test_deliveries_that_waited_go_out_after_a_restart(tmp_path: Path) -> None:
    internet = Internet()
    store = _open(tmp_path / "shop.sqlite", internet)
    with store.change():
        store.webhooks.put(
            {
                "id": 1,
                "topic": "product.created",
                "delivery_url": HOOK,
                "secret": "s",
                "status": "active",
                "user_id": 1,
                "failures": 0,
                "is_pending": False,
                "created": 0,
                "modified": 0,
                "name": "",
            }
        )
    store.add_product(name="Mug")
    store.close()

    again = _open(tmp_path / "shop.sqlite", internet)
    again.deliver_due()

    assert len(internet.deliveries("product.created")) == 1
    again.close()


def test_seeds_take_names_where_the_api_wants_ids(tmp_path: Path) -> None:
    internet = Internet()
    store = _open(tmp_path / "shop.sqlite", internet)

    (hoodie,) = seed_products(store, ITEMS)

    shown = store.product(hoodie)
    assert [term["name"] for term in shown["categories"]] == ["Hoodies"]
    assert [term["name"] for term in shown["tags"]] == ["warm"]
    assert [term["name"] for term in shown["brands"]] == ["Acme"]
    assert shown["attributes"][0]["slug"] == "pa_color"
    assert shown["images"][0]["src"].endswith("/hoodie.png")
    assert shown["price"] == "42"
    assert internet.calls == []
    store.close()
