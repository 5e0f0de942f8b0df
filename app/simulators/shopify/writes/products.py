"""productCreate, productUpdate, productDelete and tags."""

from collections.abc import Mapping
from typing import Any

from app.simulators.shopify import goods, identifiers, levels, texts
from app.simulators.shopify.call import Call
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import TopError, UserErrors, user_error
from app.simulators.shopify.queries import QueryRoot
from app.simulators.shopify.writes import attachments, metafields
from app.simulators.shopify.writes.values import Fault, product_values
from app.simulators.storage import Row

NO_PRODUCT = "Product does not exist"


def _told(faults: list[Fault], prefix: list[str]) -> UserErrors:
    return [user_error([*prefix, *fault.at], fault.message) for fault in faults]


def create(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Make a product with one variant; options take the first value of each."""
    store, given = call.store, args.get("product") or {}
    blank = goods.new_product(store, "")
    values, faults = product_values(store, given, blank)
    fields, wrong = metafields.read(store, "PRODUCT", None, given.get("metafields") or [])
    errors = _told(faults, []) + _told(wrong, ["product"])
    errors += _media_errors(store, args.get("media") or [], blank)
    shop = QueryRoot(call).shop()
    if errors:
        return {"product": None, "shop": shop, "userErrors": errors}
    row = blank | values
    options = given.get("productOptions") or []
    if options:
        row["options"] = [
            goods.new_option(
                store, option["name"], [value["name"] for value in option["values"] or []]
            )
            for option in options
        ]
    row["media"] = _taken(store, args.get("media") or [])
    row = goods.put_product(store, row, is_new=True)
    choices = [option["values"][0]["id"] for option in row["options"]]
    variant = goods.put_variant(store, goods.new_variant(store, row, choices))
    levels.stock_everywhere(store, variant["item_id"])
    metafields.put(store, texts.gid("Product", row["id"]), fields)
    return {"product": call.show("Product", row), "shop": shop, "userErrors": []}


def _media_errors(store: StoreCore, media: list[Mapping[str, Any]], row: Row) -> UserErrors:
    errors = [
        user_error(["media", at, "originalSource"], "Image URL is invalid", "INVALID")
        for at, each in enumerate(media)
        if not attachments.is_address(store, each["originalSource"])
    ]
    if len(row["media"]) + len(media) > attachments.MOST_MEDIA:
        message = "Exceeded the limit of 250 media for a product"
        errors.append(user_error(["media"], message, "PRODUCT_MEDIA_LIMIT_EXCEEDED"))
    return errors


def _taken(store: StoreCore, media: list[Mapping[str, Any]]) -> list[int]:
    return [attachments.take(store, each)["id"] for each in media]


def update(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Change a product found by its id, its handle or a custom id."""
    store, given = call.store, args.get("product") or {}
    row = identifiers.find_product(store, args.get("identifier") or {"id": given.get("id")})
    if row is None:
        error = user_error(["id"], NO_PRODUCT)
        return {"product": None, "userErrors": [error]}
    owner = texts.gid("Product", row["id"])
    values, faults = product_values(store, given, row)
    fields, wrong = metafields.read(store, "PRODUCT", owner, given.get("metafields") or [])
    media = args.get("media") or []
    errors = _told(faults, []) + _told(wrong, ["product"]) + _media_errors(store, media, row)
    if errors:
        return {"product": call.show("Product", row), "userErrors": errors}
    added = {"media": row["media"] + _taken(store, media)}
    metafields.put(store, owner, fields)
    row = goods.put_product(store, row | values | added)
    return {"product": call.show("Product", row), "userErrors": []}


def delete(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Delete a product for good, at once or in the background."""
    store, wanted = call.store, args["input"]["id"]
    row = store.products.get(texts.number(wanted, "Product"))
    shop = QueryRoot(call).shop()
    payload: dict[str, Any] = {"shop": shop, "deletedProductId": None, "userErrors": []}
    if row is None:
        return payload | {"userErrors": [user_error(["id"], NO_PRODUCT)]}
    if args.get("synchronous", True):
        goods.drop_product(store, row)
        return payload | {"deletedProductId": wanted}
    operation = store.operations.put(
        {
            "id": store.take_id(),
            "kind": "ProductDeleteOperation",
            "status": "CREATED",
            "product_id": row["id"],
            "input": None,
            "user_errors": [],
            "due": store.now() + store.settings.bulk_seconds,
        }
    )
    return payload | {"productDeleteOperation": call.show("ProductDeleteOperation", operation)}


def add_tags(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Add tags to a product."""
    return _tag(call, args["id"], lambda held: [*held, *args["tags"]])


def remove_tags(call: Call, args: dict[str, Any]) -> Mapping[str, Any]:
    """Take tags off a product."""
    gone = {tag.casefold() for tag in args["tags"]}
    return _tag(call, args["id"], lambda held: [tag for tag in held if tag.casefold() not in gone])


def _tag(call: Call, wanted: str, change: Any) -> Mapping[str, Any]:
    store = call.store
    row = store.products.get(texts.number(wanted, "Product"))
    if row is None:
        kind = texts.parse_gid(wanted)[0]
        if kind not in {"Product", ""}:
            raise TopError(f"invalid id: {wanted}", "RESOURCE_NOT_FOUND")
        return {"node": None, "userErrors": [user_error(["id"], NO_PRODUCT)]}
    values, faults = product_values(store, {"tags": change(row["tags"])}, row)
    if faults:
        return {"node": None, "userErrors": _told(faults, [])}
    row = goods.put_product(store, row | values)
    return {"node": call.show("Product", row), "userErrors": []}
