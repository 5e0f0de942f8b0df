"""Orders: placed by customers, edited, refunded and called off by merchants."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from app.simulators.shopify import goods, levels, order_payloads, payloads, shipping
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

_ADDRESS: Final = {
    "first_name": "Bob",
    "last_name": "Norman",
    "company": None,
    "address1": "1 Long Road",
    "address2": None,
    "city": "Springfield",
    "province": "Oregon",
    "province_code": "OR",
    "zip": "97475",
    "country": "United States",
    "country_code": "US",
    "phone": "+15550100",
}
_EDITABLE: Final = {"email", "phone", "note", "tags", "shipping_address", "billing_address"}


def place(
    store: StoreCore, lines: Sequence[tuple[Row, int]], location_id: int, details: Mapping[str, Any]
) -> int:
    """Place an order; what is sold is no longer available, and committed until it is sent.

    `details` may hold email, phone, note, tags, test, financial_status, shipping_address,
    shipping_method, shipping_price, tax and on_hold.
    """
    number = 1001 + len(store.orders.rows)
    now = store.now()
    address = _ADDRESS | dict(details.get("shipping_address") or {})
    order: Row = {
        "id": store.take_id(),
        "name": f"#{number}",
        "number": number,
        "customer_id": store.take_id(),
        "lines": [_line(store, row, quantity) for row, quantity in lines],
        "email": details.get("email", "bob@example.com"),
        "phone": details.get("phone"),
        "note": details.get("note"),
        "tags": list(details.get("tags") or []),
        "test": bool(details.get("test")),
        "source_name": "web",
        "shipping_address": address,
        "billing_address": address,
        "shipping_method": details.get("shipping_method", "Standard"),
        "shipping_price": details.get("shipping_price", "0.00"),
        "tax": details.get("tax", "0.00"),
        "financial_status": details.get("financial_status", "PAID"),
        "location_id": location_id,
        "refunds": [],
        "cancelled": None,
        "cancel_reason": None,
        "closed": None,
        "is_edited": False,
        "created": now,
        "updated": now,
    }
    for row, quantity in lines:
        _take_stock(store, row, location_id, quantity)
        _tell_product(store, row["product_id"])
    store.orders.put(order)
    shipping.assign(store, order, is_held=bool(details.get("on_hold")))
    _tell(store, order, "ORDERS_CREATE", "ORDERS_UPDATED")
    if order["financial_status"] == "PAID":
        _tell(store, order, "ORDERS_PAID")
    return int(order["id"])


def _take_stock(store: StoreCore, row: Row, location_id: int, quantity: int) -> None:
    if row["tracked"]:
        levels.adjust(store, row["item_id"], location_id, "available", -quantity)
        levels.adjust(store, row["item_id"], location_id, "committed", quantity)


def _tell_product(store: StoreCore, product_id: int) -> None:
    """An ordered product tells of an update, whether or not its date moves."""
    if store.settings.sale_moves_updated:
        goods.touch_product(store, product_id)
    else:
        store.fire("PRODUCTS_UPDATE", product_id, lambda: payloads.product(store, product_id))


def _line(store: StoreCore, row: Row, quantity: int) -> dict[str, Any]:
    product = store.products.rows[row["product_id"]]
    title = None if goods.has_only_default(product) else goods.variant_title(product, row)
    return {
        "id": store.take_id(),
        "variant_id": row["id"],
        "product_id": product["id"],
        "item_id": row["item_id"],
        "tracked": row["tracked"],
        "title": product["title"],
        "variant_title": title,
        "name": f"{product['title']} - {title}" if title else product["title"],
        "sku": row["sku"],
        "vendor": product["vendor"],
        "quantity": quantity,
        "current_quantity": quantity,
        "price": row["price"],
        "taxable": row["taxable"],
        "requires_shipping": row["requires_shipping"],
    }


def _tell(store: StoreCore, order: Row, *topics: str) -> None:
    store.touch("order", order["id"])
    for topic in topics:
        store.fire(topic, order["id"], lambda: order_payloads.order(store, order["id"]))


def put(store: StoreCore, order: Row, *topics: str) -> Row:
    """Keep a changed order, and tell of it."""
    order = store.orders.put(order | {"updated": store.now()})
    _tell(store, order, *topics, "ORDERS_UPDATED")
    return order


def edit(store: StoreCore, order: Row, changes: Mapping[str, Any]) -> Row:
    """Change the words of an order: address, note, tags, contact."""
    unknown = set(changes) - _EDITABLE
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    merged = dict(changes)
    for name in ("shipping_address", "billing_address"):
        if name in merged:
            merged[name] = order[name] | dict(merged[name])
    return put(store, order | merged)


def total(order: Row) -> Decimal:
    """Return what the customer was to pay."""
    return subtotal(order) + Decimal(order["shipping_price"]) + Decimal(order["tax"])


def subtotal(order: Row, *, column: str = "quantity") -> Decimal:
    """Return the price of the goods: as ordered, or by `current_quantity` as left."""
    amounts = (Decimal(line["price"]) * line[column] for line in order["lines"])
    return sum(amounts, Decimal(0))


def refunded(order: Row) -> Decimal:
    """Return what has gone back."""
    return sum((Decimal(each["amount"]) for each in order["refunds"]), Decimal(0))


def refund(
    store: StoreCore,
    order: Row,
    lines: Mapping[int, int],
    *,
    restock: bool = True,
    amount: Decimal | None = None,
    restock_type: str = "RETURN",
) -> Row:
    """Give money back for so many of some lines; stock returns where it is wanted."""
    by_id = {line["id"]: line for line in order["lines"]}
    back = sum((Decimal(by_id[each]["price"]) * count for each, count in lines.items()), Decimal(0))
    made: Row = {
        "id": store.take_id(),
        "amount": f"{back if amount is None else amount:.2f}",
        "note": None,
        "created": store.now(),
        "lines": [
            {
                "id": store.take_id(),
                "line_id": each,
                "quantity": count,
                "restock_type": restock_type if restock else "NO_RESTOCK",
            }
            for each, count in lines.items()
        ],
    }
    kept = [
        line | {"current_quantity": line["current_quantity"] - lines.get(line["id"], 0)}
        for line in order["lines"]
    ]
    for each, count in lines.items():
        line = by_id[each]
        is_there = bool(store.variants.where("item", line["item_id"]))
        if restock and line["tracked"] and restock_type == "RETURN" and is_there:
            levels.adjust(store, line["item_id"], order["location_id"], "available", count)
    order = order | {"lines": kept, "refunds": [*order["refunds"], made]}
    is_all = refunded(order) >= total(order)
    status = "REFUNDED" if is_all else "PARTIALLY_REFUNDED"
    order = put(store, order | {"financial_status": status})
    store.fire("REFUNDS_CREATE", made["id"], lambda: order_payloads.refund(order, made))
    return order


def cancel(
    store: StoreCore,
    order: Row,
    *,
    reason: str = "OTHER",
    restock: bool = True,
    gives_back: bool = True,
) -> Row:
    """Call an order off: nothing more is sent, stock and money go back as wished."""
    shipping.call_off(store, order, restock=restock)
    if gives_back and order["financial_status"] in {"PAID", "PARTIALLY_REFUNDED"}:
        counts = {line["id"]: line["current_quantity"] for line in order["lines"]}
        left = total(order) - refunded(order)
        order = refund(store, order, counts, restock=restock, amount=left, restock_type="CANCEL")
    elif order["financial_status"] == "PENDING":
        order = order | {"financial_status": "VOIDED"}
    ended = {"cancelled": store.now(), "cancel_reason": reason, "closed": store.now()}
    return put(store, order | ended, "ORDERS_CANCELLED")


def finish_due(store: StoreCore) -> None:
    """Call off the orders an app asked to be called off."""
    for row in store.operations.where("status", "CANCELING"):
        order = store.orders.get(row["order_id"])
        if order is not None and order["cancelled"] is None and row["due"] <= store.now():
            cancel(store, order, **row["how"])
            store.operations.drop(row["id"])
