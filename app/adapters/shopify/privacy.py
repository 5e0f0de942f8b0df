"""Requests for privacy: who asks for what, and which of Shopify's webhooks name that person."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.adapters.errors import BadPayload
from app.adapters.shopify import ids
from app.adapters.shopify.webhooks import parsed
from app.adapters.types import PrivacyRequest, PrivacyWish

_WISHES: Final[Mapping[str, PrivacyWish]] = {
    "customers/data_request": PrivacyWish.SHOW,
    "customers/redact": PrivacyWish.ERASE,
    "shop/redact": PrivacyWish.ERASE_SHOP,
}
_ORDERS: Final = ("orders_requested", "orders_to_redact")


def read_request(topic: str, body: bytes) -> PrivacyRequest:
    """Read a verified request; raises BadPayload."""
    found, wish = parsed(body), _WISHES.get(topic)
    if wish is None:
        raise BadPayload("topic", "a request for privacy")
    if wish is PrivacyWish.ERASE_SHOP:
        return PrivacyRequest(wish)
    person = found.get("customer")
    if not isinstance(person, Mapping):
        raise BadPayload("customer", "an object")
    number = str(person["id"]) if person.get("id") else None
    told = [person.get("email"), person.get("phone"), number and ids.gid("Customer", number)]
    listed = [found[name] for name in _ORDERS if isinstance(found.get(name), list)]
    return PrivacyRequest(
        wish,
        customer=number,
        orders=tuple(str(each) for orders in listed for each in orders),
        traces=tuple(str(each) for each in told if each),
    )


def names(request: PrivacyRequest, topic: str, body: bytes) -> bool:
    """Tell whether a webhook names the person of a request."""
    try:
        found = parsed(body)
    except BadPayload:
        return any(trace.encode() in body for trace in request.traces)
    number = str(found.get("id"))
    if topic.startswith("customers/") and number == request.customer:
        return True
    if topic.startswith("orders/") and number in request.orders:
        return True
    return any(_betrays(request, name, value) for name, value in _pairs(found))


def _betrays(request: PrivacyRequest, name: str, value: Any) -> bool:
    if name == "customer" and isinstance(value, Mapping):
        return request.customer is not None and str(value.get("id")) == request.customer
    if name in ("customer_id", "order_id"):
        return str(value) in (request.customer, *request.orders)
    traces = {each.casefold() for each in request.traces}
    return isinstance(value, str) and value.casefold() in traces


def _pairs(found: Any) -> Iterator[tuple[str, Any]]:
    """Yield every name with its value, at any depth."""
    if isinstance(found, Mapping):
        for name, value in found.items():
            yield name, value
            yield from _pairs(value)
    elif isinstance(found, list):
        for each in found:
            yield from _pairs(each)
