"""What has to be sent: fulfilment orders per location, and the fulfilments that send it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.simulators.shopify import levels, order_payloads
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

SENDABLE: Final = {"OPEN", "IN_PROGRESS"}
ENDED: Final = {"CLOSED", "CANCELLED"}
EVENTS: Final = frozenset(
    (
        "ATTEMPTED_DELIVERY",
        "CARRIER_PICKED_UP",
        "CONFIRMED",
        "DELAYED",
        "DELIVERED",
        "FAILURE",
        "IN_TRANSIT",
        "LABEL_PRINTED",
        "LABEL_PURCHASED",
        "OUT_FOR_DELIVERY",
        "READY_FOR_PICKUP",
    )
)
Pick = tuple[Row, Mapping[int, int]]  # a fulfilment order, and how much of its lines


def assign(store: StoreCore, order: Row, *, is_held: bool = False) -> None:
    """Make the fulfilment orders of a new order, one per location; some things are never sent."""
    by_place: dict[int, list[Row]] = {}
    for line in order["lines"]:
        if line["requires_shipping"]:
            by_place.setdefault(line["location_id"], []).append(line)
    for place, lines in by_place.items():
        status = "ON_HOLD" if is_held else "OPEN"
        row = _route(
            store, order["id"], place, status, [(line["id"], line["quantity"]) for line in lines]
        )
        _tell(store, "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE", row)


def _route(
    store: StoreCore, order_id: int, place: int, status: str, lines: Sequence[tuple[int, int]]
) -> Row:
    now = store.now()
    return store.fulfillment_orders.put(
        {
            "id": store.take_id(),
            "order_id": order_id,
            "location_id": place,
            "status": status,
            "request_status": "UNSUBMITTED",
            "lines": [
                {"id": store.take_id(), "line_id": line_id, "total": count, "remaining": count}
                for line_id, count in lines
            ],
            "created": now,
            "updated": now,
        }
    )


def add(store: StoreCore, order: Row, line: Row, count: int) -> None:
    """Send so many more of a line, with what is still to be sent of it or by themselves."""
    if not line["requires_shipping"]:
        return
    for row in store.fulfillment_orders.where("line", line["id"]):
        if row["status"] in SENDABLE and row["location_id"] == line["location_id"]:
            lines = [
                _more(each, count if each["line_id"] == line["id"] else 0) for each in row["lines"]
            ]
            _put(store, row | {"lines": lines})
            return
    _route(store, order["id"], line["location_id"], "OPEN", [(line["id"], count)])


def _more(line: Row, count: int) -> Row:
    return line | {"total": line["total"] + count, "remaining": line["remaining"] + count}


def take_off(store: StoreCore, order: Row, line: Row, count: int, *, back: int) -> None:
    """Send so many fewer of a line; so many of them are available again."""
    if not line["requires_shipping"]:
        return
    for row in store.fulfillment_orders.where("line", line["id"]):
        if count <= 0 or row["status"] in ENDED:
            continue
        lines = []
        for each in row["lines"]:
            off = min(count, each["remaining"]) if each["line_id"] == line["id"] else 0
            shelf = min(off, back)
            count, back = count - off, back - shelf
            _move(store, row, line, committed=-off, available=shelf)
            lines.append(each | {"remaining": each["remaining"] - off})
        is_done = all(each["remaining"] == 0 for each in lines)
        ended = "CLOSED" if sent_units(store, order["id"]) else "CANCELLED"
        _put(store, row | {"lines": lines, "status": ended if is_done else row["status"]})


def sent_units(store: StoreCore, order_id: int) -> Counter[int]:
    """Return how many of each line have been sent."""
    counts: Counter[int] = Counter()
    for row in store.fulfillments.where("order", order_id):
        for line in row["lines"] if _is_sent(row) else ():
            counts[line["line_id"]] += line["quantity"]
    return counts


def lines_of(store: StoreCore, order_id: int) -> list[Row]:
    """Return the lines of everything that has, or had, to be sent of an order."""
    rows = store.fulfillment_orders.where("order", order_id)
    return [line for row in rows for line in row["lines"]]


def _tell(store: StoreCore, topic: str, row: Row) -> None:
    store.fire(topic, row["id"], lambda: order_payloads.fulfillment_order(row))


def _put(store: StoreCore, row: Row) -> Row:
    store.touch("order", row["order_id"])
    return store.fulfillment_orders.put(row | {"updated": store.now()})


def hold(store: StoreCore, order: Row, *, is_held: bool) -> None:
    """Keep an order from being sent, or let it go."""
    before, after = ("OPEN", "ON_HOLD") if is_held else ("ON_HOLD", "OPEN")
    topic = "PLACED_ON_HOLD" if is_held else "HOLD_RELEASED"
    for row in store.fulfillment_orders.where("order", order["id"]):
        if row["status"] == before:
            _tell(store, f"FULFILLMENT_ORDERS_{topic}", _put(store, row | {"status": after}))


def split(store: StoreCore, order: Row, line_id: int, location_id: int) -> None:
    """Let another location send one of the lines; what was promised moves along."""
    now, by_id = store.now(), {line["id"]: line for line in order["lines"]}
    for row in store.fulfillment_orders.where("order", order["id"]):
        moved = [line for line in row["lines"] if line["line_id"] == line_id]
        kept = [line for line in row["lines"] if line["line_id"] != line_id]
        if moved and kept and row["status"] in SENDABLE:
            _put(store, row | {"lines": kept})
            own = {"id": store.take_id(), "location_id": location_id, "lines": moved}
            made = store.fulfillment_orders.put(row | own | {"created": now, "updated": now})
            for line in moved:
                count, bought = line["remaining"], by_id[line["line_id"]]
                _move(store, row, bought, committed=-count, available=count)
                _move(store, made, bought, committed=count, available=-count)
            _tell(store, "FULFILLMENT_ORDERS_MOVED", made)


def remaining(store: StoreCore, line_id: int) -> int:
    """Return how much of an order's line is still to be sent."""
    return sum(
        line["remaining"]
        for row in store.fulfillment_orders.where("line", line_id)
        for line in row["lines"]
        if line["line_id"] == line_id and row["status"] not in ENDED
    )


