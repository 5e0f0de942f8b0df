"""Bodies of webhooks about orders, refunds, fulfilments and what has to be sent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.simulators.shopify import orders, shipping, texts
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row


def order(store: StoreCore, order_id: int) -> Mapping[str, Any] | None:
    """Return an order's body."""
    row = store.orders.get(order_id)
    if row is None:
        return None
    currency = store.settings.currency
    total, subtotal = orders.total(row), orders.subtotal(row)
    left = orders.left(row)
    status = shipping.status_of(store, row)
    words = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}
    sent = store.fulfillments.where("order", order_id)
    shown = store.settings.shows_customers
    return {
        "id": row["id"],
        "admin_graphql_api_id": texts.gid("Order", row["id"]),
        "name": row["name"],
        "order_number": row["number"],
        "number": row["number"] - 1000,
        "created_at": texts.rest_written(row["created"]),
        "updated_at": texts.rest_written(row["updated"]),
        "processed_at": texts.rest_written(row["created"]),
        "cancelled_at": _moment(row["cancelled"]),
        "cancel_reason": row["cancel_reason"].lower() if row["cancel_reason"] else None,
        "closed_at": _moment(row["closed"]),
        "currency": currency,
        "presentment_currency": currency,
        "financial_status": row["financial_status"].lower(),
        "fulfillment_status": words.get(status),
        "taxes_included": False,
        "test": row["test"],
        "tags": ", ".join(row["tags"]),
        "note": row["note"],
        "email": (row["email"] or "") if shown else "",
        "phone": row["phone"] if shown else None,
        "source_name": row["source_name"],
        "total_price": texts.money(total),
        "subtotal_price": texts.money(subtotal),
        "total_tax": row["tax"],
        "total_discounts": row.get("discount", "0.00"),
        "total_price_set": _bag(total, currency),
        "current_total_price": texts.money(left),
        "current_total_price_set": _bag(left, currency),
        "line_items": [_line(store, line) for line in row["lines"]],
        "fulfillments": [fulfillment(store, each) for each in sent],
        "refunds": [refund(row, each) for each in row["refunds"]],
        "shipping_lines": [
            {
                "title": row["shipping_method"],
                "code": row["shipping_method"],
                "price": row["shipping_price"],
                "source": "shopify",
            }
        ],
        "shipping_address": _address(row["shipping_address"]) if shown else None,
        "billing_address": _address(row["billing_address"]) if shown else None,
        "customer": {"id": row["customer_id"]},
    }


def _moment(moment: int | None) -> str | None:
    return None if moment is None else texts.rest_written(moment)


def _bag(amount: Decimal, currency: str) -> dict[str, Any]:
    money = {"amount": texts.money(amount), "currency_code": currency}
    return {"shop_money": money, "presentment_money": money}


