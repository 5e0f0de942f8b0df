"""Amazon's listings report, inventory loader and category templates."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from app.catalog.files.cells import (
    BadCell,
    measure,
    moment,
    money_reader,
    quantity,
    unguarded,
    unique,
    unit_of,
)
from app.catalog.files.columns import AMAZON, Columns, amazon_name
from app.catalog.files.draft import (
    LIMITS,
    Draft,
    Parser,
    Plan,
    body,
    option_list,
    read_gtin,
    read_picture,
    read_stock,
    text,
)
from app.catalog.files.types import FileFacts, ImportOptions, ParsedVariant, Row, RowKind

_PICTURES: Final = re.compile(
    r"(?:other image url ?\d*|other product image locator ?\d*|image-url\d+)"
)
VARYING: Final = {  # Amazon's columns by which children differ → our names
    "color name": "Color",
    "color": "Color",
    "size name": "Size",
    "size": "Size",
    "apparel size": "Size",
    "style name": "Style",
    "style": "Style",
    "material type": "Material",
    "material": "Material",
    "flavor name": "Flavor",
    "flavor": "Flavor",
    "scent name": "Scent",
    "pattern name": "Pattern",
    "edition": "Edition",
}
_STATUSES: Final = {"active": "active", "inactive": "inactive", "incomplete": "draft"}
_GTIN_TYPES: Final = frozenset({"", "2", "3", "4", "isbn", "upc", "ean", "gtin", "jan"})
_CONDITIONS: Final = {
    "11": "new",
    "10": "refurbished",
    **dict.fromkeys(map(str, range(1, 9)), "used"),
}


class AmazonReader:
    """A row is a product; a child row is a variant of the parent it names."""

    def __init__(self, facts: FileFacts, options: ImportOptions) -> None:
        self.options = options
        self.header = facts.header
        bare = [re.sub(r" \(\d+\)$", "", title) for title in facts.header]
        self.columns = columns = Columns([amazon_name(title) for title in bare], AMAZON)
        self.sku_title = self._title("sku")
        self._sku, self._parent = columns.get("sku"), columns.get("parent")
        self._parentage = columns.get("parentage")
        self._theme = columns.get("theme")
        self._varying = [
            (VARYING[name], at) for at, name in enumerate(columns.header) if name in VARYING
        ]
        main = [] if columns.get("image") is None else [columns.found["image"]]
        self._pictures = main + [
            at for at, name in enumerate(columns.header) if _PICTURES.fullmatch(name)
        ]
        self._product_plan = self._plan(self._product_parsers())
        self._variant_plan = self._plan(self._variant_parsers())
        self._row = 0

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns this dialect leaves alone."""
        read = {*self.columns.found.values(), *self._pictures, *(at for _, at in self._varying)}
        return tuple(title for at, title in enumerate(self.header) if at not in read)

    def _title(self, field: str) -> str:
        at = self.columns.get(field)
        return self.header[at] if at is not None else field

    @property
    def places(self) -> Mapping[str, int]:
        """The column in which each field stands."""
        return self.columns.places(images=("image",), gtin=("product_id",))

    def _plan(self, parsers: dict[str, Parser]) -> Plan:
        found = ((self.columns.get(name), name, parse) for name, parse in parsers.items())
        return [(at, name, parse) for at, name, parse in found if at is not None]

    def _product_parsers(self) -> dict[str, Parser]:
        return {
            "title": text(LIMITS["title"]),
            "description": body(LIMITS["description"], self.options.clean_html),
            "brand": text(LIMITS["brand"]),
            "condition": _condition,
            "status": lambda cell: _STATUSES.get(cell.strip().casefold()),
        }

    def _variant_parsers(self) -> dict[str, Parser]:
        options = self.options
        amount = money_reader(options.currency, options.decimal)
        day = partial(moment, zone=options.zone, is_day_first=options.is_day_first)
        return {
            "sku": text(LIMITS["sku"]),
            "price": amount,
            "sale_price": amount,
            "sale_from": day,
            "sale_to": partial(day, is_end=True),
            "quantity": lambda cell: quantity(cell, options.decimal) if cell.strip() else None,
            "mpn": text(LIMITS["mpn"]),
        }

    def restart(self) -> None:
        """Begin a second reading."""
        self._row = 0

    def key_of(self, cells: Sequence[str]) -> tuple[str, str | None]:
        """Return the parent's SKU for a child, else the row's own."""
        self._row += 1
        parent = cells[self._parent].strip() if self._parent is not None else ""
        sku = cells[self._sku].strip() if self._sku is not None else ""
        return unguarded(parent or sku) or f"row {self._row}", None

    def _is_parent(self, row: Row) -> bool:
        if self._parentage is None:
            return False
        return row[1][self._parentage].strip().casefold() == "parent"

    def draft(self, key: str, rows: list[Row]) -> Draft:
        """Read a product and, in a template, its children."""
        draft = Draft(key, [row[0] for row in rows])
        parents = [row for row in rows if self._is_parent(row)]
        children = [row for row in rows if not self._is_parent(row)]
        first = parents[0] if parents else rows[0]
        for row in parents[1:]:
            sentence = f"The SKU “{key}” is already used in row {first[0]}."
            draft.refuse(row[0], self.sku_title, sentence, key)
        if self._sku is None or not first[1][self._sku].strip():
            draft.refuse_all(first[0], self.sku_title, "An Amazon listing needs a SKU.")
            return draft
        self._read_product(draft, first)
        if self._parent is None:  # a report: each row is a listing, a second one is a repetition
            names: list[tuple[str, int]] = []
        else:
            names = self._option_names(first, children) if parents or len(children) > 1 else []
        for row in rows:
            is_first = row[0] == first[0]
            draft.kinds.setdefault(row[0], RowKind.PRODUCT if is_first else RowKind.VARIANT)
        for row in children:
            self._read_variant(draft, row, names)
        if self._parent is not None and not parents and first[1][self._parent].strip():
            sentence = f"The parent “{key}” is not in this file; its first child stands for it."
            draft.warn(first[0], self._title("parent"), sentence)
        if parents and not children:
            self._read_variant(draft, first, names)
        self._finish(draft, first, names)
        return draft

    def _read_product(self, draft: Draft, row: Row) -> None:
        draft.read_product(row, self._product_plan, self.header)
        if draft.whole is not None:
            return
        for name in ("status", "condition"):
            if draft.values.get(name, "") is None:
                del draft.values[name]
        if draft.values.get("title", "") is None:
            draft.refuse_all(row[0], self._title("title"), "A product needs a name.")

    def _option_names(self, first: Row, children: list[Row]) -> list[tuple[str, int]]:
        theme = first[1][self._theme].casefold() if self._theme is not None else ""
        return [
            (name, at)
            for name, at in self._varying
            if any(row[1][at].strip() for row in children)
            and (not theme or name.casefold() in theme)
        ]

    def _read_variant(self, draft: Draft, row: Row, names: list[tuple[str, int]]) -> None:
        values = draft.read(row, self._variant_plan, self.header)
        if values is None:
            return
        try:
            if (weight := self.columns.get("weight")) is not None:
                values["weight"] = self._weight(row[1], weight)
        except BadCell as error:
            draft.refuse(row[0], self._title("weight"), str(error))
            return
        self._mend(draft, row, values)
        if self._varying:
            values["choice"] = {
                name: unguarded(word) for name, at in names if (word := row[1][at].strip())
            }
        urls = self._urls(draft, row)
        keys = [draft.add_image(url) for url in urls]
        if self._pictures and self._parent is not None:
            values["image"] = keys[0] if keys and names else None
        key = values.get("sku") or "/".join((draft.key, *values.get("choice", {}).values()))
        draft.variants.append(ParsedVariant(key, row[0], values))

    def _mend(self, draft: Draft, row: Row, values: dict[str, Any]) -> None:
        cells = row[1]
        channel = self.columns.get("channel")
        if "quantity" in values:
            if channel is not None and cells[channel].strip().upper().startswith("AMAZON"):
                del values["quantity"]  # Amazon holds this stock; it is not ours to count
            elif values["quantity"] is not None:
                title = self._title("quantity")
                values["quantity"] = read_stock(draft, row, title, values["quantity"])
        code, kind = self.columns.get("product_id"), self.columns.get("product_id_type")
        if code is not None:
            word = cells[kind].strip().casefold() if kind is not None else ""
            is_code = word in _GTIN_TYPES and cells[code].strip().isdigit()
            check = self.options.check_gtin
            values["gtin"] = None
            if is_code and len(cells[code].strip()) != 10:  # an ISBN of old has ten digits
                values.pop("gtin")
                values.update(read_gtin(draft, row, code, self._title("product_id"), check))

    def _weight(self, cells: list[str], at: int) -> dict[str, str] | None:
        unit = self.columns.get("weight_unit")
        word = cells[unit].strip() if unit is not None else ""
        return measure(cells[at], unit_of(word or self.options.weight_unit), self.options.decimal)

    def _urls(self, draft: Draft, row: Row) -> list[str]:
        found = (
            read_picture(draft, row, at, self.header[at])
            for at in self._pictures
            if row[1][at].strip()
        )
        return unique(url for url in found if url)

    def _finish(self, draft: Draft, first: Row, names: list[tuple[str, int]]) -> None:
        if self._pictures:
            mine = [draft.add_image(url) for url in self._urls(draft, first)]
            draft.images.sort(key=lambda image: image["key"] not in mine)
            draft.values["images"] = draft.images
        if self._varying:
            draft.values["options"] = option_list([name for name, _ in names], draft.variants)
            used = {name for name, _ in names}
            draft.values["attributes"] = {
                name: [unguarded(word)]
                for name, at in self._varying
                if name not in used and (word := first[1][at].strip())
            }
        draft.kind = "variable" if names else "simple"


def _condition(cell: str) -> str | None:
    """Read Amazon's condition codes and words; what is neither is left out."""
    word = cell.strip().casefold()
    if word in _CONDITIONS:
        return _CONDITIONS[word]
    return next((ours for ours in ("new", "refurbished", "used") if word.startswith(ours)), None)
