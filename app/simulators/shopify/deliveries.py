"""Webhooks on their way: signed, sent, tried again, and given up."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from app.simulators.shopify import installs, texts
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.settings import SUPPORTED_VERSIONS
from app.simulators.storage import Row

# Eight more tries within four hours.
RETRIES: Final = (15, 45, 240, 900, 1800, 3000, 3900, 4500)
MOST_FAILURES: Final = 8  # in a row; then the subscription is deleted
_TIMEOUT: Final = httpx.Timeout(5, connect=1)
_RESOURCES: Final = (
    "fulfillment_orders",
    "fulfillment_events",
    "inventory_items",
    "inventory_levels",
    "bulk_operations",
    "fulfillments",
    "locations",
    "products",
    "refunds",
    "returns",
    "orders",
    "shop",
    "app",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One call the store made to a webhook; status 0 means nobody answered in time."""

    topic: str
    url: str
    headers: dict[str, str]
    body: bytes
    status: int


def topic_name(topic: str) -> str:
    """Return a topic as the header names it."""
    text = topic.lower()
    for resource in _RESOURCES:
        if text.startswith(f"{resource}_"):
            return f"{resource}/{text.removeprefix(f'{resource}_')}"
    return text


def signature(secret: str, body: bytes) -> str:
    """Sign a raw body: base64 HMAC-SHA256 with the app's client secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def deliver_due(store: StoreCore) -> list[Sent]:
    """Send what the queue holds and is due; not under the lock."""
    with store.change():
        outgoing = _take_due(store)
    return [_deliver(store, row) for row in outgoing]


def _take_due(store: StoreCore) -> list[Row]:
    now = store.now()
    due = [row for row in store.deliveries.all() if row["due"] <= now]
    for row in due:
        store.deliveries.drop(row["id"])
    # The weather is met once: a retry has been through it.
    fresh, later = store.chaos.shape([row for row in due if not row["shaped"]])
    for row, seconds in later:
        waiting = row | {"id": store.take_id(), "due": now + seconds, "shaped": True}
        store.deliveries.put(waiting)
    return [row for row in due if row["shaped"]] + fresh


def _deliver(store: StoreCore, row: Row) -> Sent:
    body = _body(row)
    headers = _headers(store, row, body)
    status = _post(store, row["uri"], headers, body)
    with store.change():
        _record(store, row, is_taken=200 <= status < 300)
    return Sent(row["topic"], row["uri"], headers, body, status)


def _body(row: Row) -> bytes:
    told: Mapping[str, Any] = row["body"]
    if row["include_fields"]:
        told = {name: value for name, value in told.items() if name in row["include_fields"]}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def _headers(store: StoreCore, row: Row, body: bytes) -> dict[str, str]:
    secret = row.get("secret") or installs.signing_secret(store)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": topic_name(row["topic"]),
        "X-Shopify-Shop-Domain": store.settings.shop,
        "X-Shopify-Hmac-Sha256": signature(secret, body),
        "X-Shopify-Webhook-Id": row["webhook_id"],
        "X-Shopify-Event-Id": row["event_id"],
        "X-Shopify-Triggered-At": texts.written(row["triggered"]) or "",
        "X-Shopify-API-Version": SUPPORTED_VERSIONS[-1],
    }
    if row["name"]:
        headers["X-Shopify-Name"] = row["name"]
    if store.settings.names_headers_plainly:
        return {name.removeprefix("X-").lower(): value for name, value in headers.items()}
    return headers


def _post(store: StoreCore, url: str, headers: dict[str, str], body: bytes) -> int:
    try:
        answer = store.http.post(
            url, headers=headers, content=body, timeout=_TIMEOUT, follow_redirects=False
        )
    except httpx.HTTPError:
        return 0
    return answer.status_code


def _record(store: StoreCore, row: Row, *, is_taken: bool) -> None:
    hook = store.hooks.get(row["hook_id"])
    if hook is not None:
        failures = 0 if is_taken else hook["failures"] + 1
        if failures >= MOST_FAILURES:
            store.hooks.drop(hook["id"])
            return
        store.hooks.put(hook | {"failures": failures})
    if is_taken or row["tries"] >= len(RETRIES) or (row["hook_id"] and hook is None):
        return
    due = store.now() + RETRIES[row["tries"]]
    again = {"id": store.take_id(), "due": due, "tries": row["tries"] + 1, "shaped": True}
    store.deliveries.put(row | again)
