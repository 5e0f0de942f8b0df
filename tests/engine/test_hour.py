"""An hour of bad weather over three stores, with workers that die: nothing lost, doubled or stuck.

CHAOS_PRODUCTS and CHAOS_MINUTES make it larger; the weather is the same.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.connections.models import Connection
from app.core import db, faults, kv
from app.simulators.chaos import Chaos, Profile
from app.sync import rules
from app.sync.models import SyncTask, TaskState
from tests.engine.world import Shop, Store, connected_store

PRODUCTS = int(os.environ.get("CHAOS_PRODUCTS", "6"))
MINUTES = int(os.environ.get("CHAOS_MINUTES", "12"))
EDITS_A_MINUTE = 3
FIELDS = {"title": "name", "description": "description", "short_description": "short_description"}
WEATHER = Profile(
    throttle=0.05,
    busy=0.03,
    fail_before=0.05,
    lost_answer=0.05,
    batch_cut=0.1,
    retry_after=2,
    drop_delivery=0.2,
    duplicate_delivery=0.2,
    reorder_deliveries=0.5,
    delay_delivery=0.2,
    delay_seconds=90,
)


class Killed(BaseException):
    """The worker died here, as under kill -9: nothing of its cleaning up may be relied on."""


class Reaper:
    """Lets the worker die at one of the named points of a flow, when its hour has come."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.is_due = False
        self.killed = 0

    def __call__(self, _name: str) -> None:
        if self.is_due and self._random.random() < 0.5:
            self.is_due, self.killed = False, self.killed + 1
            raise Killed


def turn(shop: Shop) -> None:
    """Let everybody work a little; who dies is followed by the next worker, later."""
    try:
        shop.turn()
    except Killed:
        shop.advance(rules.LEASE + timedelta(seconds=1))


@pytest.fixture
def reaper(monkeypatch: pytest.MonkeyPatch) -> Reaper:
    found = Reaper(Random(5))  # noqa: S311 (a schedule, always the same)
    monkeypatch.setattr(faults, "point", found)
    return found


@pytest.fixture
def ring(shop: Shop) -> Iterator[tuple[Shop, list[Store], list[UUID]]]:
    with ExitStack() as stack:
        ids = [
            shop.add_product(f"Mug {at}", f"MUG-{at}", description="<p>Old</p>")
            for at in range(PRODUCTS)
        ]
        stores = []
        for number in range(3):
            chaos = Chaos(number, "calm", sleep=lambda s: shop.advance(timedelta(seconds=s)))
            stores.append(stack.enter_context(connected_store(shop, chaos=chaos)))
            stores[-1].list_here(*ids)
        yield shop, stores, ids


def edit(
    shop: Shop, stores: list[Store], ids: list[UUID], spot: tuple[int, str], word: str
) -> None:
    """Edit a field where its people sit: each field of a product is edited at one place only."""
    at, name = spot
    where = (at + list(FIELDS).index(name)) % 4
    value = word if name == "title" else f"<p>{word}</p>"
    if where == 0:
        shop.change(ids[at], **{name: value})
        return
    state = stores[where - 1].state
    key = state.find_sku(f"MUG-{at}")
    assert key
    state.edit_product(key, **{FIELDS[name]: value})


def shown(store: Store, spot: tuple[int, str]) -> str:
    at, name = spot
    key = store.state.find_sku(f"MUG-{at}")
    assert key
    return str(store.state.product(key)[FIELDS[name]])


def stuck(shop: Shop) -> int:
    with db.reading(shop.actor) as session:
        wanted = select(func.count()).select_from(SyncTask)
        return session.scalar(wanted.where(SyncTask.state != TaskState.DONE)) or 0


def drift(shop: Shop) -> list[Any]:
    with db.reading(shop.actor) as session:
        return list(session.scalars(select(Connection.drift_listings)))


def play_an_hour(
    shop: Shop, stores: list[Store], ids: list[UUID], reaper: Reaper
) -> dict[tuple[int, str], str]:
    """Edit, work, die and forget, minute by minute; returns what must be true in the end."""
    random = Random(11)  # noqa: S311 (a schedule, always the same)
    truth: dict[tuple[int, str], str] = {}
    for minute in range(MINUTES):
        for number in range(EDITS_A_MINUTE):
            spot = (random.randrange(PRODUCTS), random.choice(list(FIELDS)))
            truth[spot] = f"{spot[1]} {spot[0]} at minute {minute}, edit {number}"
            edit(shop, stores, ids, spot, truth[spot])
        reaper.is_due = True
        for _ in range(4):
            turn(shop)
        if minute in (MINUTES // 3, 2 * MINUTES // 3):
            kv.client().flushdb()
        shop.advance(timedelta(minutes=1))
    reaper.is_due = False
    return truth


def compare_everything(stores: list[Store]) -> None:
    for store in stores:
        store.read(everything=True)


@pytest.mark.timeout(3600)
def test_an_hour_of_bad_weather_loses_nothing(
    ring: tuple[Shop, list[Store], list[UUID]], reaper: Reaper
) -> None:
    shop, stores, ids = ring
    for store in stores:
        store.state.chaos.use(WEATHER)

    truth = play_an_hour(shop, stores, ids, reaper)
    for store in stores:
        store.state.chaos.calm()
    shop.advance(timedelta(hours=1))
    compare_everything(stores)

    for spot, word in truth.items():
        assert word in str(shop.values(ids[spot[0]]).values[spot[1]])
        assert all(word in shown(store, spot) for store in stores)
    assert reaper.killed > MINUTES // 2
    assert [len(store.state.product_ids()) for store in stores] == [PRODUCTS] * 3
    assert shop.conflicts() == []
    assert stuck(shop) == 0
    compare_everything(stores)
    assert drift(shop) == [0, 0, 0]
