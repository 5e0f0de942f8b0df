"""The goods of a twin cell by cell, read and edited as its merchant does: the adapter has no part.

A cell is a field of a product, or of one of its variants by position. Values are in our words.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import Any, Final, Protocol

from app.simulators import shopify, woocommerce
from app.simulators.woocommerce import taxonomies

Cell = tuple[int | None, str]  # (position of the variant, None for the product; field)
Cells = Mapping[Cell, Any]


class Goods(Protocol):
    """One product of a twin."""

    def look(self) -> dict[Cell, Any]:
        """Return every cell."""

    def edit(self, cells: Cells) -> None:
        """Change some cells."""

    def whole(self) -> Any:
        """Return everything the shop keeps of it, without moments and stock."""


def amount(minor: int) -> str:
    return f"{Decimal(minor) / 100:.2f}"


def money(text: str | None) -> Any:
    return {"minor": int(Decimal(text) * 100), "currency": "USD"} if text else None


def _split(cells: Cells) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    product = {name: value for (at, name), value in cells.items() if at is None}
    variants: dict[int, dict[str, Any]] = {}
    for (at, name), value in cells.items():
        if at is not None:
            variants.setdefault(at, {})[name] = value
    return product, variants


_WOO_STATUS: Final = {"active": "publish", "draft": "draft", "inactive": "private"}
_WOO_MOMENTS: Final = ("date_created", "date_modified", "date_on_sale_from", "date_on_sale_to")
_WOO_LISTS: Final = {
    "brand": ("brands", "product_brand"),
    "categories": ("categories", "product_cat"),
    "tags": ("tags", "product_tag"),
}
_WOO_TEXTS: Final = {
    "title": "name",
    "description": "description",
    "short_description": "short_description",
}
_WOO_SELLS: Final = {
    "sku": "sku",
    "gtin": "global_unique_id",
    "price": "regular_price",
    "sale_price": "sale_price",
    "sale_from": "date_on_sale_from_gmt",
    "sale_to": "date_on_sale_to_gmt",
    "quantity": "stock_quantity",
    "backorders": "backorders",
    "weight": "weight",
}
_SIDES: Final = ("length", "width", "height")


@dataclass(frozen=True)
class WooGoods:
    """A product of a WooCommerce store; one without options is its own only variant."""

    store: woocommerce.StoreState
    product_id: int
    variant_ids: tuple[int, ...]

    def _rows(self) -> list[Mapping[str, Any]]:
        is_simple = self.variant_ids == (self.product_id,)
        show = self.store.product if is_simple else self.store.variation
        return [show(each) for each in self.variant_ids]

    def look(self) -> dict[Cell, Any]:
        has = self.store.product(self.product_id)
        names = {
            name: sorted(
                unescape(each["name"]) for each in has[theirs] if each["slug"] != "uncategorized"
            )
            for name, (theirs, _) in _WOO_LISTS.items()
        }
        cells: dict[Cell, Any] = {(None, n): has[theirs] for n, theirs in _WOO_TEXTS.items()}
        cells |= {(None, name): value for name, value in names.items()}
        cells[None, "brand"] = next(iter(names["brand"]), None)
        cells[None, "status"] = {v: k for k, v in _WOO_STATUS.items()}[has["status"]]
        free = [each for each in has["attributes"] if not each["variation"]]
        cells[None, "attributes"] = {each["name"]: each["options"] for each in free}
        for at, row in enumerate(self._rows()):
            cells |= {(at, name): row[theirs] or None for name, theirs in _WOO_SELLS.items()}
            cells[at, "quantity"] = row["stock_quantity"] if row["manage_stock"] else None
            sizes = {"weight": row["weight"], **row["dimensions"]}
            for name, size in sizes.items():
                unit = "kg" if name == "weight" else "cm"
                cells[at, name] = {"value": size, "unit": unit} if size else None
            for name in ("price", "sale_price"):
                cells[at, name] = money(row[_WOO_SELLS[name]])
        return cells

    def edit(self, cells: Cells) -> None:
        product, variants = _split(cells)
        body: dict[str, Any] = {
            theirs: product[name] or "" for name, theirs in _WOO_TEXTS.items() if name in product
        }
        for name, (theirs, taxonomy) in _WOO_LISTS.items():
            if name in product:
                held = [product[name]] if isinstance(product[name], str) else product[name]
                terms = [taxonomies.term_named(self.store, taxonomy, each) for each in held]
                body[theirs] = [{"id": each["id"]} for each in terms]
        if "status" in product:
            body["status"] = _WOO_STATUS[product["status"]]
        if "attributes" in product:
            kept = self.store.product(self.product_id)["attributes"]
            listed = [each for each in kept if each["variation"]] + [
                {"name": name, "options": options, "visible": True, "variation": False}
                for name, options in product["attributes"].items()
            ]
            body["attributes"] = [{**each, "position": at} for at, each in enumerate(listed)]
        if body:
            self.store.edit_product(self.product_id, **body)
        for at, values in variants.items():
            self.store.edit_product(self.variant_ids[at], **_woo_body(values))

    def whole(self) -> Any:
        return [_woo_kept(row) for row in (self.store.product(self.product_id), *self._rows())]


def _woo_body(values: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in values.items():
        if name in _SIDES:
            body.setdefault("dimensions", {})[name] = value["value"] if value else ""
        elif name in ("price", "sale_price"):
            body[_WOO_SELLS[name]] = amount(value["minor"]) if value else ""
        elif name == "weight":
            body["weight"] = value["value"] if value else ""
        else:
            body[_WOO_SELLS[name]] = "" if value is None else value
    return body


def _woo_kept(row: Mapping[str, Any]) -> dict[str, Any]:
    stock = ("stock_quantity", "stock_status", "price", "price_html", "on_sale", "purchasable")
    left = (*stock, *(f"{name}{zone}" for name in _WOO_MOMENTS[:2] for zone in ("", "_gmt")))
    return {name: value for name, value in row.items() if name not in left}


_SHOPIFY_TEXTS: Final = {"title": "title", "description": "body_html", "brand": "vendor"}
_SHOPIFY_INPUT: Final = {
    "title": "title",
    "description": "descriptionHtml",
    "brand": "vendor",
    "tags": "tags",
}
_ATTRIBUTES: Final = "syncstore_attributes"


@dataclass(frozen=True)
class ShopifyGoods:
    """A product of a Shopify shop."""

    store: shopify.StoreState
    product_id: int
    variant_ids: tuple[int, ...]

    def look(self) -> dict[Cell, Any]:
        has = self.store.product(self.product_id)
        cells: dict[Cell, Any] = {(None, n): has[theirs] for n, theirs in _SHOPIFY_TEXTS.items()}
        cells[None, "categories"] = [has["product_type"]] if has["product_type"] else []
        cells[None, "tags"] = [each for each in has["tags"].split(", ") if each]
        is_hidden = has["status"] == "active" and has["published_at"] is None
        cells[None, "status"] = "inactive" if is_hidden else has["status"]
        cells[None, "attributes"] = self._attributes()
        for at, key in enumerate(self.variant_ids):
            row = self.store.variant(key)
            is_sale = row["compare_at_price"] is not None
            cells[at, "sku"], cells[at, "gtin"] = row["sku"], row["barcode"]
            cells[at, "price"] = money(row["compare_at_price"] if is_sale else row["price"])
            cells[at, "sale_price"] = money(row["price"]) if is_sale else None
            cells[at, "quantity"] = self.store.stock(key) if row["tracked"] else None
            cells[at, "backorders"] = "yes" if row["inventory_policy"] == "CONTINUE" else "no"
            weight = row["weight"]
            cells[at, "weight"] = (
                {"value": f"{Decimal(str(weight['value'])).normalize():f}", "unit": "kg"}
                if weight["value"]
                else None
            )
        return cells

    def _attributes(self) -> Any:
        owner = f"gid://shopify/Product/{self.product_id}"
        rows = self.store.metafields.where("owner", owner)
        return next((json.loads(r["value"]) for r in rows if r["key"] == _ATTRIBUTES), {})

    def edit(self, cells: Cells) -> None:
        product, variants = _split(cells)
        body = {
            theirs: product[name] or ""
            for name, theirs in _SHOPIFY_INPUT.items()
            if name in product
        }
        if "tags" in product:
            body["tags"] = list(product["tags"] or ())
        if "categories" in product:
            body["productType"] = next(iter(product["categories"] or ()), "")
        if "status" in product:
            body["status"] = "DRAFT" if product["status"] == "draft" else "ACTIVE"
        if product.get("status") in ("active", "inactive"):  # on the one channel we look at
            is_shown = product["status"] == "active"
            self.store.publish(self.product_id, is_published=is_shown, channel="Online Store")
        if body:
            self.store.edit_product(self.product_id, **body)
        if "attributes" in product:
            text = json.dumps(product["attributes"], sort_keys=True)
            self.store.set_metafield(self.product_id, key=_ATTRIBUTES, type="json", value=text)
        for at, values in variants.items():
            self._edit_variant(at, values)

    def _edit_variant(self, at: int, values: Mapping[str, Any]) -> None:
        key, body = self.variant_ids[at], dict[str, Any]()
        if "quantity" in values:
            self.store.set_stock(key, values["quantity"])
        if {"price", "sale_price"} & values.keys():
            has = {name: value for (place, name), value in self.look().items() if place == at}
            price, sale = ({**has, **values}[name] for name in ("price", "sale_price"))
            body["price"] = amount((sale or price)["minor"])
            body["compareAtPrice"] = amount(price["minor"]) if sale else None
        if "sku" in values:
            body["sku"] = values["sku"]
        if "gtin" in values:
            body["barcode"] = values["gtin"]
        if "backorders" in values:
            body["inventoryPolicy"] = "CONTINUE" if values["backorders"] == "yes" else "DENY"
        if "weight" in values:
            kilos = float(values["weight"]["value"]) if values["weight"] else 0.0
            weight = {"value": kilos, "unit": "KILOGRAMS"}
            body["inventoryItem"] = {"measurement": {"weight": weight}}
        if body:
            self.store.edit_variant(key, **body)

    def whole(self) -> Any:
        has = dict(self.store.product(self.product_id))
        for name in ("created_at", "updated_at", "variants", "variant_gids"):
            del has[name]
        has["published_at"] = has["published_at"] is not None
        rows = [self.store.variant(each) for each in self.variant_ids]
        moments = ("created", "updated", "item_updated")
        kept = [{n: v for n, v in row.items() if n not in moments} for row in rows]
        return [has, kept, self._attributes()]