def status_of(store: StoreCore, order: Row) -> str:
    """Return how far an order is, in one word."""
    rows = store.fulfillment_orders.where("order", order["id"])
    if not rows:
        return "FULFILLMENT_NOT_REQUIRED"
    open_rows = [row for row in rows if row["status"] not in ENDED]
    sent = [row for row in store.fulfillments.where("order", order["id"]) if _is_sent(row)]
    if not open_rows:
        return "FULFILLED" if sent else "UNFULFILLED"
    if sent:
        return "PARTIALLY_FULFILLED"
    is_held = all(row["status"] == "ON_HOLD" for row in open_rows)
    return "ON_HOLD" if is_held else "UNFULFILLED"


def _is_sent(row: Row) -> bool:
    return bool(row["status"] == "SUCCESS")


def all_of(row: Row) -> dict[int, int]:
    """Return everything a fulfilment order still has to send."""
    return {line["id"]: line["remaining"] for line in row["lines"] if line["remaining"] > 0}


def ship(store: StoreCore, picks: Sequence[Pick], tracking: list[dict[str, Any]]) -> Row:
    """Send: what is sent is no longer committed, and leaves the location."""
    order = store.orders.rows[picks[0][0]["order_id"]]
    now, count = store.now(), len(store.fulfillments.where("order", order["id"]))
    sent: list[dict[str, Any]] = []
    for row, wanted in picks:
        sent += _send(store, order, row, wanted)
    made = store.fulfillments.put(
        {
            "id": store.take_id(),
            "order_id": order["id"],
            "location_id": picks[0][0]["location_id"],
            "fulfillment_order_ids": [row["id"] for row, _ in picks],
            "name": f"{order['name']}-F{count + 1}",
            "status": "SUCCESS",
            "tracking": tracking,
            "lines": sent,
            "created": now,
            "updated": now,
        }
    )
    _tell_sent(store, "FULFILLMENTS_CREATE", made)
    return made


def _send(
    store: StoreCore, order: Row, row: Row, wanted: Mapping[int, int]
) -> list[dict[str, Any]]:
    by_id = {line["id"]: line for line in order["lines"]}
    lines, sent = [], []
    for line in row["lines"]:
        count = wanted.get(line["id"], 0)
        lines.append(line | {"remaining": line["remaining"] - count})
        if count:
            made = {"id": store.take_id(), "line_id": line["line_id"], "quantity": count}
            sent.append(made)
            _move(store, row, by_id[line["line_id"]], committed=-count)
    is_done = all(line["remaining"] == 0 for line in lines)
    _put(store, row | {"lines": lines, "status": "CLOSED" if is_done else "IN_PROGRESS"})
    return sent


