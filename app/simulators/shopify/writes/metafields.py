"""Metafields: definitions, values, and what a definition forbids."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.simulators.shopify import goods, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.views.metafields import OWNER_TYPES, digest, full_namespace
from app.simulators.shopify.writes.values import Fault
from app.simulators.storage import Row

MOST_AT_ONCE: Final = 25
MOST_DEFINITIONS: Final = 256
_NAME: Final = re.compile(r"\A[A-Za-z0-9_-]+\Z")
_OWN_ID: Final = re.compile(r"\A\S.{0,254}\Z")


def define(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Make a definition; the same one twice is taken."""
    store, given = call.store, args["definition"]
    row: Row = {
        "namespace": full_namespace(store, given.get("namespace")),
        "key": given["key"],
        "owner_type": given["ownerType"],
        "type": given["type"],
        "name": given["name"],
        "description": given.get("description"),
        "is_unique": given["type"] == "id" or _wants_unique(given),
    }
    problem = _definition_problem(store, row)
    if problem is not None:
        return {"createdDefinition": None, "userErrors": [problem]}
    row["id"] = store.take_id()
    store.definitions.put(row)
    return {"createdDefinition": call.show("MetafieldDefinition", row), "userErrors": []}


def _wants_unique(given: Mapping[str, Any]) -> bool:
    unique = (given.get("capabilities") or {}).get("uniqueValues") or {}
    return bool(unique.get("enabled"))


def _definition_problem(store: StoreCore, row: Row) -> dict[str, Any] | None:
    if not _NAME.match(row["key"]):
        return user_error(
            ["definition", "key"],
            "Key contains one or more invalid characters.",
            "INVALID_CHARACTER",
        )
    if not 2 <= len(row["key"]) <= 64:
        code = "TOO_SHORT" if len(row["key"]) < 2 else "TOO_LONG"
        return user_error(["definition", "key"], "Key must be between 2 and 64 characters.", code)
    same = [
        other
        for other in store.definitions.rows.values()
        if all(other[name] == row[name] for name in ("owner_type", "namespace", "key"))
    ]
    if same:
        message = f"Key is in use for {row['owner_type'].capitalize()} metafields on the"
        message += f" '{row['namespace']}' namespace."
        return user_error(["definition", "key"], message, "TAKEN")
    if len(store.definitions.rows) >= MOST_DEFINITIONS:
        message = "Stores can only have 256 definitions for each resource."
        return user_error(["definition"], message, "RESOURCE_TYPE_LIMIT_EXCEEDED_BY_APP")
    return None


def definition_of(store: StoreCore, owner_type: str, namespace: str, key: str) -> Row | None:
    """Return the definition of a name, if there is one."""
    for row in store.definitions.rows.values():
        if (row["owner_type"], row["namespace"], row["key"]) == (owner_type, namespace, key):
            return row
    return None


def read(
    store: StoreCore, owner_type: str, owner: str | None, given: Iterable[Mapping[str, Any]]
) -> tuple[list[Row], list[Fault]]:
    """Return the values an input sets, and what is wrong; `owner` is None for a new thing."""
    rows, faults = [], []
    for at, each in enumerate(given):
        row = {
            "owner_type": owner_type,
            "namespace": full_namespace(store, each.get("namespace")),
            "key": each.get("key") or "",
            "value": each.get("value") or "",
        }
        row["type"] = _type_of(store, row, each)
        fault = _value_fault(store, owner, row)
        if fault is not None:
            faults.append(fault._replace(at=("metafields", str(at), *fault.at)))
        rows.append(row)
    return rows, faults


def _type_of(store: StoreCore, row: Row, given: Mapping[str, Any]) -> str | None:
    definition = definition_of(store, row["owner_type"], row["namespace"], row["key"])
    found = given.get("type") or (definition["type"] if definition else None)
    return None if found is None else str(found)


def _value_fault(store: StoreCore, owner: str | None, row: Row) -> Fault | None:
    if not row["key"]:
        return Fault(("key",), "Key can't be blank", "BLANK")
    if row["value"] == "":
        return Fault(("value",), "Value can't be blank.", "BLANK")
    if row["type"] is None:
        return Fault(("type",), "Type can't be blank", "BLANK")
    definition = definition_of(store, row["owner_type"], row["namespace"], row["key"])
    if definition is None:
        return None
    if definition["type"] != row["type"]:
        message = f"Type '{row['type']}' must be consistent with the definition's type:"
        return Fault(("type",), f"{message} '{definition['type']}'.", "INVALID_TYPE")
    if row["type"] == "id" and not _OWN_ID.match(row["value"]):
        return Fault(("value",), "Value must be an id of at most 255 characters.", "INVALID_VALUE")
    if definition["is_unique"] and _is_taken(store, owner, row):
        message = "Value is already assigned to another metafield. Choose a different value to "
        return Fault(("value",), f"{message}ensure uniqueness.", "CAPABILITY_VIOLATION")
    return None


