"""The log of what was written through the API: one entry per thing, refused or not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.simulators.shopify.call import Call, View
from app.simulators.shopify.core import Write

# Where a mutation holds the list of things it writes, and what those are.
_LISTS: Final = {
    "fileCreate": ("files", "file"),
    "fileUpdate": ("files", "file"),
    "inventoryAdjustQuantities": ("input.changes", "level"),
    "inventorySetQuantities": ("input.quantities", "level"),
    "metafieldsSet": ("metafields", "metafield"),
    "productVariantAppendMedia": ("variantMedia", "variant"),
    "productVariantDetachMedia": ("variantMedia", "variant"),
    "productVariantsBulkCreate": ("variants", "variant"),
    "productVariantsBulkUpdate": ("variants", "variant"),
}
_BODIES: Final = {
    "productSet": ("input", "product"),
    "productCreate": ("product", "product"),
    "productUpdate": ("product", "product"),
    "productDelete": ("input", "product"),
    "fulfillmentCreate": ("fulfillment", "fulfillment"),
    "fulfillmentTrackingInfoUpdate": ("trackingInfoInput", "fulfillment"),
    "inventoryItemUpdate": ("input", "item"),
    "refundCreate": ("input", "refund"),
    "webhookSubscriptionCreate": ("webhookSubscription", "webhook"),
    "webhookSubscriptionUpdate": ("webhookSubscription", "webhook"),
}
_RUNNERS: Final = {"bulkOperationRunMutation", "bulkOperationRunQuery", "stagedUploadsCreate"}


def note(
    call: Call, mutation: str, args: Mapping[str, Any], payload: Mapping[str, Any] | None
) -> None:
    """Write down what a mutation wrote, or tried to; `payload` is None when it failed wholly."""
    if mutation in _RUNNERS:
        return
    told = payload or {}
    lists = ("userErrors", "mediaUserErrors", "orderCancelUserErrors")
    errors: Sequence[Mapping[str, Any]] = next(
        (found for name in lists if (found := told.get(name))), []
    )
    whole = None if payload is not None else "FAILED"
    made = told.get("product")
    for at, (resource, body) in enumerate(_things(mutation, args)):
        error = whole or _error_of(errors, at, args)
        call.store.write_log.append(
            Write(
                at=call.store.now(),
                mutation=mutation,
                resource=resource,
                id=_id_of(body, args) or (made.id() if isinstance(made, View) else ""),
                fields=tuple(_fields(body)),
                body=body,
                error=error,
                in_bulk=call.is_bulk,
            )
        )


def _things(mutation: str, args: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if mutation in _LISTS:
        path, resource = _LISTS[mutation]
        held: Any = args
        for part in path.split("."):
            held = held[part]
        for body in held:
            yield resource, body
        return
    name, resource = _BODIES.get(mutation, ("", mutation))
    body = args.get(name) if name else args
    yield resource, body or {}
    if mutation == "productSet":
        for variant in (body or {}).get("variants") or []:
            yield "variant", variant


def _error_of(errors: Sequence[Mapping[str, Any]], at: int, args: Mapping[str, Any]) -> str | None:
    if not errors:
        return None
    own = [error for error in errors if str(at) in (error["field"] or [])]
    if args.get("allowPartialUpdates") and not own:
        return None
    error = (own or list(errors))[0]
    return str(error.get("code") or error["message"])


def _id_of(body: Mapping[str, Any], args: Mapping[str, Any]) -> str:
    for name in ("id", "inventoryItemId", "ownerId", "variantId"):
        if body.get(name):
            return str(body[name])
    identifier = args.get("identifier") or {}
    custom = identifier.get("customId") or {}
    found = identifier.get("id") or identifier.get("handle") or custom.get("value")
    return str(found or args.get("id") or args.get("productId") or args.get("orderId") or "")


def _fields(body: Mapping[str, Any]) -> Iterator[str]:
    yield from body
    item = body.get("inventoryItem")
    if isinstance(item, Mapping):
        yield from item
