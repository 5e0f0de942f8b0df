"""Webhooks: verify over raw bytes, read what they hint at, and keep our subscriptions alive."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.adapters.errors import BadPayload, Refused
from app.adapters.port import AppKeys
from app.adapters.shopify import ids, oauth, schema
from app.adapters.shopify.client import Client
from app.adapters.shopify.documents import shop as about_shop
from app.adapters.shopify.problems import ItemRefused, UserError
from app.adapters.shopify.shop import read_facts
from app.adapters.types import Delivery, DeliveryKind, Hook

_KINDS: Final[Mapping[str, DeliveryKind]] = {
    "products/create": DeliveryKind.PRODUCT,
    "products/update": DeliveryKind.PRODUCT,
    "products/delete": DeliveryKind.PRODUCT_DELETED,
    "inventory_levels/update": DeliveryKind.INVENTORY,
    "inventory_levels/connect": DeliveryKind.INVENTORY,
    "inventory_levels/disconnect": DeliveryKind.INVENTORY,
    "inventory_items/update": DeliveryKind.INVENTORY,
    "orders/create": DeliveryKind.ORDER,
    "orders/updated": DeliveryKind.ORDER,
    "orders/edited": DeliveryKind.ORDER,
    "orders/paid": DeliveryKind.ORDER,
    "orders/partially_fulfilled": DeliveryKind.ORDER,
    "orders/fulfilled": DeliveryKind.ORDER,
    "orders/cancelled": DeliveryKind.ORDER,
    "orders/delete": DeliveryKind.ORDER,
    "refunds/create": DeliveryKind.ORDER,
    "fulfillments/create": DeliveryKind.ORDER,
    "fulfillments/update": DeliveryKind.ORDER,
    "fulfillment_events/create": DeliveryKind.ORDER,
    "fulfillment_events/delete": DeliveryKind.ORDER,
    "fulfillment_orders/order_routing_complete": DeliveryKind.ORDER,
    "fulfillment_orders/moved": DeliveryKind.ORDER,
    "fulfillment_orders/placed_on_hold": DeliveryKind.ORDER,
    "fulfillment_orders/hold_released": DeliveryKind.ORDER,
    "fulfillment_orders/cancelled": DeliveryKind.ORDER,
    "returns/request": DeliveryKind.ORDER,
    "returns/approve": DeliveryKind.ORDER,
    "returns/decline": DeliveryKind.ORDER,
    "returns/update": DeliveryKind.ORDER,
    "returns/process": DeliveryKind.ORDER,
    "returns/cancel": DeliveryKind.ORDER,
    "returns/close": DeliveryKind.ORDER,
    "returns/reopen": DeliveryKind.ORDER,
    "app/uninstalled": DeliveryKind.UNINSTALLED,
    "app/scopes_update": DeliveryKind.SHOP,
    "shop/update": DeliveryKind.SHOP,
    "locations/create": DeliveryKind.SHOP,
    "locations/update": DeliveryKind.SHOP,
    "locations/delete": DeliveryKind.SHOP,
    "locations/activate": DeliveryKind.SHOP,
    "locations/deactivate": DeliveryKind.SHOP,
    **dict.fromkeys(schema.PRIVACY_TOPICS, DeliveryKind.PRIVACY),
}


def signature(secret: str, body: bytes) -> str:
    """Return what X-Shopify-Hmac-Sha256 must say for a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def is_genuine(given: str, body: bytes, secrets: Iterable[str]) -> bool:
    """Tell whether a signature is by one of our secrets; two are good while one is changed."""
    matches = [
        hmac.compare_digest(given.encode(), signature(secret, body).encode())
        for secret in secrets
        if secret
    ]
    return bool(given) and any(matches)


