"""Products, options and variants."""

from typing import Any, Final

from app.simulators.shopify import goods, taxonomy, texts
from app.simulators.shopify.call import View, shop_money
from app.simulators.shopify.connections import LARGEST_PAGE, Connection, connect
from app.simulators.shopify.errors import TopError
from app.simulators.shopify.views.metafields import MetafieldOwner
from app.simulators.shopify.views.shop import PublishedMixin, count
from app.simulators.storage import Row

_VARIANT_SORTS: Final = {"POSITION": "position", "SKU": "sku"}


class ProductView(PublishedMixin, MetafieldOwner):
    """A product."""

    typename = "Product"

    def category(self) -> dict[str, Any] | None:
        """Its place in the taxonomy."""
        category = self.row["category"]
        return taxonomy.shown(taxonomy.short_name(category)) if category else None

    def default_cursor(self) -> str:
        """Deprecated in spirit: the id."""
        return str(self.row["id"])

    def description(self, truncate_at: int | None = None) -> str:
        """The text without its HTML."""
        text = texts.plain(self.row["description_html"])
        if truncate_at is None or len(text) <= truncate_at:
            return text
        return text[: max(0, truncate_at - 3)] + "..."

    def _variants(self) -> list[Row]:
        return goods.variants_of(self.store, self.row["id"])

    def has_only_default_variant(self) -> bool:
        """Whether it has no options of its own."""
        return goods.has_only_default(self.row)

    def has_out_of_stock_variants(self) -> bool:
        """Whether a variant has run out."""
        return any(
            row["tracked"] and goods.available(self.store, row["item_id"]) <= 0
            for row in self._variants()
        )

    def is_gift_card(self) -> bool:
        """Gift cards are not simulated."""
        return False

    def media(
        self, *, query: str | None = None, sort_key: str = "", **args: Any
    ) -> Connection[Any]:
        """Its pictures in order."""
        del query
        placed = list(enumerate(self.row["media"]))
        return connect(
            self.call,
            placed,
            args,
            place=lambda pair: (pair[1] if sort_key == "ID" else pair[0], pair[1]),
            show=lambda pair: self.call.show("MediaImage", self.store.media.get(pair[1])),
        )

    def featured_media(self) -> View | None:
        """The first picture."""
        first = self.row["media"][0] if self.row["media"] else None
        return self.call.show("MediaImage", self.store.media.get(first))

    def media_count(self) -> dict[str, Any]:
        """How many pictures there are."""
        return count(len(self.row["media"]))

    def online_store_url(self) -> str | None:
        """Where customers see it, while they do."""
        online = next(iter(self.store.publications.all()), None)
        moment = self.row["published"].get(str(online["id"])) if online else None
        is_open = self.row["status"] in {"ACTIVE", "UNLISTED"}
        if moment is None or moment > self.store.now() or not is_open:
            return None
        return f"https://{self.store.settings.shop}/products/{self.row['handle']}"

    def online_store_preview_url(self) -> str:
        """Where the merchant sees it."""
        return f"https://{self.store.settings.shop}/products_preview?preview_key={self.row['id']}"

    def options(self, first: int | None = None) -> list[View | None]:
        """Its options in order."""
        rows = [
            option | {"position": at, "product": self.row}
            for at, option in enumerate(self.row["options"], start=1)
        ]
        return [self.call.show("ProductOption", row) for row in rows[:first]]

    def price_range_v2(self) -> dict[str, Any]:
        """From the cheapest to the dearest variant."""
        prices = [texts.decimal_of(row["price"]) or 0 for row in self._variants()] or [0]
        return {
            "minVariantPrice": shop_money(self.store, min(prices)),
            "maxVariantPrice": shop_money(self.store, max(prices)),
        }

    def published_at(self) -> str | None:
        """Since when the online store shows it."""
        return texts.written(min(self.row["published"].values(), default=None))

    def total_inventory(self) -> int:
        """What is available of all tracked variants."""
        return sum(
            goods.available(self.store, row["item_id"])
            for row in self._variants()
            if row["tracked"]
        )

    def tracks_inventory(self) -> bool:
        """Whether a variant is tracked."""
        return any(row["tracked"] for row in self._variants())

    def variants(self, *, sort_key: str = "POSITION", **args: Any) -> Connection[Any]:
        """Its variants; of one product alone up to 2,048 at once."""
        is_alone = self.call.root_field in {"product", "productByIdentifier"}
        sorted_by = _VARIANT_SORTS.get(sort_key, "id")
        return connect(
            self.call,
            self._variants(),
            args,
            place=lambda row: (row[sorted_by] or "", row["id"]),
            show=lambda row: self.call.show("ProductVariant", row),
            largest=self.store.settings.max_variants if is_alone else LARGEST_PAGE,
        )

    def variants_count(self) -> dict[str, Any]:
        """How many variants there are."""
        return count(len(self.store.variants.where("product", self.row["id"])))


