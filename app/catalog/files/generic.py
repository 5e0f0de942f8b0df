"""Any other file: a person says which column feeds which field, and we suggest."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.catalog.files.cells import BadCell, listed, unguarded, unique
from app.catalog.files.columns import Columns
from app.catalog.files.draft import (
    Draft,
    Parser,
    Plan,
    alt_text,
    bounded_attribute,
    option_list,
    read_gtin,
    read_picture,
    read_stock,
    slug,
)
from app.catalog.files.fields import (
    foreign_amount,
    further_prices,
    product_parsers,
    variant_parsers,
)
from app.catalog.files.suggestions import LISTS, split_target
from app.catalog.files.types import (
    ColumnMapping,
    FileFacts,
    ImportOptions,
    ParsedVariant,
    Row,
    RowKind,
)

_ACCOMPANYING: Final = ("backorders", "weight", "length", "width", "height", "quantity")


class GenericReader:
    """Rows with one key are one product; without a key column every row is a product."""

    def __init__(self, facts: FileFacts, mapping: ColumnMapping, options: ImportOptions) -> None:
        self.options = options
        self.columns = Columns(facts.header, {})
        chosen = [
            (at, *split_target(mapping.columns[title]))
            for at, title in enumerate(facts.header)
            if mapping.columns.get(title)
        ]
        plain = {target for _, target, name in chosen if not name}
        chosen = [  # a price in the shop's own currency is the price
            (at, target, "" if name == options.currency and target not in plain else name)
            if target in ("price", "sale_price")
            else (at, target, name)
            for at, target, name in chosen
        ]
        self._chosen = {at for at, _, _ in chosen}
        self._at = {target: at for at, target, name in reversed(chosen) if not name}
        self._options = [(name, at) for at, target, name in chosen if target == "option"]
        self._attributes = [(name, at) for at, target, name in chosen if target == "attribute"]
        self._pictures = [at for at, target, _ in chosen if target == "images"]
        self._alt = self._at.get("image_alt")
        self.sku_title = facts.header[self._at["sku"]] if "sku" in self._at else "SKU"
        self._product_plan = self._plan(product_parsers(options))
        self._variant_plan = self._plan(variant_parsers(options))
        self._variant_plan = [
            *self._variant_plan,
            *(
                (at, f"{target}:{name}", foreign_amount(name, options))
                for at, target, name in chosen
                if target in ("price", "sale_price") and name
            ),
        ]
        self._makes_variant = [
            *(at for at, name, _ in self._variant_plan if name not in _ACCOMPANYING),
            *(at for _, at in self._options),
        ]
        self._row = 0

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns nobody mapped."""
        return self.columns.unread(self._chosen)

    @property
    def places(self) -> Mapping[str, int]:
        """The column in which each field stands."""
        return self._at

    def _plan(self, parsers: dict[str, Parser]) -> Plan:
        return [
            (self._at[name], name, parse) for name, parse in parsers.items() if name in self._at
        ]

    def restart(self) -> None:
        """Begin a second reading."""
        self._row = 0

    def key_of(self, cells: Sequence[str]) -> tuple[str, str | None]:
        """Return the mapped key, else what names a row of its own."""
        self._row += 1
        if "key" in self._at and (key := unguarded(cells[self._at["key"]].strip())):
            return key, None
        for name in ("sku", "title"):
            if name in self._at and (word := unguarded(cells[self._at[name]].strip())):
                return f"{self._row}\0{word if name == 'sku' else slug(word)}", None
        return f"{self._row}\0row-{self._row}", None

    def draft(self, key: str, rows: list[Row]) -> Draft:
        """Read the rows of one key."""
        _, count, key = key.rpartition("\0")  # without a key the count keeps rows apart
        draft = Draft(key, [row[0] for row in rows], is_key_free=bool(count))
        first = rows[0]
        self._read_product(draft, first)
        names = [
            (name, at) for name, at in self._options if any(row[1][at].strip() for row in rows)
        ]
        for row in rows:
            self._read_row(draft, row, names, is_first=row is first)
        if self._options:
            draft.values["options"] = option_list([name for name, _ in names], draft.variants)
        if self._pictures:
            draft.values["images"] = draft.images
        draft.kind = "variable" if len(draft.variants) > 1 or names else "simple"
        return draft

    def _name(self, target: str) -> str | None:
        return self.columns.header[self._at[target]] if target in self._at else None

    def _read_product(self, draft: Draft, row: Row) -> None:
        draft.read_product(row, self._product_plan, self.columns.header)
        if draft.whole is not None:
            return
        if draft.values.get("status", "") is None:
            del draft.values["status"]
        if draft.values.get("title", "") is None:
            draft.refuse_all(row[0], self._name("title"), "A product needs a title.")
        if self._attributes:
            draft.values["attributes"] = self._read_attributes(draft, row)

    def _read_attributes(self, draft: Draft, row: Row) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, at in self._attributes:
            words = listed(unguarded(row[1][at]), LISTS)
            try:
                bounded_attribute(name, words)
            except BadCell as error:
                draft.refuse_all(row[0], self.columns.header[at], str(error))
            if words:
                found[name] = unique([*found.get(name, ()), *words])
        return found

    def _read_row(
        self, draft: Draft, row: Row, names: list[tuple[str, int]], *, is_first: bool
    ) -> None:
        number, cells = row
        is_variant = is_first or any(cells[at].strip() for at in self._makes_variant)
        urls = self._urls(draft, row)
        if is_first:
            draft.kinds[number] = RowKind.PRODUCT
        elif is_variant:
            draft.kinds[number] = RowKind.VARIANT
        else:
            draft.kinds[number] = RowKind.IMAGE if urls else RowKind.BLANK
        for url in urls:
            alt = None
            if self._alt is not None and url == urls[0]:
                alt = alt_text(draft, row, cells[self._alt], self.columns.header[self._alt])
            draft.add_image(url, alt)
        if is_variant:
            self._read_variant(draft, row, names)

    def _urls(self, draft: Draft, row: Row) -> list[str]:
        found = []
        for at in self._pictures:
            for word in _addresses(row[1][at]):
                url = read_picture(draft, (row[0], [word]), 0, self.columns.header[at])
                if url is not None:
                    found.append(url)
        return found

    def _read_variant(self, draft: Draft, row: Row, names: list[tuple[str, int]]) -> None:
        number, cells = row
        values = draft.read(row, self._variant_plan, self.columns.header)
        if values is None:
            return
        further_prices(values)
        if values.get("quantity") is not None:
            title = self._name("quantity") or "Stock"
            values["quantity"] = read_stock(draft, row, title, values["quantity"])
        if "gtin" in self._at:
            title, check = self._name("gtin") or "GTIN", self.options.check_gtin
            values.update(read_gtin(draft, row, self._at["gtin"], title, check))
        if self._options:
            values["choice"] = {
                name: unguarded(word) for name, at in names if (word := cells[at].strip())
            }
        key = values.get("sku") or "/".join((draft.key, *values.get("choice", {}).values()))
        draft.variants.append(ParsedVariant(key, number, values))


def _addresses(cell: str) -> list[str]:
    """Split a list of addresses at commas, semicolons, bars, spaces before the next address."""
    if not cell.strip():
        return []
    for mark in (",http", ";http", "|http", " http", "\nhttp", "\thttp"):
        cell = cell.replace(mark, mark[0] + "\0http")
    parts = (part.strip(" ,;|\n\t") for part in cell.split("\0"))
    return [part for part in parts if part]