def _is_taken(store: StoreCore, owner: str | None, row: Row) -> bool:
    key = (row["owner_type"], row["namespace"], row["key"], row["value"])
    return any(other["owner"] != owner for other in store.metafields.where("value", key))


def put(store: StoreCore, owner: str, values: Iterable[Row]) -> list[Row]:
    """Set values on a thing; returns their rows."""
    return [_put_one(store, owner, value) for value in values]


def _put_one(store: StoreCore, owner: str, value: Row) -> Row:
    now = store.now()
    for row in store.metafields.where("owner", owner):
        if (row["namespace"], row["key"]) == (value["namespace"], value["key"]):
            if (row["value"], row["type"]) == (value["value"], value["type"]):
                return row
            return store.metafields.put(row | value | {"updated": now})
    made = {"id": store.take_id(), "owner": owner, "created": now, "updated": now}
    return store.metafields.put(made | value)


def replace(store: StoreCore, owner: str, values: list[Row]) -> None:
    """Make the values of a thing these and no others."""
    kept = {(value["namespace"], value["key"]) for value in values}
    for row in store.metafields.where("owner", owner):
        if (row["namespace"], row["key"]) not in kept:
            store.metafields.drop(row["id"])
    put(store, owner, values)


def set_many(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Set up to 25 values, all or none."""
    store, given = call.store, args["metafields"]
    if len(given) > MOST_AT_ONCE:
        message = f"Exceeded the maximum metafields input limit of {MOST_AT_ONCE}."
        error = user_error(["metafields"], message, "LESS_THAN_OR_EQUAL_TO")
        return {"metafields": None, "userErrors": [error | {"elementIndex": None}]}
    ready: list[tuple[str, Row]] = []
    errors: UserErrors = []
    for at, each in enumerate(given):
        row, problem = _one_to_set(store, each)
        if problem is not None:
            path = ["metafields", str(at), *problem.at]
            errors.append(user_error(path, problem.message, problem.kind) | {"elementIndex": at})
        ready.append((each["ownerId"], row))
    if errors:
        return {"metafields": None, "userErrors": errors}
    rows = [put(store, owner, [row])[0] for owner, row in ready]
    for owner in {owner for owner, _ in ready}:
        touch_owner(store, owner)
    return {"metafields": [call.show("Metafield", row) for row in rows], "userErrors": []}


def _one_to_set(store: StoreCore, given: Mapping[str, Any]) -> tuple[Row, Fault | None]:
    owner = given["ownerId"]
    if not exists(store, owner):
        return {}, Fault(("ownerId",), "Owner does not exist.", "INVALID")
    kind = OWNER_TYPES[texts.parse_gid(owner)[0]]
    rows, faults = read(store, kind, owner, [given])
    if faults:
        fault = faults[0]
        return rows[0], fault._replace(at=fault.at[2:], kind=_settable(fault.kind))
    if "compareDigest" in given and not _is_unchanged(store, owner, rows[0], given):
        message = "The resource has been updated since it was loaded. Try again with an updated "
        return rows[0], Fault((), f"{message}`compareDigest` value.", "STALE_OBJECT")
    return rows[0], None


def _settable(kind: str) -> str:
    return "TAKEN" if kind == "CAPABILITY_VIOLATION" else kind


def _is_unchanged(store: StoreCore, owner: str, row: Row, given: Mapping[str, Any]) -> bool:
    for held in store.metafields.where("owner", owner):
        if (held["namespace"], held["key"]) == (row["namespace"], row["key"]):
            return str(given["compareDigest"]) == digest(held)
    return given["compareDigest"] is None


def exists(store: StoreCore, owner: str) -> bool:
    """Say whether a thing is there to carry metafields."""
    kind, number = texts.parse_gid(owner)
    tables = {
        "Product": store.products,
        "ProductVariant": store.variants,
        "Location": store.locations,
        "Order": store.orders,
    }
    return kind in tables and tables[kind].get(number) is not None


def touch_owner(store: StoreCore, owner: str) -> None:
    """Let a product know that its metafields changed."""
    from_variant = store.variants.get(texts.number(owner, "ProductVariant"))
    number = from_variant["product_id"] if from_variant else texts.number(owner, "Product")
    if number is not None:
        goods.touch_product(store, number)


def delete(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Remove values; what is not there is null in the answer."""
    store = call.store
    gone: list[Mapping[str, Any] | None] = []
    for each in args["metafields"]:
        namespace = full_namespace(store, each["namespace"])
        found = [
            row
            for row in store.metafields.where("owner", each["ownerId"])
            if (row["namespace"], row["key"]) == (namespace, each["key"])
        ]
        for row in found:
            store.metafields.drop(row["id"])
            touch_owner(store, each["ownerId"])
        gone.append(dict(each) | {"namespace": namespace} if found else None)
    return {"deletedMetafields": gone, "userErrors": []}
