"""A flash sale in three shops at once, in bad weather: nothing is oversold, no order is lost.

Buyers come faster than anybody writes, and buy wherever a shop still shows stock. FLASH_ORDERS and
FLASH_UNITS make the sale larger; the weather is the same.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.connections.models import Connection
from app.core import db
from app.inventory import oversell
from app.inventory import service as inventory
from app.inventory.models import Level
from app.orders.models import Order
from app.simulators.chaos import Chaos, Profile, Strike
from app.simulators.shopify.merchant import OutOfStock
from app.simulators.woocommerce.order_stock import SoldOut
from app.sync import queries, service
from app.sync.models import SentCount, SyncTask, TaskState
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.world import Shop, Store, connected_store

ORDERS = int(os.environ.get("FLASH_ORDERS", "300"))
UNITS = int(os.environ.get("FLASH_UNITS", str(max(1, ORDERS // 10))))
A_SECOND = int(os.environ.get("FLASH_RATE", "50"))
LOVED = (6, 3, 1)  # which shop a buyer looks into first
LOYAL = 0.5  # so many look nowhere else
REGRET = 0.04  # so many cancel in the same breath
SEED = int(os.environ.get("FLASH_SEED", "7"))
SKU = "MUG-1"
WEATHER = Profile(
    throttle=0.05,
    busy=0.03,
    fail_before=0.05,
    lost_answer=0.08,
    batch_cut=0.1,
    retry_after=1,
    drop_delivery=0.2,
    duplicate_delivery=0.2,
    reorder_deliveries=0.5,
    delay_delivery=0.2,
    delay_seconds=20,
)


class Weather(Chaos):
    """Bad weather in which people go on buying: between any two calls, too."""

    meanwhile: Callable[[], None] | None = None

    def strike(self, *, is_write: bool, is_batch: bool) -> Strike | None:
        if self.meanwhile is not None:
            self.meanwhile()
        return super().strike(is_write=is_write, is_batch=is_batch)


@dataclass
class Sale:
    """Three shops that sell one mug, and the crowd in front of them."""

    shop: Shop
    stores: list[Store]
    product: UUID
    random: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 (always the same)
    sold: dict[int, list[int]] = field(default_factory=dict)  # shop → numbers of its orders
    cancelled: int = 0
    waiting: int = 0  # buyers who are there and did not look yet
    most_promised: int = 0  # the most that was ever sold and still for sale, together

    @property
    def units(self) -> int:
        return sum(map(len, self.sold.values())) - self.cancelled

    def orders(self) -> list[Order]:
        with db.reading(self.shop.actor) as session:
            found = list(session.scalars(select(Order)))
            for each in found:
                list(each.lines)
            return found

    def struck(self) -> dict[str, int]:
        """Count what the weather did, in all shops together."""
        total: Counter[str] = Counter()
        for store in self.stores:
            total.update({key.value: n for key, n in store.state.chaos.struck.items() if n})
        return dict(total)

    def shown(self, store: Store) -> int:
        return int(store.shown(SKU)["quantity"])

    def buy(self, *, but_at: Store | None = None) -> bool:
        """Let one buyer take a mug where there is one: in the favourite shop first."""
        order = self.random.choices(range(3), LOVED, k=1) + self.random.sample(range(3), 3)
        for at in dict.fromkeys(order[: 1 if self.random.random() < LOYAL else 4]):
            store = self.stores[at]
            if store is but_at or self.shown(store) <= 0:
                continue
            try:
                number = _sell(store)
            except (SoldOut, OutOfStock):
                continue
            self.sold.setdefault(at, []).append(number)
            if self.random.random() < REGRET:
                store.state.cancel_order(number)
                self.cancelled += 1
            return True
        return False

    def meanwhile(self, store: Store) -> None:
        """Let somebody buy while we talk to a shop.

        Not in a WooCommerce shop that is talked to: it cannot compare, and what it sells between
        our last look and the write is the part of the risk that its page tells of.
        """
        if self.waiting and self.random.random() < 0.5:
            self.waiting -= 1
            self.buy(but_at=None if isinstance(store, ShopifyShop) else store)
            self.look()

    def look(self) -> None:
        """Note what would be sold if every shop sold all it shows this moment."""
        self.most_promised = max(self.most_promised, self.units + sum(map(self.shown, self.stores)))

    def crowd(self, buyers: int, turns: int) -> None:
        """Let a second pass: buyers come, and everybody works in between."""
        for turn in range(turns):
            self.waiting += buyers * (turn + 1) // turns - buyers * turn // turns
            self.shop.turn()
            while self.waiting:
                self.waiting -= 1
                self.buy()
            self.look()
            self.shop.advance(timedelta(seconds=1 / turns))

    def calm(self) -> None:
        """End the bad weather, and let every piece of news arrive."""
        for store in self.stores:
            store.state.chaos.calm()
        for _ in range(3):
            self.shop.advance(timedelta(minutes=15))
            for store in self.stores:
                service.reconcile(self.shop.actor, store.connection_id)
            self.shop.settle()
            self.look()

    def last_buyers(self) -> None:
        """Sell what is left, whichever shop shows it, until nobody shows any more."""
        for _ in range(4 * UNITS + 20):
            if not any(self.shown(store) > 0 for store in self.stores):
                break
            self.buy()
            self.shop.settle()
            self.look()


def _sell(store: Store) -> int:
    key = store._key(SKU)
    if isinstance(store, ShopifyShop):
        return int(store.state.sell((key, 1)))
    return store.state.sell([(key, 1)])


@pytest.fixture
def sale(shop: Shop) -> Iterator[Sale]:
    product = shop.add_product("Mug", SKU, quantity=UNITS)
    with ExitStack() as stack:
        weather = [
            Weather(SEED + number, "calm", sleep=lambda s: shop.advance(timedelta(seconds=s)))
            for number in range(3)
        ]
        stores: list[Store] = [
            stack.enter_context(connected_store(shop, chaos=weather[0])),
            stack.enter_context(connected_store(shop, chaos=weather[1])),
            stack.enter_context(connected_shopify(shop, chaos=weather[2])),
        ]
        sale = Sale(shop, stores, product)
        for store, chaos in zip(stores, weather, strict=True):
            chaos.meanwhile = partial(sale.meanwhile, store)
        yield sale


def _open(sale: Sale, mode: str) -> None:
    for store in sale.stores:
        store.rules(stock_mode=mode)
    sale.shop.settle()
    for store in sale.stores:
        store.list_here(sale.product)
    sale.shop.settle()
    sale.shop.advance(timedelta(minutes=1))  # shops tell of their orders by whole seconds


def _level(shop: Shop) -> tuple[int, int, int, int]:
    with db.reading(shop.actor) as session:
        row = session.scalars(select(Level)).one()
        return row.on_hand, row.committed, row.reserved, row.available


def _imported(shop: Shop, store: Store) -> Counter[str]:
    with db.reading(shop.actor) as session:
        found = select(Order.external_id).where(Order.connection_id == store.connection_id)
        return Counter(key for key in session.scalars(found) if key)


def _left_over(shop: Shop) -> tuple[int, int]:
    """Return how many tasks and how many counts are not answered for."""
    with db.reading(shop.actor) as session:
        tasks = select(func.count()).select_from(SyncTask).where(SyncTask.state != TaskState.DONE)
        counts = select(func.count()).select_from(SentCount)
        return session.scalar(tasks) or 0, session.scalar(counts) or 0


def _assert_books_are_right(sale: Sale) -> None:
    for at, store in enumerate(sale.stores):
        assert _imported(sale.shop, store) == Counter(map(str, sale.sold.get(at, [])))
    with db.reading(sale.shop.actor) as session:
        assert inventory.unequal_levels(session) == []
    assert [(each.field, each.base, each.ours, each.theirs) for each in sale.shop.conflicts()] == []
    assert {each.state for each in sale.shop.listings()} == {"synced"}
    assert _left_over(sale.shop) == (0, 0)


@pytest.mark.timeout(3600)
def test_strict_shops_never_sell_more_than_there_is(sale: Sale) -> None:
    _open(sale, "strict")
    at_first = [sale.shown(store) for store in sale.stores]
    for store in sale.stores:
        store.state.chaos.use(WEATHER)

    for _ in range(-(-ORDERS // A_SECOND)):
        sale.crowd(A_SECOND, turns=5)
    in_the_rush = sale.units
    sale.calm()
    left = UNITS - sale.units
    print(
        f"{ORDERS} buyers, {UNITS} units, {in_the_rush} sold in the rush, {left} left,"
        f" {sale.cancelled} cancelled, {at_first} at first, {sale.struck()}"
    )

    assert sum(at_first) == UNITS
    assert sale.most_promised <= UNITS
    assert _level(sale.shop) == (UNITS, sale.units, 0, left)
    assert sum(sale.shown(store) for store in sale.stores) == left
    _assert_books_are_right(sale)

    sale.last_buyers()
    sale.calm()

    assert sale.most_promised == UNITS == sale.units
    assert _level(sale.shop) == (UNITS, UNITS, 0, 0)
    assert [sale.shown(store) for store in sale.stores] == [0, 0, 0]
    _assert_books_are_right(sale)


def _stated(sale: Sale, seconds: float) -> oversell.Risk:
    """Return the risk as the pages state it, at the speed of this sale."""
    with db.reading(sale.shop.actor) as session:
        sellers = []
        for at, store in enumerate(sale.stores):
            hears, writes, blind = queries.windows(
                session, session.get_one(Connection, store.connection_id)
            )
            assert hears is not None
            assert writes is not None
            rate = len(sale.sold.get(at, [])) / seconds
            sellers.append(oversell.Seller(rate, hears, writes, blind))
    return oversell.risk(sellers, UNITS)


@pytest.mark.timeout(3600)
def test_shops_that_share_oversell_no_more_than_they_say(sale: Sale) -> None:
    _open(sale, "shared")
    assert [sale.shown(store) for store in sale.stores] == [UNITS] * 3
    for store in sale.stores:
        # A lost webhook is found by the next poll, minutes later: the figure would say anything.
        store.state.chaos.use(replace(WEATHER, drop_delivery=0))

    seconds = 0
    while any(sale.shown(store) > 0 for store in sale.stores) and seconds < 10 * UNITS:
        sale.crowd(2, turns=2)
        seconds += 1
    for store in sale.stores:
        store.state.chaos.calm()
    sale.shop.settle()
    stated = _stated(sale, seconds)
    sale.calm()
    oversold = max(0, sale.units - UNITS)
    print(f"{UNITS} units in {seconds} s, {oversold} oversold, stated {stated}, {sale.struck()}")

    # A figure is an average: what one sale in a thousand exceeds is still within it.
    most = next(n for n in count() if oversell.beyond(stated.units, n)[0] < 0.001)
    assert oversold <= most
    open_lines = [
        line for order in sale.orders() if order.cancelled_at is None for line in order.lines
    ]
    short = sum(line.quantity - line.allocated for line in open_lines)
    for at, store in enumerate(sale.stores):
        assert _imported(sale.shop, store) == Counter(map(str, sale.sold.get(at, [])))
    assert _level(sale.shop)[0] == UNITS
    assert short == oversold
    _assert_books_are_right(sale)
