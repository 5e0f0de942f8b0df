"""What goes first when much waits for one shop."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.catalog import service as catalog
from app.connections import wire
from app.connections.limits import turns_of
from app.core import clock, db
from app.core.work import unit_of_work
from app.listings.models import Listing
from app.orders.models import Order
from app.sync import order_reading, orders, push, tasks
from app.sync.models import Direction
from tests.engine.world import WORKER, Shop, Store, connected_store
from workers import relay

Values = dict[str, Any]
MANY = 25


def test_a_single_edit_overtakes_many_changed_at_once(shop: Shop) -> None:
    with connected_store(shop) as store:
        ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(MANY)]
        store.list_here(*ids)
        with unit_of_work(shop.actor) as work:
            renamed = [catalog.ProductChange(key, {"title": f"Cup {key}"}) for key in ids]
            catalog.change_products(work, renamed, origin="bulk")
        relay.deliver_here(shop.actor)

        shop.change(ids[-1], title="The mug somebody waits for")
        relay.deliver_here(shop.actor)

        with unit_of_work(shop.actor) as work:
            first = tasks.claim(work, store.connection_id, Direction.PUSH, worker=WORKER, most=1)[0]
            listing = work.session.get_one(Listing, first.listing_id)
            assert listing.product_id == ids[-1]


@contextmanager
def used_up(shop: Shop, store: Store) -> Iterator[None]:
    """Take what is free of a store's rate; nobody may have to wait for a turn afterwards."""
    store.rules(requests_per_second=50)
    row = wire.load(shop.actor, store.connection_id)
    usual = turns_of(row, wire.channel(row.channel).capabilities)
    assert usual
    with clock.frozen(clock.now()):
        while usual.limiter.wait_for("call") == 0:
            pass
        before = clock.now()
        yield
        assert clock.now() == before


def test_stock_and_prices_use_the_share_of_the_rate_that_is_kept_for_them(shop: Shop) -> None:
    with connected_store(shop) as store:
        mug = shop.add_product("Mug", "MUG-1")
        store.list_here(mug)
        with used_up(shop, store):
            shop.change_variant(mug, price={"minor": 1200, "currency": "USD"})
            relay.deliver_here(shop.actor)
            push.push_slice(shop.actor, store.connection_id, worker=WORKER)

        assert [listing.state for listing in shop.listings(store)] == ["synced"]


def test_orders_use_that_share_too(shop: Shop) -> None:
    with connected_store(shop) as store:
        store.list_here(shop.add_product("Mug", "MUG-1", quantity=10))
        store.read()
        sku = store.state.find_sku("MUG-1")
        assert sku is not None
        number = store.state.sell([(sku, 1)])
        with unit_of_work(shop.actor) as work:
            wanted = [str(number), order_reading.CHANGED]
            tasks.request_orders(work, store.connection_id, wanted)
        with used_up(shop, store):
            orders.order_slice(shop.actor, store.connection_id, worker=WORKER)

        with db.reading(shop.actor) as session:
            assert session.scalars(select(Order.external_id)).all() == [str(number)]


def test_what_somebody_bought_goes_before_the_stock_of_many_and_that_before_their_prices(
    shop: Shop,
) -> None:
    with connected_store(shop) as store:
        ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3 * MANY)]
        store.list_here(*ids)

        def change(some: list[UUID], product: Values, variant: Values) -> list[UUID]:
            variants = {each: next(iter(shop.values(each).variants)) for each in some}
            with unit_of_work(shop.actor) as work:
                changes = [
                    catalog.ProductChange(
                        each, product, {variants[each]: variant} if variant else {}
                    )
                    for each in some
                ]
                catalog.change_products(work, changes, origin="bulk")
            relay.deliver_here(shop.actor)
            return some

        price = {"price": {"minor": 700, "currency": "USD"}}
        renamed = change(ids[:MANY], {"title": "Cup"}, {})
        priced = change(ids[MANY : 2 * MANY], {}, price)
        counted = change(ids[2 * MANY :], {}, {"quantity": 9})
        cheaper = change(renamed[:1], {}, price)
        bought = change(counted[:1], {}, {"quantity": 8})

        with unit_of_work(shop.actor) as work:
            claimed = tasks.claim(
                work, store.connection_id, Direction.PUSH, worker=WORKER, most=len(ids)
            )
            products = dict(work.session.execute(select(Listing.id, Listing.product_id)).all())
            came = [products[each.listing_id] for each in claimed if each.listing_id]
    assert came[0] == bought[0]
    assert set(came[1 : MANY + 1]) == {*counted[1:], *cheaper}
    assert set(came[MANY + 1 : 2 * MANY + 1]) == set(priced)
    assert set(came[2 * MANY + 1 :]) == set(renamed[1:])
