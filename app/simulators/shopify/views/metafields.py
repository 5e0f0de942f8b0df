"""Metafields and their definitions."""

import hashlib
import json
from typing import Any, Final

from app.simulators.shopify import texts
from app.simulators.shopify.call import View
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.core import StoreCore
from app.simulators.storage import Row

OWNER_TYPES: Final = {
    "Product": "PRODUCT",
    "ProductVariant": "PRODUCTVARIANT",
    "Location": "LOCATION",
    "Order": "ORDER",
    "Shop": "SHOP",
}


def full_namespace(store: StoreCore, namespace: str | None) -> str:
    """Return the namespace meant: nothing and `$app` are the app's own."""
    own = store.settings.app_namespace
    if not namespace or namespace == "$app":
        return own
    return namespace.replace("$app:", f"{own}--", 1)


def digest(row: Row) -> str:
    """Return what `compareDigest` is compared with."""
    return hashlib.sha256(f"{row['type']}\n{row['value']}".encode()).hexdigest()


class MetafieldOwner(View):
    """A thing that carries metafields."""

    def metafield(self, key: str, namespace: str | None = None) -> View | None:
        """One value, or None."""
        wanted = (full_namespace(self.store, namespace), key)
        for row in self.store.metafields.where("owner", self.id()):
            if (row["namespace"], row["key"]) == wanted:
                return self.call.show("Metafield", row)
        return None

    def metafields(
        self, *, namespace: str | None = None, keys: list[str] | None = None, **args: Any
    ) -> Connection[Any]:
        """All values, of one namespace or of some keys."""
        rows = self.store.metafields.where("owner", self.id())
        if namespace is not None:
            wanted = full_namespace(self.store, namespace)
            rows = [row for row in rows if row["namespace"] == wanted]
        if keys is not None:
            rows = [
                row
                for row in rows
                if row["key"] in keys or f"{row['namespace']}.{row['key']}" in keys
            ]
        return connect(
            self.call,
            rows,
            args,
            place=lambda row: (row["id"], row["id"]),
            show=lambda row: self.call.show("Metafield", row),
        )


class MetafieldView(View):
    """One value."""

    typename = "Metafield"

    def owner(self) -> View | None:
        """What carries it."""
        kind, number = texts.parse_gid(self.row["owner"])
        tables = {"Product": self.store.products, "ProductVariant": self.store.variants}
        return self.call.show(kind, tables[kind].get(number)) if kind in tables else None

    def compare_digest(self) -> str:
        """What a write may compare with."""
        return digest(self.row)

    def json_value(self) -> Any:
        """The value as JSON."""
        try:
            return json.loads(self.row["value"])
        except ValueError:
            return self.row["value"]

    def size_in_bytes(self) -> int:
        """How long it is."""
        return len(self.row["value"].encode())

    def definition(self) -> View | None:
        """The definition it follows."""
        for row in self.store.definitions.all():
            if all(row[name] == self.row[name] for name in ("owner_type", "namespace", "key")):
                return self.call.show("MetafieldDefinition", row)
        return None


class DefinitionView(View):
    """What values of one name have to be."""

    typename = "MetafieldDefinition"

    def type(self) -> dict[str, Any]:
        """Of which kind values are."""
        name = self.row["type"]
        category = "ID" if name == "id" else "TEXT"
        return {"name": name, "category": category, "supportsDefinitionMigrations": False}

    def capabilities(self) -> dict[str, Any]:
        """Whether values are unique."""
        return {"uniqueValues": {"eligible": True, "enabled": self.row["is_unique"]}}

    def metafields_count(self) -> int:
        """How many values there are."""
        return sum(
            all(row[name] == self.row[name] for name in ("owner_type", "namespace", "key"))
            for row in self.store.metafields.rows.values()
        )
