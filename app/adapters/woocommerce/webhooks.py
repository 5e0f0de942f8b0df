"""Webhooks: verify over raw bytes, read what they hint at, and keep our subscriptions alive."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from app.adapters.errors import BadPayload, Gone, NeedsReauth, Refused
from app.adapters.types import Delivery, DeliveryKind, Hook
from app.adapters.woocommerce import problems, schema
from app.adapters.woocommerce.client import Client

_LONGEST: Final = 60
_ID: Final = re.compile(r"\d{1,20}")
_PING: Final = re.compile(rb"webhook_id=(\d+)")
_FORM: Final = "application/x-www-form-urlencoded"
# The store undoes these in the stored secret before it signs.
_ENTITIES: Final = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#039;": "'"}
_ENTITY: Final = re.compile("|".join(_ENTITIES))
_GONE_EVENTS: Final = frozenset(
    (
        "product.deleted",
        "action.woocommerce_delete_product",
        "action.woocommerce_delete_product_variation",
    )
)


def signature(secret: str, body: bytes) -> str:
    """Return what X-WC-Webhook-Signature must say for a body."""
    used = _ENTITY.sub(lambda found: _ENTITIES[found.group()], secret)
    return base64.b64encode(hmac.new(used.encode(), body, hashlib.sha256).digest()).decode()


def read_delivery(
    headers: Mapping[str, str], body: bytes, *, secret: str, home_url: str
) -> Delivery:
    """Verify and read one delivery; raises Refused when it is not from this shop."""
    sent = {name.lower(): value for name, value in headers.items()}
    given = sent.get("x-wc-webhook-signature")
    if given is None:
        return _ping(sent, body)
    if not hmac.compare_digest(given.encode(), signature(secret, body).encode()):
        raise Refused("This delivery is not signed with our secret.", code="bad_signature")
    source = sent.get("x-wc-webhook-source", "")
    if source and _host(source) != _host(home_url):
        # A copy of the shop, such as a staging site, still has our subscription and its secret.
        raise Refused(f"This delivery comes from {_host(source)}.", code="foreign_source")
    return _delivery(sent, body, _parsed(body))


def _ping(sent: Mapping[str, str], body: bytes) -> Delivery:
    found = _PING.fullmatch(body)
    if found is None or not sent.get("content-type", "").startswith(_FORM):
        raise Refused("This delivery is not signed.", code="no_signature")
    return Delivery(DeliveryKind.PING, "ping", f"ping:{found.group(1).decode()}")


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadPayload("delivery", "JSON") from None
    if not isinstance(found, dict):
        raise BadPayload("delivery", "an object")
    if "code" in found and "message" in found and "id" not in found and _is_about_rights(found):
        raise NeedsReauth(
            "The user who approved SyncStore may no longer see products. Connect the shop again.",
            code="webhook_without_rights",
        )
    return found


def _is_about_rights(found: Mapping[str, Any]) -> bool:
    """Tell lost rights from an object that was deleted before the shop wrote its delivery."""
    error = problems.error_of(problems.item_error(found).status, found, is_write=False)
    return isinstance(error, NeedsReauth)


def _delivery(sent: Mapping[str, str], body: bytes, found: Mapping[str, Any]) -> Delivery:
    topic = sent.get("x-wc-webhook-topic", "")
    key = ":".join(
        (
            sent.get("x-wc-webhook-id", "")[:_LONGEST],
            # Not unique by itself: two deliveries of one second share it.
            sent.get("x-wc-webhook-delivery-id", "")[:_LONGEST],
            hashlib.sha256(body).hexdigest(),
        )
    )
    identity = found.get("arg") if topic.startswith("action.") else found.get("id")
    parent = found.get("parent_id") if found.get("type") == "variation" else None
    return Delivery(
        kind=_kind(topic) if _id(identity) else DeliveryKind.OTHER,
        topic=topic[:_LONGEST],
        event_key=key,
        external_id=_id(identity),
        parent_external_id=_id(parent),
        occurred_at=_moment(found.get("date_modified_gmt")),
    )


def _id(value: Any) -> str | None:
    """Return an id as we keep it, or None for what the store never sends as one."""
    is_one = isinstance(value, int | str) and bool(value)
    return str(value) if is_one and _ID.fullmatch(str(value)) else None


def _kind(topic: str) -> DeliveryKind:
    if topic in _GONE_EVENTS:
        return DeliveryKind.PRODUCT_DELETED
    resource = topic.partition(".")[0]
    known = {"product": DeliveryKind.PRODUCT, "order": DeliveryKind.ORDER}
    return known.get(resource, DeliveryKind.OTHER)


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if isinstance(text, str) else None
    except ValueError:
        return None


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


class Hooks:
    """Our subscriptions in one shop: one per topic, all to one address with one secret."""

    def __init__(self, client: Client, *, url: str, secret: str) -> None:
        self._client = client
        self._url = url
        self._secret = secret

    def list(self) -> Sequence[Hook]:
        """Return the subscriptions that point to us."""
        return [
            _hook(row)
            for row in self._client.rows("/webhooks", fresh=True)
            if row.get("delivery_url") == self._url
        ]

    def arm(self) -> Sequence[Hook]:
        """Make sure each topic has one active subscription; returns them."""
        if not (self._url and self._secret):
            raise Refused("This connection has no address for webhooks yet.", code="no_hook_url")
        kept: dict[str, Hook] = {}
        for hook in self.list():
            # A disabled one keeps its count of failures when re-enabled, so it is made anew.
            if hook.is_active and hook.topic in schema.TOPICS and hook.topic not in kept:
                kept[hook.topic] = hook
            else:
                self._delete(hook)
        for topic in schema.TOPICS:
            if topic not in kept:
                kept[topic] = self._create(topic)
        return [kept[topic] for topic in schema.TOPICS]

    def disarm(self) -> int:
        """Remove our subscriptions; returns how many."""
        hooks = self.list()
        for hook in hooks:
            self._delete(hook)
        return len(hooks)

    def _create(self, topic: str) -> Hook:
        return _hook(
            self._client.post(
                "/webhooks",
                {
                    "name": f"SyncStore {topic}",
                    "topic": topic,
                    "delivery_url": self._url,
                    "secret": self._secret,
                    "status": "active",
                },
            )
        )

    def _delete(self, hook: Hook) -> None:
        try:
            self._client.delete(f"/webhooks/{hook.external_id}", force="true")
        except Gone:
            return


def _hook(row: Mapping[str, Any]) -> Hook:
    return Hook(
        external_id=str(row["id"]),
        topic=str(row.get("topic")),
        url=str(row.get("delivery_url")),
        is_active=row.get("status") == "active",
    )
