"""Cups and sets of cups sold out by two strict shops at once, in bad weather: no cup twice."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import product
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import db
from app.core.work import unit_of_work
from app.inventory import service as inventory
from app.inventory.models import Level
from app.orders.models import Order
from app.simulators.shopify.merchant import OutOfStock
from app.simulators.woocommerce.order_stock import SoldOut
from app.sync import service
from app.sync.shares import shares
from tests.engine.shopify import ShopifyShop, connected_shopify
from tests.engine.test_flash_sale import SEED, WEATHER, Weather
from tests.engine.world import Shop, Store, connected_store

CUPS = 24
UNITS = {"CUP": 1, "SET": 2}  # cups in one
BUYERS = 60


@dataclass
class Sale:
    """Two shops that sell cups, alone and in sets of two, and the crowd in front of them."""

    shop: Shop
    stores: list[Store]
    cup: UUID
    kit: UUID
    random: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 (always the same)
    sold: int = 0  # cups, alone and in sets
    waiting: int = 0
    most_promised: int = 0  # the most cups that were ever sold and still for sale, together

    def shown(self, store: Store, sku: str) -> int:
        return max(0, int(store.shown(sku)["quantity"]))

    def look(self) -> None:
        """Note what would be sold if every shop sold all it shows this moment, of both."""
        shown = sum(units * self.shown(s, sku) for s, (sku, units) in self.all())
        self.most_promised = max(self.most_promised, self.sold + shown)

    def all(self) -> list[tuple[Store, tuple[str, int]]]:
        return list(product(self.stores, UNITS.items()))

    def buy(self, *, but_at: Store | None = None) -> None:
        """Let one buyer take a cup or a set where there is one."""
        for store, (sku, units) in self.random.sample(self.all(), len(UNITS) * len(self.stores)):
            if store is but_at or not self.shown(store, sku):
                continue
            try:
                number = _sell(store, sku)
            except (SoldOut, OutOfStock):
                continue
            if self.random.random() < 0.1:
                store.state.cancel_order(number)
            else:
                self.sold += units
            return

    def meanwhile(self, store: Store) -> None:
        """Let somebody buy while we talk to a shop; not in one that cannot compare."""
        if self.waiting and self.random.random() < 0.5:
            self.waiting -= 1
            self.buy(but_at=None if isinstance(store, ShopifyShop) else store)
            self.look()

    def rush(self) -> None:
        for _ in range(BUYERS // 3):
            self.waiting += 3
            self.shop.turn()
            while self.waiting:
                self.waiting -= 1
                self.buy()
            self.look()
            self.shop.advance(timedelta(seconds=1))

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

    def level(self) -> Level:
        with db.reading(self.shop.actor) as session:
            assert inventory.unequal_levels(session) == []
            return session.scalars(select(Level).where(Level.variant_id == self.cup)).one()

    def is_due(self) -> list[str]:
        with db.reading(self.shop.actor) as session:
            return [each.name for each in shares(session, [self.cup, self.kit]) if each.is_due]


def _sell(store: Store, sku: str) -> int:
    key = store._key(sku)
    if isinstance(store, ShopifyShop):
        return int(store.state.sell((key, 1)))
    return store.state.sell([(key, 1)])


@pytest.fixture
def sale(shop: Shop) -> Iterator[Sale]:
    products = [shop.add_product(sku.title(), sku, quantity=CUPS) for sku in UNITS]
    cup, kit = (next(iter(shop.values(each).variants)) for each in products)
    with unit_of_work(shop.actor) as work:
        inventory.set_components(work, kit, {cup: UNITS["SET"]})
    with ExitStack() as stack:
        weather = [
            Weather(SEED + number, "calm", sleep=lambda s: shop.advance(timedelta(seconds=s)))
            for number in range(2)
        ]
        stores = [
            stack.enter_context(connected_store(shop, chaos=weather[0])),
            stack.enter_context(connected_shopify(shop, chaos=weather[1])),
        ]
        sale = Sale(shop, stores, cup, kit)
        for store, chaos in zip(stores, weather, strict=True):
            chaos.meanwhile = partial(sale.meanwhile, store)
            store.rules(stock_mode="strict")
        shop.settle()
        for store in stores:
            store.list_here(*products)
        shop.settle()
        shop.advance(timedelta(minutes=1))  # shops tell of their orders by whole seconds
        yield sale


@pytest.mark.timeout(3600)
def test_strict_shops_never_sell_a_cup_alone_and_in_a_set(sale: Sale) -> None:
    sale.look()
    at_first = {(s.connection_id, sku): sale.shown(s, sku) for s, (sku, _) in sale.all()}
    assert sale.most_promised == CUPS
    assert all(at_first.values())
    for store in sale.stores:
        store.state.chaos.use(WEATHER)

    sale.rush()
    sale.calm()

    left = CUPS - sale.sold
    level = sale.level()
    assert sale.most_promised == CUPS
    assert (level.on_hand, level.committed, level.reserved) == (CUPS, sale.sold, 0)
    assert sum(units * sale.shown(s, sku) for s, (sku, units) in sale.all()) == left
    assert sale.is_due() == []
    with db.reading(sale.shop.actor) as session:
        open_orders = session.scalars(select(Order).where(Order.cancelled_at.is_(None))).all()
        assert all(line.allocated == line.quantity for each in open_orders for line in each.lines)
    assert {each.state for each in sale.shop.listings()} == {"synced"}
    assert sale.shop.conflicts() == []