class _Headers:
    """Headers of a delivery; the newer kind of event spells them without the `X-`."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._sent = {name.lower(): value for name, value in headers.items()}

    def get(self, name: str) -> str:
        """Return a header by its end, such as `topic`; an absent one is empty."""
        return self._sent.get(f"x-shopify-{name}") or self._sent.get(f"shopify-{name}") or ""


def read_delivery(
    headers: Mapping[str, str], body: bytes, *, secrets: Sequence[str], shop: str | None
) -> Delivery:
    """Verify and read one delivery; raises Refused when it is not genuine or of another shop.

    It is known again by `X-Shopify-Webhook-Id`, which retries keep: `X-Shopify-Event-Id` is shared
    by every delivery one action of the merchant causes, a bulk edit's hundred products included.
    """
    sent = _Headers(headers)
    given = sent.get("hmac-sha256")
    if not given:
        raise Refused("This delivery is not signed.", code="no_signature")
    if not is_genuine(given, body, secrets):
        raise Refused("This delivery is not signed with our secret.", code="bad_signature")
    source = sent.get("shop-domain").lower()
    if source and shop and source != shop:
        raise Refused(f"This delivery comes from {source}.", code="foreign_source")
    return _delivery(sent, body)


def read_app_delivery(
    app: AppKeys, headers: Mapping[str, str], body: bytes
) -> tuple[str, Delivery]:
    """Verify what comes to the app as a whole; returns the address of the shop it is about."""
    delivery = read_delivery(headers, body, secrets=app.secrets, shop=None)
    domain = _Headers(headers).get("shop-domain") or str(parsed(body).get("shop_domain") or "")
    return f"https://{oauth.shop_domain(domain)}", delivery


def _delivery(sent: _Headers, body: bytes) -> Delivery:
    topic = sent.get("topic")
    found = parsed(body)
    kind = _KINDS.get(topic, DeliveryKind.OTHER)
    return Delivery(
        kind=kind,
        topic=topic,
        event_key=_event_key(sent, topic, body),
        external_id=_about(kind, topic, found),
        occurred_at=_moment(sent.get("triggered-at")) or _moment(found.get("updated_at")),
    )


def _event_key(sent: _Headers, topic: str, body: bytes) -> str:
    if known := sent.get("webhook-id"):
        return f"{topic}:{known}"
    return f"{topic}:{sent.get('event-id')}:{hashlib.sha256(body).hexdigest()}"


def _about(kind: DeliveryKind, topic: str, found: Mapping[str, Any]) -> str | None:
    """Return who to read: a product or order by its number, stock by that of its item."""
    if kind in (DeliveryKind.UNINSTALLED, DeliveryKind.PRIVACY, DeliveryKind.SHOP):
        return None
    if kind is DeliveryKind.INVENTORY:
        return _prefixed(ids.ITEM, found.get("inventory_item_id") or found.get("id"))
    if kind is DeliveryKind.ORDER:
        return _order_about(topic, found)
    return _named(found.get("id") or ids.number(found.get("admin_graphql_api_id")))


def _order_about(topic: str, found: Mapping[str, Any]) -> str | None:
    """Return the order a delivery is about, or what has to be sent of it."""
    resource = topic.partition("/")[0]
    if resource == "fulfillment_orders":
        return _prefixed(ids.ROUTED, ids.number(_inner(found, "fulfillment_order").get("id")))
    if resource == "returns":
        return _return_about(found)
    if topic == "orders/edited":
        return _named(_inner(found, "order_edit").get("order_id"))
    return _named(found.get("id" if resource == "orders" else "order_id"))


def _return_about(found: Mapping[str, Any]) -> str | None:
    """Return the order of a return, or the return where its order is not named."""
    order = _inner(found, "order")
    named = order.get("id") or ids.number(order.get("admin_graphql_api_id"))
    own = found.get("id") or ids.number(found.get("admin_graphql_api_id"))
    return _named(named or found.get("order_id")) or _prefixed(ids.RETURNED, own)


def _inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, Mapping) else {}


def _prefixed(prefix: str, named: Any) -> str | None:
    return f"{prefix}{named}" if _named(named) else None


def _named(named: Any) -> str | None:
    is_named = isinstance(named, int | str) and not isinstance(named, bool)
    return str(named) if named and is_named else None


def parsed(body: bytes) -> Mapping[str, Any]:
    """Return the object a body is; raises BadPayload."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadPayload("delivery", "JSON") from None
    if not isinstance(found, dict):
        raise BadPayload("delivery", "an object")
    return found


