"""What comes back: asked for by customers, agreed to, decided on unit by unit, closed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.simulators.shopify import order_payloads, orders, shipping
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.refunds import Back, give
from app.simulators.storage import Row

DECISIONS: Final = ("RESTOCKED", "NOT_RESTOCKED", "MISSING", "PROCESSING_REQUIRED")
# What can be done to a return → the states it may stand at, the one it comes to, and the news.
MOVES: Final[Mapping[str, tuple[frozenset[str], str, str]]] = {
    "approve": (frozenset({"REQUESTED"}), "OPEN", "RETURNS_APPROVE"),
    "decline": (frozenset({"REQUESTED"}), "DECLINED", "RETURNS_DECLINE"),
    "cancel": (frozenset({"OPEN"}), "CANCELED", "RETURNS_CANCEL"),
    "close": (frozenset({"OPEN"}), "CLOSED", "RETURNS_CLOSE"),
    "reopen": (frozenset({"CLOSED"}), "OPEN", "RETURNS_REOPEN"),
}


def ask(
    store: StoreCore, order: Row, units: Sequence[tuple[int, int]], *, reason: str, is_open: bool
) -> Row:
    """Ask for units of lines to be taken back; the merchant may agree in the same step."""
    left = returnable(store, order)
    for line_id, quantity in units:
        if not 0 < quantity <= left[line_id]:
            raise ValueError(f"Only {left[line_id]} of line {line_id} can come back.")
    now, count = store.now(), len(store.returns.where("order", order["id"]))
    made = store.returns.put(
        {
            "id": store.take_id(),
            "order_id": order["id"],
            "name": f"{order['name']}-R{count + 1}",
            "status": "REQUESTED",
            "lines": [
                {
                    "id": store.take_id(),
                    "order_id": order["id"],
                    "line_id": line_id,
                    "sent_id": _sent_line(store, order, line_id),
                    "quantity": quantity,
                    "reason": reason,
                    "reason_id": store.take_id(),
                }
                for line_id, quantity in units
            ],
            "refunds": [],
            "decline": None,
            "approved": None,
            "created": now,
            "closed": None,
        }
    )
    if is_open:
        return move(store, made, "approve")
    return _put(store, made, "RETURNS_REQUEST")


def returnable(store: StoreCore, order: Row) -> Counter[int]:
    """Return how many of each line were sent and are not on their way back."""
    left = shipping.sent_units(store, order["id"])
    for row in store.returns.where("order", order["id"]):
        if row["status"] not in {"DECLINED", "CANCELED"}:
            left.subtract({line["line_id"]: line["quantity"] for line in row["lines"]})
    return left


def _sent_line(store: StoreCore, order: Row, line_id: int) -> int:
    found = [
        line["id"]
        for row in store.fulfillments.where("order", order["id"])
        for line in row["lines"]
        if line["line_id"] == line_id
    ]
    return int(found[-1])


def move(store: StoreCore, row: Row, action: str) -> Row:
    """Agree to a return, decline it, call it off, close it, or open it again."""
    before, after, topic = MOVES[action]
    if row["status"] not in before:
        raise ValueError(f"A return that is {row['status']} cannot be moved by {action}.")
    if action == "approve":
        row = row | {"approved": store.now()}
        _route(store, row)
    if action == "decline":
        row = row | {"decline": {"reason": "OTHER", "note": None}}
    closed = store.now() if after == "CLOSED" else None
    for way in store.ways_back.where("return", row["id"]):
        ended = {"OPEN": "OPEN", "CLOSED": "CLOSED"}.get(after, "CANCELED")
        store.ways_back.put(way | {"status": ended})
    return _put(store, row | {"status": after, "closed": closed}, topic)


def _route(store: StoreCore, row: Row) -> None:
    lines = [
        {
            "id": store.take_id(),
            "order_id": row["order_id"],
            "line_id": line["line_id"],
            "sent_id": line["sent_id"],
            "total": line["quantity"],
            "dispositions": [],
        }
        for line in row["lines"]
    ]
    way = {"id": store.take_id(), "order_id": row["order_id"], "return_id": row["id"]}
    store.ways_back.put(way | {"status": "OPEN", "lines": lines})


def decide(
    store: StoreCore, row: Row, line_id: int, quantity: int, kind: str, *, location: int | None
) -> Row:
    """Decide on units of a line that came, or say that they did not; what is restocked is."""
    if kind not in DECISIONS:
        raise ValueError(f"What came is one of {', '.join(DECISIONS)}.")
    order = store.orders.rows[row["order_id"]]
    [own] = [each for each in order["lines"] if each["id"] == line_id]
    [way] = store.ways_back.where("return", row["id"])
    [line] = [each for each in way["lines"] if each["line_id"] == line_id]
    if quantity > line["total"] - disposed(line):
        raise ValueError(f"Only {line['total'] - disposed(line)} are left to decide on.")
    place = location or own["location_id"]
    made = {"id": store.take_id(), "type": kind, "quantity": quantity, "created": store.now()}
    made |= {"location_id": place if kind == "RESTOCKED" else None}
    changed = line | {"dispositions": [*line["dispositions"], made]}
    lines = [changed if each["id"] == line["id"] else each for each in way["lines"]]
    store.ways_back.put(way | {"lines": lines})
    if kind == "RESTOCKED":
        orders.give_stock(store, own, place, quantity)
    return _put(store, row, "RETURNS_PROCESS")


def disposed(line: Mapping[str, Any]) -> int:
    """Return how many of a line on its way back were decided on."""
    return sum(each["quantity"] for each in line["dispositions"])


def refund(store: StoreCore, row: Row) -> Row:
    """Give back the money for everything a return is about; its stock is decided on apart."""
    order = store.orders.rows[row["order_id"]]
    units = [Back(line["line_id"], line["quantity"], "NO_RESTOCK") for line in row["lines"]]
    order = give(store, order, units)
    refunds = [*row["refunds"], order["refunds"][-1]["id"]]
    return _put(store, row | {"refunds": refunds}, "RETURNS_UPDATE")


def _put(store: StoreCore, row: Row, topic: str) -> Row:
    row = store.returns.put(row)
    orders.put(store, store.orders.rows[row["order_id"]])
    store.fire(topic, row["id"], lambda: order_payloads.returned(row))
    return row
