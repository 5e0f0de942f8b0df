"""A Shopify shop beside a WooCommerce store: adopted, edited on every side, idle."""

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.connections import connecting, wire
from app.connections.models import ConnectionState
from app.simulators.shopify import StoreState, create_twin, seed_products
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.world import Shop, Store, connected_store


@pytest.fixture
def shopify(shop: Shop) -> Iterator[ShopifyShop]:
    with connected_shopify(shop) as store:
        yield store


def test_what_we_list_appears_there_once(shop: Shop, shopify: ShopifyShop) -> None:
    shop.settle()
    mug = shop.add_product("Mug", "MUG-1", price=1250, quantity=7)

    shopify.list_here(mug)

    assert shopify.product("MUG-1")["title"] == "Mug"
    assert shopify.state.counts()["products"] == 1
    [listing] = shop.listings(shopify)
    assert listing.external_id


def test_an_edit_travels_both_ways(shop: Shop, shopify: ShopifyShop) -> None:
    shop.settle()
    mug = shop.add_product("Mug", "MUG-1")
    shopify.list_here(mug)

    shop.change(mug, title="Cup")
    shop.settle()
    assert shopify.product("MUG-1")["title"] == "Cup"

    shopify.state.edit_product(shopify.id_of("MUG-1"), title="Beaker")
    shop.settle()
    assert shop.values(mug).values["title"] == "Beaker"
    assert shop.conflicts() == []


def test_stock_that_comes_and_goes_within_a_second_arrives_each_time(
    shop: Shop, shopify: ShopifyShop
) -> None:
    shop.settle()
    mug = shop.add_product("Mug", "MUG-1", quantity=19)
    shopify.list_here(mug)

    shown = []
    for quantity in (3, 19, 3):
        shop.edit(mug, "quantity", quantity)
        shop.settle()
        shown.append(shopify.shown("MUG-1")["quantity"])

    assert shown == [3, 19, 3]
    assert [each.error for each in shop.listings(shopify)] == [None]


class Deaf(httpx.BaseTransport):
    """A wire to a shop that loses the first writes of stock on their way."""

    def __init__(self, state: StoreState, *, loses: int) -> None:
        self.inner = httpx.WSGITransport(app=create_twin(state))
        self.loses = loses
        self.keys: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if b"mutation StockSet" in request.content:
            self.keys.append(json.loads(request.content)["variables"]["key"])
            if len(self.keys) <= self.loses:
                raise httpx.ReadTimeout("gone")
        return self.inner.handle_request(request)


def test_stock_nobody_answered_is_sent_again_as_the_same_write(
    shop: Shop, shopify: ShopifyShop
) -> None:
    shop.settle()
    mug = shop.add_product("Mug", "MUG-1", quantity=19)
    shopify.rules(auto_import_orders=False)  # else it waits until its orders were read
    shopify.list_here(mug)
    deaf = Deaf(shopify.state, loses=2)  # both tries of one push
    wire.mount(shopify.address, deaf)

    shop.edit(mug, "quantity", 3)
    shop.settle()

    assert shopify.shown("MUG-1")["quantity"] == 3
    assert len(deaf.keys) == 3
    assert len(set(deaf.keys)) == 1


def test_a_running_shop_is_read_and_offered(shop: Shop) -> None:
    def seed(state: object) -> None:
        items = [
            {"title": f"Bowl {at}", "sku": f"BOWL-{at}", "price": "9.00", "quantity": 3}
            for at in range(7)
        ]
        seed_products(state, items)  # type: ignore[arg-type]  # any store

    with connected_shopify(shop, seed=seed) as store:
        shop.settle()
        assert [each.title for each in shop.listings(store)] == [f"Bowl {at}" for at in range(7)]


def test_an_edit_in_one_shop_reaches_the_other_once(shop: Shop, shopify: ShopifyShop) -> None:
    with connected_store(shop) as woo:
        shop.settle()
        mug = shop.add_product("Mug", "MUG-1")
        shopify.list_here(mug)
        woo.list_here(mug)
        forget(shopify, woo)

        woo_id = woo.state.find_sku("MUG-1")
        assert woo_id
        woo.state.edit_product(woo_id, name="Cup")
        shop.settle()

        assert shopify.product("MUG-1")["title"] == "Cup"
        assert woo.state.writes(resource="product") == []
        assert len([w for w in shopify.state.writes() if "title" in w.fields]) == 1

        forget(shopify, woo)
        shop.advance(timedelta(hours=1))
        for store in (shopify, woo):
            store.read(everything=True)
        assert woo.state.writes() == []
        assert [w for w in shopify.state.writes() if w.resource in ("product", "variant")] == []


