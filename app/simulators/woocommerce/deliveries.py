"""Pings and deliveries: what the store's background queue sends out, and how it takes failures."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final

import httpx

from app.simulators.woocommerce import outside, php, render
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.order_view import shown_order
from app.simulators.woocommerce.render import View
from app.simulators.woocommerce.storage import Row

_PATIENCE: Final = 5  # failures in a row after which the next one disables
_TIMEOUT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One call the store made to a webhook; status 0 means nobody answered."""

    webhook_id: int
    topic: str
    url: str
    headers: dict[str, str]
    body: bytes
    status: int


def signature(secret: str, body: bytes) -> str:
    """Sign a raw body: base64 HMAC-SHA256 with the secret, its HTML entities decoded."""
    key = php.decode_entities(secret).encode()
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def send_pings(store: StoreCore) -> None:
    """Send the pings that saves of webhooks asked for; not under the lock."""
    with store.lock:
        due, store.due_pings = store.due_pings, []
        targets = [store.webhooks.rows[row_id] for row_id in due if row_id in store.webhooks.rows]
    for row in targets:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status = _post(store, row["delivery_url"], headers, f"webhook_id={row['id']}".encode())
        if status == 200:
            with store.change():
                if current := store.webhooks.get(row["id"]):
                    store.webhooks.put(current | {"is_pending": False})


def deliver_due(store: StoreCore) -> list[Sent]:
    """Send what the queue holds and is due, as one tick of the store's cron does."""
    with store.change():
        outgoing = _take_due(store)
    return [sent for queued in outgoing if (sent := _deliver(store, queued)) is not None]


def _take_due(store: StoreCore) -> list[Row]:
    now = store.now()
    due = [queued for queued in store.queue.rows.values() if queued["due"] <= now]
    for queued in due:
        store.unqueue(queued)
    fresh, later = store.chaos.shape([queued for queued in due if not queued["shaped"]])
    for queued, seconds in later:
        store.queue_delivery(
            queued["webhook_id"], queued["resource_id"], due=now + seconds, shaped=True
        )
    return [queued for queued in due if queued["shaped"]] + fresh


def _deliver(store: StoreCore, queued: Row) -> Sent | None:
    with store.change():
        webhook = store.webhooks.get(queued["webhook_id"])
        if webhook is None:
            return None
        body = php.dumps(payload(store, webhook, queued["resource_id"])).encode()
        headers = _headers(store, webhook, body)
    status = _post(store, webhook["delivery_url"], headers, body)
    with store.change():
        _record(store, webhook["id"], is_success=200 <= status < 303)
    send_pings(store)
    return Sent(webhook["id"], webhook["topic"], webhook["delivery_url"], headers, body, status)


def _record(store: StoreCore, webhook_id: int, *, is_success: bool) -> None:
    webhook = store.webhooks.get(webhook_id)
    if webhook is None:
        return
    changed: dict[str, Any] = {"failures": 0, "modified": store.now()}
    if not is_success:
        changed["failures"] = webhook["failures"]
        if webhook["failures"] > _PATIENCE:
            changed["status"] = "disabled"
        else:
            changed["failures"] += 1
    webhook = store.webhooks.put(webhook | changed)
    if webhook["status"] == "active" and webhook["is_pending"]:
        store.due_pings.append(webhook_id)


def _headers(store: StoreCore, webhook: Row, body: bytes) -> dict[str, str]:
    resource, _, event = webhook["topic"].partition(".")
    # Made from the second, not from the delivery: two in one second share it.
    seed = f"{webhook['id']}{store.now()}".encode()
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": f"{store.settings.home_url}/",
        "X-WC-Webhook-Topic": webhook["topic"],
        "X-WC-Webhook-Resource": resource,
        "X-WC-Webhook-Event": event,
        "X-WC-Webhook-Signature": signature(webhook["secret"], body),
        "X-WC-Webhook-ID": str(webhook["id"]),
        "X-WC-Webhook-Delivery-ID": hashlib.sha256(seed).hexdigest()[:32],
    }


def payload(store: StoreCore, webhook: Row, resource_id: int) -> dict[str, Any]:
    """Return the body: the thing as the webhook's creator sees it at this moment."""
    resource, _, event = webhook["topic"].partition(".")
    if resource == "action":
        return {"action": event, "arg": resource_id}
    if event == "deleted":
        return {"id": resource_id}
    if webhook["user_id"] in store.lost_users:
        return _refused("woocommerce_rest_cannot_view", 401)
    row = (store.goods if resource == "product" else store.orders).get(resource_id)
    if row is None:
        kind = "product" if resource == "product" else "shop_order"
        return _refused(f"woocommerce_rest_{kind}_invalid_id", 404)
    view = View(store)
    return render.product(view, row) if resource == "product" else shown_order(view, row)


def _refused(code: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": "Refused.", "data": {"status": status}}


def _post(store: StoreCore, url: str, headers: dict[str, str], body: bytes) -> int:
    if outside.is_refused(url, store.settings):
        return 0
    headers = headers | {"User-Agent": outside.user_agent(store.settings)}
    try:
        answer = store.http.post(
            url, headers=headers, content=body, timeout=_TIMEOUT, follow_redirects=False
        )
    except httpx.HTTPError:
        return 0
    return answer.status_code
