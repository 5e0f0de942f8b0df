"""A Shopify shop sells, and our side takes the order in, ships it, and tells the shop."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.connections.models import Connection
from app.core import db
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory.models import Level, Location
from app.orders import service
from app.orders.models import Order, OrderEvent, Refund, Return, Shipment, ShipmentLine
from app.orders.service import Cancelling, Parcel, Unpacked, Unpacking
from app.simulators.shopify import StoreState, seed_products
from app.simulators.shopify.settings import DEFAULT_SCOPES
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


def test_a_parcel_cancelled_there_is_promised_and_sent_again(
    shop: Shop, shopify: ShopifyShop
) -> None:
    number = _sold(shop, shopify)
    [order] = _orders(shop)
    with unit_of_work(shop.actor) as work:
        service.ship_order(work, order.id, Parcel(None, "UPS", "1Z1"))
    shopify.read()
    assert _level(shop) == (7, 0)

    shopify.state.unship_order(number)
    for _ in range(2):
        shopify.read()

    assert (_level(shop), _orders(shop)[0].state) == ((9, 2), "allocated")
    assert _timeline(shop, order)[-2:] == [
        "Parcel 1Z1 was cancelled on the channel.",
        "Everything is promised from stock.",
    ]
    with unit_of_work(shop.actor) as work:
        service.ship_order(work, order.id, Parcel(None, "UPS", "1Z2"))
    shopify.read()
    sent = shopify.state.order(number)["fulfillments"]
    assert [(each["tracking_number"], each["status"]) for each in sent] == [
        ("1Z1", "cancelled"),
        ("1Z2", "success"),
    ]
    assert (_level(shop), _orders(shop)[0].state) == ((7, 0), "shipped")


def test_a_parcel_cancelled_here_is_taken_back_there(shop: Shop, shopify: ShopifyShop) -> None:
    number = _sold(shop, shopify)
    [order] = _orders(shop)
    with unit_of_work(shop.actor) as work:
        parcel = service.ship_order(work, order.id, Parcel(None, "UPS", "1Z1"))
    shopify.read()

    with unit_of_work(shop.actor) as work:
        service.cancel_parcel(work, order.id, parcel)
    shopify.state.lose_next_answer()
    for _ in range(2):
        shopify.read()

    [sent] = shopify.state.order(number)["fulfillments"]
    assert (sent["status"], _orders(shop)[0].state) == ("cancelled", "allocated")
    assert _level(shop) == (9, 2)
    [variant] = shopify.state.variant_ids(shopify.id_of("MUG-1"))
    assert shopify.state.stock(variant) == 7


def test_one_of_two_parcels_of_ours_cancelled_there_leaves_the_other(shop: Shop) -> None:
    with connected_shopify(shop) as shopify:
        shop.settle()
        for sku in ("A", "B"):
            shopify.list_here(shop.add_product(f"Mug {sku}", sku, quantity=9))
        shop.advance(timedelta(minutes=1))
        pairs = [(shopify.state.variant_ids(shopify.id_of(sku))[0], 2) for sku in ("A", "B")]
        number = int(shopify.state.sell(*pairs))
        away = shopify.state.add_location("Second shelf")
        shopify.state.split_order(number, away)
        shopify.read()
        [order] = _orders(shop)
        with unit_of_work(shop.actor) as work:
            service.ship_order(work, order.id, Parcel(None, "UPS", "1Z1"))
        shopify.read()
        assert len(shopify.state.order(number)["fulfillments"]) == 2
        before = {line.sku: line.shipped for line in _orders(shop)[0].lines}

        first = shopify.state.order(number)["fulfillments"][0]["id"]
        shopify.state.unship_order(number, parcel=first)
        for _ in range(3):
            shopify.read()

        [order] = _orders(shop)
        shipped = sorted(line.shipped for line in order.lines)
        assert (before, shipped) == ({"A": 2, "B": 2}, [0, 2])
        assert order.state == "partially_shipped"
        held = [sum(part.quantity for part in each) for each in _held(shop, order)]
        assert sorted(held) == [2, 2]


def _held(shop: Shop, order: Order) -> list[list[ShipmentLine]]:
    with db.reading(shop.actor) as session:
        rows = session.scalars(select(Shipment).where(Shipment.order_id == order.id))
        return [list(each.lines) for each in rows]


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
    tried = "Parcel 1Z2: the carrier tried to deliver it, and nobody took it."
    assert said.count(tried) == 1


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


def _returns(shop: Shop) -> list[Return]:
    with db.reading(shop.actor) as session:
        found = list(session.scalars(select(Return).order_by(Return.position)))
        for each in found:
            list(each.lines)
        return found


def _shipped(shop: Shop, shopify: ShopifyShop, units: int = 3) -> int:
    """Sell mugs there and send them; nine less three are left."""
    number = _sold(shop, shopify, units)
    shopify.state.ship_order(number, company="UPS", number="1Z1")
    shopify.read()
    assert _level(shop) == (9 - units, 0)
    return number


def _rest(shop: Shop, shopify: ShopifyShop) -> None:
    """Let every news arrive, and time enough pass for doubts to end."""
    for _ in range(3):
        shop.advance(timedelta(minutes=15))
        shopify.read()


def _shelves(shop: Shop, shopify: ShopifyShop) -> tuple[int, int]:
    with db.reading(shop.actor) as session:
        assert inventory.unequal_levels(session) == []
    return _level(shop)[0], shopify.state.stock(shopify._key("MUG-1"))


def test_a_return_opened_there_is_expected_once_and_received_as_decided_there(
    shop: Shop, shopify: ShopifyShop
) -> None:
    number = _shipped(shop, shopify)
    line = shopify.state.orders.rows[number]["lines"][0]["id"]
    back = shopify.state.open_return(number, (line, 2), reason="Too small", is_open=False)
    shop.settle()
    [asked] = _returns(shop)
    shopify.state.move_return(back, "approve")
    shop.settle()
    shopify.state.dispose(back, "RESTOCKED")
    shop.settle()
    [half] = _returns(shop)
    between = _shelves(shop, shopify)
    shopify.state.dispose(back, "NOT_RESTOCKED")
    shopify.state.move_return(back, "close")
    shop.settle()
    _rest(shop, shopify)

    assert (asked.state, asked.channel_status, asked.reason) == (
        "expected",
        "requested",
        "Too small",
    )
    assert [part.expected for part in asked.lines] == [2]
    assert (half.state, half.lines[0].restocked, between) == ("expected", 1, (7, 7))
    [row] = _returns(shop)
    [part] = row.lines
    assert (row.state, row.channel_status) == ("received", "closed")
    assert (part.expected, part.restocked, part.written_off) == (2, 1, 1)
    assert _shelves(shop, shopify) == (7, 7)
    [order] = _orders(shop)
    assert (order.lines[0].returned, order.state) == (2, "shipped")
    said = _timeline(shop, order)
    assert said[said.index("Shipped.") + 1 :] == [
        "Return 1: the buyer asks to send 2 units back; nobody agreed to it in the shop yet.",
        "Return 1: agreed to in the shop.",
        "Return 1: 1 back into stock, by the word of the shop.",
        "Return 1: closed in the shop.",
        "Return 1: 1 written off, by the word of the shop.",
    ]


@pytest.mark.parametrize("actions", [["decline"], ["approve", "cancel"]])
def test_a_return_that_is_not_to_be_is_expected_no_more(
    shop: Shop, shopify: ShopifyShop, actions: list[str]
) -> None:
    number = _shipped(shop, shopify)
    back = shopify.state.open_return(number, is_open=False)
    shop.settle()
    assert _returns(shop)[0].state == "expected"

    for action in actions:
        shopify.state.move_return(back, action)
        shop.settle()
    withdrawn = shopify.state.open_return(number, is_open=False)
    shopify.state.move_return(withdrawn, "decline")
    shopify.read()

    assert [each.state for each in _returns(shop)] == ["cancelled"]
    assert _shelves(shop, shopify) == (6, 6)


@pytest.mark.parametrize("is_there_first", [True, False])
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_unit_unpacked_here_and_there_counts_once(
    shop: Shop, shopify: ShopifyShop, is_there_first: bool, is_whole: bool
) -> None:
    number = _shipped(shop, shopify, 1)
    back = shopify.state.open_return(number)
    shop.settle()
    [row] = _returns(shop)
    [order] = _orders(shop)
    with db.reading(shop.actor) as session:
        place = session.scalars(select(Location.id)).one()
    what = Unpacking({order.lines[0].id: Unpacked(int(is_whole), int(not is_whole))}, place)

    if is_there_first:
        shopify.state.dispose(back)
        shop.settle()
        with pytest.raises(Invalid), unit_of_work(shop.actor) as work:
            service.receive_return(work, order.id, row.id, what)
    else:
        with unit_of_work(shop.actor) as work:
            service.receive_return(work, order.id, row.id, what)
        shop.settle()
        shopify.state.dispose(back)
    shopify.state.move_return(back, "close")
    _rest(shop, shopify)

    there = 9 if is_there_first or is_whole else 8
    assert _shelves(shop, shopify) == (there, there)
    [row] = _returns(shop)
    assert (row.state, row.lines[0].came) == ("received", 1)


@pytest.mark.parametrize("is_one_read", [True, False])
@pytest.mark.parametrize("is_refund_first", [True, False])
def test_a_refund_for_a_return_and_what_was_restocked_are_one_unit(
    shop: Shop, shopify: ShopifyShop, is_refund_first: bool, is_one_read: bool
) -> None:
    number = _shipped(shop, shopify)
    back = shopify.state.open_return(number)
    shop.settle()
    steps = [lambda: shopify.state.refund_return(back), lambda: shopify.state.dispose(back)]
    for step in steps if is_refund_first else reversed(steps):
        step()
        if not is_one_read:
            shop.settle()
    shopify.state.move_return(back, "close")
    _rest(shop, shopify)

    assert _shelves(shop, shopify) == (7, 7)
    [row] = _returns(shop)
    assert (row.state, row.lines[0].restocked) == ("received", 1)
    with db.reading(shop.actor) as session:
        assert session.scalars(select(Refund.return_id)).one() == row.id


def test_a_return_that_is_opened_again_is_expected_again(shop: Shop, shopify: ShopifyShop) -> None:
    number = _shipped(shop, shopify)
    back = shopify.state.open_return(number)
    for action in ("close", "reopen"):
        shopify.state.move_return(back, action)
        shop.settle()
        wanted = {"close": "received", "reopen": "expected"}[action]
        assert [each.state for each in _returns(shop)] == [wanted]
    shopify.state.dispose(back, "MISSING")
    shopify.state.move_return(back, "close")
    _rest(shop, shopify)

    assert [each.state for each in _returns(shop)] == ["cancelled"]
    assert _shelves(shop, shopify) == (6, 6)


@pytest.mark.parametrize("is_refunded", [True, False])
def test_what_came_back_before_we_first_looked_is_in_the_count_already(
    shop: Shop, is_refunded: bool
) -> None:
    def sell_and_take_back(state: StoreState) -> None:
        (mug,) = seed_products(state, [{"title": "Mug", "sku": "MUG-1", "quantity": 9}])
        [variant] = state.variant_ids(mug)
        number = state.sell((variant, 3))
        state.ship_order(number, company="UPS", number="1Z")
        if is_refunded:
            return state.refund_order(number)
        back = state.open_return(number)
        state.dispose(back)
        return state.move_return(back, "close")

    shop.add_product("Mug", "MUG-1", quantity=7)
    with connected_shopify(shop, seed=sell_and_take_back) as store:
        shop.settle()
        _rest(shop, store)

        assert _shelves(shop, store) == (7, 7)
        assert _orders(shop)[0].lines[0].returned == 1
        assert [each.state for each in _returns(shop)] == ["received"] * (not is_refunded)


def test_without_the_scope_nothing_is_asked_and_the_page_says_so(shop: Shop) -> None:
    few = tuple(each for each in DEFAULT_SCOPES if each != "read_returns")
    with connected_shopify(shop, scopes=few) as store:
        number = _shipped(shop, store)
        store.state.open_return(number)
        store.read()

        assert _returns(shop) == []
        with db.reading(shop.actor) as session:
            facts = session.get_one(Connection, store.connection_id).facts
        assert [each for each in facts["warnings"] if "read_returns" in each] == [
            "Returns opened in Shopify do not show up here: SyncStore may not read them"
            " (read_returns)."
        ]
