"""Pictures: fetched inside the request, and new on every send."""

import httpx
import pytest

from app.simulators.woocommerce import StoreState, TwinSettings
from tests.channels.woocommerce_twin.world import PICTURE, World, code


def test_every_send_of_an_address_makes_a_new_media_item(world: World) -> None:
    product = world.store.add_product(name="Mug")
    body = {"images": [{"src": PICTURE, "alt": "A mug"}]}

    first, second = (
        world.api.put(f"/products/{product}", json=body).json()["images"][0] for _ in range(2)
    )

    assert first["id"] != second["id"]
    assert first["src"].endswith("/wp-content/uploads/2026/11/mug.png")
    assert second["src"].endswith("/wp-content/uploads/2026/11/mug-1.png")
    assert first["alt"] == "A mug"


def test_an_id_keeps_the_media_item(world: World) -> None:
    product = world.store.add_product(name="Mug", images=[{"src": PICTURE}])
    media_id = world.store.product(product)["images"][0]["id"]

    world.api.put(f"/products/{product}", json={"images": [{"id": media_id, "alt": "Front"}]})

    assert world.store.counts()["media"] == 1
    assert world.store.product(product)["images"][0]["alt"] == "Front"


def test_pictures_are_served_with_their_bytes(world: World) -> None:
    product = world.store.add_product(name="Mug", images=[{"src": PICTURE}])

    answer = world.client(path="").get(world.store.product(product)["images"][0]["src"])

    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


def test_an_empty_list_clears_and_order_is_kept(world: World) -> None:
    product = world.store.add_product(
        name="Mug", images=[{"src": PICTURE}, {"src": "https://pics.test/side.jpg?w=9"}]
    )
    names = [image["name"] for image in world.store.product(product)["images"]]

    world.api.put(f"/products/{product}", json={"images": []})

    assert names == ["mug", "side"]
    assert world.store.product(product)["images"] == []


@pytest.mark.parametrize(
    "src",
    [
        "https://pics.test/missing.png",
        "https://pics.test/page.html",
        "https://pics.test/picture",
        "http://127.0.0.1/mug.png",
        "http://localhost/mug.png",
        "https://pics.test:9999/mug.png",
    ],
)
def test_what_the_store_cannot_fetch_is_refused_and_nothing_is_made(
    api: httpx.Client, store: StoreState, src: str
) -> None:
    answer = api.post("/products", json={"name": "Mug", "images": [{"src": src}]})

    assert code(answer) == (400, "woocommerce_product_image_upload_error")
    assert store.titles() == []


def test_odd_ports_are_fetched_in_a_rehearsal() -> None:
    world = World(TwinSettings(allows_local_urls=True))

    answer = world.api.post(
        "/products", json={"name": "Mug", "images": [{"src": "http://pics.test:5000/mug.png"}]}
    )

    assert answer.status_code == 201


def test_an_unknown_media_id_is_refused(world: World) -> None:
    answer = world.api.post("/products", json={"name": "Mug", "images": [{"id": 99}]})

    assert code(answer) == (400, "woocommerce_product_invalid_image_id")


def test_a_failed_create_takes_its_pictures_back_and_a_failed_update_leaves_them(
    world: World,
) -> None:
    pictures = {"images": [{"src": PICTURE}, {"id": 99}]}
    product = world.store.add_product(name="Cup")

    world.api.post("/products", json={"name": "Mug", **pictures})
    after_create = world.store.counts()["media"]
    world.api.put(f"/products/{product}", json=pictures)

    assert after_create == 0
    assert world.store.counts()["media"] == 1
    assert world.store.product(product)["images"] == []
