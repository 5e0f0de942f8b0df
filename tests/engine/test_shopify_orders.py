"""A Shopify shop sells, and our side takes the order in, ships it, and tells the shop."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import db
from app.core.work import unit_of_work
from app.inventory.models import Level
from app.orders import service
from app.orders.models import Order, OrderEvent, Shipment
from app.orders.service import Cancelling, Parcel
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.world import Shop


@pytest.fixture
def shopify(shop: Shop) -> Iterator[ShopifyShop]:
    with connected_shopify(shop) as store:
        yield store


def _orders(shop: Shop) -> list[Order]:
    with db.reading(shop.actor) as session:
        found = list(session.scalars(select(Order).order_by(Order.placed_at, Order.id)))
        for each in found:
            list(each.lines)
        return found


def _level(shop: Shop) -> tuple[int, int]:
    with db.reading(shop.actor) as session:
        level = session.scalars(select(Level)).one()
        return level.on_hand, level.committed


def test_sales_there_are_promised_once_and_their_parcel_is_told_there(
    shop: Shop, shopify: ShopifyShop
) -> None:
    shop.settle()
    shopify.list_here(shop.add_product("Mug", "MUG-1", quantity=9))
    shop.advance(timedelta(minutes=1))
    [variant] = shopify.state.variant_ids(shopify.id_of("MUG-1"))

    sold = {str(shopify.state.sell((variant, units))): units for units in (2, 3)}
    shopify.read()
    taken = _orders(shop)
    promised = _level(shop)
    with unit_of_work(shop.actor) as work:
        service.ship_order(work, taken[0].id, Parcel(carrier="UPS", tracking_number="1Z1"))
    shopify.read()

    assert {each.external_id: each.lines[0].quantity for each in taken} == sold
    assert promised == (9, 5)
    sent = shopify.state.order(int(taken[0].external_id or 0))
    assert [each["tracking_number"] for each in sent["fulfillments"]] == ["1Z1"]
    assert {each.id: each.state for each in _orders(shop)}[taken[0].id] == "shipped"
    left = sum(sold.values()) - taken[0].lines[0].quantity
    assert _level(shop) == (4 + left, left)
    assert shopify.state.stock(variant) == 4


def test_an_order_cancelled_here_gives_its_units_back_once(
    shop: Shop, shopify: ShopifyShop
) -> None:
    shop.settle()
    shopify.list_here(shop.add_product("Mug", "MUG-1", quantity=9))
    shop.advance(timedelta(minutes=1))
    [variant] = shopify.state.variant_ids(shopify.id_of("MUG-1"))
    number = shopify.state.sell((variant, 3))
    shopify.read()
    assert _level(shop) == (9, 3)

    with unit_of_work(shop.actor) as work:
        service.cancel_order(work, _orders(shop)[0].id, Cancelling("Out of stock"))
    shopify.read()
    shop.advance(timedelta(minutes=30))
    shopify.read()

    assert shopify.state.order(number)["cancelled_at"] is not None
    assert _level(shop) == (9, 0)
    assert shopify.state.stock(variant) == 9


def _parcels(shop: Shop, order: Order) -> list[Shipment]:
    with db.reading(shop.actor) as session:
        rows = select(Shipment).where(Shipment.order_id == order.id)
        return list(session.scalars(rows.order_by(Shipment.shipped_at, Shipment.id)))


def _timeline(shop: Shop, order: Order) -> list[str]:
    with db.reading(shop.actor) as session:
        rows = select(OrderEvent.sentence).where(OrderEvent.order_id == order.id)
        return list(session.scalars(rows.order_by(OrderEvent.id)))


def _sold(shop: Shop, shopify: ShopifyShop, units: int = 2) -> int:
    """Sell mugs there; returns the number of the order."""
    shop.settle()
    shopify.list_here(shop.add_product("Mug", "MUG-1", quantity=9))
    shop.advance(timedelta(minutes=1))
    [variant] = shopify.state.variant_ids(shopify.id_of("MUG-1"))
    number = int(shopify.state.sell((variant, units)))
    shopify.read()
    return number


def test_an_order_is_delivered_when_the_carrier_brought_every_parcel(
    shop: Shop, shopify: ShopifyShop
) -> None:
    number = _sold(shop, shopify)
    [order] = _orders(shop)
    for name in ("1Z1", "1Z2"):
        with unit_of_work(shop.actor) as work:
            parcel = Parcel({order.lines[0].id: 1}, "UPS", name)
            service.ship_order(work, order.id, parcel)
        shopify.read()
    first, second = _parcels(shop, order)
    soon = shopify.state.now() + 86_400

    shopify.state.carry(number, "IN_TRANSIT", estimated=soon)
    shop.settle()
    on_its_way = _parcels(shop, order)[0]
    shopify.state.carry(number, "DELIVERED", parcel=int(first.external_id or 0))
    shop.settle()
    half = _orders(shop)[0].state
    told = {"message": "Nobody was at home"}
    shopify.state.carry(number, "ATTEMPTED_DELIVERY", parcel=int(second.external_id or 0), **told)
    shop.settle()
    stuck = _parcels(shop, order)[1]
    shopify.state.carry(number, "DELIVERED", parcel=int(second.external_id or 0))
    shop.settle()
    shop.advance(timedelta(minutes=30))
    shopify.read()

    assert (on_its_way.journey, on_its_way.delivered_at) == ("in_transit", None)
    assert on_its_way.in_transit_at is not None
    assert on_its_way.expected_at is not None
    assert half == "shipped"
    assert (stuck.journey, stuck.said) == ("attempted", "Nobody was at home")
    assert _orders(shop)[0].state == "delivered"
    assert all(each.delivered_at for each in _parcels(shop, order))
    said = _timeline(shop, order)
    assert said.count("Delivered, by the word of the carrier.") == 1
    assert said.count("Parcel 1Z1: delivered.") == 1
    assert any("nobody took it. “Nobody was at home”" in each for each in said)


def test_what_was_delivered_does_not_go_back(shop: Shop, shopify: ShopifyShop) -> None:
    number = _sold(shop, shopify)
    shopify.state.ship_order(number, company="UPS", number="1Z1")
    shopify.state.carry(number, "DELIVERED")
    shopify.read()
    assert _orders(shop)[0].state == "delivered"

    shopify.state.carry(number, "DELAYED")
    shop.settle()

    [order] = _orders(shop)
    assert order.state == "delivered"
    assert [each.journey for each in _parcels(shop, order)] == ["delayed"]


def test_what_no_carrier_tells_of_waits_for_a_person(shop: Shop, shopify: ShopifyShop) -> None:
    number = _sold(shop, shopify)
    shopify.state.ship_order(number)
    shopify.read()

    [order] = _orders(shop)
    assert order.state == "shipped"
    assert [each.journey for each in _parcels(shop, order)] == [None]
