"""A merchant's world in one process: our shop, simulated stores, webhooks between them, one clock.

Nothing is mocked: facts go through the outbox, calls through the adapter and the store's own WSGI
application, webhooks through our hooks route. Only the processes are missing: `settle` turns what
relay, scheduler and workers would turn, until nothing is left to do.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import httpx
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import aliased

from app.catalog import service as catalog
from app.connections import connecting, wire
from app.connections import service as connections
from app.connections.models import Connection, ConnectionState
from app.core import clock, db
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.listings.models import Listing
from app.listings.service import list_products
from app.simulators.chaos import Chaos
from app.simulators.woocommerce import StoreState, TwinSettings, create_twin
from app.sync import inbox, order_telling, orders, pull, push, service
from app.sync.models import Conflict, ConflictState, RunState, SyncRun, SyncTask, TaskState
from app.sync.project import our_values
from workers import relay

WORKER = "tests:1"
TURNS = 400
_GOODS = frozenset(("product", "variation", "variant", "level", "item", "metafield"))


@dataclass
class Shop:
    """Our side: one organization with its connected stores."""

    app: Flask
    actor: Actor
    advance: Callable[[timedelta], None]
    stores: list["Store"] = field(default_factory=list)
    worker: str = WORKER

    def add_product(self, title: str, *skus: str, **values: Any) -> UUID:
        """Create a product; several SKUs make variants of one option."""
        price = values.pop("price", 1000)
        quantity = values.pop("quantity", 5)
        variants = []
        for sku in skus or (None,):
            one: dict[str, Any] = {
                "sku": sku,
                "price": {"minor": price, "currency": "USD"},
                "quantity": quantity,
            }
            if len(skus) > 1:
                one["choice"] = {"Size": str(sku)}
            variants.append(catalog.VariantDraft(one))
        if len(skus) > 1:
            values["options"] = [{"name": "Size", "values": list(skus)}]
        draft = catalog.ProductDraft(
            {"title": title, "status": "active", **values}, tuple(variants)
        )
        with unit_of_work(self.actor) as work:
            return catalog.create_product(work, draft, origin="web")

    def change(self, product_id: UUID, **values: Any) -> None:
        """Edit a product as a person would."""
        with unit_of_work(self.actor) as work:
            catalog.change_product(work, catalog.ProductChange(product_id, values), origin="web")

    def change_variant(self, product_id: UUID, **values: Any) -> None:
        """Edit the first variant of a product as a person would."""
        key = next(iter(self.values(product_id).variants))
        with unit_of_work(self.actor) as work:
            catalog.change_product(
                work, catalog.ProductChange(product_id, variants={key: values}), origin="web"
            )

    def values(self, product_id: UUID) -> catalog.ProductValues:
        """Return what our catalog has."""
        with db.reading(self.actor) as session:
            return our_values(session, self.actor.organization, [product_id])[product_id]

    def shown(self, product_id: UUID) -> dict[str, Any]:
        """Return what our catalog has of a product with one variant, as `Store.shown` does."""
        has = self.values(product_id)
        [variant] = has.variants.values()
        return {
            "title": has.values["title"],
            "description": has.values["description"],
            "tags": has.values["tags"],
            "price": variant["price"]["minor"],
            "quantity": variant["quantity"],
        }

    def edit(self, product_id: UUID, name: str, value: Any) -> None:
        """Edit one field of a product with one variant, as `Store.edit` does."""
        if name == "price":
            self.change_variant(product_id, price={"minor": value, "currency": "USD"})
        elif name == "quantity":
            self.change_variant(product_id, quantity=value)
        else:
            self.change(product_id, **{name: value})

    def titles(self) -> list[str]:
        """Return the titles of all our products."""
        with db.reading(self.actor) as session:
            return sorted(session.scalars(text("SELECT title FROM products")))

    def listings(self, store: "Store | None" = None) -> list[Listing]:
        """Return our listings, by title."""
        found = select(Listing).order_by(Listing.title)
        if store is not None:
            found = found.where(Listing.connection_id == store.connection_id)
        with db.reading(self.actor) as session:
            return list(session.scalars(found))

    def conflicts(self) -> list[Conflict]:
        """Return the open conflicts."""
        with db.reading(self.actor) as session:
            return list(
                session.scalars(select(Conflict).where(Conflict.state == ConflictState.OPEN))
            )

    def runs(self) -> list[SyncRun]:
        """Return all runs, oldest first."""
        with db.reading(self.actor) as session:
            return list(session.scalars(select(SyncRun).order_by(SyncRun.id)))

    def settle(self) -> None:
        """Turn relay, webhooks and workers until nothing is left, moving the clock over waits."""
        for _ in range(TURNS):
            if not self.turn():
                if not self._waits_later():
                    return
                self.advance(timedelta(seconds=15))
        raise AssertionError("The world does not come to rest: " + self._unrest())

    def _unrest(self) -> str:
        with db.reading(self.actor) as session:
            rows = session.scalars(
                select(SyncTask).where(SyncTask.state.in_((TaskState.WAITING, TaskState.RUNNING)))
            )
            return "; ".join(f"{t.direction} {t.subject} {t.state} {t.error}" for t in rows)

    def turn(self) -> bool:
        """Let everybody do what is due now; False: nobody did anything."""
        did = relay.deliver_here(self.actor)
        for store in self.stores:
            did |= bool(store.state.deliver_due())
            did |= bool(inbox.take_deliveries(self.actor, store.connection_id))
            did |= pull.pull_slice(self.actor, store.connection_id, worker=self.worker)
            did |= push.push_slice(self.actor, store.connection_id, worker=self.worker)
            did |= orders.order_slice(self.actor, store.connection_id, worker=self.worker)
            did |= order_telling.tell_slice(self.actor, store.connection_id, worker=self.worker)
        for run_id in self._open_runs():
            did |= pull.run_slice(self.actor, run_id, worker=self.worker)
        return relay.deliver_here(self.actor) or did or self._has_due()

    def _open_runs(self) -> list[UUID]:
        with db.reading(self.actor) as session:
            return list(
                session.scalars(
                    select(SyncRun.id)
                    .join(Connection, Connection.id == SyncRun.connection_id)
                    .where(
                        SyncRun.state.in_((RunState.WAITING, RunState.RUNNING)),
                        SyncRun.kind.not_in(("push", "manual")),
                        # One of a shop that needs a person goes on when they came.
                        Connection.state == ConnectionState.ACTIVE,
                    )
                )
            )

    def _has_due(self) -> bool:
        other = aliased(SyncTask)
        held = select(other.subject).where(
            other.connection_id == SyncTask.connection_id,
            other.direction == SyncTask.direction,
            other.state == TaskState.RUNNING,
            other.lease_until >= clock.now(),
        )
        with db.reading(self.actor) as session:
            due = (
                select(func.count())
                .select_from(SyncTask)
                .join(Connection, Connection.id == SyncTask.connection_id)
                .where(
                    SyncTask.state == TaskState.WAITING,
                    # What is in somebody's hand, be they dead, is due when their lease ends.
                    SyncTask.subject.not_in(held),
                    SyncTask.due_at <= clock.now(),
                    Connection.state == ConnectionState.ACTIVE,
                    func.coalesce(Connection.blocked_until, clock.now()) <= clock.now(),
                )
            )
            return bool(session.scalar(due))

    def _waits_later(self) -> bool:
        with db.reading(self.actor) as session:
            waiting = (
                select(func.count())
                .select_from(SyncTask)
                .where(SyncTask.state.in_((TaskState.WAITING, TaskState.RUNNING)))
            )
            deliveries = sum(s.state.counts()["waiting_deliveries"] for s in self.stores)
            return bool(session.scalar(waiting)) or bool(self._open_runs()) or deliveries > 0


@dataclass
class Store:
    """A simulated store and our connection to it."""

    shop: Shop
    state: StoreState
    address: str
    connection_id: UUID

    def rules(self, **settings: Any) -> None:
        """Set rules of the connection, as its settings page does."""
        with unit_of_work(self.shop.actor) as work:
            row = connections.get_connection(work, self.connection_id)
            row.settings = {**row.settings, **settings}

    def read(self, *, everything: bool = False) -> None:
        """Let the schedule's hour strike: ask for changes, or compare everything."""
        start = service.reconcile if everything else service.poll
        start(self.shop.actor, self.connection_id)
        self.shop.settle()

    def list_here(self, *product_ids: UUID) -> None:
        """Wish for products of ours to be in this store."""
        with unit_of_work(self.shop.actor) as work:
            list_products(work, self.connection_id, product_ids)
        self.shop.settle()

    # The store in our words, by the SKU of a product with one variant; each store has its own.

    NAMES: ClassVar[Mapping[str, str]] = {
        "title": "name",
        "description": "description",
        "tags": "tags",
        "price": "regular_price",
        "quantity": "stock_quantity",
    }

    def shown(self, sku: str) -> dict[str, Any]:
        """Return what shoppers see of a product."""
        has = self.state.product(self._key(sku))
        return {
            "title": has["name"],
            "description": has["description"],
            "tags": sorted(each["name"] for each in has["tags"]),
            "price": round(100 * float(has["regular_price"])),
            "quantity": has["stock_quantity"],
        }

    def edit(self, sku: str, name: str, value: Any) -> None:
        """Edit one field of a product as the store's people do."""
        theirs = value
        if name == "tags":
            theirs = [{"name": each} for each in value]
        elif name == "price":
            theirs = f"{value / 100:.2f}"
        self.state.edit_product(self._key(sku), **{self.NAMES[name]: theirs})

    def written(self, name: str) -> int:
        """Count the writes of a field that came from us."""
        return sum(self.NAMES[name] in each.fields for each in self.goods())

    def goods(self) -> list[Any]:
        """Return the writes to products, variants and stock that came from us."""
        return [each for each in self.state.writes() if each.resource in _GOODS]

    def _key(self, sku: str) -> int:
        key = self.state.find_sku(sku)
        assert key
        return key


