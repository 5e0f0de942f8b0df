"""A Shopify shop sells, and our side takes the order in, ships it, and tells the shop."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import db
from app.core.work import unit_of_work
from app.inventory.models import Level
from app.orders import service
from app.orders.models import Order
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
