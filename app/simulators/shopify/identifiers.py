"""Finding products and variants by what an app knows of them: id, handle, custom id."""

from collections.abc import Mapping
from typing import Any

from app.simulators.shopify import texts
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import TopError
from app.simulators.shopify.views.metafields import full_namespace
from app.simulators.storage import Row

NO_DEFINITION = "Metafield definition of type 'id' is required when using custom ids."


def has_definition(store: StoreCore, owner_type: str, custom: Mapping[str, Any]) -> bool:
    """Say whether a custom id has the definition that makes its values unique."""
    wanted = (owner_type, full_namespace(store, custom.get("namespace")), custom["key"], "id")
    return any(
        (row["owner_type"], row["namespace"], row["key"], row["type"]) == wanted
        for row in store.definitions.rows.values()
    )


def find_owner(store: StoreCore, owner_type: str, custom: Mapping[str, Any]) -> int | None:
    """Return the number of the thing that carries a custom id."""
    namespace = full_namespace(store, custom.get("namespace"))
    key = (owner_type, namespace, custom["key"], custom["value"])
    for row in store.metafields.where("value", key):
        return texts.parse_gid(row["owner"])[1]
    return None


def _custom(store: StoreCore, owner_type: str, custom: Mapping[str, Any]) -> int | None:
    if not has_definition(store, owner_type, custom):
        raise TopError(NO_DEFINITION, "NOT_FOUND")
    return find_owner(store, owner_type, custom)


def find_product(store: StoreCore, identifier: Mapping[str, Any]) -> Row | None:
    """Return the product, or None; a custom id without its definition is an error."""
    if identifier.get("customId"):
        return store.products.get(_custom(store, "PRODUCT", identifier["customId"]))
    if identifier.get("handle"):
        return next(iter(store.products.where("handle", identifier["handle"])), None)
    return store.products.get(texts.number(identifier.get("id"), "Product"))


def find_variant(store: StoreCore, identifier: Mapping[str, Any]) -> Row | None:
    """Return the variant, or None; a custom id without its definition is an error."""
    if identifier.get("customId"):
        return store.variants.get(_custom(store, "PRODUCTVARIANT", identifier["customId"]))
    return store.variants.get(texts.number(identifier.get("id"), "ProductVariant"))