def _address(row: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{row['first_name']} {row['last_name']}"
    return {**row, "name": name, "latitude": None, "longitude": None}


def _line(store: StoreCore, line: Row) -> dict[str, Any]:
    left = shipping.remaining(store, line["id"])
    done = "fulfilled" if line["requires_shipping"] and left == 0 else None
    return {
        "id": line["id"],
        "admin_graphql_api_id": texts.gid("LineItem", line["id"]),
        "variant_id": line["variant_id"],
        "product_id": line["product_id"],
        "title": line["title"],
        "variant_title": line["variant_title"],
        "name": line["name"],
        "sku": line["sku"],
        "vendor": line["vendor"],
        "quantity": line["quantity"],
        "current_quantity": line["current_quantity"],
        "price": line["price"],
        "taxable": line["taxable"],
        "requires_shipping": line["requires_shipping"],
        "fulfillable_quantity": left,
        "fulfillment_status": done,
        "tax_lines": [],
    }


def refund(row: Row, made: Row) -> dict[str, Any]:
    """Return a refund's body."""
    by_id = {line["id"]: line for line in row["lines"]}
    return {
        "id": made["id"],
        "admin_graphql_api_id": texts.gid("Refund", made["id"]),
        "order_id": row["id"],
        "created_at": texts.rest_written(made["created"]),
        "note": made["note"],
        "restock": any(each["restock_type"] != "NO_RESTOCK" for each in made["lines"]),
        "refund_line_items": [
            {
                "id": each["id"],
                "line_item_id": each["line_id"],
                "quantity": each["quantity"],
                "restock_type": each["restock_type"].lower(),
                "location_id": each.get("location_id"),
                "subtotal": texts.money(
                    Decimal(by_id[each["line_id"]]["price"]) * each["quantity"]
                ),
            }
            for each in made["lines"]
        ],
        "transactions": [{"kind": "refund", "status": "success", "amount": made["amount"]}],
    }


def edit(store: StoreCore, row: Row, edit_id: int, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body that tells of an edit: what was added and removed, not the order."""
    told = {"id": changed["line_id"], "delta": abs(changed["delta"])}
    return {
        "order_edit": {
            "id": edit_id,
            "order_id": row["id"],
            "created_at": texts.rest_written(store.now()),
            "committed_at": texts.rest_written(store.now()),
            "notify_customer": False,
            "line_items": {
                "additions": [told] if changed["delta"] > 0 else [],
                "removals": [told] if changed["delta"] < 0 else [],
            },
        }
    }


def fulfillment(store: StoreCore, row: Row) -> dict[str, Any]:
    """Return a fulfilment's body."""
    tracking = row["tracking"]
    first = tracking[0] if tracking else {"company": None, "number": None, "url": None}
    order_row = store.orders.rows[row["order_id"]]
    events = row.get("events") or ()
    counts = {each["line_id"]: each["quantity"] for each in row["lines"]}
    lines = [line for line in order_row["lines"] if line["id"] in counts]
    return {
        "id": row["id"],
        "admin_graphql_api_id": texts.gid("Fulfillment", row["id"]),
        "order_id": row["order_id"],
        "status": row["status"].lower(),
        "shipment_status": events[-1]["status"].lower() if events else None,
        "created_at": texts.rest_written(row["created"]),
        "updated_at": texts.rest_written(row["updated"]),
        "name": row["name"],
        "location_id": row["location_id"],
        "tracking_company": first["company"],
        "tracking_number": first["number"],
        "tracking_url": first["url"],
        "tracking_numbers": [each["number"] for each in tracking if each["number"]],
        "tracking_urls": [each["url"] for each in tracking if each["url"]],
        "line_items": [_line(store, line) | {"quantity": counts[line["id"]]} for line in lines],
    }


def fulfillment_event(row: Row, event: Row) -> dict[str, Any]:
    """Return the body that tells what a carrier said of a parcel."""
    return {
        "id": event["id"],
        "admin_graphql_api_id": texts.gid("FulfillmentEvent", event["id"]),
        "fulfillment_id": row["id"],
        "order_id": row["order_id"],
        "status": event["status"].lower(),
        "message": event["message"],
        "happened_at": texts.rest_written(event["happened"]),
        "created_at": texts.rest_written(event["created"]),
        "estimated_delivery_at": _moment(event["estimated"]),
    }


def returned(row: Row) -> dict[str, Any]:
    """Return the body that tells of a return: where it stands, and of which order it is."""
    order_id = row["order_id"]
    return {
        "id": row["id"],
        "admin_graphql_api_id": texts.gid("Return", row["id"]),
        "name": row["name"],
        "status": row["status"].lower(),
        "order": {"id": order_id, "admin_graphql_api_id": texts.gid("Order", order_id)},
    }


def fulfillment_order(row: Row) -> dict[str, Any]:
    """Return the body that tells of something that has to be sent."""
    gid = texts.gid("FulfillmentOrder", row["id"])
    return {"fulfillment_order": {"id": gid, "status": row["status"].lower()}}
