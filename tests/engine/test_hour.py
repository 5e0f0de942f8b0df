"""An hour of bad weather over three shops, with workers that die and keys that end.

Nothing is lost, doubled or stuck, and what SyncStore calls drift is what really differs.
CHAOS_PRODUCTS and CHAOS_MINUTES make the hour larger; the weather is the same.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.connections import renewal
from app.connections.models import Connection
from app.core import db, faults, kv
from app.listings.models import Listing
from app.simulators.chaos import Chaos, Profile
from app.simulators.shopify import Quirk
from app.sync import rules, service
from app.sync.models import SyncTask, TaskState
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.world import Shop, Store, connected_store

PRODUCTS = int(os.environ.get("CHAOS_PRODUCTS", "6"))
MINUTES = int(os.environ.get("CHAOS_MINUTES", "12"))
EDITS_A_MINUTE = 3 if PRODUCTS < 50 else 10
TURNS_A_MINUTE = 4
FIELDS = ("title", "description", "tags", "quantity")
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
# What GraphQL adds to the weather of HTTP; one each minute.
QUIRKS = (
    Quirk.THROTTLED,
    Quirk.INTERNAL_ERROR,
    Quirk.PARALLEL,
    Quirk.NO_COST,
    Quirk.KEY_IN_USE,
    Quirk.KEY_FAILED,
)
# Renewed a few minutes after they were given; what is ended early stops working at once.
KEYS: dict[str, Any] = {"token_seconds": 15 * 60}
Spot = tuple[int, str]  # (number in the SKU, field)


class Killed(BaseException):
    """The worker died here, as under kill -9: nothing of its cleaning up may be relied on."""


class Reaper:
    """Lets the worker die at one of the named points of a flow, when its hour has come."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.is_due = False
        self.killed: list[str] = []

    def __call__(self, name: str) -> None:
        if self.is_due and self._random.random() < 0.5:
            self.is_due = False
            self.killed.append(name)
            raise Killed