def _moment(found: Any) -> datetime | None:
    if not isinstance(found, str) or not found:
        return None
    try:
        moment = datetime.fromisoformat(found)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class Hooks:
    """Our subscriptions in one shop: one per topic, all to one address."""

    def __init__(self, client: Client, *, url: str, scopes: Iterable[str] | None) -> None:
        self._client = client
        self._url = url
        self._scopes = None if scopes is None else list(scopes)

    @property
    def topics(self) -> list[str]:
        """The topics the granted scopes allow; Shopify refuses the others."""
        if self._scopes is None:
            self._scopes = list(read_facts(self._client).details["scopes"])
        missing = set(oauth.missing_scopes(self._scopes, filter(None, schema.TOPICS.values())))
        return [topic for topic, scope in schema.TOPICS.items() if scope not in missing]

    def list(self) -> Sequence[Hook]:
        """Return the subscriptions that point to us."""
        rows = self._client.pages(about_shop.HOOKS)
        return [_hook(row) for row in rows if row.get("uri") == self._url]

    def arm(self) -> Sequence[Hook]:
        """Make sure each topic has one subscription; returns them.

        Shopify deletes a subscription after eight failed deliveries, so what is missing is made.
        One that is refused, as those about buyers are to some apps, keeps no other from that.
        """
        if not self._url:
            raise Refused("This connection has no address for webhooks yet.", code="no_hook_url")
        kept: dict[str, Hook] = {}
        for hook in self.list():
            if hook.topic in self.topics and hook.topic not in kept:
                kept[hook.topic] = hook
            else:
                self._drop(hook)
        refusals = []
        for topic in self.topics:
            try:
                if topic not in kept:
                    kept[topic] = self._add(topic)
            except ItemRefused as refusal:
                refusals.append(refusal)
        if refusals:
            raise refusals[0]
        return [kept[topic] for topic in self.topics]

    def disarm(self) -> int:
        """Remove our subscriptions; returns how many."""
        hooks = self.list()
        for hook in hooks:
            self._drop(hook)
        return len(hooks)

    def _add(self, topic: str) -> Hook:
        try:
            payload = self._client.write(
                about_shop.HOOK_ADD, topic=topic, hook={"uri": self._url, "format": "JSON"}
            )
        except ItemRefused as error:
            # Made by an arming whose answer was lost, or by one that ran beside this one.
            taken = self._known(topic) if _is_taken(error.errors) else None
            if taken is None:
                raise
            return taken
        return _hook(payload.get("webhookSubscription"))

    def _known(self, topic: str) -> Hook | None:
        return next((hook for hook in self.list() if hook.topic == topic), None)

    def _drop(self, hook: Hook) -> None:
        try:
            self._client.write(about_shop.HOOK_DROP, id=ids.gid(_SUBSCRIPTION, hook.external_id))
        except ItemRefused as error:
            if not error.errors[0].is_gone:
                raise


_SUBSCRIPTION: Final = "WebhookSubscription"


def _is_taken(errors: Sequence[UserError]) -> bool:
    return any(each.code == "TAKEN" for each in errors)


def _hook(row: Any) -> Hook:
    found = row if isinstance(row, Mapping) else {}
    external_id = ids.number(found.get("id"))
    if external_id is None:
        raise BadPayload("webhookSubscription.id", "a global id")
    return Hook(
        external_id=external_id,
        topic=str(found.get("topic")),
        url=str(found.get("uri")),
        is_active=True,
    )
