"""Inventory items, levels and the groups of changes."""

from typing import Any, Final

from app.simulators.shopify import levels, texts
from app.simulators.shopify.call import View, shop_money
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.errors import TopError
from app.simulators.shopify.views.shop import count
from app.simulators.storage import Row

STATES: Final = (*levels.COUNTED, "incoming", "on_hand")


class ItemView(View):
    """What is counted of a variant; lives in the variant's row."""

    typename = "InventoryItem"

    def id(self) -> str:
        """The global id."""
        return texts.gid(self.typename, self.row["item_id"])

    def legacy_resource_id(self) -> str:
        """The number webhooks use."""
        return str(self.row["item_id"])

    def updated_at(self) -> str | None:
        """When the item's own facts last changed."""
        return texts.written(self.row["item_updated"])

    def duplicate_sku_count(self) -> int:
        """How many other items have the same SKU."""
        return max(0, len(self.store.variants.where("sku", self.row["sku"])) - 1)

    def inventory_history_url(self) -> str:
        """Where the merchant sees what happened."""
        base = f"https://{self.store.settings.shop}/admin/products/{self.row['product_id']}"
        return f"{base}/variants/{self.row['id']}/inventory_history"

    def measurement(self) -> dict[str, Any]:
        """What it weighs."""
        number = self.row["item_id"]
        return {"id": texts.gid("InventoryItemMeasurement", number), "weight": self.row["weight"]}

    def unit_cost(self) -> Any:
        """What one costs the merchant."""
        return None if self.row["cost"] is None else shop_money(self.store, self.row["cost"])

    def variant(self) -> View | None:
        """The variant."""
        return self.call.show("ProductVariant", self.row)

    def variants(self, **args: Any) -> Connection[Any]:
        """The variants, of which there is one."""
        return connect(
            self.call,
            [self.row],
            args,
            place=lambda row: (row["id"], row["id"]),
            show=lambda row: self.call.show("ProductVariant", row),
        )

    def _levels(self, *, include_inactive: bool) -> list[Row]:
        rows = self.store.levels.where("item", self.row["item_id"])
        return [row for row in rows if row["active"] or include_inactive]

    def locations_count(self) -> dict[str, Any]:
        """At how many places it is stocked."""
        return count(len(self._levels(include_inactive=False)))

    def inventory_level(self, location_id: str, *, include_inactive: bool = False) -> View | None:
        """The stock at one place."""
        place = texts.number(location_id, "Location")
        for row in self._levels(include_inactive=include_inactive):
            if row["location_id"] == place:
                return self.call.show("InventoryLevel", row)
        return None

    def inventory_levels(
        self, *, include_inactive: bool = False, query: str | None = None, **args: Any
    ) -> Connection[Any]:
        """The stock at each place."""
        del query
        return connect(
            self.call,
            self._levels(include_inactive=include_inactive),
            args,
            place=lambda row: (row["id"], row["id"]),
            show=lambda row: self.call.show("InventoryLevel", row),
        )


class LevelView(View):
    """The stock of one item at one place."""

    typename = "InventoryLevel"

    def id(self) -> str:
        """The global id, which names the item too."""
        return texts.level_gid(self.row["id"], self.row["item_id"])

    def is_active(self) -> bool:
        """Whether it is stocked there."""
        return bool(self.row["active"])

    def can_deactivate(self) -> bool:
        """Whether nothing keeps it there."""
        return not (self.row["committed"] or self.row["incoming"])

    def deactivation_alert(self) -> str | None:
        """What would be lost."""
        return None if self.can_deactivate() else "Committed or incoming stock keeps it here."

    def item(self) -> View | None:
        """What is stocked."""
        rows = self.store.variants.where("item", self.row["item_id"])
        return self.call.show("InventoryItem", rows[0]) if rows else None

    def location(self) -> View | None:
        """Where it is stocked."""
        return self.call.show("Location", self.store.locations.get(self.row["location_id"]))

    def quantities(self, names: list[str]) -> list[dict[str, Any]]:
        """How much there is, by the names asked for."""
        for name in names:
            if name not in STATES:
                raise TopError(f"The quantity name '{name}' is not known", "BAD_REQUEST")
        base = f"gid://shopify/InventoryQuantity/{self.row['id']}"
        return [
            {
                "id": f"{base}?inventory_item_id={self.row['item_id']}&name={name}",
                "name": name,
                "quantity": levels.quantity(self.row, name),
                "updatedAt": texts.written(self.row["moved"].get(name)),
            }
            for name in names
        ]


class GroupView(View):
    """Changes of stock that were made together."""

    typename = "InventoryAdjustmentGroup"

    def app(self) -> View | None:
        """The app that made them."""
        return self.call.show("App", {"id": self.store.settings.app_id})

    def changes(
        self,
        inventory_item_ids: list[str] | None = None,
        location_ids: list[str] | None = None,
        quantity_names: list[str] | None = None,
    ) -> list[dict[str, Any]]:
        """The changes, of some items, places or names."""
        items = [texts.number(text, "InventoryItem") for text in inventory_item_ids or []]
        places = [texts.number(text, "Location") for text in location_ids or []]
        return [
            self._change(change)
            for change in self.row["changes"]
            if (not items or change["item_id"] in items)
            and (not places or change["location_id"] in places)
            and (not quantity_names or change["name"] in quantity_names)
        ]

    def _change(self, change: Row) -> dict[str, Any]:
        rows = self.store.variants.where("item", change["item_id"])
        place = self.store.locations.get(change["location_id"])
        return {
            "name": change["name"],
            "delta": change["delta"],
            "quantityAfterChange": change["after"],
            "ledgerDocumentUri": change.get("ledger"),
            "item": self.call.show("InventoryItem", rows[0]) if rows else None,
            "location": self.call.show("Location", place),
        }