@dataclass
class Ring:
    """Our shop and three more, the products all of them sell, and who kills the workers."""

    shop: Shop
    stores: list[Store]
    ids: list[UUID]
    reaper: Reaper
    truth: dict[Spot, Any] = field(default_factory=dict)
    random: Random = field(default_factory=lambda: Random(11))  # noqa: S311 (always the same)
    edits: int = 0

    @property
    def shopifys(self) -> list[ShopifyShop]:
        return [store for store in self.stores if isinstance(store, ShopifyShop)]

    def edit(self) -> None:
        """Edit a field where its people sit: each field of a product is edited at one place."""
        at, name = self.random.randrange(PRODUCTS), self.random.choice(FIELDS)
        self.edits += 1
        word = f"{name} {at}, edit {self.edits}"
        made: dict[str, Any] = {"description": f"<p>{word}</p>", "tags": [word.replace(",", "")]}
        value = self.edits if name == "quantity" else made.get(name, word)
        self.truth[at, name] = value
        where = (at + FIELDS.index(name)) % 4
        if where == 0:
            self.shop.edit(self.ids[at], name, value)
        else:
            self.stores[where - 1].edit(sku(at), name, value)

    def work(self) -> None:
        """Let everybody work a little; who dies is followed by the next worker, later."""
        try:
            self.shop.turn()
        except Killed:
            self.shop.worker = f"tests:{len(self.reaper.killed) + 1}"
            self.shop.advance(rules.LEASE + timedelta(seconds=1))

    def play(self, minute: int) -> None:
        """Edit, work, die and forget, for one minute."""
        for _ in range(EDITS_A_MINUTE):
            self.edit()
        for shopify in self.shopifys:
            shopify.state.next(self.random.choice(QUIRKS))
        if minute % 15 == 14:
            for store in self.stores:
                service.poll(self.shop.actor, store.connection_id)
        if minute == MINUTES // 2:
            self.shopifys[0].state.expire_tokens()
        self.reaper.is_due = True
        for _ in range(TURNS_A_MINUTE):
            self.work()
        if minute in (MINUTES // 3, 2 * MINUTES // 3):
            kv.client().flushdb()
        self.shop.advance(timedelta(minutes=1))

    def calm(self) -> None:
        """End the bad weather, and let everything come to rest."""
        self.reaper.is_due = False
        for store in self.stores:
            store.state.chaos.calm()
        for shopify in self.shopifys:
            shopify.state.quirks.clear()
        self.shop.advance(timedelta(hours=1))
        self.shop.settle()

    def differing(self, store: Store) -> int:
        """Count the products a shop shows otherwise than we do."""
        return sum(store.shown(sku(at)) != self.shop.shown(key) for at, key in enumerate(self.ids))

    def compare(self, store: Store) -> int:
        """Let a shop be compared as every day; returns the drift it is said to have."""
        store.read(everything=True)
        with db.reading(self.shop.actor) as session:
            row = session.get_one(Connection, store.connection_id)
        assert row.drift_checked == PRODUCTS
        assert row.drift_listings is not None
        return row.drift_listings


def sku(at: int) -> str:
    return f"MUG-{at}"


@pytest.fixture
def reaper(monkeypatch: pytest.MonkeyPatch) -> Reaper:
    found = Reaper(Random(5))  # noqa: S311 (a schedule, always the same)
    monkeypatch.setattr(faults, "point", found)
    monkeypatch.setattr(renewal, "LOOKS", 1)  # nobody else is here who might renew meanwhile
    return found


@pytest.fixture
def ring(shop: Shop, reaper: Reaper) -> Iterator[Ring]:
    ids = [
        shop.add_product(f"Mug {at}", sku(at), description="<p>Old</p>") for at in range(PRODUCTS)
    ]
    with ExitStack() as stack:
        weather = [
            Chaos(number, "calm", sleep=lambda s: shop.advance(timedelta(seconds=s)))
            for number in range(3)
        ]
        stores: list[Store] = [
            stack.enter_context(connected_store(shop, chaos=weather[0])),
            stack.enter_context(connected_shopify(shop, chaos=weather[1], **KEYS)),
            stack.enter_context(connected_shopify(shop, chaos=weather[2], **KEYS)),
        ]
        for store in stores:
            store.list_here(*ids)
        yield Ring(shop, stores, ids, reaper)


def stuck(shop: Shop) -> int:
    with db.reading(shop.actor) as session:
        wanted = select(func.count()).select_from(SyncTask)
        return session.scalar(wanted.where(SyncTask.state != TaskState.DONE)) or 0


def listings(shop: Shop) -> int:
    with db.reading(shop.actor) as session:
        return session.scalar(select(func.count()).select_from(Listing)) or 0


@pytest.mark.timeout(7200)
def test_an_hour_of_bad_weather_loses_nothing(ring: Ring) -> None:
    shop, stores = ring.shop, ring.stores
    for store in stores:
        store.state.chaos.use(WEATHER)

    for minute in range(MINUTES):
        ring.play(minute)
    ring.calm()

    # what nobody told us of, because its webhooks were lost, is drift, and found by comparing
    real = []
    for store in stores:
        real.append(ring.differing(store))
        assert ring.compare(store) == real[-1]
    print(
        f"{PRODUCTS} products, {MINUTES} minutes, {ring.edits} edits, {len(ring.reaper.killed)}"
        f" killed, drift {real}, {[store.state.chaos.struck for store in stores]}"
    )
    assert [(each.field, each.base, each.ours, each.theirs) for each in shop.conflicts()] == []
    assert {each.state for each in shop.listings()} == {"synced"}
    for (at, name), value in ring.truth.items():
        assert shop.shown(ring.ids[at])[name] == value
        assert [store.shown(sku(at))[name] for store in stores] == [value] * 3
    assert [len(store.state.product_ids()) for store in stores] == [PRODUCTS] * 3
    assert (len(shop.titles()), listings(shop)) == (PRODUCTS, 3 * PRODUCTS)
    assert stuck(shop) == 0
    assert len(ring.reaper.killed) > MINUTES * 3 // 4
    assert all(store.state.counts()["tokens"] > 2 for store in ring.shopifys)
    assert [(ring.differing(store), ring.compare(store)) for store in stores] == [(0, 0)] * 3


def test_drift_is_what_really_differs(ring: Ring) -> None:
    for store in ring.stores:
        store.state.chaos.use(Profile(drop_delivery=1.0))
    for at, where in ((0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 2)):
        ring.stores[where].edit(sku(at), "title", f"Cup {at}")
    ring.shop.settle()

    assert [ring.differing(store) for store in ring.stores] == [2, 1, 3]
    assert [ring.compare(store) for store in ring.stores] == [2, 1, 3]
    assert [ring.compare(store) for store in ring.stores] == [0, 0, 0]
