"""One item that cannot be read, or whose answer is lost, hinders no other."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.adapters.memory import MemoryShop
from app.core import db
from app.core.work import unit_of_work
from app.listings.models import Listing
from app.orders.models import Order
from app.simulators.chaos import Chaos, Profile
from app.sync import tasks
from app.sync.models import ChangeState, SyncChange, SyncTask, TaskState
from tests.engine.selling import Sales
from tests.engine.world import Shop, connected_store

PRODUCTS = 5
TRIES = 3  # until what fails alike is parked


def parked(shop: Shop) -> list[str]:
    """Return the sentences of parked tasks."""
    with db.reading(shop.actor) as session:
        rows = session.scalars(select(SyncTask).where(SyncTask.state == TaskState.PARKED))
        return [row.error or "" for row in rows]


def by_sku(shop: Shop, sku: str) -> Listing:
    """Return the listing of one product."""
    return next(each for each in shop.listings() if each.title.endswith(sku))


def test_an_unreadable_product_is_parked_with_its_sentence_and_the_others_are_sent(
    shop: Shop,
) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        bad = store.state.find_sku("MUG-2")
        assert bad
        store.state.goods.rows[bad]["regular_price"] = "about ten"

        for at, product in enumerate(ids):
            shop.change(product, title=f"Blue mug {at}")
        shop.settle()

        expected = [f"{'Mug' if at == 2 else 'Blue mug'} {at}" for at in range(PRODUCTS)]
        assert sorted(store.state.titles()) == sorted(expected)
        assert [str(each.state) for each in shop.listings()].count("synced") == PRODUCTS - 1
        assert any("regular_price" in sentence for sentence in parked(shop))
        [failed] = [each for each in shop.listings() if each.state == "failed"]
        assert failed.error
        assert "regular_price" in failed.error


def test_a_webhook_about_an_unreadable_product_holds_up_no_other(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        keys = store.state.product_ids()
        store.state.edit_product(keys[0], name="Unreadable")
        store.state.goods.rows[keys[0]]["regular_price"] = "about ten"
        for at, key in enumerate(keys[1:]):
            store.state.edit_product(key, name=f"Green mug {at}")

        shop.settle()

        assert sum(title.startswith("Green") for title in shop.titles()) == PRODUCTS - 1


def test_what_arrived_without_an_answer_is_no_open_line_of_the_log(shop: Shop) -> None:
    chaos = Chaos(1, "calm", sleep=lambda seconds: shop.advance(timedelta(seconds=seconds)))
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop, chaos=chaos) as store:
        shop.settle()
        store.list_here(product)
        chaos.use(Profile(lost_answer=1.0))
        shop.change(product, title="Blue mug")
        for _ in range(4):
            shop.turn()
            shop.advance(timedelta(seconds=30))
        chaos.calm()
        shop.settle()

        with db.reading(shop.actor) as session:
            found = session.scalars(select(SyncChange).where(SyncChange.field == "title"))
            lines = [line for line in found if line.new == "Blue mug"]
        assert store.state.titles() == ["Blue mug"]
        assert [str(each.state) for each in shop.listings()] == ["synced"]
        assert lines
        assert ChangeState.SENT not in {line.state for line in lines}


def test_a_full_read_names_what_it_could_not_read_and_is_partial(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        bad = store.state.find_sku("MUG-2")
        assert bad
        store.state.goods.rows[bad]["regular_price"] = "about ten"

        store.read(everything=True)

        run = shop.runs()[-1]
        assert (str(run.state), run.failed) == ("partial", 1)
        assert run.error
        assert f"product {bad}.regular_price" in run.error
        assert "gone" not in {str(each.state) for each in shop.listings()}


def test_an_order_that_no_webhook_told_of_and_nobody_can_read_is_parked_not_lost(
    shop: Shop,
) -> None:
    with connected_store(shop) as store:
        store.state.chaos.use(Profile(drop_delivery=1.0))
        numbers = [store.state.place_order() for _ in range(3)]
        store.state.orders.rows[numbers[1]]["currency"] = "tokens"

        shop.settle()
        store.read()

        with db.reading(shop.actor) as session:
            kept = session.scalars(select(Order.external_id).order_by(Order.external_id)).all()
        assert kept == [str(numbers[0]), str(numbers[2])]
        [sentence] = parked(shop)
        assert f"order {numbers[1]}.currency" in sentence

        store.state.orders.rows[numbers[1]]["currency"] = "USD"
        with unit_of_work(shop.actor) as work:
            tasks.request_orders(work, store.connection_id, [str(numbers[1])])
        shop.settle()

        with db.reading(shop.actor) as session:
            assert len(session.scalars(select(Order.id)).all()) == len(numbers)
        assert parked(shop) == []


def test_an_order_nobody_can_keep_is_parked_and_holds_up_no_other(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    sales = Sales(shop, store, connection_id)
    sales.settle()
    _, good = sales.put("A", 5)
    first, bad, last = (store.order((good, 1)) for _ in range(3))
    line = replace(store.book.orders[bad].lines[0], quantity=3_000_000_000)
    store.keep_order(replace(store.book.orders[bad], lines=(line,)))
    store.keep_order(store.book.orders[last])

    sales.read()

    assert [order.external_id for order in sales.orders()] == [first, last]
    for _ in range(TRIES):
        sales.later(60)
        sales.settle()
    [sentence] = parked(shop)
    assert f"order {bad}" in sentence
