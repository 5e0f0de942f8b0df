"""WooCommerce's product CSV, written: a product's row, then its variations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.catalog.files.cells import amount_text, converted, joined, moment_text
from app.catalog.files.columns import HANDLE_META
from app.catalog.files.types import ExportOptions, ExportProduct, Written

_COLUMNS: Final = {  # column → the field it tells
    "Type": None,
    "SKU": None,
    "GTIN, UPC, EAN, or ISBN": "gtin",
    "Name": "title",
    "Published": "status",
    "Visibility in catalog": None,
    "Short description": "short_description",
    "Description": "description",
    "Date sale price starts": "sale_from",
    "Date sale price ends": "sale_to",
    "Tax status": None,
    "In stock?": "quantity",
    "Stock": "quantity",
    "Backorders allowed?": "backorders",
    "Weight": "weight",
    "Length": "length",
    "Width": "width",
    "Height": "height",
    "Sale price": "sale_price",
    "Regular price": "price",
    "Categories": "categories",
    "Tags": "tags",
    "Images": "images",
    "Parent": None,
    "Brands": "brand",
    "Cost of goods": "cost",
    HANDLE_META: None,
}
_STATUSES: Final = {"active": "1", "inactive": "0", "draft": "-1", "archived": "-1"}
_BACKORDERS: Final = {"no": "0", "notify": "notify", "yes": "1"}
_UNITS: Final = {"lb": "lbs"}
_KINDS: Final = ("grouped", "external", "variable")


class WooCommerceWriter:
    """Options and attributes share the numbered attribute columns; variations name values."""

    def __init__(self, options: ExportOptions, written: Written) -> None:
        self.options = options
        self.written = written
        self.zone = ZoneInfo(options.timezone)
        units = {"weight": options.weight_unit}
        chosen = options.fields
        self.columns = [
            column
            for column, field in _COLUMNS.items()
            if chosen is None or field is None or field in chosen
        ]
        self.titles = {
            name.capitalize(): f"{name.capitalize()} ({_UNITS.get(unit, unit)})"
            for name in ("weight", "length", "width", "height")
            for unit in [units.get(name, options.length_unit)]
        }
        has_attributes = chosen is None or not chosen.isdisjoint(("attributes", "choice"))
        self.slots = range(1, (options.attribute_slots if has_attributes else 0) + 1)
        for slot in self.slots:
            self.columns += [
                *(f"Attribute {slot} name", f"Attribute {slot} value(s)"),
                *(f"Attribute {slot} visible", f"Attribute {slot} global"),
            ]

    def header(self) -> list[str]:
        """Return the names of the columns."""
        return [self.titles.get(column, column) for column in self.columns]

    def rows(self, product: ExportProduct) -> Iterator[list[str]]:
        """Yield the rows of one product."""
        options = product.values.get("options") or []
        cells = self._product(product)
        offered = [(option["name"], option["values"]) for option in options]
        named = {name for name, _ in offered}  # its options and attributes share their columns
        attributes = dict(product.values.get("attributes") or {})
        others = [(name, words) for name, words in attributes.items() if name not in named]
        if len(others) < len(attributes):
            self.written.leave_out("attributes")
        self._attributes([*offered, *others], cells)
        if not options and len(product.variants) == 1:
            values = product.variants[0].values
            cells.update(self._variant(values))
            yield self._row(cells)
            return
        cells["Type"] = "variable"
        cells["SKU"] = parent = self._parent_sku(product)
        yield self._row(cells)
        urls = {image["key"]: image.get("url") for image in product.values.get("images") or ()}
        for variant in product.variants:
            choice = variant.values.get("choice") or {}
            cells = {"Type": "variation", "Parent": parent, **self._variant(variant.values)}
            cells["Name"] = " - ".join((product.values.get("title") or "", *choice.values()))
            cells["Images"] = _comma_free(urls.get(variant.values.get("image") or "") or "")
            picked = [(name, [choice[name]] if name in choice else []) for name, _ in offered]
            self._attributes(picked, cells)
            yield self._row(cells)

    def _row(self, cells: Mapping[str, str]) -> list[str]:
        return [cells.get(column, "") for column in self.columns]

    def _parent_sku(self, product: ExportProduct) -> str:
        """Return a SKU for the product itself, which no variation may have."""
        taken = {str(variant.values.get("sku") or "").casefold() for variant in product.variants}
        return f"{product.key}-parent" if product.key.casefold() in taken else product.key

    def _product(self, product: ExportProduct) -> dict[str, str]:
        values = product.values
        status = values.get("status")
        if status == "archived":
            self.written.leave_out("status")
        if values.get("condition"):
            self.written.leave_out("condition")
        images = values.get("images") or ()
        if any(image.get("alt") or not image.get("url") for image in images):
            self.written.leave_out("images")
        urls = [_comma_free(image["url"]) for image in images if image.get("url")]
        return {
            "Type": "simple" if product.kind not in _KINDS else product.kind,
            "Name": values.get("title") or "",
            "Published": _STATUSES.get(status or "", ""),
            "Visibility in catalog": "visible",
            "Short description": _written(values.get("short_description") or ""),
            "Description": _written(values.get("description") or ""),
            "Tax status": "taxable",
            "Categories": joined(values.get("categories") or ()),
            "Tags": joined(values.get("tags") or ()),
            "Brands": joined([values["brand"]] if values.get("brand") else ()),
            "Images": ", ".join(urls),
            HANDLE_META: product.key,
        }

    def _variant(self, values: Mapping[str, Any]) -> dict[str, str]:
        count = values.get("quantity")
        for name in ("mpn", "prices"):
            if values.get(name):
                self.written.leave_out(name)
        cells = {
            "SKU": values.get("sku") or "",
            "GTIN, UPC, EAN, or ISBN": values.get("gtin") or "",
            "Date sale price starts": moment_text(values.get("sale_from"), self.zone),
            "Date sale price ends": moment_text(values.get("sale_to"), self.zone, is_end=True),
            "In stock?": "0" if count == 0 else "1",
            "Stock": "" if count is None else str(count),
            "Backorders allowed?": _BACKORDERS[values.get("backorders") or "no"],
            "Sale price": amount_text(values.get("sale_price")),
            "Regular price": amount_text(values.get("price")),
            "Cost of goods": amount_text(values.get("cost")),
        }
        for name, unit in (("weight", self.options.weight_unit), *_lengths(self.options)):
            cells[name.capitalize()] = converted(values.get(name), unit)
        return cells

    def _attributes(self, told: Sequence[tuple[str, Sequence[str]]], cells: dict[str, str]) -> None:
        for slot, (name, words) in zip(self.slots, told, strict=False):
            cells[f"Attribute {slot} name"] = name
            cells[f"Attribute {slot} value(s)"] = joined(words)
            cells[f"Attribute {slot} visible"] = "1"
            cells[f"Attribute {slot} global"] = "0"
        if len(told) > len(self.slots):
            self.written.leave_out("attributes")


def _lengths(options: ExportOptions) -> list[tuple[str, str]]:
    return [(name, options.length_unit) for name in ("length", "width", "height")]


def _comma_free(url: str) -> str:
    return url.replace(",", "\\,")


def _written(text: str) -> str:
    """Keep a literal \\n apart from a line's end, which the file holds as it is."""
    return text.replace("\\n", "\\\\n")
