"""A shop in memory whose customers buy, and what our side makes of it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.adapters.memory import MemoryShop
from app.core import db
from app.core.work import unit_of_work
from app.inventory.models import Level, Posting
from app.orders.models import Order
from app.sync import inbox, order_reading, order_telling, orders, pull, push, service, tasks
from tests.engine.world import WORKER, Shop
from workers import relay


@dataclass
class Sales:
    """Our side, one shop in memory, and the turns between them."""

    shop: Shop
    store: MemoryShop
    connection_id: UUID

    def turn(self) -> bool:
        """Let everybody do what is due now; False: nobody did anything."""
        actor = self.shop.actor
        did = relay.deliver_here(actor)
        for work in (
            pull.pull_slice,
            push.push_slice,
            orders.order_slice,
            order_telling.tell_slice,
        ):
            did |= work(actor, self.connection_id, worker=WORKER)
        for run_id in self.shop._open_runs():
            did |= pull.run_slice(actor, run_id, worker=WORKER)
        did |= bool(inbox.take_deliveries(actor, self.connection_id))
        return relay.deliver_here(actor) or did or self.shop._has_due()

    def settle(self) -> None:
        """Turn until nothing is left."""
        for _ in range(100):
            if not self.turn():
                return
        raise AssertionError("The world does not come to rest.")

    def read(self) -> None:
        """Let the schedule's hour strike: what changed, and orders."""
        service.poll(self.shop.actor, self.connection_id)
        self.settle()

    def read_stock_only(self) -> None:
        """Let news of the stock come before any news of an order."""
        actor = self.shop.actor
        service.reconcile(actor, self.connection_id)
        relay.deliver_here(actor)
        for run_id in self.shop._open_runs():
            while pull.run_slice(actor, run_id, worker=WORKER):
                pass
        relay.deliver_here(actor)

    def read_orders_only(self) -> None:
        """Let orders come before any news of the stock."""
        with unit_of_work(self.shop.actor) as work:
            tasks.request_orders(work, self.connection_id, [order_reading.CHANGED])
        while orders.order_slice(self.shop.actor, self.connection_id, worker=WORKER):
            pass
        relay.deliver_here(self.shop.actor)

    def later(self, minutes: int) -> None:
        """Let time pass."""
        self.shop.advance(timedelta(minutes=minutes))

    def put(self, sku: str, quantity: int) -> tuple[UUID, str]:
        """Sell one good on both sides; returns our variant and theirs."""
        good = self.store.add_product(
            {"title": f"Mug {sku}"},
            {"sku": sku, "quantity": quantity, "price": {"minor": 1000, "currency": "USD"}},
        )
        product = self.shop.add_product(f"Mug {sku}", sku, quantity=quantity)
        self.later(1)
        self.read()
        return next(iter(self.shop.values(product).variants)), good

    def level(self, variant_id: UUID) -> Level:
        """Return the level of a variant at its one location."""
        with db.reading(self.shop.actor) as session:
            return session.scalars(select(Level).where(Level.variant_id == variant_id)).one()

    def orders(self) -> list[Order]:
        """Return our orders, oldest first, with their lines."""
        with db.reading(self.shop.actor) as session:
            found = list(session.scalars(select(Order).order_by(Order.placed_at, Order.id)))
            for each in found:
                list(each.lines)
            return found

    def kinds(self) -> list[str]:
        """Return the kinds of postings, in order."""
        with db.reading(self.shop.actor) as session:
            return list(session.scalars(select(Posting.kind).order_by(Posting.id)))

    def shown(self, good: str) -> int:
        """Return the stock the shop shows."""
        return int(self.store.good(good)[1].values["quantity"])