def test_a_sale_there_is_taken_off_everywhere(shop: Shop, shopify: ShopifyShop) -> None:
    with connected_store(shop) as woo:
        shop.settle()
        mug = shop.add_product("Mug", "MUG-1", quantity=9)
        shopify.list_here(mug)
        woo.list_here(mug)
        [variant] = shopify.state.variant_ids(shopify.id_of("MUG-1"))

        shopify.state.set_stock(variant, 6)
        shop.settle()

        [key] = shop.values(mug).variants
        assert shop.values(mug).variants[key]["quantity"] == 6
        woo_id = woo.state.find_sku("MUG-1")
        assert woo_id
        assert woo.state.product(woo_id)["stock_quantity"] == 6


def test_stock_of_a_location_that_was_closed_is_carried_nowhere(
    shop: Shop, shopify: ShopifyShop
) -> None:
    with connected_store(shop) as woo:
        shop.settle()
        mug = shop.add_product("Mug", "MUG-1", quantity=9)
        shopify.list_here(mug)
        woo.list_here(mug)
        [variant] = shopify.state.variant_ids(shopify.id_of("MUG-1"))
        place = min(shopify.state.locations.rows)

        shopify.state.set_stock(variant, 0, location=place)
        shopify.state.close_location(place)
        for _ in range(9):
            shop.turn()

        assert wire.load(shop.actor, shopify.connection_id).state == ConnectionState.ERROR
        [key] = shop.values(mug).variants
        assert shop.values(mug).variants[key]["quantity"] == 9
        woo_id = woo.state.find_sku("MUG-1")
        assert woo_id
        assert woo.state.product(woo_id)["stock_quantity"] == 9


def test_an_app_removed_in_the_shop_asks_for_a_person(shop: Shop, shopify: ShopifyShop) -> None:
    shop.settle()

    shopify.state.uninstall()
    shop.settle()

    row = wire.load(shop.actor, shopify.connection_id)
    assert row.state == ConnectionState.ERROR
    assert row.error


def test_keys_renewed_while_the_shop_is_ill_open_it_afterwards(
    shop: Shop, shopify: ShopifyShop
) -> None:
    shop.settle()
    away = shopify.state.add_location("Second shelf")
    shopify.state.close_location(min(shopify.state.locations.rows))
    shop.advance(timedelta(minutes=55))
    assert not connecting.check_connection(shop.actor, shopify.connection_id).is_ok

    shop.advance(timedelta(minutes=30))
    shopify.rules(location_id=str(away))
    health = connecting.check_connection(shop.actor, shopify.connection_id)

    assert (health.is_ok, health.problems) == (True, ())


def test_a_frozen_shop_goes_on_with_its_keys_once_it_is_open_again(
    shop: Shop, shopify: ShopifyShop
) -> None:
    shop.settle()
    shopify.state.be("frozen")
    shop.advance(timedelta(minutes=90))
    assert not connecting.check_connection(shop.actor, shopify.connection_id).is_ok
    told = wire.load(shop.actor, shopify.connection_id)

    shopify.state.be("open")
    health = connecting.check_connection(shop.actor, shopify.connection_id)

    assert (told.state, "frozen this shop" in (told.error or "")) == (ConnectionState.ERROR, True)
    assert (health.is_ok, health.problems) == (True, ())
    assert wire.load(shop.actor, shopify.connection_id).state == ConnectionState.ACTIVE


def test_what_waited_while_there_was_no_shop_at_the_address_goes_out_afterwards(
    shop: Shop, shopify: ShopifyShop
) -> None:
    shop.settle()
    mug = shop.add_product("Mug", "MUG-1")
    shopify.list_here(mug)
    shopify.state.be("gone")

    shop.change(mug, title="Cup")
    for _ in range(9):
        shop.turn()
    told = wire.load(shop.actor, shopify.connection_id)
    shopify.state.be("open")
    assert connecting.check_connection(shop.actor, shopify.connection_id).is_ok
    shop.settle()

    assert (told.state, "no Shopify shop" in (told.error or "")) == (ConnectionState.ERROR, True)
    assert shopify.product("MUG-1")["title"] == "Cup"
    assert [each.error for each in shop.listings(shopify)] == [None]


def forget(*stores: Store) -> None:
    """Begin to count writes anew."""
    for store in stores:
        store.state.forget_writes()
