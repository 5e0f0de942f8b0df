"""The state of one simulated store and what everything in it stands on: lock, ids, time, events."""

import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import httpx

from app.core import clock as machine_clock
from app.simulators.chaos import Chaos
from app.simulators.shopify.bucket import Bucket
from app.simulators.shopify.index import Index
from app.simulators.shopify.settings import TwinSettings
from app.simulators.shopify.tables import Keys, Table
from app.simulators.storage import Row, Shelf

_LONGEST_LOG: Final = 200_000  # writes; a demo may run for weeks
_FIRST_ID: Final = 7_000_000_000_000  # ids of real stores no longer fit 32 bits


class Quirk(StrEnum):
    """What one of the next GraphQL requests may meet, beyond bad weather."""

    THROTTLED = "throttled"  # 200 with the error THROTTLED, nothing done
    INTERNAL_ERROR = "internal_error"  # 200 with INTERNAL_SERVER_ERROR, nothing done
    PARALLEL = "parallel"  # TOO_MANY_PARALLEL_REQUESTS_FOR_THIS_PRODUCT, nothing done
    NO_COST = "no_cost"  # done, but the answer has no extensions
    KEY_IN_USE = "key_in_use"  # IDEMPOTENCY_CONCURRENT_REQUEST
    KEY_FAILED = "key_failed"  # IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED
    MEDIA_FAILS = "media_fails"  # the next picture cannot be processed
    BULK_FAILS = "bulk_fails"  # the next bulk operation ends FAILED with a part of its data
    NO_EXPIRY = "no_expiry"  # a refresh is answered without expires_in


class Condition(StrEnum):
    """How the shop is; anything but open answers every call with its status."""

    OPEN = "open"
    FROZEN = "frozen"  # 402
    FORBIDDEN = "forbidden"  # 403
    GONE = "gone"  # 404
    LOCKED = "locked"  # 423
    SUSPICIOUS = "suspicious"  # 430