@contextmanager
def connected_store(
    shop: Shop,
    *,
    chaos: Chaos | None = None,
    seed: Callable[[StoreState], None] | None = None,
    **settings: Any,
) -> Iterator[Store]:
    """Connect a new simulated store and let the first read finish."""
    address = f"https://store-{db.new_id().hex[-8:]}.test"
    outside = httpx.Client(transport=httpx.WSGITransport(app=shop.app))
    twin = create_twin(
        settings=TwinSettings(home_url=address, allows_local_urls=True, **settings),
        clock=clock.now,
        chaos=chaos,
        http=outside,
    )
    state: StoreState = twin.extensions["twin"]
    if seed is not None:
        seed(state)
    key = state.add_key()
    wire.mount(address, httpx.WSGITransport(app=twin, raise_app_exceptions=False))
    try:
        wish = connecting.Wish(
            "woocommerce",
            "Sandbox",
            address,
            {"key": key.consumer_key, "secret": key.consumer_secret},
            {},
        )
        row = connecting.connect(shop.actor, wish)
        connecting.activate(shop.actor, row.id)
        store = Store(shop, state, address, row.id)
        shop.stores.append(store)
        yield store
    finally:
        wire.unmount(address)
        outside.close()
        state.close()


@contextmanager
def world(app: Flask, actor: Actor) -> Iterator[Shop]:
    """An empty shop under a clock that stands until it is moved."""
    with ExitStack() as stack:
        advance = stack.enter_context(clock.frozen(clock.now()))
        yield Shop(app, actor, advance)
