"""Shopify's product CSV, written in the column names every version of its importer takes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

from app.catalog.files.cells import GRAMS, amount_text, in_grams, joined
from app.catalog.files.columns import FURTHER_CATEGORIES
from app.catalog.files.shopify import GOOGLE
from app.catalog.files.types import ExportOptions, ExportProduct, ExportVariant, Written

# Column → the field it tells; a chosen set of fields leaves the other columns out.
_COLUMNS: Final = {
    "Handle": None,
    "Title": "title",
    "Body (HTML)": "description",
    "Vendor": "brand",
    "Product Category": "categories",
    "Type": "categories",
    "Tags": "tags",
    "Published": "status",
    "Option1 Name": "choice",
    "Option1 Value": "choice",
    "Option2 Name": "choice",
    "Option2 Value": "choice",
    "Option3 Name": "choice",
    "Option3 Value": "choice",
    "Variant SKU": "sku",
    "Variant Grams": "weight",
    "Variant Inventory Tracker": "quantity",
    "Variant Inventory Qty": "quantity",
    "Variant Inventory Policy": "backorders",
    "Variant Fulfillment Service": None,
    "Variant Price": "price",
    "Variant Compare At Price": "sale_price",
    "Variant Requires Shipping": None,
    "Variant Taxable": None,
    "Variant Barcode": "gtin",
    "Image Src": "images",
    "Image Position": "images",
    "Image Alt Text": "images",
    "Gift Card": None,
    "Google Shopping / Gender": "attributes",
    "Google Shopping / Age Group": "attributes",
    "Google Shopping / MPN": "mpn",
    "Google Shopping / Condition": "condition",
    "Variant Image": "image",
    "Variant Weight Unit": "weight",
    "Cost per item": "cost",
    "Status": "status",
}
# The top of Shopify's product taxonomy; a path that begins elsewhere is a type of the merchant's.
_TAXONOMY: Final = frozenset(
    {
        *("Animals & Pet Supplies", "Apparel & Accessories", "Arts & Entertainment"),
        *("Baby & Toddler", "Bundles", "Business & Industrial", "Cameras & Optics"),
        *("Electronics", "Food, Beverages & Tobacco", "Furniture", "Gift Cards", "Hardware"),
        *("Health & Beauty", "Home & Garden", "Luggage & Bags", "Mature", "Media"),
        *("Office Supplies", "Product Add-Ons", "Religious & Ceremonial", "Services", "Software"),
        *("Sporting Goods", "Toys & Games", "Vehicles & Parts"),
    }
)
_STATUSES: Final = {
    "active": ("active", "TRUE"),
    "inactive": ("active", "FALSE"),
    "draft": ("draft", "FALSE"),
    "archived": ("archived", "FALSE"),
}
_UNCARRIED: Final = ("sale_from", "sale_to", "length", "width", "height")


class ShopifyWriter:
    """The first row tells the product and its first variant; pictures fill rows from the top."""

    def __init__(self, options: ExportOptions, written: Written) -> None:
        self.options = options
        self.written = written
        self.metafields = {
            name: f"{name} (product.metafields.custom.{_snake(name)})"
            for name in options.attributes
            if name not in GOOGLE
        }
        chosen = options.fields
        self.columns = [
            column
            for column, field in _COLUMNS.items()
            if chosen is None or field is None or field in chosen
        ]
        self.columns += self.metafields.values()
        if chosen is None or "categories" in chosen:
            self.columns.append(FURTHER_CATEGORIES)

    def header(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.columns)

    def rows(self, product: ExportProduct) -> Iterator[list[str]]:
        """Yield the rows of one product."""
        images = list(product.values.get("images") or ())
        pictures = [image for image in images if image.get("url")]
        if len(pictures) < len(images):
            self.written.leave_out("images")
        urls = {image["key"]: image["url"] for image in pictures}
        names = [option["name"] for option in product.values.get("options") or ()]
        first = self._product(product, names)
        told = zip_longest(self._variants(product, names), enumerate(pictures, start=1))
        for number, (variant, picture) in enumerate(told):
            cells = {"Handle": product.key, **(first if number == 0 else {})}
            if variant is not None:
                cells.update(self._variant(variant.values, names, urls))
            if picture is not None:
                place, image = picture
                cells["Image Src"] = image["url"]
                cells["Image Position"] = str(place)
                cells["Image Alt Text"] = image.get("alt") or ""
            yield [cells.get(column, "") for column in self.columns]

    def _variants(self, product: ExportProduct, names: list[str]) -> Sequence[ExportVariant]:
        """Return the variants with a value for each option: Shopify takes no others."""
        chosen = [each for each in product.variants if _names_all(each.values, names)]
        for _ in range(len(product.variants) - len(chosen)):
            self.written.leave_out("choice")
        return chosen or product.variants

    def _product(self, product: ExportProduct, names: list[str]) -> dict[str, str]:
        values = product.values
        if values.get("short_description"):
            self.written.leave_out("short_description")
        cells = {
            "Title": values.get("title") or "",
            "Body (HTML)": values.get("description") or "",
            "Vendor": values.get("brand") or "",
            "Tags": joined(values.get("tags") or ()),
            "Google Shopping / Condition": values.get("condition") or "",
            "Gift Card": "FALSE",
        }
        if values.get("status"):
            cells["Status"], cells["Published"] = _STATUSES[values["status"]]
        self._categories(values.get("categories") or (), cells)
        self._attributes(values.get("attributes") or {}, cells)
        for slot, name in enumerate(names[:3] or ["Title"], start=1):
            cells[f"Option{slot} Name"] = name
        if not names:
            cells["Option1 Value"] = "Default Title"
        return cells

    def _categories(self, paths: Any, cells: dict[str, str]) -> None:
        for path in paths:
            is_taxonomy = path.split(" > ")[0] in _TAXONOMY
            column = "Product Category" if is_taxonomy else "Type"
            if column in cells:
                cells[FURTHER_CATEGORIES] = joined(paths, ";")
            else:
                cells[column] = path

    def _attributes(self, attributes: Mapping[str, list[str]], cells: dict[str, str]) -> None:
        for name, words in attributes.items():
            column = GOOGLE.get(name) or self.metafields.get(name)
            if column is None:
                self.written.leave_out("attributes")
            else:
                cells[column] = joined(words, ";")

    def _variant(
        self, values: Mapping[str, Any], names: list[str], urls: Mapping[str, str]
    ) -> dict[str, str]:
        for name in _UNCARRIED:
            if values.get(name) is not None:
                self.written.leave_out(name)
        count = values.get("quantity")
        if values.get("backorders") == "notify":
            self.written.leave_out("backorders")
        cells = {
            "Variant SKU": values.get("sku") or "",
            "Variant Inventory Tracker": "" if count is None else "shopify",
            "Variant Inventory Qty": "" if count is None else str(count),
            "Variant Inventory Policy": "deny" if _is_denied(values) else "continue",
            "Variant Fulfillment Service": "manual",
            "Variant Requires Shipping": "TRUE",
            "Variant Taxable": "TRUE",
            "Variant Barcode": values.get("gtin") or "",
            "Variant Image": urls.get(values.get("image") or "", ""),
            "Google Shopping / MPN": values.get("mpn") or "",
            "Cost per item": amount_text(values.get("cost")),
            "Variant Price": amount_text(values.get("price")),
        }
        for slot, name in enumerate(names[:3], start=1):
            cells[f"Option{slot} Value"] = (values.get("choice") or {}).get(name, "")
        if self._is_on_sale(values):
            cells["Variant Price"] = amount_text(values["sale_price"])
            cells["Variant Compare At Price"] = amount_text(values["price"])
        if weight := values.get("weight"):
            unit = weight["unit"]
            cells["Variant Grams"] = in_grams(weight)
            cells["Variant Weight Unit"] = unit if unit in GRAMS else "g"
        return cells

    def _is_on_sale(self, values: Mapping[str, Any]) -> bool:
        """Say whether the sale price counts now: Shopify knows no sale dates."""
        price, sale = values.get("price"), values.get("sale_price")
        if sale is None:
            return False
        is_lower = price is not None and sale["minor"] < price["minor"]
        if is_lower and self._is_in_window(values.get("sale_from"), values.get("sale_to")):
            return True
        self.written.leave_out("sale_price")
        return False

    def _is_in_window(self, start: str | None, end: str | None) -> bool:
        at = self.options.at
        if not (start or end):
            return True
        if at is None:
            return False
        is_begun = start is None or datetime.fromisoformat(start) <= at
        return is_begun and (end is None or at <= datetime.fromisoformat(end))


def _is_denied(values: Mapping[str, Any]) -> bool:
    return (values.get("backorders") or "no") == "no"


def _names_all(values: Mapping[str, Any], names: Sequence[str]) -> bool:
    choice = values.get("choice") or {}
    return all(choice.get(name) for name in names)


def _snake(name: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())