@dataclass(frozen=True, slots=True)
class Write:
    """One thing somebody wrote through the API; a list counts as its entries."""

    at: int
    mutation: str
    resource: str
    id: str
    fields: tuple[str, ...]
    body: Mapping[str, Any]
    error: str | None  # the code or sentence of the refusal; None when it took effect
    in_bulk: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a thing: a topic and how to write its body once the change is over."""

    topic: str
    key: int
    body: Callable[[], Mapping[str, Any] | None]


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
        self.ahead = 0  # seconds the panel has moved this store's clock on
        self.chaos = chaos or Chaos()
        self.http = http or httpx.Client(timeout=10, follow_redirects=False)
        self.lock = threading.RLock()
        self.shelf = Shelf(path)
        self._open_tables()
        self.kept_changes = sum(len(row["changes"]) for row in self.groups.rows.values())
        self.files: dict[str, bytes] = dict(self.shelf.files())
        self.index = Index()
        self.bucket = Bucket(self.settings.bucket_size, self.settings.restore_rate)
        self.condition = Condition.OPEN
        self.quirks: list[Quirk] = []
        self.write_log: deque[Write] = deque(maxlen=_LONGEST_LOG)
        self.requests = 0
        self.leaked_tokens = 0  # times the access token was sent to the storage host
        self._claimed: set[int] = set()
        self.dirty: dict[tuple[str, int], None] = {}
        self.documents: dict[str, Callable[[int], Mapping[str, Any] | None]] = {}
        self._events: dict[tuple[str, int], Event] = {}
        self._depth = 0

    def _open_tables(self) -> None:
        shelf = self.shelf
        self.products = Table(
            "product",
            shelf,
            {"handle": lambda row: [row["handle"]], "media": lambda row: set(row["media"])},
        )
        self.variants = Table(
            "variant",
            shelf,
            {
                "product": lambda row: [row["product_id"]],
                "item": lambda row: [row["item_id"]],
                "sku": lambda row: [row["sku"]] if row["sku"] else [],
            },
        )
        self.levels = Table(
            "level",
            shelf,
            {
                "item": lambda row: [row["item_id"]],
                "place": lambda row: [(row["item_id"], row["location_id"])],
                "location": lambda row: [row["location_id"]],
            },
        )
        self.metafields = Table(
            "metafield",
            shelf,
            {
                "owner": lambda row: [row["owner"]],
                "value": lambda row: [
                    (row["owner_type"], row["namespace"], row["key"], row["value"])
                ],
            },
        )
        self.media = Table(
            "file",
            shelf,
            {"name": lambda row: [row["name"]], "status": lambda row: [row["status"]]},
        )
        self.hooks = Table("hook", shelf, {"topic": lambda row: [row["topic"]]})
        self.tokens = Table(
            "token", shelf, {"secret": lambda row: [row["access"], row["refresh"] or ""]}
        )
        names = ("location", "publication", "definition", "delivery", "bulk", "staged")
        self.locations, self.publications, self.definitions, self.deliveries, *rest = (
            Table(name, shelf) for name in names
        )
        self.bulks, self.staged = rest
        self.operations = Table("operation", shelf, {"status": lambda row: [row["status"]]})
        self.groups = Table("group", shelf)
        self.orders = Table("order", shelf)
        of_order: Mapping[str, Keys] = {"order": lambda row: [row["order_id"]]}
        self.fulfillments = Table("fulfillment", shelf, of_order)
        self.fulfillment_orders = Table(
            "fulfillment_order",
            shelf,
            {**of_order, "line": lambda row: [line["line_id"] for line in row["lines"]]},
        )
        self.returns = Table("return", shelf, of_order)
        self.ways_back = Table(
            "way_back", shelf, {**of_order, "return": lambda row: [row["return_id"]]}
        )
        self.of_orders = {
            "Fulfillment": self.fulfillments,
            "FulfillmentOrder": self.fulfillment_orders,
            "Return": self.returns,
            "ReverseFulfillmentOrder": self.ways_back,
        }
        self.codes = Table("code", shelf)
        self.idempotency = Table("idempotency", shelf, {"key": lambda row: [row["key"]]})
        self._facts = Table("fact", shelf)

    def now(self) -> int:
        """Return the store's time in whole seconds."""
        return int(self.clock().timestamp()) + self.ahead

    def moment(self) -> float:
        """Return the store's time with its fractions, for the bucket."""
        return self.clock().timestamp() + self.ahead

    def take_id(self) -> int:
        """Return the next id; no two things share a number, so that mixed up ids are seen."""
        row = dict(self._facts.get(0) or {"id": 0, "last": _FIRST_ID})
        row["last"] += 1
        self._facts.put(row)
        return int(row["last"])

    def keep_file(self, path: str, body: bytes) -> None:
        """Keep a file under a path."""
        self.files[path] = body
        self.shelf.note_file(path, body)

    def drop_file(self, path: str) -> None:
        """Forget a file."""
        if self.files.pop(path, None) is not None:
            self.shelf.note_file(path, None)

    def fact(self, name: str) -> Any:
        """Return what the shop remembers under a name, or None."""
        return (self._facts.get(1) or {}).get(name)

    def set_fact(self, name: str, value: Any) -> None:
        """Remember a fact of the shop."""
        self._facts.put({**(self._facts.get(1) or {}), "id": 1, name: value})

    def takes(self, *quirks: Quirk) -> Quirk | None:
        """Take the first forced quirk that is one of these, if there is one."""
        for quirk in self.quirks:
            if quirk in quirks:
                self.quirks.remove(quirk)
                return quirk
        return None

    @contextmanager
    def claim(self, row_id: int) -> Iterator[bool]:
        """Say whether nobody else is at this row, and keep others away from it meanwhile."""
        with self.lock:
            is_mine = row_id not in self._claimed
            self._claimed.add(row_id)
        try:
            yield is_mine
        finally:
            if is_mine:
                with self.lock:
                    self._claimed.discard(row_id)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the store; index, webhooks and file follow when the outermost holder lets go."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                if self._depth == 1:
                    self._settle()
                self._depth -= 1

    def touch(self, kind: str, row_id: int) -> None:
        """Remember that a thing's document in the search index is old."""
        self.dirty[kind, row_id] = None

    def fire(self, topic: str, key: int, body: Callable[[], Mapping[str, Any] | None]) -> None:
        """Tell the webhooks at the end of the change; the same news twice is told once."""
        self._events[topic, key] = Event(topic, key, body)

    def _settle(self) -> None:
        now = self.now()
        dirty, self.dirty = self.dirty, {}
        for kind, row_id in dirty:
            doc = self.documents[kind](row_id) if kind in self.documents else None
            self.index.note(kind, row_id, doc, due=now + self.settings.search_lag_seconds)
        self.index.catch_up(now)
        events, self._events = self._events, {}
        event_id = str(uuid.uuid4())
        for event in events.values():
            if not _is_told(event, events):
                self._enqueue(event, event_id)
        self.shelf.flush()

    def _enqueue(self, event: Event, event_id: str) -> None:
        listening = self.hooks.where("topic", event.topic)
        body = event.body() if listening else None
        for hook in listening:
            if body is not None:
                self.queue_delivery(hook, event.topic, body, event_id=event_id)

    def queue_delivery(
        self,
        hook: Row | None,
        topic: str,
        body: Mapping[str, Any],
        *,
        event_id: str = "",
        wait: int = 0,
        secret: str | None = None,
    ) -> None:
        """Put a delivery into the queue; without a hook it goes where the app's own list says."""
        now = self.now()
        self.deliveries.put(
            {
                "id": self.take_id(),
                "hook_id": hook["id"] if hook else None,
                "uri": hook["uri"] if hook else self.settings.compliance_url,
                "name": hook["name"] if hook else None,
                "include_fields": hook["include_fields"] if hook else [],
                "topic": topic,
                "body": body,
                "event_id": event_id or str(uuid.uuid4()),
                "webhook_id": str(uuid.uuid4()),
                "triggered": now,
                "due": now + wait,
                "tries": 0,
                "secret": secret,
                "shaped": False,
            }
        )


def _is_told(event: Event, events: Mapping[tuple[str, int], Event]) -> bool:
    """An update of something that was also made or deleted in the same change says nothing new."""
    resource, _, verb = event.topic.rpartition("_")
    return verb == "UPDATE" and any(
        (f"{resource}_{other}", event.key) in events for other in ("CREATE", "DELETE")
    )
