"""What stands in the overlap of two reads is taken in once, and whatever changed is noticed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, update

from app.core import db, kv
from app.core.work import unit_of_work
from app.orders.models import Order
from app.sync import order_reading, orders, tasks
from tests.engine.world import WORKER, Shop, Store, connected_store


@pytest.fixture
def store(shop: Shop) -> Iterator[Store]:
    """A shop that sells one mug of ours."""
    product = shop.add_product("Mug", "MUG-1", quantity=10)
    with connected_store(shop) as made:
        shop.settle()
        made.list_here(product)
        yield made


@contextmanager
def taken_in() -> Iterator[list[str]]:
    """Collect the orders' rows that are locked: each that is taken in is."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM orders" in statement and "FOR UPDATE" in statement:
            said.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def read_what_moved(shop: Shop, store: Store) -> None:
    """Read the orders that moved, before any webhook arrives."""
    with unit_of_work(shop.actor) as work:
        tasks.request_orders(work, store.connection_id, [order_reading.CHANGED])
    while orders.order_slice(shop.actor, store.connection_id, worker=WORKER):
        pass


def sell(store: Store) -> int:
    return store.state.sell([(store._key("MUG-1"), 1)])


def order_of(shop: Shop) -> Order:
    with db.reading(shop.actor) as session:
        return session.scalars(select(Order)).one()


def test_the_same_order_read_again_is_passed_over(shop: Shop, store: Store) -> None:
    sell(store)
    read_what_moved(shop, store)

    with taken_in() as again:
        read_what_moved(shop, store)
    with taken_in() as forgotten:
        kv.client().flushdb()
        read_what_moved(shop, store)

    assert (len(again), len(forgotten)) == (0, 1)
    assert order_of(shop).units == 1


def test_a_change_within_the_same_second_is_noticed(shop: Shop, store: Store) -> None:
    number = sell(store)
    read_what_moved(shop, store)

    store.state.cancel_order(number)
    read_what_moved(shop, store)

    assert order_of(shop).state == "cancelled"


def test_a_row_written_by_an_older_answer_is_put_right(shop: Shop, store: Store) -> None:
    sell(store)
    read_what_moved(shop, store)
    with unit_of_work(shop.actor) as work:
        work.session.execute(update(Order).values(total_minor=1, version=Order.version + 1))

    read_what_moved(shop, store)

    assert order_of(shop).total_minor > 1