def _move(store: StoreCore, row: Row, line: Row, *, committed: int, available: int = 0) -> None:
    """Move the stock of an order's line where its fulfilment order is."""
    if not line["tracked"] or not store.variants.where("item", line["item_id"]):
        return  # never counted, or deleted since it was bought
    levels.adjust(store, line["item_id"], row["location_id"], "committed", committed)
    if available:
        levels.adjust(store, line["item_id"], row["location_id"], "available", available)


def _tell_sent(store: StoreCore, topic: str, made: Row) -> None:
    made_id = made["id"]
    store.fire(
        topic,
        made_id,
        lambda: order_payloads.fulfillment(store, store.fulfillments.rows[made_id]),
    )
    order_id = made["order_id"]
    order = store.orders.put(store.orders.rows[order_id] | {"updated": store.now()})
    store.touch("order", order_id)
    topics = ["ORDERS_UPDATED"]
    if status_of(store, order) == "FULFILLED":
        topics.append("ORDERS_FULFILLED")
    for each in topics:
        store.fire(each, order_id, lambda: order_payloads.order(store, order_id))


def retrack(store: StoreCore, made: Row, tracking: list[dict[str, Any]]) -> Row:
    """Correct where a parcel is."""
    made = store.fulfillments.put(made | {"tracking": tracking, "updated": store.now()})
    _tell_sent(store, "FULFILLMENTS_UPDATE", made)
    return made


def tell_of(
    store: StoreCore, made: Row, status: str, *, message: str = "", estimated: int | None = None
) -> Row:
    """Let the carrier tell of a parcel: where it is, and when it will be there."""
    if status not in EVENTS:
        raise ValueError(f"A carrier says one of {', '.join(sorted(EVENTS))}.")
    now = store.now()
    event: Row = {"id": store.take_id(), "status": status, "message": message or None}
    event |= {"happened": now, "created": now, "estimated": estimated, "city": None}
    events = [*(made.get("events") or ()), event]
    made = store.fulfillments.put(made | {"events": events, "updated": now})
    body = order_payloads.fulfillment_event(made, event)
    store.fire("FULFILLMENT_EVENTS_CREATE", event["id"], lambda: body)
    _tell_sent(store, "FULFILLMENTS_UPDATE", made)
    return made


def take_back(store: StoreCore, made: Row) -> Row:
    """Call a fulfilment off: its lines have to be sent again."""
    order = store.orders.rows[made["order_id"]]
    by_id = {line["id"]: line for line in order["lines"]}
    counts = {line["line_id"]: line["quantity"] for line in made["lines"]}
    for row_id in made["fulfillment_order_ids"]:
        row = store.fulfillment_orders.rows[row_id]
        lines = [
            line | {"remaining": line["remaining"] + counts.get(line["line_id"], 0)}
            for line in row["lines"]
        ]
        _put(store, row | {"lines": lines, "status": "OPEN"})
        for line in row["lines"]:
            count = counts.get(line["line_id"], 0)
            _move(store, row, by_id[line["line_id"]], committed=count)
    made = store.fulfillments.put(made | {"status": "CANCELLED", "updated": store.now()})
    _tell_sent(store, "FULFILLMENTS_UPDATE", made)
    return made


def call_off(store: StoreCore, order: Row, *, restock: bool) -> None:
    """Send nothing more of an order; what was committed is available again, or lost."""
    by_id = {line["id"]: line for line in order["lines"]}
    for row in store.fulfillment_orders.where("order", order["id"]):
        if row["status"] in ENDED:
            continue
        for line in row["lines"]:
            back = line["remaining"] if restock else 0
            own = by_id[line["line_id"]]
            _move(store, row, own, committed=-line["remaining"], available=back)
        closed = [line | {"remaining": 0} for line in row["lines"]]
        ended = _put(store, row | {"lines": closed, "status": "CANCELLED"})
        _tell(store, "FULFILLMENT_ORDERS_CANCELLED", ended)