class OptionView(View):
    """An option; its row is made on the way and knows its product."""

    typename = "ProductOption"

    def option_values(self) -> list[View | None]:
        """Its values that variants use."""
        return [
            self.call.show("ProductOptionValue", value | {"product": self.row["product"]})
            for value in self.row["values"]
        ]

    def values(self) -> list[str]:
        """The names of its values."""
        return [value["name"] for value in self.row["values"]]


class OptionValueView(View):
    """One value of an option."""

    typename = "ProductOptionValue"

    def has_variants(self) -> bool:
        """Whether a variant has this value."""
        rows = self.store.variants.where("product", self.row["product"]["id"])
        return any(self.row["id"] in row["choices"] for row in rows)

    def linked_metafield_value(self) -> None:
        """Linked options are not simulated."""
        return


class VariantView(MetafieldOwner):
    """A variant."""

    typename = "ProductVariant"

    def product(self) -> View | None:
        """The product it belongs to."""
        return self.call.show("Product", self.store.products.get(self.row["product_id"]))

    def _product(self) -> Row:
        found = self.store.products.get(self.row["product_id"])
        if found is None:
            raise TopError("Internal error", "INTERNAL_SERVER_ERROR")
        return found

    def title(self) -> str:
        """Its values joined."""
        return goods.variant_title(self._product(), self.row)

    def display_name(self) -> str:
        """The product's title with its own."""
        return f"{self._product()['title']} - {self.title()}"

    def default_cursor(self) -> str:
        """Deprecated in spirit: the id."""
        return str(self.row["id"])

    def inventory_item(self) -> View | None:
        """What is counted of it."""
        return self.call.show("InventoryItem", self.row)

    def inventory_quantity(self) -> int:
        """What is available everywhere."""
        return goods.available(self.store, self.row["item_id"])

    sellable_online_quantity = inventory_quantity

    def available_for_sale(self) -> bool:
        """Whether it can be bought."""
        is_open = not self.row["tracked"] or self.row["inventory_policy"] == "CONTINUE"
        return is_open or self.inventory_quantity() > 0

    def requires_components(self) -> bool:
        """Bundles are not simulated."""
        return False

    show_unit_price = requires_components

    def media(self, **args: Any) -> Connection[Any]:
        """Its picture."""
        return connect(
            self.call,
            list(enumerate(self.row["media"])),
            args,
            place=lambda pair: pair,
            show=lambda pair: self.call.show("MediaImage", self.store.media.get(pair[1])),
        )

    def selected_options(self) -> list[dict[str, Any]]:
        """What makes it different from its siblings."""
        product = self._product()
        told = []
        for option, choice in zip(product["options"], self.row["choices"], strict=False):
            value = next(value for value in option["values"] if value["id"] == choice)
            shown = self.call.show("ProductOptionValue", value | {"product": product})
            told.append({"name": option["name"], "value": value["name"], "optionValue": shown})
        return told
