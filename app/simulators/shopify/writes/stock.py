"""Stock: absolute and relative quantities with their keys, activation, and item facts."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.simulators.shopify import goods, levels, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import TopError, UserErrors, user_error
from app.simulators.shopify.writes import keys
from app.simulators.shopify.writes.values import item_values
from app.simulators.storage import Row

MOST: Final = 1_000_000_000
REASONS: Final = {
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
}
SETTABLE: Final = {"available", "on_hand"}
_NO_ITEM: Final = "The specified inventory item could not be found."
_NO_LOCATION: Final = "The specified location could not be found."
Move = Callable[[StoreCore, int, int, str, int], list[dict[str, Any]]]


def set_quantities(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Set what is available or on hand, row by row compared with what the app last knew."""
    given = args["input"]
    _need_change_from(given["quantities"], "InventoryQuantityInput", "quantities")
    return keys.once(call, args, lambda: _set(call.store, given), _shown(call))


def adjust_quantities(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Move quantities up or down."""
    given = args["input"]
    _need_change_from(given["changes"], "InventoryChangeInput", "changes")
    return keys.once(call, args, lambda: _adjust(call.store, given), _shown(call))


def _need_change_from(rows: list[Mapping[str, Any]], kind: str, name: str) -> None:
    for at, row in enumerate(rows):
        if "changeFromQuantity" not in row:
            raise TopError(
                f"Argument 'changeFromQuantity' on InputObject '{kind}' is required: "
                f"input.{name}.{at}",
                "INVALID_FIELD_ARGUMENTS",
            )


def _shown(call: Call) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    def show(done: dict[str, Any]) -> Mapping[str, Any]:
        group = call.store.groups.get(done["group_id"])
        shown = call.show("InventoryAdjustmentGroup", group)
        return {"inventoryAdjustmentGroup": shown, "userErrors": done["errors"]}

    return show


def _set(store: StoreCore, given: Mapping[str, Any]) -> dict[str, Any]:
    errors = _common_errors(store, given)
    if given["name"] not in SETTABLE:
        message = "The quantity name must be either 'available' or 'on_hand'."
        errors.append(user_error(["input", "name"], message, "INVALID_NAME"))
    pairs = [(row["inventoryItemId"], row["locationId"]) for row in given["quantities"]]
    for at, row in enumerate(given["quantities"]):
        path: list[str | int] = ["input", "quantities", at]
        if pairs.index(pairs[at]) < at:
            message = "The combination of inventoryItemId and locationId must be unique."
            code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            errors.append(user_error(path, message, code))
        errors += _row_errors(store, path, row, given["name"])
        errors += _range_errors([*path, "quantity"], row["quantity"])
    if errors:
        return {"group_id": None, "errors": errors}
    return _grouped(store, given, given["quantities"], "quantity", levels.set_to)


def _adjust(store: StoreCore, given: Mapping[str, Any]) -> dict[str, Any]:
    errors = _common_errors(store, given)
    if given["name"] not in {*levels.COUNTED, "incoming"}:
        message = "The specified quantity name is invalid."
        errors.append(user_error(["input", "name"], message, "INVALID_QUANTITY_NAME"))
    for at, row in enumerate(given["changes"]):
        path: list[str | int] = ["input", "changes", at]
        errors += _row_errors(store, path, row, given["name"])
        errors += _ledger_errors(path, row, given["name"])
        errors += _range_errors([*path, "delta"], row["delta"], most=2 * MOST)
    if errors:
        return {"group_id": None, "errors": errors}
    return _grouped(store, given, given["changes"], "delta", levels.adjust)


def _ledger_errors(path: list[str | int], row: Mapping[str, Any], name: str) -> UserErrors:
    ledger = row.get("ledgerDocumentUri")
    if name == "available" and ledger:
        message = "A ledger document URI is not allowed when adjusting available."
        return [user_error([*path, "ledgerDocumentUri"], message, "INVALID_AVAILABLE_DOCUMENT")]
    if name != "available" and not ledger:
        message = "A ledger document URI is required except when adjusting available."
        return [user_error([*path, "ledgerDocumentUri"], message, "INVALID_QUANTITY_DOCUMENT")]
    return []


def _common_errors(store: StoreCore, given: Mapping[str, Any]) -> UserErrors:
    del store
    errors = []
    if given["reason"] not in REASONS:
        message = "The specified reason is invalid."
        errors.append(user_error(["input", "reason"], message, "INVALID_REASON"))
    document = given.get("referenceDocumentUri")
    if document is not None and "://" not in document:
        message = "The specified reference document is invalid."
        path = ["input", "referenceDocumentUri"]
        errors.append(user_error(path, message, "INVALID_REFERENCE_DOCUMENT"))
    return errors


def _row_errors(
    store: StoreCore, path: list[str | int], row: Mapping[str, Any], name: str
) -> UserErrors:
    item = levels.find_item(store, row["inventoryItemId"])
    if item is None:
        return [user_error([*path, "inventoryItemId"], _NO_ITEM, "INVALID_INVENTORY_ITEM")]
    location = levels.find_location(store, row["locationId"])
    if location is None:
        return [user_error([*path, "locationId"], _NO_LOCATION, "INVALID_LOCATION")]
    expected = row["changeFromQuantity"]
    held = levels.quantity(levels.find(store, item["item_id"], location["id"]), name)
    if expected is not None and expected != held:
        message = "The changeFromQuantity argument no longer matches the persisted quantity."
        code = "CHANGE_FROM_QUANTITY_STALE"
        return [user_error([*path, "changeFromQuantity"], message, code)]
    return []


def _range_errors(path: list[str | int], wanted: int, most: int = MOST) -> UserErrors:
    if wanted > most:
        message = f"The quantity can't be higher than {most:,}."
        return [user_error(path, message, "INVALID_QUANTITY_TOO_HIGH")]
    if wanted < -most:
        message = f"The quantity can't be lower than -{most:,}."
        return [user_error(path, message, "INVALID_QUANTITY_TOO_LOW")]
    return []


def _grouped(
    store: StoreCore,
    given: Mapping[str, Any],
    rows: list[Mapping[str, Any]],
    amount: str,
    move: Move,
) -> dict[str, Any]:
    changes: list[dict[str, Any]] = []
    for row in rows:
        item = levels.find_item(store, row["inventoryItemId"])
        location = levels.find_location(store, row["locationId"])
        assert item is not None  # noqa: S101 (checked with the errors of the row)
        assert location is not None  # noqa: S101 (as above)
        made = move(store, item["item_id"], location["id"], given["name"], row[amount])
        changes += [change | {"ledger": row.get("ledgerDocumentUri")} for change in made]
    group = store.groups.put(
        {
            "id": store.take_id(),
            "reason": given["reason"],
            "reference_document_uri": given.get("referenceDocumentUri"),
            "changes": changes,
            "created": store.now(),
        }
    )
    _forget_old_groups(store)
    return {"group_id": group["id"], "errors": []}


def _forget_old_groups(store: StoreCore) -> None:
    """Keep the newest groups only: a shop that is synced all day makes millions of changes."""
    rows = store.groups.rows
    store.kept_changes += len(rows[next(reversed(rows))]["changes"])
    while store.kept_changes > store.settings.kept_changes and len(rows) > 1:
        oldest = rows[next(iter(rows))]
        store.kept_changes -= len(oldest["changes"])
        store.groups.drop(oldest["id"])


def activate(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Stock an item at a location; without quantities the earlier ones come back."""
    store = call.store

    def do() -> dict[str, Any]:
        item = levels.find_item(store, args["inventoryItemId"])
        location = levels.find_location(store, args["locationId"])
        errors = []
        if item is None:
            errors.append(user_error(["inventoryItemId"], _NO_ITEM))
        if location is None:
            errors.append(user_error(["locationId"], _NO_LOCATION))
        if item is None or location is None:
            return {"level_id": None, "errors": errors}
        row = levels.connect(store, item["item_id"], location["id"])
        for name, argument in (("available", "available"), ("on_hand", "onHand")):
            if args.get(argument) is not None:
                levels.set_to(store, item["item_id"], location["id"], name, args[argument])
        return {"level_id": row["id"], "errors": []}

    def show(done: dict[str, Any]) -> Mapping[str, Any]:
        level = call.show("InventoryLevel", store.levels.get(done["level_id"]))
        return {"inventoryLevel": level, "userErrors": done["errors"]}

    return keys.once(call, args, do, show)


def deactivate(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Stop stocking an item at a location."""
    store = call.store
    row = store.levels.get(texts.number(args["inventoryLevelId"], "InventoryLevel"))
    if row is None:
        error = user_error(["inventoryLevelId"], "The inventory level couldn't be found.")
        return {"userErrors": [error]}
    problem = _kept_by(store, row)
    if problem is not None:
        return {"userErrors": [user_error(None, problem[0])]}
    levels.disconnect(store, row)
    return {"userErrors": []}


def _kept_by(store: StoreCore, row: Row) -> tuple[str, str] | None:
    active = [level for level in store.levels.where("item", row["item_id"]) if level["active"]]
    if len(active) < 2:
        message = "The product couldn't be unstocked because it is stocked nowhere else."
        return message, "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION"
    if row["committed"]:
        message = "The product couldn't be unstocked because it has committed inventory."
        return message, "COMMITTED_INVENTORY_AT_LOCATION"
    return None


def toggle(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Stock and unstock an item at many locations."""
    store = call.store
    item = levels.find_item(store, args["inventoryItemId"])
    if item is None:
        error = user_error(["inventoryItemId"], _NO_ITEM, "INVENTORY_ITEM_NOT_FOUND")
        return {"inventoryItem": None, "inventoryLevels": None, "userErrors": [error]}
    errors: UserErrors = []
    for at, each in enumerate(args["inventoryItemUpdates"]):
        path: list[str | int] = ["inventoryItemUpdates", at, "locationId"]
        location = levels.find_location(store, each["locationId"])
        if location is None:
            errors.append(user_error(path, _NO_LOCATION, "LOCATION_NOT_FOUND"))
        elif each["activate"]:
            levels.connect(store, item["item_id"], location["id"])
        else:
            errors += _switched_off(store, path, item, location)
    rows = [row for row in store.levels.where("item", item["item_id"]) if row["active"]]
    shown = [call.show("InventoryLevel", row) for row in rows]
    told = {"inventoryLevels": shown, "userErrors": errors}
    return {"inventoryItem": call.show("InventoryItem", item), **told}


def _switched_off(store: StoreCore, path: list[str | int], item: Row, location: Row) -> UserErrors:
    row = levels.find(store, item["item_id"], location["id"])
    if row is None or not row["active"]:
        return []
    problem = _kept_by(store, row)
    if problem is not None:
        return [user_error(path, *problem)]
    levels.disconnect(store, row)
    return []


def update_item(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Change an item's facts: SKU, cost, weight, whether it is tracked."""
    store = call.store
    row = levels.find_item(store, args["id"])
    if row is None:
        error = user_error(["id"], "The product couldn't be updated because it does not exist.")
        return {"inventoryItem": None, "userErrors": [error]}
    values, faults = item_values(args["input"])
    if faults:
        errors = [user_error(["input", *fault.at], fault.message) for fault in faults]
        return {"inventoryItem": None, "userErrors": errors}
    changed = goods.put_variant(store, row | values, row)
    goods.touch_product(store, row["product_id"])
    return {"inventoryItem": call.show("InventoryItem", changed), "userErrors": []}
