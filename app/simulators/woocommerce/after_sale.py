"""What hangs on an order: notes, refunds, fulfillments and tracking numbers."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.simulators.woocommerce import orders, php, times
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.resource import Asking, Shown
from app.simulators.woocommerce.storage import Row

Params = Mapping[str, Any]


class CodeZero(ApiError):
    """The fulfillment error whose `code` is the number 0."""

    def __init__(self, message: str) -> None:
        super().__init__("0", 400, message)

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return super().body() | {"code": 0}


def _order(asking: Asking, order_id: int, code: str) -> Row:
    return orders.own_order(asking.store, order_id, code=code)


def _touch(store: StoreCore, row: Row) -> None:
    store.orders.put(row | {"modified": store.now()})
    store.fire("woocommerce_update_order", row["id"])


def note_list(asking: Asking, order_id: int, params: Params) -> list[Shown]:
    """Return the notes of an order, the newest first."""
    _order(asking, order_id, "woocommerce_rest_order_invalid_id")
    kind = params.get("type", "any")
    return [
        _shown_note(asking, note)
        for note in reversed(asking.store.notes.rows.values())
        if note["order_id"] == order_id
        and kind in {"any", "customer" if note["customer_note"] else "internal"}
    ]


def add_note(asking: Asking, order_id: int, params: Params) -> Shown:
    """Write a note; `customer_note` would send mail."""
    _order(asking, order_id, "woocommerce_rest_order_invalid_id")
    note = {
        "id": asking.store.take_id("comments"),
        "order_id": order_id,
        "created": asking.store.now(),
        "note": php.text(params.get("note")),
        "customer_note": php.boolean(params.get("customer_note")),
        "author": "merchant" if php.boolean(params.get("added_by_user")) else "system",
    }
    return _shown_note(asking, asking.store.notes.put(note))


def _shown_note(asking: Asking, note: Row) -> Shown:
    view, base = asking.reading, f"/orders/{note['order_id']}"
    return {
        "id": note["id"],
        "author": note["author"],
        "date_created": times.written(note["created"], asking.store.settings.utc_offset),
        "date_created_gmt": times.written(note["created"]),
        "note": note["note"],
        "customer_note": note["customer_note"],
        "_links": {
            "self": view.link(f"{base}/notes/{note['id']}"),
            "collection": view.link(f"{base}/notes"),
            "up": view.link(base),
        },
    }


def fulfillment_list(asking: Asking, order_id: int, _params: Params) -> list[Shown]:
    """Return the fulfillments of an order."""
    return list(_order(asking, order_id, "woocommerce_rest_order_invalid_id")["fulfillments"])


def add_fulfillment(asking: Asking, order_id: int, params: Params) -> Shown:
    """Record a parcel; `_items` has to name what is in it."""
    row = _order(asking, order_id, "woocommerce_rest_order_invalid_id")
    metas = {meta.get("key"): meta.get("value") for meta in params.get("meta_data") or []}
    _refuse_bad_items(metas.get("_items"))
    fulfillment = {
        "id": asking.store.take_id("fulfillments"),
        "entity_type": "WC_Order",
        "entity_id": str(order_id),
        "status": params.get("status") or "unfulfilled",
        "is_fulfilled": params.get("status") == "fulfilled",
        "date_updated": times.written(asking.store.now()).replace("T", " "),
        "date_deleted": None,
        "meta_data": [
            {"id": asking.store.take_id("meta"), "key": key, "value": value}
            for key, value in metas.items()
        ],
    }
    _touch(asking.store, row | {"fulfillments": [*row["fulfillments"], fulfillment]})
    return fulfillment


def drop_fulfillment(asking: Asking, order_id: int, fulfillment_id: int) -> Shown:
    """Take a parcel back."""
    row = _order(asking, order_id, "woocommerce_rest_order_invalid_id")
    kept = [entry for entry in row["fulfillments"] if entry["id"] != fulfillment_id]
    if len(kept) == len(row["fulfillments"]):
        raise CodeZero("Invalid fulfillment ID.")
    _touch(asking.store, row | {"fulfillments": kept})
    return {"message": "Fulfillment deleted successfully."}


def _refuse_bad_items(items: Any) -> None:
    if not isinstance(items, list) or not items:
        raise CodeZero("The fulfillment must contain at least one item.")
    for item in items:
        quantities = (item.get("item_id"), item.get("qty")) if isinstance(item, dict) else (None,)
        if any(type(number) is not int or number <= 0 for number in quantities):
            raise CodeZero("Invalid item in the fulfillment.")


def tracking_list(asking: Asking, order_id: int, _params: Params) -> list[Shown]:
    """Return the tracking numbers of an order."""
    row = _order(asking, order_id, "woocommerce_rest_order_invalid_id")
    return [_shown_tracking(asking, order_id, tracking) for tracking in row["trackings"]]


def add_tracking(asking: Asking, order_id: int, params: Params) -> Shown:
    """Add a tracking number; the same one twice makes two."""
    row = _order(asking, order_id, "woocommerce_rest_order_invalid_id")
    known = php.text(params.get("tracking_provider"))
    link = php.text(params.get("custom_tracking_link"))
    tracking = {
        "tracking_id": secrets.token_hex(16),
        "tracking_provider": known or php.text(params.get("custom_tracking_provider")),
        "tracking_link": link or f"https://carrier.example/{params.get('tracking_number')}",
        "tracking_number": php.text(params.get("tracking_number")),
        "date_shipped": params.get("date_shipped") or times.written(asking.store.now())[:10],
    }
    _touch(asking.store, row | {"trackings": [*row["trackings"], tracking]})
    return _shown_tracking(asking, order_id, tracking)


def drop_tracking(asking: Asking, order_id: int, tracking_id: str) -> Shown:
    """Remove a tracking number."""
    row = _order(asking, order_id, "woocommerce_rest_order_invalid_id")
    kept = [entry for entry in row["trackings"] if entry["tracking_id"] != tracking_id]
    gone = [entry for entry in row["trackings"] if entry["tracking_id"] == tracking_id]
    if not gone:
        code = "woocommerce_rest_order_shipment_tracking_invalid_id"
        raise ApiError(code, 404, "Invalid shipment tracking ID.")
    _touch(asking.store, row | {"trackings": kept})
    return _shown_tracking(asking, order_id, gone[0])


def _shown_tracking(asking: Asking, order_id: int, tracking: Row) -> Shown:
    view, base = asking.reading, f"/orders/{order_id}/shipment-trackings"
    links = {
        "self": view.link(f"{base}/{tracking['tracking_id']}"),
        "collection": view.link(base),
        "up": view.link(f"/orders/{order_id}"),
    }
    return tracking | {"_links": links}


Lister = Callable[[Asking, int, Params], list[Shown]]
Adder = Callable[[Asking, int, Params], Shown]

PROVIDERS: Final = {
    "United Kingdom": {"Royal Mail": "https://www.royalmail.com/track?id=%1$s"},
    "United States": {
        "Fedex": "https://www.fedex.com/track?id=%1$s",
        "UPS": "https://www.ups.com/track?id=%1$s",
        "USPS": "https://tools.usps.com/track?id=%1$s",
    },
}
