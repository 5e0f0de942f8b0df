"""Runs and connections that rest in the middle go on where they were; stale listings are read."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest

from app.adapters.memory import MemoryShop
from app.connections import service as connections
from app.core import db
from app.core.work import Work, unit_of_work
from app.listings.models import Listing
from app.listings.service import list_products
from app.sync import pull, push, runs, service, stale
from app.sync.errors import AlreadyRunning, NotPausable
from app.sync.models import RunKind, RunState, SyncRun
from tests.engine.world import WORKER, Shop
from workers import relay

ITEMS = 9


def begin_reading(shop: Shop, store: MemoryShop, connection_id: UUID) -> UUID:
    """Ask for a full read of a shop that shows two items a page."""
    store.page_size = 2
    for at in range(ITEMS):
        store.add_product({"title": f"Mug {at}"}, {"sku": f"M-{at}"})
    with unit_of_work(shop.actor) as work:
        return service.request_run(work, connection_id, RunKind.FULL, cause="Test").id


def read(shop: Shop, run_id: UUID, pages: int = 100) -> None:
    """Let a worker read some pages."""
    ticks = count()
    pull.run_slice(
        shop.actor, run_id, worker=WORKER, seconds=pages + 0.5, clock=lambda: next(ticks)
    )


def run_of(shop: Shop, run_id: UUID) -> SyncRun:
    with db.reading(shop.actor) as session:
        return session.get_one(SyncRun, run_id)


def pages_read(store: MemoryShop) -> int:
    return sum(1 for call in store.calls if call.method == "pull_products")


def test_a_paused_read_keeps_its_place_and_goes_on_from_there(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    run_id = begin_reading(shop, store, connection_id)
    read(shop, run_id, pages=2)
    with unit_of_work(shop.actor) as work:
        runs.pause_run(work, run_id)

    read(shop, run_id)
    rested = run_of(shop, run_id)
    with unit_of_work(shop.actor) as work:
        runs.resume_run(work, run_id)
    read(shop, run_id)

    assert (rested.state, rested.done) == (RunState.PAUSED, 4)
    ended = run_of(shop, run_id)
    assert (ended.state, ended.done) == (RunState.DONE, ITEMS)
    assert pages_read(store) == 5


def test_a_connection_paused_in_the_middle_of_a_read_is_asked_no_more(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    run_id = begin_reading(shop, store, connection_id)
    read(shop, run_id, pages=2)
    with unit_of_work(shop.actor) as work:
        connections.pause(work, connection_id)

    read(shop, run_id)
    asked = pages_read(store)
    with unit_of_work(shop.actor) as work:
        connections.resume(work, connection_id)
    read(shop, run_id)

    assert asked == 2
    assert run_of(shop, run_id).state == RunState.DONE
    assert pages_read(store) == 5


def test_a_read_cancelled_in_the_middle_of_a_page_marks_nothing_as_missing(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    run_id = begin_reading(shop, store, connection_id)
    read(shop, run_id)
    with unit_of_work(shop.actor) as work:
        again = service.request_run(work, connection_id, RunKind.RECONCILE, cause="Test").id
    read(shop, again, pages=1)
    with unit_of_work(shop.actor) as work:
        service.cancel_run(work, again)

    read(shop, again)

    assert run_of(shop, again).state == RunState.CANCELLED
    assert [call.method for call in store.calls][-1] == "pull_products"


def test_a_paused_push_sends_nothing_more_until_it_goes_on(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(4)]
    with unit_of_work(shop.actor) as work:
        list_products(work, connection_id, ids)
    relay.deliver_here(shop.actor)
    with unit_of_work(shop.actor) as work:
        [run_id] = service.push_connection(work, connection_id)
        runs.pause_run(work, run_id)

    push.push_slice(shop.actor, connection_id, worker=WORKER)
    sent_meanwhile = len(store.titles())
    with unit_of_work(shop.actor) as work:
        runs.resume_run(work, run_id)
    push.push_slice(shop.actor, connection_id, worker=WORKER)

    assert sent_meanwhile == 0
    assert len(store.titles()) == 4
    assert run_of(shop, run_id).state == RunState.DONE


def test_an_ended_run_can_neither_be_paused_nor_resumed(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    run_id = begin_reading(shop, store, connection_id)
    read(shop, run_id)

    for act in (runs.pause_run, runs.resume_run):
        with pytest.raises(NotPausable), unit_of_work(shop.actor) as work:
            act(work, run_id)


def test_a_paused_read_goes_on_beside_no_other(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    run_id = begin_reading(shop, store, connection_id)
    read(shop, run_id, pages=2)
    with unit_of_work(shop.actor) as work:
        runs.pause_run(work, run_id)
        other = service.request_run(work, connection_id, RunKind.CHANGES, cause="Test").id

    with pytest.raises(AlreadyRunning), unit_of_work(shop.actor) as work:
        runs.resume_run(work, run_id)
    read(shop, other)
    with unit_of_work(shop.actor) as work:
        runs.resume_run(work, run_id)

    assert run_of(shop, run_id).state == RunState.WAITING


def test_a_read_resumed_by_another_worker_is_not_gone_on_with_by_the_first(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    run_id = begin_reading(shop, store, connection_id)
    with unit_of_work(shop.actor) as work:
        first = runs.claim_run(work, run_id, worker=WORKER)
    assert first is not None
    with unit_of_work(shop.actor) as work:
        runs.pause_run(work, run_id)
        runs.resume_run(work, run_id)
    with unit_of_work(shop.actor) as work:
        second = runs.claim_run(work, run_id, worker="tests:2")
    assert second is not None

    with unit_of_work(shop.actor) as work:
        kept = [runs.step(work, run, None) for run in (first, second)]

    assert kept == [False, True]


def test_what_nobody_confirmed_for_a_day_is_read_again(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)]
    with unit_of_work(shop.actor) as work:
        list_products(work, connection_id, ids)
    relay.deliver_here(shop.actor)
    push.push_slice(shop.actor, connection_id, worker=WORKER)

    fresh = stale.sweep_stale(shop.actor, connection_id)
    shop.advance(timedelta(hours=25))
    shop.change(ids[0], status="draft")
    with db.reading(shop.actor) as session:
        shown = stale.stale_count(session, connection_id)
    found = stale.sweep_stale(shop.actor, connection_id)
    pull.pull_slice(shop.actor, connection_id, worker=WORKER)

    assert (fresh, shown, found) == (0, 2, 2)
    assert stale.sweep_stale(shop.actor, connection_id) == 0
    assert {row.state for row in listings(shop)} == {"synced"}


def listings(shop: Shop) -> list[Listing]:
    return shop.listings()


def counts_there(store: MemoryShop) -> dict[str, int]:
    """Return what the shop shows of each of its products, by title."""
    return {
        each.values["title"]: good.values["quantity"]
        for each in store.products.values()
        for good in each.goods.values()
    }


@pytest.mark.parametrize("stop", [service.cancel_run, runs.pause_run])
def test_what_was_sold_is_told_although_the_run_that_carries_it_is_stopped(
    shop: Shop,
    store: MemoryShop,
    connection_id: UUID,
    stop: Callable[[Work, UUID], None],
) -> None:
    mug = shop.add_product("Mug", "MUG", quantity=9)
    cup = shop.add_product("Cup", "CUP", quantity=9)
    with unit_of_work(shop.actor) as work:
        list_products(work, connection_id, [mug, cup])
    relay.deliver_here(shop.actor)
    push.push_slice(shop.actor, connection_id, worker=WORKER)
    with unit_of_work(shop.actor) as work:
        [run_id] = service.push_connection(work, connection_id)
    shop.change(mug, title="Red mug")
    shop.change(cup, title="Red cup")
    relay.deliver_here(shop.actor)
    shop.change_variant(mug, quantity=1)  # another shop sold it
    relay.deliver_here(shop.actor)

    with unit_of_work(shop.actor) as work:
        stop(work, run_id)
    push.push_slice(shop.actor, connection_id, worker=WORKER)

    assert counts_there(store) == {"Red mug": 1, "Cup": 9}
