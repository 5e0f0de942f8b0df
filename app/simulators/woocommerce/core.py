"""The state of one simulated store and what everything in it stands on: lock, ids, time, events."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from app.core import clock as machine_clock
from app.simulators.chaos import Chaos
from app.simulators.woocommerce.settings import TwinSettings
from app.simulators.woocommerce.storage import Row, Shelf
from app.simulators.woocommerce.tables import Goods, Table
from app.simulators.woocommerce.term_table import TermTable

TOPIC_HOOKS: Final[Mapping[str, frozenset[str]]] = {
    "product.created": frozenset({"woocommerce_new_product", "woocommerce_new_product_variation"}),
    "product.updated": frozenset(
        {"woocommerce_update_product", "woocommerce_update_product_variation"}
    ),
    "product.deleted": frozenset({"wp_trash_post"}),
    "product.restored": frozenset({"untrashed_post"}),
    "order.created": frozenset({"woocommerce_new_order"}),
    "order.updated": frozenset({"woocommerce_update_order", "woocommerce_order_refunded"}),
    "order.deleted": frozenset({"wp_trash_post"}),
    "order.restored": frozenset({"untrashed_post"}),
    "customer.created": frozenset({"user_register"}),
    "customer.updated": frozenset({"profile_update"}),
    "customer.deleted": frozenset({"delete_user"}),
    "coupon.created": frozenset({"woocommerce_new_coupon"}),
    "coupon.updated": frozenset({"woocommerce_update_coupon"}),
    "coupon.deleted": frozenset({"wp_trash_post"}),
    "coupon.restored": frozenset({"untrashed_post"}),
}

_LONGEST_LOG: Final = 200_000  # writes; a demo may run for weeks


def hooks_of(topic: str) -> frozenset[str]:
    """Return the WordPress hooks that a topic listens to."""
    if topic.startswith("action."):
        return frozenset({topic.removeprefix("action.")})
    return TOPIC_HOOKS.get(topic, frozenset())


@dataclass(frozen=True, slots=True)
class Write:
    """One write somebody sent through the API; a batch counts as its items."""

    at: int
    method: str  # create, update, delete
    resource: str
    id: int
    fields: tuple[str, ...]
    body: Mapping[str, Any]
    error: str | None  # the code of the refusal; None when it took effect
    in_batch: bool


class StoreCore:
    """Tables, clock and wires of one store; every access happens under its lock."""

    def __init__(
        self,
        *,
        settings: TwinSettings | None = None,
        clock: Callable[[], datetime] | None = None,
        chaos: Chaos | None = None,
        http: httpx.Client | None = None,
        path: Path | None = None,
    ) -> None:
        self.settings = settings or TwinSettings()
        self.clock = clock or machine_clock.now
        self.chaos = chaos or Chaos()
        self.http = http or httpx.Client(timeout=60, follow_redirects=False)
        self.lock = threading.RLock()
        self.shelf = Shelf(path)
        self.goods = Goods(self.shelf)
        self.terms = TermTable(self.shelf)
        self.attributes = Table("attribute", self.shelf)
        self.media = Table("media", self.shelf)
        self.orders = Table("order", self.shelf)
        self.notes = Table("note", self.shelf)
        self.webhooks = Table("webhook", self.shelf)
        self.queue = Table("queued", self.shelf)
        self.keys = Table("key", self.shelf)
        self.files: dict[str, bytes] = dict(self.shelf.files())
        self.write_log: deque[Write] = deque(maxlen=_LONGEST_LOG)
        self.requests = 0
        self.stale_skus: set[str] = set()
        self.lost_users: set[int] = set()
        self.due_pings: list[int] = []
        self.nonces: dict[tuple[int, str], int] = {}
        self._sequences = Table("sequence", self.shelf)
        self._waiting = {
            (queued["webhook_id"], queued["resource_id"])
            for queued in self.queue.rows.values()
            if not queued["shaped"]
        }
        self._depth = 0
        with self.change():
            self._found_shop()

    def now(self) -> int:
        """Return the store's time in whole seconds."""
        return int(self.clock().timestamp())

    def take_id(self, sequence: str) -> int:
        """Return the next id; products, variations, media and orders share the one of posts."""
        row = self._sequences.get(0) or {"id": 0}
        row[sequence] = row.get(sequence, 0) + 1
        self._sequences.put(row)
        return int(row[sequence])

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the store; its file is written when the outermost holder lets go."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.shelf.flush()

    def fire(self, hook: str, resource_id: int, *, admin_type: str | None = None) -> None:
        """Queue a delivery per listening webhook, unless the same one still waits there.

        `admin_type` is the post type on the admin screen; only there are trash hooks filtered.
        """
        for webhook in self.webhooks.rows.values():
            if webhook["status"] != "active" or hook not in hooks_of(webhook["topic"]):
                continue
            resource = webhook["topic"].partition(".")[0]
            if admin_type is not None and resource not in {admin_type, "action"}:
                continue
            self._enqueue(webhook["id"], resource_id)

    def _enqueue(self, webhook_id: int, resource_id: int) -> None:
        if (webhook_id, resource_id) not in self._waiting:
            self._waiting.add((webhook_id, resource_id))
            self.queue_delivery(webhook_id, resource_id, due=self.now())

    def unqueue(self, queued: Row) -> None:
        """Take one delivery out of the background queue."""
        self.queue.drop(queued["id"])
        if not queued["shaped"]:
            self._waiting.discard((queued["webhook_id"], queued["resource_id"]))

    def queue_delivery(
        self, webhook_id: int, resource_id: int, *, due: int, shaped: bool = False
    ) -> None:
        """Put a delivery into the background queue; `shaped` ones have met the weather."""
        self.queue.put(
            {
                "id": self.take_id("queued"),
                "webhook_id": webhook_id,
                "resource_id": resource_id,
                "due": due,
                "shaped": shaped,
            }
        )

    def option(self, name: str) -> Any:
        """Return what the shop remembers under a name, or None."""
        row = self._sequences.get(1)
        return None if row is None else row.get(name)

    def set_option(self, name: str, value: Any) -> None:
        """Remember a fact of the shop."""
        row: Row = self._sequences.get(1) or {"id": 1}
        row[name] = value
        self._sequences.put(row)

    @property
    def default_category(self) -> int:
        """The category a product without one falls into."""
        return int(self.option("default_product_cat"))

    def _found_shop(self) -> None:
        if self.option("default_product_cat") is not None:
            return
        term = self.terms.add(self.take_id("terms"), "product_cat", "Uncategorized")
        self.set_option("default_product_cat", term["id"])
