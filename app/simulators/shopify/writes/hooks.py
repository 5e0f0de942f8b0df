"""Webhook subscriptions: made, changed and dropped by the app itself."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from app.simulators.shopify import access, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.storage import Row

_PATH = ["webhookSubscription", "uri"]


def create(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Subscribe an address to a topic; the same pair twice is taken."""
    store, given, topic = call.store, args["webhookSubscription"], args["topic"]
    values = _values(given)
    errors = _errors(call, topic, values, own_id=None)
    if errors:
        return {"webhookSubscription": None, "userErrors": errors}
    now = store.now()
    row = store.hooks.put(
        {
            "id": store.take_id(),
            "topic": topic,
            "uri": "",
            "format": "JSON",
            "filter": None,
            "include_fields": [],
            "metafield_namespaces": [],
            "name": None,
            "failures": 0,
            "created": now,
            "updated": now,
        }
        | values
    )
    return {"webhookSubscription": call.show("WebhookSubscription", row), "userErrors": []}


def _values(given: Mapping[str, Any]) -> Row:
    names = {
        "callbackUrl": "uri",
        "uri": "uri",
        "format": "format",
        "filter": "filter",
        "includeFields": "include_fields",
        "metafieldNamespaces": "metafield_namespaces",
        "name": "name",
    }
    return {column: given[name] for name, column in names.items() if given.get(name) is not None}


def _errors(call: Call, topic: str, values: Row, *, own_id: int | None) -> UserErrors:
    store, uri = call.store, values.get("uri") or ""
    if not access.is_allowed(access.topic_scopes(topic), call.scopes):
        needed = " or ".join(access.topic_scopes(topic))
        message = f"You do not have permission to create or update webhooks with {topic.lower()}"
        return [user_error(["topic"], f"{message} topic: it needs {needed}.")]
    if not uri:
        return [user_error(_PATH, "Address can't be blank")]
    if not _is_address(store, uri):
        return [user_error(_PATH, "Address is invalid")]
    same = [row for row in store.hooks.where("topic", topic) if row["uri"] == uri]
    if any(row["id"] != own_id for row in same):
        return [user_error(_PATH, "Address for this topic has already been taken")]
    return []


def _is_address(store: StoreCore, uri: str) -> bool:
    parts = urlsplit(uri)
    if store.settings.allows_local_urls:
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    is_local = parts.hostname in {"localhost", "127.0.0.1"} or "." not in (parts.hostname or "")
    return parts.scheme == "https" and not is_local


def update(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Change a subscription."""
    store = call.store
    row = store.hooks.get(texts.number(args["id"], "WebhookSubscription"))
    if row is None:
        return {"webhookSubscription": None, "userErrors": [_gone()]}
    changed = row | _values(args["webhookSubscription"]) | {"updated": store.now()}
    errors = _errors(call, row["topic"], changed, own_id=row["id"])
    if not errors:
        row = store.hooks.put(changed)
    return {"webhookSubscription": call.show("WebhookSubscription", row), "userErrors": errors}


def delete(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Drop a subscription."""
    number = texts.number(args["id"], "WebhookSubscription")
    if call.store.hooks.get(number) is None or number is None:
        return {"deletedWebhookSubscriptionId": None, "userErrors": [_gone()]}
    call.store.hooks.drop(number)
    return {"deletedWebhookSubscriptionId": args["id"], "userErrors": []}


def _gone() -> dict[str, Any]:
    return user_error(["id"], "Webhook subscription does not exist")
