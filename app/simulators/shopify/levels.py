"""Levels: how much of an item is at a location, moved by API, merchant and customers alike."""

from typing import Any, Final

from app.simulators.shopify import payloads, texts
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

COUNTED: Final = (
    "available",
    "committed",
    "reserved",
    "damaged",
    "safety_stock",
    "quality_control",
)
OTHERS: Final = (*COUNTED[1:], "incoming")


def find_location(store: StoreCore, location_id: str | None) -> Row | None:
    """Return the location behind a global id."""
    return store.locations.get(texts.number(location_id, "Location"))


def find_item(store: StoreCore, item_id: str | None) -> Row | None:
    """Return the variant's row behind the global id of an inventory item."""
    rows = store.variants.where("item", texts.number(item_id, "InventoryItem"))
    return rows[0] if rows else None


def find(store: StoreCore, item_id: int, location_id: int) -> Row | None:
    """Return the level, also one that was switched off."""
    rows = store.levels.where("place", (item_id, location_id))
    return rows[0] if rows else None


def on_hand(row: Row) -> int:
    """Sum up what is there: everything but what is still to come."""
    return sum(row[state] for state in COUNTED)


def quantity(row: Row | None, name: str) -> int:
    """Return one of a level's quantities; nothing is stocked where there is no level."""
    if row is None:
        return 0
    return on_hand(row) if name == "on_hand" else int(row[name])


def connect(store: StoreCore, item_id: int, location_id: int) -> Row:
    """Return the level, stocked there from now on; earlier quantities come back."""
    row = find(store, item_id, location_id)
    if row is not None and row["active"]:
        return row
    now = store.now()
    if row is None:
        row = {"id": store.take_id(), "item_id": item_id, "location_id": location_id}
        row |= {"available": 0, **dict.fromkeys(OTHERS, 0), "moved": {}, "created": now}
    row = store.levels.put(row | {"active": True, "updated": now})
    _tell(store, "INVENTORY_LEVELS_CONNECT", row)
    return row


def disconnect(store: StoreCore, row: Row) -> None:
    """Stop stocking an item at a location."""
    row = store.levels.put(row | {"active": False, "updated": store.now()})
    _touch(store, row["item_id"])
    body = {"inventory_item_id": row["item_id"], "location_id": row["location_id"]}
    store.fire("INVENTORY_LEVELS_DISCONNECT", row["id"], lambda: body)


def stock_everywhere(store: StoreCore, item_id: int) -> None:
    """Stock a new item where the shop stocks by default: at its first location."""
    if not store.levels.where("item", item_id):
        connect(store, item_id, min(store.locations.rows))


def set_to(
    store: StoreCore, item_id: int, location_id: int, name: str, wanted: int
) -> list[dict[str, Any]]:
    """Set `available` or `on_hand`; returns the changes a group of adjustments shows."""
    row = connect(store, item_id, location_id)
    return adjust(store, item_id, location_id, name, wanted - quantity(row, name))


def adjust(
    store: StoreCore, item_id: int, location_id: int, name: str, delta: int
) -> list[dict[str, Any]]:
    """Move a quantity; what is on hand follows what is counted in it."""
    row = connect(store, item_id, location_id)
    column = "available" if name == "on_hand" else name
    now, moved = store.now(), [column]
    if column in COUNTED:
        moved.append("on_hand")
    stamps = row["moved"] | dict.fromkeys(moved, now)
    changed = {column: row[column] + delta, "moved": stamps, "updated": now}
    row = store.levels.put(row | changed)
    if delta:
        _tell(store, "INVENTORY_LEVELS_UPDATE", row)
    told = {"item_id": item_id, "location_id": location_id, "delta": delta}
    return [told | {"name": each, "after": quantity(row, each)} for each in moved]


def _tell(store: StoreCore, topic: str, row: Row) -> None:
    _touch(store, row["item_id"])
    level_id = row["id"]
    store.fire(topic, level_id, lambda: _body(store, level_id))


def _body(store: StoreCore, level_id: int) -> dict[str, Any] | None:
    row = store.levels.get(level_id)
    return None if row is None else payloads.level(row)


def _touch(store: StoreCore, item_id: int) -> None:
    for variant in store.variants.where("item", item_id):
        store.touch("variant", variant["id"])
        store.touch("product", variant["product_id"])
