"""Bad weather between two sides: after quiet they are equal, nothing lost, nothing doubled."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from app.listings.models import Listing
from app.simulators.chaos import Chaos, Profile
from tests.engine.world import Shop, connected_store

PRODUCTS = 6


@pytest.mark.parametrize("seed", [3, 11])
def test_after_a_flaky_hour_both_sides_are_equal(shop: Shop, seed: int) -> None:
    chaos = Chaos(seed, "calm", sleep=lambda seconds: shop.advance(timedelta(seconds=seconds)))
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop, chaos=chaos) as store:
        shop.settle()
        store.list_here(*ids)
        there = {store.state.product(key)["sku"]: key for key in store.state.product_ids()}
        chaos.use("flaky", seed=seed)

        for at in range(0, PRODUCTS, 2):
            shop.change(ids[at], title=f"Our mug {at}")
            store.state.edit_product(there[f"MUG-{at + 1}"], name=f"Their mug {at + 1}")
        shop.settle()
        chaos.calm()
        shop.advance(timedelta(hours=1))
        store.read(everything=True)

        expected = [f"{'Their' if at % 2 else 'Our'} mug {at}" for at in range(PRODUCTS)]
        assert sorted(store.state.titles()) == sorted(expected)
        assert shop.titles() == sorted(expected)
        assert len(store.state.product_ids()) == PRODUCTS
        assert shop.conflicts() == []


def test_an_idle_hour_writes_nothing(shop: Shop) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        store.state.forget_writes()

        for _ in range(4):
            shop.advance(timedelta(minutes=15))
            store.read()
        store.read(everything=True)

        assert store.state.writes() == []


def test_a_stale_read_does_not_undo_a_newer_write(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        store.state.lose_next_answer()

        shop.change(product, title="Blue mug")
        shop.settle()

        assert store.state.titles() == ["Blue mug"]
        assert shop.titles() == ["Blue mug"]
        assert len(store.state.product_ids()) == 1


def test_a_shop_down_for_a_weekend_gets_everything_when_it_is_back(shop: Shop) -> None:
    chaos = Chaos(1, "calm", sleep=lambda seconds: shop.advance(timedelta(seconds=seconds)))
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with connected_store(shop, chaos=chaos) as store:
        shop.settle()
        store.list_here(*ids)
        chaos.use(Profile(fail_before=1.0))

        for at, product in enumerate(ids):
            shop.change(product, title=f"Our mug {at}")
        for _ in range(30):
            shop.turn()
            shop.advance(timedelta(hours=2))
        chaos.calm()
        shop.settle()

        assert sorted(store.state.titles()) == [f"Our mug {at}" for at in range(PRODUCTS)]
        assert {each.state for each in shop.listings()} == {"synced"}


def test_a_lost_task_is_found_by_the_daily_comparison(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        shop.change(product, title="Blue mug")
        with unit_of_work(shop.actor) as work:
            work.session.execute(delete(OutboxMessage).where(OutboxMessage.sent_at.is_(None)))
            work.session.execute(update(Listing).values(state="synced"))

        store.read()
        assert store.state.titles() == ["Mug"]
        store.read(everything=True)

        assert store.state.titles() == ["Blue mug"]
