"""Shopify's product CSV, in its old and its new column names."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.catalog.files.cells import (
    GRAMS,
    BadCell,
    flag,
    fold,
    from_grams,
    listed,
    money_reader,
    path,
    quantity,
    unguarded,
    unique,
    unit_of,
)
from app.catalog.files.columns import FURTHER_CATEGORIES, SHOPIFY, Columns
from app.catalog.files.draft import (
    LIMITS,
    Draft,
    Parser,
    Plan,
    address,
    alt_text,
    body,
    bounded,
    category_set,
    condition,
    option_list,
    read_gtin,
    read_picture,
    read_stock,
    slug,
    text,
)
from app.catalog.files.shopify_cells import backorders, is_default, plain_grams, sku
from app.catalog.files.types import FileFacts, ImportOptions, ParsedVariant, Row, RowKind

# Columns whose filled cell makes a later row a variant; the others only accompany it.
_MAKES_VARIANT: Final = (
    *("sku", "price", "gtin", "option1_value", "option2_value", "option3_value", "variant_image"),
)
_METAFIELD: Final = re.compile(r"(.+?) \(product\.metafields\.[^)]+\)")
GOOGLE: Final = {
    "Gender": "Google Shopping / Gender",
    "Age group": "Google Shopping / Age Group",
}
_STATUSES: Final = {
    "active": "active",
    "draft": "draft",
    "archived": "archived",
    "unlisted": "inactive",
    "": None,
}
Picture = tuple[float, str, str | None]  # place, address, alt text


class ShopifyReader:
    """Rows with one handle are one product; its variants and images take a row each."""

    def __init__(self, facts: FileFacts, options: ImportOptions) -> None:
        self.options = options
        self.columns = columns = Columns(facts.header, SHOPIFY)
        self.sku_title = columns.title("sku")
        self._handle = columns.get("handle")
        self._title = columns.get("title")
        self._image = columns.get("image")
        self._alt = columns.get("image_alt")
        self._position = columns.get("image_position")
        self._variant_image = columns.get("variant_image")
        self._gtin = columns.get("gtin")
        self._grams, self._unit = columns.get("grams"), columns.get("weight_unit")
        self._tracker, self._quantity = columns.get("tracker"), columns.get("quantity")
        self._options = [
            (number_at, value_at)
            for slot in "123"
            if (value_at := columns.get(f"option{slot}_value")) is not None
            for number_at in [columns.get(f"option{slot}_name")]
        ]
        self._makes_variant = [
            at for name in _MAKES_VARIANT if (at := columns.get(name)) is not None
        ]
        self._attributes = self._attribute_columns()
        self._product_plan = self._plan(self._product_parsers())
        self._variant_plan = self._plan(self._variant_parsers())
        self._previous = ""

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns this dialect leaves alone."""
        return self.columns.unread(at for _, at in self._attributes)

    @property
    def places(self) -> Mapping[str, int]:
        """The column in which each field stands."""
        return self.columns.places(
            images=("image",),
            image=("variant_image", "image"),
            weight=("grams",),
            categories=("type", "category", "categories"),
            choice=("option1_value",),
            options=("option1_name",),
            backorders=("policy",),
            sale_price=("compare",),
        )

    def _plan(self, parsers: dict[str, Parser]) -> Plan:
        return [
            (at, name, parse)
            for name, parse in parsers.items()
            if (at := self.columns.get(name)) is not None
        ]

    def _product_parsers(self) -> dict[str, Parser]:
        clean = self.options.clean_html
        return {
            "title": text(LIMITS["title"]),
            "description": body(LIMITS["description"], clean),
            "brand": text(LIMITS["brand"]),
            "tags": lambda cell: bounded(unique(listed(unguarded(cell)))),
            "condition": condition,
        }

    def _variant_parsers(self) -> dict[str, Parser]:
        amount = money_reader(self.options.currency, self.options.decimal)
        return {
            "sku": sku,
            "price": amount,
            "compare": amount,
            "cost": amount,
            "mpn": text(LIMITS["mpn"]),
            "quantity": lambda cell: quantity(cell, self.options.decimal) if cell else None,
            "policy": backorders,
        }

    def _attribute_columns(self) -> list[tuple[str, int]]:
        google = {fold(column): name for name, column in GOOGLE.items()}
        found = []
        for at, title in enumerate(self.columns.header):
            if title == FURTHER_CATEGORIES:
                continue
            if match := _METAFIELD.fullmatch(title):
                found.append((match[1], at))
            elif fold(title) in google:
                found.append((google[fold(title)], at))
        return found

    def key_of(self, cells: Sequence[str]) -> tuple[str, str | None]:
        """Return the handle of a row; a row without one goes on with the product above."""
        key = cells[self._handle].strip() if self._handle is not None else ""
        if not key and self._title is not None and (title := cells[self._title].strip()):
            key = slug(title)
        self._previous = key = key or self._previous
        return key, None

    def restart(self) -> None:
        """Begin a second reading."""
        self._previous = ""

    def draft(self, key: str, rows: list[Row]) -> Draft:
        """Read the rows of one handle."""
        draft = Draft(key, [row[0] for row in rows])
        first = rows[0]
        if not key:
            draft.refuse_all(first[0], None, "This row has neither a handle nor a title.")
            return draft
        self._read_product(draft, rows)
        names = self._option_names(draft, rows)
        pictures: list[Picture] = []
        # A first row that tells only of the product brings a variant if no other row does.
        bringing = [row for row in rows if self._brings_variant(row)] or [first]
        for row in rows:
            self._note_kind(draft, row, is_variant=row in bringing)
            self._read_picture(draft, row, pictures)
        for row in bringing:
            self._read_variant(draft, row, names)
        self._finish(draft, names, pictures)
        return draft

    def _brings_variant(self, row: Row) -> bool:
        return any(row[1][at] for at in self._makes_variant)

    def _read_product(self, draft: Draft, rows: list[Row]) -> None:
        row = rows[0]
        if self._title is not None:
            row = next((row for row in rows if row[1][self._title].strip()), row)
        draft.read_product(row, self._product_plan, self.columns.header)
        if draft.whole is None and self._title is not None and draft.values["title"] is None:
            draft.refuse_all(row[0], self.columns.title("title"), "A product needs a title.")
        if draft.whole is None:
            self._read_whole(draft, row, self._read_status)
            self._read_whole(draft, row, self._read_categories)
            self._read_whole(draft, row, self._read_attributes)

    def _read_whole(self, draft: Draft, row: Row, read: Callable[[Draft, list[str]], None]) -> None:
        try:
            read(draft, row[1])
        except BadCell as error:
            draft.refuse_all(row[0], None, str(error))

    def _read_status(self, draft: Draft, cells: list[str]) -> None:
        status = self.columns.get("status")
        published = self.columns.get("published")
        word = cells[status].strip().casefold() if status is not None else ""
        if word not in _STATUSES:
            raise BadCell(f"“{word}” is not a product status.")
        found = _STATUSES[word]
        if published is not None and found in (None, "active"):
            cell = cells[published].strip()
            if cell:
                found = "active" if flag(cell) else "inactive"
        if found is not None:
            draft.values["status"] = found

    def _read_categories(self, draft: Draft, cells: list[str]) -> None:
        category, kind = self.columns.get("category"), self.columns.get("type")
        if (further := self.columns.get("categories")) is not None and cells[further]:
            paths = listed(unguarded(cells[further]), ";")
            draft.values["categories"] = category_set([path(name) for name in paths])
            return
        if category is None and kind is None:
            return
        paths = [path(unguarded(cells[at].strip())) for at in (category, kind) if at is not None]
        if category is not None and paths[0] == "Uncategorized":
            paths[0] = ""
        draft.values["categories"] = category_set([name for name in paths if name])

    def _read_attributes(self, draft: Draft, cells: list[str]) -> None:
        if not self._attributes:
            return
        found: dict[str, list[str]] = {}
        for name, at in self._attributes:
            if cells[at] and (words := listed(unguarded(cells[at]), ";")):
                found[name] = unique([*found.get(name, ()), *words])
        draft.values["attributes"] = found

    def _option_names(self, draft: Draft, rows: list[Row]) -> list[tuple[str, int]]:
        """Return the options of a product with the columns of their values."""
        names: list[tuple[str, int]] = []
        for slot, (name_at, value_at) in enumerate(self._options, start=1):
            name = ""
            if name_at is not None:
                name = next((word for _, cells in rows if (word := cells[name_at].strip())), "")
            values = [cells[value_at].strip() for _, cells in rows]
            if not any(values) or (name.casefold() in ("title", "") and is_default(values)):
                continue
            if name_at is not None:
                self._note_names(draft, rows, name_at, name)
            name = unguarded(name) or f"Option {slot}"
            if name in (taken for taken, _ in names):
                title = self.columns.header[name_at or value_at]
                draft.refuse_all(rows[0][0], title, f"The option “{name}” is named twice.")
            names.append((name, value_at))
        return names

    def _note_names(self, draft: Draft, rows: list[Row], at: int, name: str) -> None:
        for number_, cells in rows:
            if (other := cells[at].strip()) and other != name:
                sentence = f"This row calls the option “{other}”; “{name}” is taken."
                draft.warn(number_, self.columns.header[at], sentence)

    def _note_kind(self, draft: Draft, row: Row, *, is_variant: bool) -> None:
        if row[0] == draft.rows[0]:
            draft.kinds[row[0]] = RowKind.PRODUCT
        elif is_variant:
            draft.kinds[row[0]] = RowKind.VARIANT
        else:
            has_picture = self._image is not None and row[1][self._image].strip()
            draft.kinds[row[0]] = RowKind.IMAGE if has_picture else RowKind.BLANK

    def _read_picture(self, draft: Draft, row: Row, pictures: list[Picture]) -> None:
        at = self._image
        if at is None or not row[1][at].strip():
            return
        title = self.columns.header[at]
        if draft.kinds[row[0]] is RowKind.IMAGE:
            try:
                url: str | None = address(row[1][at])
            except BadCell as error:
                draft.refuse(row[0], title, str(error), row[1][at][:200])
                return
        else:
            url = read_picture(draft, row, at, title)
        if url is None:
            return
        alt = None
        if self._alt is not None and row[1][self._alt]:
            alt = alt_text(draft, row, row[1][self._alt], self.columns.header[self._alt])
        place = pictures[-1][0] if pictures else 0.0
        if self._position is not None and row[1][self._position].strip().isdecimal():
            place = float(row[1][self._position])
        pictures.append((place, url, alt))

    def _read_variant(self, draft: Draft, row: Row, names: list[tuple[str, int]]) -> None:
        number_, cells = row
        values = draft.read(row, self._variant_plan, self.columns.header)
        if values is None:
            return
        try:
            if self._grams is not None:
                values["weight"] = self._weight(cells)
        except BadCell as error:
            draft.refuse(number_, self.columns.title("grams"), str(error))
            return
        if self._options:
            choice = self._choice(draft, row, names)
            if choice is None:
                return
            values["choice"] = choice
        self._mend(draft, row, values)
        key = values.get("sku") or "/".join((draft.key, *values.get("choice", {}).values()))
        draft.variants.append(ParsedVariant(key, number_, values))

    def _choice(
        self, draft: Draft, row: Row, names: list[tuple[str, int]]
    ) -> dict[str, str] | None:
        choice = {}
        for name, at in names:
            word = unguarded(row[1][at].strip())
            if word:
                choice[name] = word
            else:
                draft.refuse(row[0], self.columns.header[at], f"A value for “{name}” is missing.")
                return None
        return choice

    def _mend(self, draft: Draft, row: Row, values: dict[str, Any]) -> None:
        """Turn what Shopify says of prices, stock and pictures into our words."""
        cells = row[1]
        if "compare" in values:
            price, compare = values.get("price"), values.pop("compare")
            if price and compare and compare["minor"] > price["minor"]:
                values["price"], values["sale_price"] = compare, price
            else:
                values["price"], values["sale_price"] = price, None
        if "policy" in values:
            values["backorders"] = values.pop("policy")
        if self._quantity is not None and values["quantity"] is not None:
            if self._tracker is not None and not cells[self._tracker].strip():
                values["quantity"] = None
            else:
                title = self.columns.header[self._quantity]
                values["quantity"] = read_stock(draft, row, title, values["quantity"])
        self._mend_names(draft, row, values)

    def _mend_names(self, draft: Draft, row: Row, values: dict[str, Any]) -> None:
        """Read the barcode and the picture, which are left out where they are bad."""
        cells = row[1]
        if self._gtin is not None:
            title, check = self.columns.header[self._gtin], self.options.check_gtin
            values.update(read_gtin(draft, row, self._gtin, title, check))
        if self._variant_image is not None:
            values["image"] = None
            if cells[self._variant_image]:
                title = self.columns.header[self._variant_image]
                url = read_picture(draft, row, self._variant_image, title)
                values["image"] = f"ext:{url}" if url else None

    def _weight(self, cells: list[str]) -> dict[str, str] | None:
        if self._grams is None:
            return None
        cell = cells[self._grams].strip()
        word = cells[self._unit].strip() if self._unit is not None else ""
        unit = unit_of(word) if word else "g"
        if unit not in GRAMS:
            raise BadCell(f"“{word}” is not a unit of weight.")
        grams = cell if cell.isdigit() else plain_grams(cell)
        return from_grams(grams, unit)

    def _finish(self, draft: Draft, names: list[tuple[str, int]], pictures: list[Picture]) -> None:
        if self._options:
            draft.values["options"] = option_list([name for name, _ in names], draft.variants)
        if len(draft.variants) > 1 or names:
            draft.kind = "variable"
        self._finish_images(draft, pictures)

    def _finish_images(self, draft: Draft, pictures: list[Picture]) -> None:
        for _, url, alt in sorted(pictures, key=lambda picture: picture[0]):
            draft.add_image(url, alt)
        for variant in draft.variants:
            if key := variant.values.get("image"):
                draft.add_image(key.removeprefix("ext:"))
        if self._image is not None or self._variant_image is not None:
            draft.values["images"] = draft.images
