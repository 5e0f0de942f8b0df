"""Two writers of one shop: what is urgent goes past a batch, and no listing is in two hands."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from app.catalog import service as catalog
from app.connections import wire
from app.connections.limits import turns_of
from app.core import clock, db
from app.core.work import unit_of_work
from app.listings.models import ListingState
from app.sync import pens, push, rules, tasks
from app.sync.models import Direction, Haste, SyncTask, TaskState
from app.sync.pens import Pen
from tests.engine.world import WORKER, Shop, Store, connected_store
from workers import relay

MANY = tasks.FEW + 5
SLOW = "slow:1"  # a worker whose batch takes its time


@pytest.fixture
def mugs(shop: Shop) -> dict[str, UUID]:
    """SKU → product."""
    return {f"MUG-{at}": shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(MANY)}


@pytest.fixture
def store(shop: Shop, mugs: dict[str, UUID]) -> Iterator[Store]:
    with connected_store(shop) as store:
        store.list_here(*mugs.values())
        yield store


def rename_all(shop: Shop, mugs: dict[str, UUID]) -> None:
    """Change many at once, as a bulk edit does; the push of them waits."""
    with unit_of_work(shop.actor) as work:
        renamed = [catalog.ProductChange(key, {"title": f"Cup {sku}"}) for sku, key in mugs.items()]
        catalog.change_products(work, renamed, origin="bulk")
    relay.deliver_here(shop.actor)


def begin_batch(shop: Shop, store: Store, mugs: dict[str, UUID], *, most: int = 3) -> list[str]:
    """Let another worker take the pen and a batch; returns the SKUs it has in hand."""
    with unit_of_work(shop.actor) as work:
        assert pens.take(work, store.connection_id, worker=SLOW) is Pen.USUAL
        claimed = tasks.claim(work, store.connection_id, Direction.PUSH, worker=SLOW, most=most)
        held = {each.listing_id for each in claimed}
    products = {each.product_id for each in shop.listings(store) if each.id in held}
    return [sku for sku, product_id in mugs.items() if product_id in products]


def change_stock(shop: Shop, product_id: UUID, quantity: int) -> None:
    shop.change_variant(product_id, quantity=quantity)
    relay.deliver_here(shop.actor)


def push_now(shop: Shop, store: Store, worker: str = WORKER) -> bool:
    return push.push_slice(shop.actor, store.connection_id, worker=worker)


def in_state(shop: Shop, *states: TaskState) -> list[SyncTask]:
    with db.reading(shop.actor) as session:
        return list(session.scalars(select(SyncTask).where(SyncTask.state.in_(states))))


def test_stock_goes_past_a_batch_that_is_under_way(
    shop: Shop, store: Store, mugs: dict[str, UUID]
) -> None:
    rename_all(shop, mugs)
    held = begin_batch(shop, store, mugs)
    free = next(sku for sku in mugs if sku not in held)
    waiting = len(in_state(shop, TaskState.WAITING))

    change_stock(shop, mugs[free], 3)
    has_more = push_now(shop, store)

    assert store.shown(free)["quantity"] == 3
    assert not has_more  # the rest is for who holds the pen
    # All that waited for this listing went with it, and nothing else did.
    assert len(in_state(shop, TaskState.WAITING)) == waiting - 1
    assert {each.worker for each in in_state(shop, TaskState.RUNNING)} == {SLOW}


def test_nobody_else_writes_what_can_wait(shop: Shop, store: Store, mugs: dict[str, UUID]) -> None:
    rename_all(shop, mugs)
    begin_batch(shop, store, mugs)
    waiting = len(in_state(shop, TaskState.WAITING))

    assert not push_now(shop, store)

    assert len(in_state(shop, TaskState.WAITING)) == waiting


def test_a_listing_in_one_hand_waits_for_the_other(
    shop: Shop, store: Store, mugs: dict[str, UUID]
) -> None:
    rename_all(shop, mugs)
    held = begin_batch(shop, store, mugs)
    before = store.shown(held[0])

    change_stock(shop, mugs[held[0]], 3)
    assert not push_now(shop, store)
    assert store.shown(held[0]) == before

    # Its worker dies: who comes after the lease sends what is wanted by then.
    shop.advance(rules.LEASE + timedelta(seconds=1))
    shop.settle()
    assert store.shown(held[0]) == before | {"title": f"Cup {held[0]}", "quantity": 3}
    assert not in_state(shop, TaskState.WAITING, TaskState.RUNNING)


def test_what_a_dead_worker_held_is_not_sent_beside_its_newer_wish(
    shop: Shop, store: Store, mugs: dict[str, UUID]
) -> None:
    rename_all(shop, mugs)
    [held] = begin_batch(shop, store, mugs, most=1)
    change_stock(shop, mugs[held], 3)
    shop.advance(rules.LEASE + timedelta(seconds=1))

    with unit_of_work(shop.actor) as work:
        assert pens.take(work, store.connection_id, worker="usual:1") is Pen.USUAL
        assert pens.take(work, store.connection_id, worker="urgent:1") is Pen.URGENT
        claim = partial(tasks.claim, work, store.connection_id, Direction.PUSH, most=2 * MANY)
        [newer] = claim(worker="urgent:1", least=Haste.URGENT)
        others = claim(worker="usual:1")

    assert len(others) == MANY - 1
    assert newer.listing_id not in {each.listing_id for each in others}


def test_a_listing_sent_first_is_sent_again_by_who_was_kept_from_it(
    shop: Shop, store: Store, mugs: dict[str, UUID]
) -> None:
    mug = mugs["MUG-7"]
    change_stock(shop, mug, 3)
    with unit_of_work(shop.actor) as work:
        assert pens.take(work, store.connection_id, worker="other:1") is Pen.USUAL
        assert pens.take(work, store.connection_id, worker=SLOW) is Pen.URGENT
        tasks.claim(work, store.connection_id, Direction.PUSH, worker=SLOW, most=1)
        pens.lay_down(work, store.connection_id, Pen.USUAL, worker="other:1")
    shop.change(mug, title="Cup")
    relay.deliver_here(shop.actor)

    assert not push_now(shop, store)  # no bell rings while it is in the other hand
    assert store.shown("MUG-7")["title"] != "Cup"
    with unit_of_work(shop.actor) as work:
        [held] = in_state(shop, TaskState.RUNNING)
        tasks.release(work, [held], worker=SLOW)
        pens.lay_down(work, store.connection_id, Pen.URGENT, worker=SLOW)
        assert pens.is_left(work, store.connection_id)

    assert not push_now(shop, store)
    assert store.shown("MUG-7") | {"title": "Cup", "quantity": 3} == store.shown("MUG-7")


def test_a_batch_that_waits_for_its_turn_leaves_the_worker_to_what_is_urgent(
    shop: Shop, store: Store, mugs: dict[str, UUID]
) -> None:
    rename_all(shop, mugs)
    store.rules(requests_per_second=1)
    row = wire.load(shop.actor, store.connection_id)
    usual = turns_of(row, wire.channel(row.channel).capabilities)
    assert usual
    with clock.frozen(clock.now()):
        while usual.limiter.wait_for("call") == 0:
            pass
        looks = iter([0.0, 0.0, float("inf")])  # somebody urgent comes while the batch waits
        has_more = push.push_slice(
            shop.actor,
            store.connection_id,
            worker=WORKER,
            clock=lambda: next(looks, float("inf")),
        )

    assert has_more
    waiting = in_state(shop, TaskState.WAITING)
    assert len(waiting) == MANY
    assert {(each.attempts, each.error) for each in waiting} == {(0, None)}
    assert {each.state for each in shop.listings(store)} == {ListingState.WAITING}
    assert {each.error for each in shop.listings(store)} == {None}
    shop.settle()
    assert {sku: store.shown(sku)["title"] for sku in mugs} == {sku: f"Cup {sku}" for sku in mugs}
