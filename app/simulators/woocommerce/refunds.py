"""Refunds of orders: money back through the gateway or only noted, and units back on the shelf."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from app.simulators.woocommerce import (
    fields,
    listing,
    order_stock,
    order_view,
    orders,
    php,
    prices,
    times,
)
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.resource import Asking, Page, Shown
from app.simulators.woocommerce.storage import Row

Params = Mapping[str, Any]
GATEWAYS: Final[Mapping[str, list[str]]] = {  # and what each can do
    "stripe": ["products", "refunds"],
    "paypal": ["products", "refunds"],
    "bacs": ["products"],
    "cod": ["products"],
}


class BareData(ApiError):
    """The refund error whose `data` is a number instead of an object."""

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return super().body() | {"data": self.status}


def gateway(key: str) -> Shown:
    """Show a way to pay and what it can do."""
    if key not in GATEWAYS:
        raise ApiError("woocommerce_rest_payment_gateway_invalid", 404, "Resource does not exist.")
    return {"id": key, "title": key.title(), "enabled": True, "method_supports": GATEWAYS[key]}


def refunds_page(asking: Asking, query: Params, order_id: int | None = None) -> Page:
    """Return a page of the refunds of one order, or of all; the newest first."""
    orders_meant = (
        asking.store.orders.rows.values() if order_id is None else [_order(asking, order_id)]
    )
    found = [
        (refund["id"], row, refund)
        for row in orders_meant
        for refund in row["refunds"]
        if not query.get("include") or refund["id"] in query["include"]
    ]
    found.sort(key=lambda entry: entry[0], reverse=query["order"] == "desc")
    numbers = listing.cut(range(len(found)), query)
    return Page([shown_refund(asking, *found[number][1:]) for number in numbers], len(found))


def add_refund(asking: Asking, order_id: int, params: Params) -> Shown:
    """Refund: unless told otherwise it moves money through the gateway and restocks."""
    store = asking.store
    row = dict(_order(asking, order_id))
    amount = prices.amount(php.decimal_text(params.get("amount", ""))) or Decimal(0)
    left = order_view.total(row) - sum(
        (Decimal(kept["amount"]) for kept in row["refunds"]), Decimal(0)
    )
    if not 0 < amount <= left:
        raise ApiError("woocommerce_rest_invalid_order_refund", 400, "Refund amount is invalid.")
    moves_money = php.boolean(params.get("api_refund", True))
    if moves_money and "refunds" not in GATEWAYS.get(row["payment_method"], ()):
        message = "The payment gateway for this order does not support automatic refunds."
        raise BareData("woocommerce_rest_cannot_create_order_refund", 500, message)
    refund: Row = {
        "id": store.take_id("posts"),
        "created": store.now(),
        "amount": f"{amount:.2f}",
        "reason": php.text(params.get("reason")),
        "refunded_payment": moves_money,
        "lines": _refunded_lines(asking, row, params),
        "shipping_lines": _refunded_shipping(asking, row, params),
        "meta": [],
    }
    for meta in params.get("meta_data") or []:
        refund["meta"] = fields.merged_meta(store, refund["meta"], meta)
    if php.boolean(params.get("api_restock", True)):
        _restock(asking, row, refund)
    row["refunds"] = [*row["refunds"], refund]
    if amount == left:
        row["status"] = "refunded"
    store.orders.put(row | {"modified": store.now()})
    store.fire("woocommerce_order_refunded", row["id"])
    return shown_refund(asking, row, refund)


def _order(asking: Asking, order_id: int) -> Row:
    return orders.own_order(asking.store, order_id, code="woocommerce_rest_invalid_order_id")


def _restock(asking: Asking, row: Row, refund: Row) -> None:
    back = {line["refunded"]: -line["quantity"] for line in refund["lines"]}
    row["line_items"] = [
        order_stock.restock_refunded(asking.store, line, back.get(line["id"], 0))
        for line in row["line_items"]
    ]


def _refunded_lines(asking: Asking, row: Row, params: Params) -> list[Row]:
    sold = {line["id"]: line for line in row["line_items"]}
    sent = {line["id"] for line in row["shipping_lines"]}
    lines = []
    for entry in params.get("line_items") or []:
        if php.integer(entry.get("id") or 0) in sent:
            continue
        line = sold.get(php.integer(entry.get("id") or 0))
        if line is None:
            raise ApiError("woocommerce_rest_invalid_item_id", 400, "Unknown order item.")
        back = f"-{php.text(entry.get('refund_total', '0'))}"
        refunded = {"id": asking.store.take_id("meta"), "key": "_refunded_item_id"}
        lines.append(
            line
            | {
                "id": asking.store.take_id("order_items"),
                "refunded": line["id"],
                "quantity": -php.integer(entry.get("quantity") or 0),
                "subtotal": back,
                "total": back,
                "subtotal_tax": "0.00",
                "total_tax": "0.00",
                "taxes": [],
                "meta": [refunded | {"value": str(line["id"])}],
            }
        )
    return lines


def _refunded_shipping(asking: Asking, row: Row, params: Params) -> list[Row]:
    """Lines of the delivery are refunded among the items, by their ids."""
    sent = {line["id"]: line for line in row["shipping_lines"]}
    return [
        line
        | {
            "id": asking.store.take_id("order_items"),
            "total": f"-{php.text(entry.get('refund_total', '0'))}",
        }
        for entry in params.get("line_items") or []
        if (line := sent.get(php.integer(entry.get("id") or 0))) is not None
    ]


def shown_refund(asking: Asking, row: Row, refund: Row) -> Shown:
    """Show a refund."""
    view, base = asking.reading, f"/orders/{row['id']}"
    return {
        "id": refund["id"],
        "parent_id": row["id"],
        "date_created": times.written(refund["created"], asking.store.settings.utc_offset),
        "date_created_gmt": times.written(refund["created"]),
        "amount": refund["amount"],
        "reason": refund["reason"],
        "refunded_by": asking.user_id,
        "refunded_payment": refund["refunded_payment"],
        "meta_data": [dict(meta) for meta in refund.get("meta", [])],
        "line_items": [
            order_view.shown_refund_line(asking.store, each) for each in refund["lines"]
        ],
        "shipping_lines": [dict(each) for each in refund.get("shipping_lines", ())],
        "tax_lines": [],
        "fee_lines": [],
        "_links": {
            "self": view.link(f"{base}/refunds/{refund['id']}"),
            "collection": view.link(f"{base}/refunds"),
            "up": view.link(base),
        },
    }
