"""The host and the shop: permalinks, folders, discovery, settings."""

import pytest

from app.simulators.woocommerce import TwinSettings
from tests.channels.woocommerce_twin.world import World, code


def test_the_api_is_found_from_the_home_page(world: World) -> None:
    home = world.client(path="").get("/")
    index = world.client(path="").get("/wp-json/").json()

    assert home.headers["Link"] == '<https://store.test/wp-json/>; rel="https://api.w.org/"'
    assert "wc/v3" in index["namespaces"]
    assert (index["home"], index["gmt_offset"]) == ("https://store.test", "2")


def test_without_permalinks_the_fallback_answers_but_keys_do_not_count() -> None:
    world = World(TwinSettings(pretty_permalinks=False))
    client = world.client(auth=world.pair, path="")

    pretty = client.get("/wp-json/wc/v3/products")
    fallback = client.get("/?rest_route=/wc/v3/products")

    assert (pretty.status_code, pretty.text[0]) == (404, "<")
    assert code(fallback) == (401, "woocommerce_rest_cannot_view")


def test_a_store_in_a_folder_answers_there_only() -> None:
    world = World(TwinSettings(home_url="https://store.test/shop"))
    product = world.store.add_product(name="Mug")

    inside = world.client(auth=world.pair, base="https://store.test/shop").get("/products")
    outside = world.api.get("/products")

    assert [item["id"] for item in inside.json()] == [product]
    assert inside.json()[0]["permalink"] == "https://store.test/shop/product/mug/"
    assert outside.status_code == 404


def test_a_redirecting_host_sends_everything_home() -> None:
    world = World(TwinSettings(redirects_to_home=True))
    client = world.client(auth=world.pair, base="http://www.store.test")

    answer = client.get("/products", params={"page": "2"})

    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://store.test/wp-json/wc/v3/products?page=2"


def test_a_firewall_may_block_put_and_delete_but_not_an_override() -> None:
    world = World(TwinSettings(blocks_put_and_delete=True))
    product = world.store.add_product(name="Mug")

    put = world.api.put(f"/products/{product}", json={"name": "Cup"})
    posted = world.api.post(f"/products/{product}?_method=PUT", json={"name": "Cup"})

    assert (put.status_code, put.text[0]) == (501, "<")
    assert posted.status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/products/abc", "/settings/general/a/b"])
def test_an_unknown_route_has_its_code(world: World, path: str) -> None:
    assert code(world.api.get(path)) == (404, "rest_no_route")


def test_a_slash_at_the_end_does_no_harm(world: World) -> None:
    assert world.api.get("/products/").status_code == 200


def test_settings_and_status_tell_currency_and_units() -> None:
    world = World(TwinSettings(currency="EUR", weight_unit="g"))

    general = {entry["id"]: entry["value"] for entry in world.api.get("/settings/general").json()}
    weight = world.api.get("/settings/products/woocommerce_weight_unit").json()
    status = world.api.get("/system_status").json()

    assert general["woocommerce_currency"] == "EUR"
    assert weight["value"] == "g"
    assert (status["settings"]["currency"], status["environment"]["version"]) == ("EUR", "10.5.2")
    assert code(world.api.get("/settings/none")) == (404, "rest_setting_setting_group_invalid")
