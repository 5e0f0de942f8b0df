"""A worker killed at any step of a push or a pull, and a Redis that forgets: the same end state."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core import db, kv
from app.core.work import unit_of_work
from app.listings.models import Listing
from app.listings.service import list_products
from app.sync import service, tasks
from app.sync.models import SyncTask, TaskState
from tests.crash.processes import Install, wait_until
from tests.engine.world import Shop, Store

pytestmark = [pytest.mark.race, pytest.mark.xdist_group("crash"), pytest.mark.timeout(300)]

PRODUCTS = 4
OURS = [f"Our mug {at}" for at in range(PRODUCTS)]
THEIRS = [f"Their mug {at}" for at in range(PRODUCTS)]


def is_quiet(shop: Shop, store: Store) -> bool:
    """Tell whether every listing is synced and no task waits."""
    with db.reading(shop.actor) as session:
        states = set(session.scalars(select(Listing.state)))
        open_tasks = session.scalar(
            select(func.count())
            .select_from(SyncTask)
            .where(SyncTask.state.in_((TaskState.WAITING, TaskState.RUNNING)))
        )
    with unit_of_work(shop.actor) as work:
        is_read = service.has_quiet(work, store.connection_id)
    return states <= {"synced"} and not open_tasks and is_read


def wait_for_quiet(install: Install, shop: Shop, store: Store) -> None:
    """Wait until nothing is left to do."""
    try:
        wait_until(lambda: is_quiet(shop, store), "every listing is synced")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{store.state.titles()}\n{install.said()}") from error


def die_at(install: Install, point: str, fault_file: Path, act: Callable[[], object]) -> None:
    """Run a worker that dies at a point of the flow `act` begins, and let its leases run out."""
    worker = install.start("workers.worker", FAULT_AT=point, FAULT_FILE=str(fault_file))
    act()
    wait_until(fault_file.exists, f"the worker passes {point}")
    install.kill(worker)
    install.let_leases_run_out()


@pytest.fixture
def listed(install: Install, shop: Shop, store: Store) -> Store:
    """The store with some mugs of ours, at rest."""
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]
    with unit_of_work(shop.actor) as work:
        list_products(work, store.connection_id, ids)
    worker = install.start("workers.worker")
    wait_until(lambda: len(store.state.product_ids()) == PRODUCTS, "all mugs are listed")
    wait_for_quiet(install, shop, store)
    install.kill(worker)
    install.let_leases_run_out()
    store.state.forget_writes()
    return store


def edit_here(shop: Shop) -> None:
    """Give every product of ours its new title."""
    for listing in shop.listings():
        assert listing.product_id
        at = shop.values(listing.product_id).values["title"].rpartition(" ")[2]
        shop.change(listing.product_id, title=f"Our mug {at}")


def edit_there(store: Store) -> list[str]:
    """Give every product of the store its new title; returns their ids."""
    for key in store.state.product_ids():
        at = str(store.state.product(key)["name"]).rpartition(" ")[2]
        store.state.edit_product(key, name=f"Their mug {at}")
    return [str(key) for key in store.state.product_ids()]


def ask_for_items(shop: Shop, store: Store, keys: list[str]) -> None:
    """Ask for single items, as a webhook does."""
    with unit_of_work(shop.actor) as work:
        tasks.request_pulls(work, store.connection_id, keys)


@pytest.mark.parametrize("point", ["push.claimed", "push.sent", "push.answered", "push.recorded"])
def test_a_killed_push_arrives_once(
    install: Install, shop: Shop, listed: Store, fault_file: Path, point: str
) -> None:
    die_at(install, point, fault_file, lambda: edit_here(shop))

    install.start("workers.worker")
    wait_until(lambda: sorted(listed.state.titles()) == OURS, "all titles arrive")
    wait_for_quiet(install, shop, listed)

    assert shop.titles() == OURS
    assert listed.state.writes_of("name") == PRODUCTS
    assert shop.conflicts() == []


@pytest.mark.parametrize("point", ["push.claimed", "push.sent", "push.answered", "push.recorded"])
def test_a_killed_creation_makes_each_product_once(
    install: Install, shop: Shop, store: Store, fault_file: Path, point: str
) -> None:
    ids = [shop.add_product(f"Mug {at}", f"MUG-{at}") for at in range(PRODUCTS)]

    def list_all() -> None:
        with unit_of_work(shop.actor) as work:
            list_products(work, store.connection_id, ids)

    die_at(install, point, fault_file, list_all)
    install.start("workers.worker")
    wait_until(lambda: len(store.state.product_ids()) == PRODUCTS, "all mugs are listed")
    wait_for_quiet(install, shop, store)

    assert sorted(store.state.titles()) == shop.titles()
    assert len(store.state.product_ids()) == PRODUCTS
    assert len(shop.listings(store)) == PRODUCTS


@pytest.mark.parametrize("point", ["pull.claimed", "pull.answered", "pull.recorded"])
def test_a_killed_pull_takes_in_everything_and_writes_nothing_back(
    install: Install, shop: Shop, listed: Store, fault_file: Path, point: str
) -> None:
    keys = edit_there(listed)

    die_at(install, point, fault_file, lambda: ask_for_items(shop, listed, keys))
    install.start("workers.worker")
    wait_until(lambda: shop.titles() == THEIRS, "all titles arrive here")
    wait_for_quiet(install, shop, listed)

    assert sorted(listed.state.titles()) == THEIRS
    assert listed.state.writes() == []


@pytest.mark.parametrize("point", ["read.answered", "read.recorded"])
def test_a_killed_full_read_goes_on(
    install: Install, shop: Shop, listed: Store, fault_file: Path, point: str
) -> None:
    edit_there(listed)

    die_at(install, point, fault_file, lambda: service.reconcile(shop.actor, listed.connection_id))
    install.start("workers.worker")
    wait_until(lambda: shop.titles() == THEIRS, "all titles arrive here")
    wait_for_quiet(install, shop, listed)

    assert shop.runs()[-1].state == "done"
    assert listed.state.writes() == []


@contextmanager
def forgetful_redis() -> Iterator[None]:
    """Empty Redis again and again meanwhile."""
    is_over = threading.Event()

    def forget() -> None:
        while not is_over.wait(0.3):
            kv.client().flushdb()

    thread = threading.Thread(target=forget, name="forgetful", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_a_redis_flushed_at_any_time_loses_nothing(
    install: Install, shop: Shop, listed: Store
) -> None:
    install.start("workers.worker")
    with forgetful_redis():
        edit_here(shop)
        wait_until(lambda: sorted(listed.state.titles()) == OURS, "all titles arrive there")
        keys = edit_there(listed)
        ask_for_items(shop, listed, keys)
        wait_until(lambda: shop.titles() == THEIRS, "all titles arrive here")
    wait_for_quiet(install, shop, listed)

    assert sorted(listed.state.titles()) == THEIRS
    assert listed.state.writes_of("name") == PRODUCTS
    assert shop.conflicts() == []


def test_a_killed_scheduler_loses_nothing(install: Install, shop: Shop, listed: Store) -> None:
    second = install.start("workers.scheduler")
    install.start("workers.worker")

    edit_here(shop)
    install.kill(second)
    wait_until(lambda: sorted(listed.state.titles()) == OURS, "all titles arrive there")
    wait_for_quiet(install, shop, listed)

    assert listed.state.writes_of("name") == PRODUCTS
