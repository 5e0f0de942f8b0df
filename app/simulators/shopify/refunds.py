"""Money back, and orders called off: what Shopify suggests, and what becomes of the stock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.simulators.shopify import order_payloads, orders, shipping
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row


@dataclass(frozen=True, slots=True)
class Back:
    """Units of a line that come back, and how: RETURN, CANCEL or NO_RESTOCK."""

    line_id: int
    quantity: int
    restock_type: str
    location_id: int | None = None


def give(
    store: StoreCore,
    order: Row,
    units: Sequence[Back],
    *,
    amount: Decimal | None = None,
    note: str | None = None,
    moves_stock: bool = True,
) -> Row:
    """Give money back, for units by their price unless an amount is named; stock as they say."""
    by_id = {line["id"]: line for line in order["lines"]}
    worth = sum((orders.value(by_id[each.line_id], each.quantity) for each in units), Decimal(0))
    if moves_stock:
        for each in units:
            _move(store, order, by_id[each.line_id], each)
    made: Row = {
        "id": store.take_id(),
        "amount": f"{worth if amount is None else amount:.2f}",
        "note": note,
        "created": store.now(),
        "lines": [_kept(store, by_id[each.line_id], each) for each in units],
    }
    order = order | {"refunds": [*order["refunds"], made]}
    order = order | {"lines": [_lowered(line, units) for line in order["lines"]]}
    if Decimal(made["amount"]) > 0:
        is_all = orders.refunded(order) >= orders.total(order)
        order = order | {"financial_status": "REFUNDED" if is_all else "PARTIALLY_REFUNDED"}
    order = orders.put(store, order)
    store.fire("REFUNDS_CREATE", made["id"], lambda: order_payloads.refund(order, made))
    return order


def find(store: StoreCore, refund_id: int | None) -> Row | None:
    """Return a refund with the number of its order."""
    for order in store.orders.all():
        for row in order["refunds"]:
            if row["id"] == refund_id:
                return {**row, "order_id": order["id"]}
    return None


def _kept(store: StoreCore, line: Row, each: Back) -> dict[str, Any]:
    place = each.location_id or line.get("location_id")
    return {
        "id": store.take_id(),
        "line_id": each.line_id,
        "quantity": each.quantity,
        "restock_type": each.restock_type,
        "location_id": None if each.restock_type == "NO_RESTOCK" else place,
    }


def _lowered(line: Row, units: Sequence[Back]) -> Row:
    count = sum(each.quantity for each in units if each.line_id == line["id"])
    return line | {"current_quantity": line["current_quantity"] - count}


def _move(store: StoreCore, order: Row, line: Row, each: Back) -> None:
    """Send no more of what is given back, first of all what was sent already and came back."""
    waiting = shipping.remaining(store, line["id"])
    if each.restock_type == "CANCEL":
        count = min(each.quantity, waiting)
        shipping.take_off(store, order, line, count, back=count)
        orders.give_stock(store, line, _place(order, line, each), each.quantity - count)
        return
    sent = shipping.sent_units(store, order["id"]).get(line["id"], 0)
    at_home = max(0, sent - orders.refunded_units(order)[line["id"]])
    shipping.take_off(store, order, line, min(waiting, max(0, each.quantity - at_home)), back=0)
    if each.restock_type == "RETURN":
        orders.give_stock(store, line, _place(order, line, each), each.quantity)


def _place(order: Row, line: Row, each: Back) -> int:
    return int(each.location_id or line.get("location_id") or order["location_id"])


def suggested(
    store: StoreCore, order: Row, units: Sequence[Back], *, is_full: bool
) -> tuple[list[Back], Decimal, Decimal]:
    """Return the units with the location they would go back to, what they cost, and the most."""
    found = list(_everything(order)) if is_full else units
    by_id = {line["id"]: line for line in order["lines"]}
    placed = [
        Back(each.line_id, each.quantity, each.restock_type, _suggested_place(store, by_id, each))
        for each in found
        if each.line_id in by_id
    ]
    worth = (orders.value(by_id[each.line_id], each.quantity) for each in placed)
    most = orders.refundable(order)
    return placed, min(most, sum(worth, Decimal(0))), most


def _everything(order: Row) -> Iterator[Back]:
    for line in order["lines"]:
        if line["current_quantity"] > 0:
            yield Back(line["id"], line["current_quantity"], "NO_RESTOCK")


def _suggested_place(store: StoreCore, by_id: Mapping[int, Row], each: Back) -> int | None:
    if each.restock_type == "NO_RESTOCK":
        return None
    rows = store.fulfillment_orders.where("line", each.line_id)
    return int(rows[-1]["location_id"] if rows else by_id[each.line_id]["location_id"])


def cancel(
    store: StoreCore,
    order: Row,
    *,
    reason: str = "OTHER",
    restock: bool = True,
    gives_back: bool = True,
) -> Row:
    """Call an order off: nothing more is sent, stock and money go back as wished."""
    how = "CANCEL" if restock else "NO_RESTOCK"
    routed = {line["line_id"] for line in shipping.lines_of(store, order["id"])}
    units = []
    for line in order["lines"]:
        is_routed = line["id"] in routed
        count = shipping.remaining(store, line["id"]) if is_routed else line["current_quantity"]
        if count > 0:
            units.append(Back(line["id"], count, how))
        if restock and not is_routed:
            orders.give_stock(store, line, line["location_id"], count)
    shipping.call_off(store, order, restock=restock)
    back = orders.refundable(order) if gives_back else Decimal(0)
    if units or back > 0:
        order = give(store, order, units, amount=back, moves_stock=False)
    if order["financial_status"] in {"PENDING", "AUTHORIZED"}:
        order = order | {"financial_status": "VOIDED"}
    ended = {"cancelled": store.now(), "cancel_reason": reason, "closed": store.now()}
    return orders.put(store, order | ended, "ORDERS_CANCELLED")


def finish_due(store: StoreCore) -> None:
    """Call off the orders an app asked to be called off; what is sent meanwhile stays."""
    for row in store.operations.where("status", "CANCELING"):
        if row["due"] > store.now():
            continue
        order = store.orders.get(row["order_id"])
        can = order is not None and order["cancelled"] is None
        if order is not None and can and not shipping.sent_units(store, order["id"]):
            cancel(store, order, **row["how"])
        store.operations.put(row | {"status": "COMPLETE"})
