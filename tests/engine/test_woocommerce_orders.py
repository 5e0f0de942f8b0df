"""Shoppers buy in two WooCommerce stores of one merchant, and every side keeps the same count."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from app.core import db
from app.core.work import unit_of_work
from app.inventory.models import Level
from app.orders import service
from app.orders.models import Order
from app.orders.service import Cancelling, Parcel, Refunding
from app.sync.models import InboundDelivery, SyncTask, TaskState
from tests.engine.world import Shop, Store, connected_store


def _orders(shop: Shop) -> list[Order]:
    with db.reading(shop.actor) as session:
        found = list(session.scalars(select(Order).order_by(Order.placed_at, Order.id)))
        for each in found:
            list(each.lines)
        return found


def _available(shop: Shop, product: UUID) -> int:
    variant = next(iter(shop.values(product).variants))
    with db.reading(shop.actor) as session:
        return session.scalars(select(Level).where(Level.variant_id == variant)).one().available


def _there(store: Store) -> int:
    sku = store.state.find_sku("MUG-1")
    assert sku is not None
    return int(store.state.product(sku)["stock_quantity"])


def _sell(store: Store, units: int, **how: Any) -> int:
    sku = store.state.find_sku("MUG-1")
    assert sku is not None
    return store.state.sell([(sku, units)], **how)


def test_a_sale_in_one_store_lowers_every_count_once(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as first, connected_store(shop) as second:
        shop.settle()
        first.list_here(product)
        second.list_here(product)

        _sell(first, 3)
        shop.settle()
        _sell(second, 2)
        shop.settle()

        assert [order.state for order in _orders(shop)] == ["allocated", "allocated"]
        assert (_available(shop, product), _there(first), _there(second)) == (5, 5, 5)


@pytest.mark.parametrize("tracking", ["none", "fulfillments", "shipment_tracking"])
def test_shipped_here_the_store_completes_its_order(shop: Shop, tracking: str) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop, tracking=tracking) as store:
        shop.settle()
        store.list_here(product)
        number = _sell(store, 3)
        shop.settle()
        [order] = _orders(shop)

        with unit_of_work(shop.actor) as work:
            service.ship_order(work, order.id, Parcel(carrier="UPS", tracking_number="1Z999"))
        shop.settle()
        store.read()

        assert store.state.order(number)["status"] == "completed"
        [order] = _orders(shop)
        assert order.state == "shipped"
        assert [(line.quantity, line.shipped) for line in order.lines] == [(3, 3)]
        assert (_available(shop, product), _there(store)) == (7, 7)


def test_cancelled_in_the_store_every_side_has_its_units_back(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        number = _sell(store, 3)
        shop.settle()

        store.state.cancel_order(number)
        shop.settle()
        store.read()

        assert store.state.order(number)["status"] == "cancelled"
        assert [order.state for order in _orders(shop)] == ["cancelled"]
        assert (_available(shop, product), _there(store)) == (10, 10)


def test_cancelled_here_every_side_has_its_units_back_and_no_more(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        number = _sell(store, 3)
        shop.settle()

        with unit_of_work(shop.actor) as work:
            service.cancel_order(work, _orders(shop)[0].id, Cancelling("Sold out"))
        shop.settle()
        store.read()

        assert store.state.order(number)["status"] == "cancelled"
        assert (_available(shop, product), _there(store)) == (10, 10)


def test_money_given_back_here_goes_back_once_there(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        number = _sell(store, 3)
        shop.settle()
        [order] = _orders(shop)

        with unit_of_work(shop.actor) as work:
            what = Refunding(1000, {order.lines[0].id: 1}, "Damaged", restocks=[order.lines[0].id])
            service.refund_order(work, order.id, what)
        store.state.lose_next_answer()
        shop.settle()
        store.read()

        assert [refund["total"] for refund in store.state.order(number)["refunds"]] == ["-10.00"]
        [order] = _orders(shop)
        assert (order.refunded_minor, order.lines[0].quantity) == (1000, 2)
        assert (_available(shop, product), _there(store)) == (8, 8)


def test_an_open_checkout_waits_and_takes_its_units_when_it_is_paid(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)

        number = _sell(store, 4, status="pending")
        shop.settle()
        waiting = [order.state for order in _orders(shop)]
        store.state.pay_order(number)
        shop.settle()

        assert (waiting, [order.state for order in _orders(shop)]) == (["on_hold"], ["allocated"])
        assert (_available(shop, product), _there(store)) == (6, 6)


@pytest.mark.parametrize("tracking", ["none", "fulfillments", "shipment_tracking"])
def test_a_parcel_cancelled_here_opens_the_order_there_again(shop: Shop, tracking: str) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop, tracking=tracking) as store:
        shop.settle()
        store.list_here(product)
        number = _sell(store, 3)
        shop.settle()
        [order] = _orders(shop)
        with unit_of_work(shop.actor) as work:
            parcel = service.ship_order(work, order.id, Parcel(None, "UPS", "1Z999"))
        shop.settle()
        store.read()
        assert store.state.order(number)["status"] == "completed"

        with unit_of_work(shop.actor) as work:
            service.cancel_parcel(work, order.id, parcel)
        store.state.lose_next_answer()
        shop.settle()
        store.read()

        assert store.state.order(number)["status"] == "processing"
        [order] = _orders(shop)
        assert (order.state, order.lines[0].shipped, order.lines[0].allocated) == (
            "allocated",
            0,
            3,
        )
        assert (_available(shop, product), _there(store)) == (7, 7)


def test_completed_by_mistake_there_and_opened_again_it_is_to_be_sent(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        number = _sell(store, 3)
        shop.settle()

        states = []
        for status in ("completed", "processing", "completed"):
            store.state.edit_order(number, status=status)
            shop.settle()
            store.read()
            [order] = _orders(shop)
            states.append((order.state, order.lines[0].shipped))

        assert states == [("shipped", 3), ("allocated", 0), ("shipped", 3)]
        assert (_available(shop, product), _there(store)) == (7, 7)


def test_an_order_nobody_can_read_is_shown_to_a_person_even_where_its_webhook_was_lost(
    shop: Shop,
) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        strange = _sell(store, 1, currency="POINTS")  # a currency of a plugin's own
        _sell(store, 2)
        store.state.deliver_due()
        with unit_of_work(shop.actor) as work:
            work.session.execute(delete(InboundDelivery))

        store.read()

        assert [[line.quantity for line in order.lines] for order in _orders(shop)] == [[2]]
        with db.reading(shop.actor) as session:
            parked = session.scalars(
                select(SyncTask).where(SyncTask.state == TaskState.PARKED)
            ).all()
        assert [task.subject for task in parked] == [str(strange)]
        assert parked[0].error == (
            f"The shop sent something unreadable at “order {strange}.currency”: not a currency"
            " code."
        )


def test_what_no_database_keeps_holds_up_neither_orders_nor_products(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)

        _sell(store, 1, customer_note="Ring\x00twice \ud83d")
        _sell(store, 2)
        store.edit("MUG-1", "title", "Big\x00 mug")
        shop.settle()

        assert sorted(order.units for order in _orders(shop)) == [1, 2]
        assert (_available(shop, product), _there(store)) == (7, 7)
        assert shop.values(product).values["title"] == "Big mug"


def test_an_order_of_more_than_anybody_sells_holds_up_no_other(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        poster = store.state.add_product(name="Poster", type="simple", regular_price="0.01")

        strange = store.state.sell([(poster, 10**10)])
        _sell(store, 2)
        shop.settle()

        assert [[line.quantity for line in order.lines] for order in _orders(shop)] == [[2]]
        with db.reading(shop.actor) as session:
            waits = SyncTask.state == TaskState.PARKED
            parked = session.scalars(select(SyncTask).where(waits)).all()
        assert [(task.subject, "quantity" in str(task.error)) for task in parked] == [
            (str(strange), True)
        ]


def test_cancelled_unpaid_there_and_paid_after_all_it_is_to_be_sent(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        number = _sell(store, 3, status="pending")
        shop.settle()

        states = []
        for status in ("cancelled", "processing", "cancelled"):
            store.state.edit_order(number, status=status)
            shop.settle()
            store.read()
            [order] = _orders(shop)
            states.append((order.state, order.lines[0].allocated, _available(shop, product)))

        assert states == [("cancelled", 0, 10), ("allocated", 3, 7), ("cancelled", 0, 10)]
        assert _there(store) == 10


def test_cancelled_here_it_is_opened_again_by_the_store_once_that_heard_of_it(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        number = _sell(store, 3)
        shop.settle()
        [order] = _orders(shop)
        with unit_of_work(shop.actor) as work:
            service.cancel_order(work, order.id, Cancelling("Too late"))
        store.state.edit_order(number, customer_note="Please hurry")
        store.read()
        assert [order.state for order in _orders(shop)] == ["cancelled"]
        shop.settle()
        store.read()

        store.state.edit_order(number, status="processing")
        shop.settle()
        store.read()

        [order] = _orders(shop)
        assert (order.state, order.lines[0].allocated) == ("allocated", 3)
        assert (_available(shop, product), _there(store)) == (7, 7)
