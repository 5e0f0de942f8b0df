"""SyncStore's own file, written: see own.py for its shape."""

from collections.abc import Iterator
from typing import Any, Final

from app.catalog.files.cells import amount_text
from app.catalog.files.own import RECORD, SLOTS, packed, packed_map
from app.catalog.files.types import ExportOptions, ExportProduct, Written

_MEASURES: Final = ("weight", "length", "width", "height")


class OwnWriter:
    """A product row, then its variants, then its pictures."""

    def __init__(self, options: ExportOptions, written: Written) -> None:
        self.options = options
        self.written = written
        further = [code for code in options.currencies if code != options.currency]
        self.currencies = (options.currency, *further)
        self.columns = self.header()

    def header(self) -> list[str]:
        """Return the names of the columns."""
        amounts = [
            f"{what} {currency}" for currency in self.currencies for what in ("Price", "Sale price")
        ]
        return [
            *(RECORD, "Handle", "Kind", "Title", "Description", "Short description", "Status"),
            *("Brand", "Condition", "Categories", "Tags", "Attributes"),
            *(f"Option {slot} {part}" for slot in SLOTS for part in ("name", "values", "value")),
            *("SKU", "GTIN", "MPN"),
            *amounts,
            f"Cost {self.options.currency}",
            *("Sale starts", "Sale ends", "Stock", "Backorders"),
            *("Weight", "Length", "Width", "Height", "Variant image"),
            *("Image key", "Image URL", "Image alt text"),
        ]

    def _row(self, cells: dict[str, str]) -> list[str]:
        return [cells.get(column, "") for column in self.columns]

    def rows(self, product: ExportProduct) -> Iterator[list[str]]:
        """Yield the rows of one product."""
        yield self._row(self._product(product))
        names = [option["name"] for option in product.values.get("options") or ()]
        for variant in product.variants:
            cells = {RECORD: "variant", "Handle": product.key}
            cells.update(self._variant(variant.values, names))
            yield self._row(cells)
        for image in product.values.get("images") or ():
            url, key = image.get("url") or "", image["key"]
            yield self._row(
                {
                    RECORD: "image",
                    "Handle": product.key,
                    "Image key": "" if key == f"ext:{url}" else key,
                    "Image URL": url,
                    "Image alt text": image.get("alt") or "",
                }
            )

    def _product(self, product: ExportProduct) -> dict[str, str]:
        values = product.values
        cells = {
            RECORD: "product",
            "Handle": product.key,
            "Kind": product.kind,
            "Title": values.get("title") or "",
            "Description": values.get("description") or "",
            "Short description": values.get("short_description") or "",
            "Status": values.get("status") or "",
            "Brand": values.get("brand") or "",
            "Condition": values.get("condition") or "",
            "Categories": packed(values.get("categories") or ()),
            "Tags": packed(values.get("tags") or ()),
            "Attributes": packed_map(values.get("attributes") or {}),
        }
        options = values.get("options") or []
        for slot, option in zip(SLOTS, options, strict=False):
            cells[f"Option {slot} name"] = option["name"]
            cells[f"Option {slot} values"] = packed(option["values"])
        if len(options) > len(SLOTS):
            self.written.leave_out("options")
        return cells

    def _variant(self, values: Any, names: list[str]) -> dict[str, str]:
        choice = values.get("choice") or {}
        count = values.get("quantity")
        cells = {
            "SKU": values.get("sku") or "",
            "GTIN": values.get("gtin") or "",
            "MPN": values.get("mpn") or "",
            "Sale starts": values.get("sale_from") or "",
            "Sale ends": values.get("sale_to") or "",
            "Stock": "" if count is None else str(count),
            "Backorders": values.get("backorders") or "",
            "Variant image": values.get("image") or "",
        }
        for slot, name in zip(SLOTS, names, strict=False):
            cells[f"Option {slot} value"] = choice.get(name, "")
        for name in _MEASURES:
            if measured := values.get(name):
                cells[name.capitalize()] = f"{measured['value']} {measured['unit']}"
        self._amounts(values, cells)
        return cells

    def _amounts(self, values: Any, cells: dict[str, str]) -> None:
        found = [
            (what, values.get(field))
            for what, field in (("Price", "price"), ("Sale price", "sale_price"), ("Cost", "cost"))
        ]
        for pair in (values.get("prices") or {}).values():
            found += [("Price", pair.get("price")), ("Sale price", pair.get("sale_price"))]
        for what, value in found:
            if value is None:
                continue
            column = f"{what} {value['currency']}"
            if column in self.columns:
                cells[column] = amount_text(value)
            else:
                self.written.leave_out(what.lower().replace(" ", "_"))
