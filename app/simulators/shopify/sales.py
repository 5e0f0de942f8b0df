"""Sales: orders take stock, and tell several topics at once."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.simulators.shopify import goods, levels, payloads, texts
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row


def sell(store: StoreCore, lines: Sequence[tuple[Row, int]], location_id: int) -> int:
    """Place a paid order; what is sold is no longer available, and committed until sent."""
    number = 1000 + len(store.orders.rows) + 1
    now = store.now()
    order: Row = {
        "id": store.take_id(),
        "name": f"#{number}",
        "number": number,
        "lines": [_line(store, row, quantity) for row, quantity in lines],
        "is_open": True,
        "email": None,
        "phone": None,
        "note": None,
        "tags": [],
        "test": False,
        "taxes_included": False,
        "source_name": "web",
        "display_financial_status": "PAID",
        "display_fulfillment_status": "UNFULFILLED",
        "cancelled": None,
        "cancel_reason": None,
        "created": now,
        "updated": now,
    }
    for row, quantity in lines:
        if row["tracked"]:
            levels.adjust(store, row["item_id"], location_id, "available", -quantity)
            levels.adjust(store, row["item_id"], location_id, "committed", quantity)
        _tell_product(store, row["product_id"])
    store.orders.put(order)
    store.touch("order", order["id"])
    for topic in ("ORDERS_CREATE", "ORDERS_PAID", "ORDERS_UPDATED"):
        store.fire(topic, order["id"], lambda: body(store, order))
    return int(order["id"])


def _tell_product(store: StoreCore, product_id: int) -> None:
    """An ordered product tells of an update, whether or not its date moves."""
    if store.settings.sale_moves_updated:
        goods.touch_product(store, product_id)
    else:
        store.fire("PRODUCTS_UPDATE", product_id, lambda: payloads.product(store, product_id))


def _line(store: StoreCore, row: Row, quantity: int) -> dict[str, Any]:
    product = store.products.rows[row["product_id"]]
    title = goods.variant_title(product, row)
    return {
        "id": store.take_id(),
        "variant_id": row["id"],
        "product_id": product["id"],
        "title": product["title"],
        "name": product["title"]
        if goods.has_only_default(product)
        else f"{product['title']} - {title}",
        "sku": row["sku"],
        "vendor": product["vendor"],
        "quantity": quantity,
        "price": row["price"],
        "taxable": row["taxable"],
        "requires_shipping": row["requires_shipping"],
    }


def body(store: StoreCore, order: Row) -> Mapping[str, Any]:
    """Return an order's webhook body."""
    total = sum((Decimal(line["price"]) * line["quantity"] for line in order["lines"]), Decimal(0))
    currency = store.settings.currency
    money = {"amount": texts.money(total), "currency_code": currency}
    return {
        "id": order["id"],
        "admin_graphql_api_id": texts.gid("Order", order["id"]),
        "name": order["name"],
        "order_number": order["number"],
        "number": order["number"] - 1000,
        "created_at": texts.rest_written(order["created"]),
        "updated_at": texts.rest_written(order["updated"]),
        "processed_at": texts.rest_written(order["created"]),
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "currency": currency,
        "presentment_currency": currency,
        "financial_status": "paid",
        "fulfillment_status": None,
        "taxes_included": False,
        "test": False,
        "tags": "",
        "note": None,
        "email": "",
        "phone": None,
        "source_name": "web",
        "total_price": texts.money(total),
        "subtotal_price": texts.money(total),
        "total_tax": "0.00",
        "total_discounts": "0.00",
        "total_price_set": {"shop_money": money, "presentment_money": money},
        "line_items": [
            {
                "id": line["id"],
                "admin_graphql_api_id": texts.gid("LineItem", line["id"]),
                "variant_id": line["variant_id"],
                "product_id": line["product_id"],
                "title": line["title"],
                "name": line["name"],
                "sku": line["sku"],
                "vendor": line["vendor"],
                "quantity": line["quantity"],
                "current_quantity": line["quantity"],
                "price": line["price"],
                "taxable": line["taxable"],
                "requires_shipping": line["requires_shipping"],
                "fulfillment_status": None,
                "fulfillable_quantity": line["quantity"],
                "tax_lines": [],
            }
            for line in order["lines"]
        ],
        "fulfillments": [],
        "refunds": [],
        "shipping_lines": [],
        "shipping_address": None,
        "billing_address": None,
        "customer": None,
    }
