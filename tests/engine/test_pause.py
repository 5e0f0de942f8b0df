"""A connection that is paused, disconnected or broken in the middle of work."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.connections import connecting
from app.connections import service as connections
from app.connections.errors import NotOpen
from app.core import clock, db, faults
from app.core.actor import SYSTEM
from app.core.work import unit_of_work
from app.sync import pull, service
from app.sync.models import RunKind
from tests.engine.world import Shop, Store, connected_store
from workers import relay


def pause(store: Store) -> None:
    with unit_of_work(store.shop.actor) as work:
        connections.pause(work, store.connection_id)


def resume(store: Store) -> None:
    with unit_of_work(store.shop.actor) as work:
        connections.resume(work, store.connection_id)


def ringing(shop: Shop) -> set[str]:
    """Return the kinds of work of this shop that the scheduler would ring for now."""
    with db.open_session(SYSTEM) as session:
        rows = session.execute(
            text("SELECT task, organization_id FROM waiting_work(:moment)"),
            {"moment": clock.now()},
        )
        return {row.task for row in rows if row.organization_id == shop.actor.organization}


def test_what_was_edited_during_a_pause_goes_out_after_it(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)

        pause(store)
        shop.change(product, title="Blue mug")
        relay.deliver_here(shop.actor)

        assert "push" not in ringing(shop)
        assert store.state.titles() == ["Mug"]
        resume(store)
        assert "push" in ringing(shop)
        shop.settle()
        assert store.state.titles() == ["Blue mug"]


def test_a_pause_stops_a_push_between_two_batches(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shop.add_product("Mug", "MUG-1"), shop.add_product("Cup", "CUP-1")
    paused: list[str] = []

    def pause_meanwhile(name: str) -> None:
        if name == "push.recorded" and not paused:
            paused.append(name)
            shop.change(second, title="Green cup")
            relay.deliver_here(shop.actor)
            pause(store)

    with connected_store(shop) as store:
        shop.settle()
        store.list_here(first, second)
        monkeypatch.setattr(faults, "point", pause_meanwhile)

        shop.change(first, title="Blue mug")
        shop.turn()

        assert paused
        assert sorted(store.state.titles()) == ["Blue mug", "Cup"]
        resume(store)
        shop.settle()
        assert sorted(store.state.titles()) == ["Blue mug", "Green cup"]


def test_a_pause_stops_a_read_between_two_pages_and_it_goes_on_there(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[str] = []

    def pause_meanwhile(name: str) -> None:
        if name == "read.recorded" and not paused:
            paused.append(name)
            pause(store)

    with connected_store(shop) as store:
        for at in range(120):
            store.state.add_product(name=f"Mug {at}", type="simple", sku=f"MUG-{at}")
        shop.settle()
        monkeypatch.setattr(faults, "point", pause_meanwhile)
        run_id = service.reconcile(shop.actor, store.connection_id)
        assert run_id

        pull.run_slice(shop.actor, run_id, worker="tests:1")
        before = len(shop.listings())
        assert pull.run_slice(shop.actor, run_id, worker="tests:1") is False
        assert len(shop.listings()) == before
        assert "run" not in ringing(shop)
        resume(store)
        shop.settle()

        assert len(shop.listings()) == 120
        assert {run.state for run in shop.runs()} == {"done"}


def test_nothing_is_asked_of_a_paused_connection(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        pause(store)
        before = len(shop.runs())

        with pytest.raises(NotOpen), unit_of_work(shop.actor) as work:
            service.push_connection(work, store.connection_id)
        with pytest.raises(NotOpen), unit_of_work(shop.actor) as work:
            service.request_run(work, store.connection_id, RunKind.CHANGES, cause="Sync now")

        assert len(shop.runs()) == before


def test_a_push_run_is_never_gone_on_with_as_a_read(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        with unit_of_work(shop.actor) as work:
            [run_id] = service.sync_products(work, [product])

        assert "run" not in ringing(shop)
        assert pull.run_slice(shop.actor, run_id, worker="tests:2") is False
        assert shop.runs()[-1].state == "running"
        shop.settle()
        assert shop.runs()[-1].state == "done"


def test_asking_twice_leaves_no_run_open(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        for _ in range(2):
            with unit_of_work(shop.actor) as work:
                service.sync_products(work, [product])

        shop.settle()

        assert {run.state for run in shop.runs()} == {"done"}


def test_a_disconnected_shop_leaves_nothing_waiting(shop: Shop) -> None:
    product = shop.add_product("Mug", "MUG-1")
    with connected_store(shop) as store:
        shop.settle()
        store.list_here(product)
        shop.change(product, title="Blue mug")
        store.state.edit_product(store.state.product_ids()[0], name="Green mug")
        shop.settle()
        shop.change(product, description="<p>New</p>")
        relay.deliver_here(shop.actor)

        connecting.disconnect(shop.actor, store.connection_id)
        relay.deliver_here(shop.actor)

        assert ringing(shop) == set()
        assert shop.conflicts() == []
        assert {run.state for run in shop.runs()} <= {"done", "partial", "cancelled"}
        assert store.state.titles() == ["Green mug"]


@pytest.mark.parametrize("point", ["push.claimed", "push.sent"])
def test_keys_revoked_in_the_middle_of_a_push_lose_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)]
    revoked: list[str] = []

    def revoke(name: str) -> None:
        if name == point and not revoked:
            revoked.append(name)
            store.state.revoke_key(1)

    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        monkeypatch.setattr(faults, "point", revoke)
        for at, product in enumerate(ids):
            shop.change(product, title=f"Blue mug {at}")
        for _ in range(5):
            shop.turn()
            shop.advance(timedelta(minutes=10))

        assert {str(each.state) for each in shop.listings()} <= {"waiting", "running"}
        assert "push" not in ringing(shop)
        key = store.state.add_key()
        credentials = {"key": key.consumer_key, "secret": key.consumer_secret}
        connecting.refresh_keys(shop.actor, store.connection_id, credentials)
        shop.settle()

        assert sorted(store.state.titles()) == [f"Blue mug {at}" for at in range(3)]
        assert {str(each.state) for each in shop.listings()} == {"synced"}


def test_a_product_deleted_there_in_the_middle_of_a_push_is_gone_and_the_others_go_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(3)]
    erased: list[int] = []

    def erase(name: str) -> None:
        if name == "push.sent" and not erased:
            erased.append(store.state.product_ids()[0])
            store.state.erase(erased[0])

    with connected_store(shop) as store:
        shop.settle()
        store.list_here(*ids)
        monkeypatch.setattr(faults, "point", erase)
        for at, product in enumerate(ids):
            shop.change(product, title=f"Blue mug {at}")
        shop.settle()

        states = sorted(str(each.state) for each in shop.listings())
        assert states == ["gone", "synced", "synced"]
        assert len(store.state.titles()) == 2
        assert all(title.startswith("Blue") for title in store.state.titles())
