"""Orders: a sale lowers stock, a cancellation gives it back."""

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from app.simulators.woocommerce import fields, listing, php, prices, stock
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError, invalid_id
from app.simulators.woocommerce.media import Fetched
from app.simulators.woocommerce.order_view import money, shown_order
from app.simulators.woocommerce.render import View, product
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
_TAKES_STOCK: Final = {"processing", "completed", "on-hold"}
_GIVES_STOCK: Final = {"cancelled", "pending"}
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
        row = dict(own_order(self._store, row_id, status=400))
        _apply(self._store, row, params)
        row["modified"] = self._store.now()
        self._store.orders.put(row)
        self._store.fire("woocommerce_update_order", row_id)
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
        self._store.orders.put(row | {"status": "trash", "modified": self._store.now()})
        self._store.fire("wp_trash_post", row_id)
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
        "line_items": [],
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


def _apply(store: StoreCore, row: Row, params: Mapping[str, Any]) -> None:
    _write_facts(row, params)
    if params.get("line_items") is not None:
        row["line_items"] = _lines(store, row, params["line_items"])
    for name in ("shipping_lines", "fee_lines"):
        if params.get(name) is not None:
            row[name] = [_other_line(store, line) for line in params[name]]
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


def _lines(store: StoreCore, row: Row, sent: Sequence[Mapping[str, Any]]) -> list[Row]:
    lines = {line["id"]: line for line in row["line_items"]}
    for entry in sent:
        known = lines.get(php.integer(entry.get("id") or 0))
        quantity = php.integer(entry.get("quantity", 1))
        if known is None:
            line = _new_line(store, entry, quantity)
            lines[line["id"]] = line
        elif quantity == 0:
            del lines[known["id"]]
            if row["has_taken_stock"]:
                _move_line(store, known, known["quantity"])
        else:
            lines[known["id"]] = known | {"quantity": quantity}
    return list(lines.values())


def _new_line(store: StoreCore, entry: Mapping[str, Any], quantity: int) -> Row:
    product_id = php.integer(entry.get("product_id") or 0)
    variation_id = php.integer(entry.get("variation_id") or 0)
    if not product_id and not variation_id and entry.get("sku"):
        product_id = next(iter(store.goods.with_sku(php.text(entry["sku"]))), 0)
    row = store.goods.get(variation_id or product_id)
    if row is None:
        message = "Product ID or SKU is required."
        raise ApiError("woocommerce_rest_required_product_reference", 400, message)
    if row["type"] == "variation":
        product_id, variation_id = row["parent_id"], row["id"]
    value = (prices.amount(prices.current(store, row)) or Decimal(0)) * quantity
    return {
        "id": store.take_id("order_items"),
        "name": product(View(store, fields=("name",)), row)["name"],
        "product_id": product_id,
        "variation_id": variation_id,
        "quantity": quantity,
        "subtotal": php.text(entry.get("subtotal")) or money(value),
        "total": php.text(entry.get("total")) or money(value),
    }


def _other_line(store: StoreCore, sent: Mapping[str, Any]) -> Row:
    kept = {name: php.text(sent[name]) for name in sent if name in _OTHER_LINE_FIELDS}
    total = prices.amount(php.decimal_text(sent.get("total", "0"))) or Decimal(0)
    line: Row = {"id": store.take_id("order_items"), **kept}
    line |= {"total": money(total), "total_tax": "0.00", "taxes": [], "meta_data": []}
    return line


_OTHER_LINE_FIELDS: Final = {"method_id", "method_title", "instance_id", "name"}


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
    if row["status"] in _TAKES_STOCK and not row["has_taken_stock"]:
        _move_stock(store, row, direction=-1)
    elif row["status"] in _GIVES_STOCK and row["has_taken_stock"]:
        _move_stock(store, row, direction=1)


def _move_stock(store: StoreCore, row: Row, *, direction: int) -> None:
    row["has_taken_stock"] = direction < 0
    for line in row["line_items"]:
        _move_line(store, line, direction * line["quantity"])
        sold = store.goods.get(line["product_id"])
        if sold is not None and direction < 0:
            store.goods.put(sold | {"total_sales": sold["total_sales"] + line["quantity"]})


def _move_line(store: StoreCore, line: Row, by: int) -> None:
    row = store.goods.get(line["variation_id"] or line["product_id"])
    if row is not None:
        stock.move(store, row, by)


def restock(store: StoreCore, line: Row, quantity: int) -> None:
    """Give the pieces of a refunded line back."""
    _move_line(store, line, quantity)


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
