"""Orders as answers show them."""

from decimal import Decimal
from typing import Any, Final

from app.simulators.woocommerce import php, prices, times
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.render import View, picked
from app.simulators.woocommerce.resource import Shown
from app.simulators.woocommerce.storage import Row


def total(row: Row) -> Decimal:
    """Return what an order costs."""
    lines = (*row["line_items"], *row["shipping_lines"], *row["fee_lines"])
    return sum((Decimal(line["total"]) for line in lines), Decimal(0))


def money(value: Decimal) -> str:
    """Write an amount with two decimals."""
    return f"{value:.2f}"


def shown_order(view: View, row: Row) -> Shown:
    """Show an order."""
    return picked(view, row, _READERS)


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
        "subtotal_tax": "0.00",
        "total": line["total"],
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": sold["sku"] if sold is not None else None,
        "price": php.number(float(price)),
        "image": {"id": picture, "src": ""},
        "parent_name": None,
    }


def _time(key: str, *, is_gmt: bool) -> Any:
    def read(view: View, row: Row) -> str | None:
        return times.maybe_written(row[key], 0 if is_gmt else view.store.settings.utc_offset)

    return read


def _sum(name: str) -> Any:
    return lambda _view, row: money(sum((Decimal(line["total"]) for line in row[name]), Decimal(0)))


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
    "prices_include_tax": _fixed(value=False),
    "date_created": _time("created", is_gmt=False),
    "date_modified": _time("modified", is_gmt=False),
    "discount_total": _fixed("0.00"),
    "discount_tax": _fixed("0.00"),
    "shipping_total": _sum("shipping_lines"),
    "shipping_tax": _fixed("0.00"),
    "cart_tax": _fixed("0.00"),
    "total": lambda _view, row: money(total(row)),
    "total_tax": _fixed("0.00"),
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
    "meta_data": lambda _view, row: [dict(meta) for meta in row["meta"]],
    "line_items": lambda view, row: [shown_line(view.store, line) for line in row["line_items"]],
    "tax_lines": _fixed([]),
    "shipping_lines": _same("shipping_lines"),
    "fee_lines": _same("fee_lines"),
    "coupon_lines": _fixed([]),
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
