"""One item that spoils its batch is found, tried alone, and parked; everything else goes on."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.adapters.errors import AdapterError, NeedsReauth, Refused, Unavailable
from app.adapters.memory import MemoryShop
from app.core import db
from app.core.work import unit_of_work
from app.listings.service import list_products
from app.sync import pull, push, tasks
from app.sync.models import Direction, SyncTask, TaskState
from app.sync.sieve import AlikeForAll, Sieve
from tests.engine.world import WORKER, Shop
from workers import relay

MANY = 12


def let_pass(shop: Shop, connection_id: UUID, turns: int = 8) -> None:
    """Let the workers look again and again over an hour."""
    for _ in range(turns):
        relay.deliver_here(shop.actor)
        while pull.pull_slice(shop.actor, connection_id, worker=WORKER):
            pass
        while push.push_slice(shop.actor, connection_id, worker=WORKER):
            pass
        shop.advance(timedelta(minutes=8))


def listed(shop: Shop, connection_id: UUID) -> list[UUID]:
    """List some mugs there; returns their ids."""
    ids = [shop.add_product(f"Mug {at:02}", f"MUG-{at:02}") for at in range(MANY)]
    with unit_of_work(shop.actor) as work:
        list_products(work, connection_id, ids)
    return ids


def tasks_of(shop: Shop, state: TaskState) -> list[SyncTask]:
    with db.reading(shop.actor) as session:
        return list(session.scalars(select(SyncTask).where(SyncTask.state == state)))


def listing_ids(shop: Shop) -> dict[str, str]:
    return {listing.title: str(listing.id) for listing in shop.listings()}


def test_the_rest_of_a_refused_batch_arrives_and_the_poison_is_parked(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    listed(shop, connection_id)
    poison = listing_ids(shop)["Mug 07"]
    store.fail("refuse", on="push_listings", times=99, keys=frozenset({poison}))

    let_pass(shop, connection_id)

    states = {listing.title: listing.state for listing in shop.listings()}
    assert states.pop("Mug 07") == "failed"
    assert set(states.values()) == {"synced"}
    assert len(store.titles()) == MANY - 1
    [parked] = tasks_of(shop, TaskState.PARKED)
    assert (str(parked.listing_id), parked.attempts) == (poison, 3)
    assert tasks_of(shop, TaskState.WAITING) == []


def test_a_poison_item_spoils_one_batch_only_and_travels_alone_from_then_on(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    listed(shop, connection_id)
    poison = listing_ids(shop)["Mug 07"]
    store.fail("refuse", on="push_listings", times=99, keys=frozenset({poison}))

    let_pass(shop, connection_id)

    with_it = [call.keys for call in store.calls if poison in call.keys]
    assert with_it[-2:] == [(poison,), (poison,)]
    assert [keys for keys in with_it if keys == (poison,)] == [(poison,)] * 3


def test_an_item_nobody_can_read_does_not_hold_up_the_others(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    ids = listed(shop, connection_id)
    let_pass(shop, connection_id)
    theirs = {listing.title: listing.external_id for listing in shop.listings()}
    garbled = str(theirs["Mug 03"])
    store.fail("garble", on="read_products", times=99, keys=frozenset({garbled}))

    for at, key in enumerate(ids):
        shop.change(key, title=f"Cup {at:02}")
    let_pass(shop, connection_id)

    assert sorted(store.titles()) == sorted(
        [f"Cup {at:02}" for at in range(MANY) if at != 3] + ["Mug 03"]
    )
    assert [task.direction for task in tasks_of(shop, TaskState.PARKED)] == [Direction.PUSH]


def test_an_unreadable_item_is_parked_alone_when_items_are_asked_for(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    keys = [store.add_product({"title": f"Mug {at}"}, {"sku": f"M-{at}"}) for at in range(9)]
    store.fail("garble", on="read_products", times=99, keys=frozenset({keys[4]}))
    with unit_of_work(shop.actor) as work:
        tasks.request_pulls(work, connection_id, keys)

    let_pass(shop, connection_id)

    assert len(shop.listings()) == 8
    assert [task.subject for task in tasks_of(shop, TaskState.PARKED)] == [keys[4]]


def test_a_shop_that_goes_away_in_the_middle_parks_nobody(
    shop: Shop, store: MemoryShop, connection_id: UUID
) -> None:
    listed(shop, connection_id)
    poison = listing_ids(shop)["Mug 07"]
    store.fail("refuse", on="push_listings", keys=frozenset({poison}))
    store.fail("unavailable", on="push_listings", times=2)

    let_pass(shop, connection_id)

    assert {listing.state for listing in shop.listings()} == {"synced"}
    assert len(store.titles()) == MANY


def test_what_is_refused_for_all_alike_is_not_asked_for_each() -> None:
    refused: list[int] = []

    def send(_: object) -> None:
        raise Refused("The shop is closed.")

    sieve: Sieve[int] = Sieve(send, lambda item, _: refused.append(item))

    with pytest.raises(AlikeForAll):
        sieve.put(range(1000))

    assert refused == [0, 1, 2]


@pytest.mark.parametrize("error", [Unavailable(), NeedsReauth()])
def test_what_is_nobodys_fault_is_not_searched_for(error: AdapterError) -> None:
    calls: list[object] = []

    def send(some: object) -> None:
        calls.append(some)
        raise error

    sieve: Sieve[int] = Sieve(send, lambda *_: None)

    with pytest.raises(type(error)):
        sieve.put([1, 2, 3, 4])

    assert calls == [[1, 2, 3, 4]]


def test_every_poison_item_is_found_wherever_it_lies() -> None:
    sent: list[int] = []
    refused: list[int] = []
    poison = {0, 17, 18, 63}

    def send(some: "list[int]") -> None:
        if poison & set(some):
            raise Refused("No.")
        sent.extend(some)

    Sieve(send, lambda item, _: refused.append(item)).put(list(range(64)))  # type: ignore[arg-type]  # lists are sent

    assert set(refused) == poison
    assert sorted([*sent, *refused]) == list(range(64))
