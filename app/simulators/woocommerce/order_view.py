"""Orders as answers show them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from app.simulators.woocommerce import php, prices, times
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.render import View, picked
from app.simulators.woocommerce.resource import Shown
from app.simulators.woocommerce.storage import Row


def total(row: Row) -> Decimal:
    """Return what an order costs."""
    return _sum_of(_all_lines(row), "total") + _sum_of(_all_lines(row), "total_tax")


def _all_lines(row: Row) -> list[Row]:
    return [*row["line_items"], *row["shipping_lines"], *row["fee_lines"]]


def _sum_of(lines: Iterable[Row], *names: str) -> Decimal:
    return sum((Decimal(line.get(name, "0")) for line in lines for name in names), Decimal(0))


def money(value: Decimal) -> str:
    """Write an amount with two decimals."""
    return f"{value:.2f}"


def shown_order(view: View, row: Row) -> Shown:
    """Show an order."""
    return picked(view, row, _READERS)


def shown_refund_line(store: StoreCore, line: Row) -> Shown:
    """Show what came back of a line; unlike bookkeeping of stock, its origin is always told."""
    return shown_line(store, line) | {"meta_data": _shown_meta(line.get("meta", []))}


def shown_line(store: StoreCore, line: Row) -> Shown:
    """Show a line; its SKU is looked up live, so it changes later, and its price is a number."""
    sold = store.goods.get(line["variation_id"] or line["product_id"])
    price = Decimal(line["total"]) / line["quantity"] if line["quantity"] else Decimal(0)
    picture = sold["images"][0] if sold is not None and sold["images"] else ""
    return {
        "id": line["id"],
        "name": line["name"],
        "product_id": line["product_id"] if sold is not None else 0,
        "variation_id": line["variation_id"],
        "quantity": line["quantity"],
        "tax_class": "",
        "subtotal": line["subtotal"],
        "subtotal_tax": line.get("subtotal_tax", "0.00"),
        "total": line["total"],
        "total_tax": line.get("total_tax", "0.00"),
        "taxes": line.get("taxes", []),
        "meta_data": [] if store.settings.hides_line_meta else _shown_meta(line.get("meta", [])),
        "sku": sold["sku"] if sold is not None else None,
        "price": php.number(float(price)),
        "image": {"id": picture, "src": ""},
        "parent_name": None,
    }


def _time(key: str, *, is_gmt: bool) -> Any:
    def read(view: View, row: Row) -> str | None:
        return times.maybe_written(row[key], 0 if is_gmt else view.store.settings.utc_offset)

    return read


def _shown_meta(metas: Iterable[Row]) -> list[dict[str, Any]]:
    return [{**meta, "display_key": meta["key"], "display_value": meta["value"]} for meta in metas]


def _sum(*places: str, of: str = "total") -> Any:
    return lambda _view, row: money(_sum_of((line for name in places for line in row[name]), of))


def _discount(suffix: str) -> Any:
    def read(_view: View, row: Row) -> str:
        lines = row["line_items"]
        return money(_sum_of(lines, f"subtotal{suffix}") - _sum_of(lines, f"total{suffix}"))

    return read


def _tax_lines(view: View, row: Row) -> list[dict[str, Any]]:
    shipping = _sum_of(row["shipping_lines"], "total_tax")
    everything = _sum_of(_all_lines(row), "total_tax")
    if not everything:
        return []
    return [
        {
            "id": row["id"],
            "rate_code": "TAX-1",
            "rate_id": 1,
            "label": "Tax",
            "compound": False,
            "tax_total": money(everything - shipping),
            "shipping_tax_total": money(shipping),
            "rate_percent": view.store.settings.tax_percent,
            "meta_data": [],
        }
    ]


def _meta(view: View, row: Row) -> list[dict[str, Any]]:
    """Show the meta data, with what core and extensions keep there of parcels."""
    shown = [dict(meta) for meta in row["meta"]]
    if row["trackings"]:
        value = [_kept_tracking(tracking) for tracking in row["trackings"]]
        shown.append({"id": 0, "key": "_wc_shipment_tracking_items", "value": value})
    if row["fulfillments"]:
        shown.append({"id": 0, "key": "_fulfillment_status", "value": _fulfilled(row)})
    return shown


def _kept_tracking(tracking: Row) -> dict[str, Any]:
    shipped = times.read(f"{tracking['date_shipped']}T00:00:00", 0)
    return {
        "tracking_provider": tracking["tracking_provider"],
        "custom_tracking_provider": None,
        "custom_tracking_link": tracking["tracking_link"],
        "tracking_number": tracking["tracking_number"],
        "date_shipped": str(shipped),
        "tracking_id": tracking["tracking_id"],
    }


def _fulfilled(row: Row) -> str:
    """Say how far the parcels reach: fulfilled, partially_fulfilled or unfulfilled."""
    sent = [each for each in row["fulfillments"] if each["is_fulfilled"]]
    packed = sum(
        item["qty"]
        for each in sent
        for meta in each["meta_data"]
        if meta["key"] == "_items"
        for item in meta["value"]
    )
    if not sent:
        return "unfulfilled"
    is_all = packed >= sum(line["quantity"] for line in row["line_items"])
    return "fulfilled" if is_all else "partially_fulfilled"


def _fixed(value: Any) -> Any:
    return lambda _view, _row: value


def _same(key: str) -> Any:
    return lambda _view, row: row[key]


def _links(view: View, row: Row) -> dict[str, Any]:
    return {"self": view.link(f"/orders/{row['id']}"), "collection": view.link("/orders")}


_READERS: Final[dict[str, Any]] = {
    "id": _same("id"),
    "parent_id": _fixed(0),
    "status": _same("status"),
    "currency": _same("currency"),
    "version": lambda view, _row: view.store.settings.version,
    "prices_include_tax": lambda _view, row: row.get("prices_include_tax", False),
    "date_created": _time("created", is_gmt=False),
    "date_modified": _time("modified", is_gmt=False),
    "discount_total": _discount(""),
    "discount_tax": _discount("_tax"),
    "shipping_total": _sum("shipping_lines"),
    "shipping_tax": _sum("shipping_lines", of="total_tax"),
    "cart_tax": _sum("line_items", "fee_lines", of="total_tax"),
    "total": lambda _view, row: money(total(row)),
    "total_tax": _sum("line_items", "fee_lines", "shipping_lines", of="total_tax"),
    "customer_id": _same("customer_id"),
    "order_key": _same("order_key"),
    "billing": _same("billing"),
    "shipping": _same("shipping"),
    "payment_method": _same("payment_method"),
    "payment_method_title": _same("payment_method_title"),
    "transaction_id": _same("transaction_id"),
    "customer_ip_address": _fixed(""),
    "customer_user_agent": _fixed(""),
    "created_via": _same("created_via"),
    "customer_note": _same("customer_note"),
    "date_completed": _time("completed", is_gmt=False),
    "date_paid": _time("paid", is_gmt=False),
    "cart_hash": _fixed(""),
    "number": lambda _view, row: str(row["id"]),
    "meta_data": _meta,
    "line_items": lambda view, row: [shown_line(view.store, line) for line in row["line_items"]],
    "tax_lines": _tax_lines,
    "shipping_lines": _same("shipping_lines"),
    "fee_lines": _same("fee_lines"),
    "coupon_lines": lambda _view, row: row.get("coupon_lines", []),
    "refunds": lambda _view, row: [
        {"id": refund["id"], "reason": refund["reason"], "total": f"-{refund['amount']}"}
        for refund in row["refunds"]
    ],
    "payment_url": _fixed(""),
    "is_editable": lambda _view, row: row["status"] in {"pending", "on-hold"},
    "needs_payment": lambda _view, row: row["status"] in {"pending", "failed"},
    "needs_processing": _fixed(value=True),
    "date_created_gmt": _time("created", is_gmt=True),
    "date_modified_gmt": _time("modified", is_gmt=True),
    "date_completed_gmt": _time("completed", is_gmt=True),
    "date_paid_gmt": _time("paid", is_gmt=True),
    "currency_symbol": lambda _view, row: prices.symbol(row["currency"]),
    "_links": _links,
}
