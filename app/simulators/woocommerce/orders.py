"""Orders: a sale lowers stock, a cancellation gives it back."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from app.simulators.woocommerce import fields, listing, order_lines, order_stock, php
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError, invalid_id
from app.simulators.woocommerce.media import Fetched
from app.simulators.woocommerce.order_view import shown_order
from app.simulators.woocommerce.resource import Asking, Page, Shown
from app.simulators.woocommerce.schema import ORDER, ORDER_LIST
from app.simulators.woocommerce.storage import Row

STATUSES: Final = (
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "trash",
    "checkout-draft",
)
_ADDRESS: Final = (
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "state",
    "postcode",
    "country",
    "phone",
)
_TEXTS: Final = ("customer_note", "payment_method", "payment_method_title", "transaction_id")


class Orders:
    """The collection /orders."""

    noun = "shop_order"
    schema = ORDER
    list_schema = ORDER_LIST
    required: tuple[str, ...] = ()

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._store = asking.store

    def list(self, query: Mapping[str, Any]) -> Page:
        """Return the page a query asks for."""
        rows, view = self._store.orders.rows, self._asking.reading
        found = [row["id"] for row in rows.values() if _fits(self._store, row, query)]
        column = "modified" if query["orderby"] == "modified" else "created"
        found.sort(
            key=lambda row_id: (rows[row_id][column], row_id), reverse=query["order"] == "desc"
        )
        return Page(
            [shown_order(view, rows[row_id]) for row_id in listing.cut(found, query)], len(found)
        )

    def get(self, row_id: int) -> Shown:
        """Return one order."""
        return shown_order(self._asking.reading, own_order(self._store, row_id))

    def create(self, params: Mapping[str, Any], _fetched: Fetched) -> Shown:
        """Make an order; paid or in progress, it lowers stock."""
        if params.get("id"):
            raise ApiError("woocommerce_rest_shop_order_exists", 400, "Cannot create existing.")
        row = new_order(self._store, params, created_via="rest-api")
        return shown_order(self._asking.writing, row)

    def update(self, row_id: int, params: Mapping[str, Any], _fetched: Fetched) -> Shown:
        """Change an order."""
        row = change_order(self._store, own_order(self._store, row_id, status=400), params)
        return shown_order(self._asking.writing, row)

    def delete(self, row_id: int, *, force: bool) -> Shown:
        """Trash an order, or end it."""
        row = own_order(self._store, row_id)
        shown = shown_order(self._asking.writing, row)
        if force:
            self._store.orders.drop(row_id)
            return shown
        if row["status"] == "trash":
            raise ApiError("woocommerce_rest_already_trashed", 410, "Already in the trash.")
        trash_order(self._store, row)
        return shown


def own_order(store: StoreCore, row_id: int, *, status: int = 404, code: str | None = None) -> Row:
    """Return the order, or refuse."""
    row = store.orders.get(row_id)
    if row is None:
        raise (
            ApiError(code, status, "Invalid ID.")
            if code
            else invalid_id("shop_order", status=status)
        )
    return row


def new_order(store: StoreCore, params: Mapping[str, Any], *, created_via: str) -> Row:
    """Make, keep and announce an order."""
    now = store.now()
    row: Row = {
        "id": store.take_id("posts"),
        "status": "pending",
        "created": now,
        "modified": now,
        "paid": None,
        "completed": None,
        "created_via": created_via,
        "order_key": f"wc_order_{secrets.token_hex(7)}",
        "currency": params.get("currency") or store.settings.currency,
        "customer_id": 0,
        **dict.fromkeys(_TEXTS, ""),
        "billing": _address({}, {}, with_email=True),
        "shipping": _address({}, {}, with_email=False),
        "prices_include_tax": store.settings.prices_include_tax,
        "line_items": [],
        "coupon_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "refunds": [],
        "fulfillments": [],
        "trackings": [],
        "meta": [],
        "has_taken_stock": False,
    }
    _apply(store, row, params)
    store.orders.put(row)
    store.fire("woocommerce_new_order", row["id"])
    return row


def change_order(store: StoreCore, stored: Row, params: Mapping[str, Any]) -> Row:
    """Change, keep and announce an order."""
    row = dict(stored)
    _apply(store, row, params)
    row["modified"] = store.now()
    store.orders.put(row)
    store.fire("woocommerce_update_order", row["id"])
    return row


def trash_order(store: StoreCore, row: Row, *, admin_type: str | None = None) -> None:
    """Put an order into the trash."""
    kept = {"status": "trash", "status_before": row["status"], "modified": store.now()}
    store.orders.put(row | kept)
    store.fire("wp_trash_post", row["id"], admin_type=admin_type)


def restore_order(store: StoreCore, row: Row) -> None:
    """Take an order out of the trash, as the merchant does."""
    status = row.get("status_before", "pending")
    store.orders.put(row | {"status": status, "modified": store.now()})
    store.fire("untrashed_post", row["id"], admin_type="order")


def _apply(store: StoreCore, row: Row, params: Mapping[str, Any]) -> None:
    _write_facts(row, params)
    if params.get("line_items") is not None:
        row["line_items"] = order_lines.changed_lines(store, row, params["line_items"])
    if params.get("coupon_lines") is not None:
        order_lines.redeem(store, row, params["coupon_lines"])
    for name in ("shipping_lines", "fee_lines"):
        if params.get(name) is not None:
            row[name] = [order_lines.other_line(store, line) for line in params[name]]
    for meta in params.get("meta_data") or []:
        row["meta"] = fields.merged_meta(store, row["meta"], meta)
    _move_status(store, row, params)


def _write_facts(row: Row, params: Mapping[str, Any]) -> None:
    for name in _TEXTS:
        if params.get(name) is not None:
            row[name] = php.text(params[name])
    if params.get("customer_id") is not None:
        row["customer_id"] = php.integer(params["customer_id"])
    for name, with_email in (("billing", True), ("shipping", False)):
        row[name] = _address(row[name], params.get(name) or {}, with_email=with_email)


def _address(
    stored: Mapping[str, str], sent: Mapping[str, Any], *, with_email: bool
) -> dict[str, str]:
    names = (*_ADDRESS, "email") if with_email else _ADDRESS
    return {name: php.text(sent.get(name, stored.get(name, ""))) for name in names}


def _move_status(store: StoreCore, row: Row, params: Mapping[str, Any]) -> None:
    status = params.get("status")
    if status is not None and status not in STATUSES:
        raise ApiError("woocommerce_rest_invalid_order_status", 400, "Unknown order status.")
    now = store.now()
    if params.get("set_paid") and row["paid"] is None:
        row["paid"], row["status"] = now, "processing"
    row["status"] = status or row["status"]
    if row["status"] in {"processing", "completed"} and row["paid"] is None:
        row["paid"] = now
    if row["status"] == "completed" and row["completed"] is None:
        row["completed"] = now
    order_stock.follow_status(store, row)


def _fits(store: StoreCore, row: Row, query: Mapping[str, Any]) -> bool:
    wanted = set(query["status"])
    is_wanted = row["status"] in wanted or ("any" in wanted and row["status"] != "trash")
    if not is_wanted or row["id"] in (query.get("exclude") or ()):
        return False
    if query.get("include") and row["id"] not in query["include"]:
        return False
    if query.get("customer") is not None and row["customer_id"] != query["customer"]:
        return False
    if query.get("product") and not any(
        query["product"] in (line["product_id"], line["variation_id"]) for line in row["line_items"]
    ):
        return False
    return all(
        _is_between(row[key], listing.bounds(store, query, column))
        for column, key in (("modified", "modified"), ("date", "created"))
    )


def _is_between(moment: int, limits: tuple[int | None, int | None]) -> bool:
    after, before = limits
    return (after is None or moment > after) and (before is None or moment < before)
