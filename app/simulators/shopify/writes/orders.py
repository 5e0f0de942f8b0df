"""orderCancel and refundCreate."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.simulators.shopify import orders, refunds, shipping, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.refunds import Back
from app.simulators.shopify.views.refunds import wanted_back
from app.simulators.shopify.writes.keys import Done, once
from app.simulators.storage import Row


def cancel_order(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Ask for an order to be called off; it happens a little later and is final."""
    store = call.store
    order = store.orders.get(texts.number(args["orderId"], "Order"))
    problem = _cancel_problem(store, order)
    if order is None or problem is not None:
        error = user_error(["orderId"], *(problem or ("Order not found", "NOT_FOUND")))
        return {"job": None, "orderCancelUserErrors": [error], "userErrors": [error]}
    method = args.get("refundMethod") or {}
    how = {"reason": args["reason"], "restock": args["restock"]}
    how["gives_back"] = bool(method.get("originalPaymentMethodsRefund"))
    number = store.take_id()
    due = store.now() + store.settings.bulk_seconds
    row = {"id": number, "kind": "OrderCancel", "status": "CANCELING", "order_id": order["id"]}
    store.operations.put(row | {"how": how, "due": due})
    job = {"id": f"gid://shopify/Job/{number}", "done": False}
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


def _cancel_problem(store: StoreCore, order: Row | None) -> tuple[str, str] | None:
    if order is None:
        return "Order not found", "NOT_FOUND"
    if order["cancelled"] is not None:
        return "Order has already been cancelled", "INVALID"
    sent = store.fulfillments.where("order", order["id"])
    if any(row["status"] == "SUCCESS" for row in sent):
        return "Cannot cancel an order that has been fulfilled", "INVALID"
    return None


def refund(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Give money back and take lines off; the same key gives it once."""
    given = args["input"]
    return once(call, args, lambda: _refund(call.store, given), lambda done: _shown(call, done))


def _refund(store: StoreCore, given: Mapping[str, Any]) -> Done:
    order = store.orders.get(texts.number(given["orderId"], "Order"))
    if order is None:
        return {"errors": [user_error(["orderId"], "Order does not exist")]}
    units = wanted_back(given.get("refundLineItems") or [])
    payments = given.get("transactions") or []
    amount = sum((Decimal(str(each["amount"])) for each in payments), Decimal(0))
    errors = _unit_errors(store, order, units)
    if amount > orders.refundable(order) and not given.get("allowOverRefunding"):
        message = "Refund amount exceeds the amount that can be refunded."
        errors.append(user_error(["transactions"], message))
    if not units and not payments:
        errors.append(user_error(None, "Refund is empty."))
    if errors:
        return {"errors": errors}
    order = refunds.give(store, order, units, amount=amount, note=given.get("note"))
    return {"order_id": order["id"], "refund_id": order["refunds"][-1]["id"], "errors": []}


def _unit_errors(store: StoreCore, order: Row, units: Sequence[Back]) -> UserErrors:
    by_id = {line["id"]: line for line in order["lines"]}
    counts = Counter[int]()
    errors: UserErrors = []
    for at, each in enumerate(units):
        counts[each.line_id] += each.quantity
        path = ["refundLineItems", at]
        line = by_id.get(each.line_id)
        if line is None:
            errors.append(user_error([*path, "lineItemId"], "Line item does not exist"))
        elif counts[each.line_id] > line["current_quantity"]:
            message = "Quantity cannot refund more items than were purchased"
            errors.append(user_error([*path, "quantity"], message))
        elif each.restock_type != "NO_RESTOCK" and each.location_id not in store.locations.rows:
            errors.append(user_error([*path, "locationId"], "Location does not exist"))
        elif each.restock_type == "CANCEL" and each.quantity > shipping.remaining(
            store, line["id"]
        ):
            message = "Quantity cannot cancel more items than are unfulfilled"
            errors.append(user_error([*path, "restockType"], message))
    return errors


def _shown(call: Call, done: Done) -> Mapping[str, Any]:
    order = call.store.orders.get(done.get("order_id"))
    made = [
        each | {"order_id": done["order_id"]}
        for each in (order["refunds"] if order else ())
        if each["id"] == done.get("refund_id")
    ]
    return {
        "order": call.show("Order", order),
        "refund": call.show("Refund", made[0] if made else None),
        "userErrors": done["errors"],
    }
