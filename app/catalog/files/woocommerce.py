"""WooCommerce's product CSV: products and variations take a row each, in any order."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from app.catalog.files.cells import (
    BadCell,
    listed,
    measure,
    moment,
    money_reader,
    path,
    unguarded,
    unique,
)
from app.catalog.files.columns import WOOCOMMERCE, Columns
from app.catalog.files.draft import (
    LIMITS,
    WORD_LIMIT,
    Draft,
    Parser,
    Plan,
    address,
    bounded,
    bounded_attribute,
    category_set,
    option_list,
    read_gtin,
    read_stock,
    slug,
    text,
)
from app.catalog.files.languages import english
from app.catalog.files.types import FileFacts, ImportOptions, ParsedVariant, Row, RowKind
from app.catalog.files.woocommerce_cells import (
    PARENT,
    backorders,
    brand,
    described,
    known_unit,
    status,
    stock,
)

_ATTRIBUTE: Final = re.compile(r"attribute (\d+) name", re.IGNORECASE)
_MEASURED: Final = re.compile(r"(weight|length|width|height)(?: \(([^)]+)\))?", re.IGNORECASE)
KINDS: Final = ("simple", "variable", "grouped", "external", "variation")
_FLAGS: Final = ("virtual", "downloadable")
BY_ID: Final = "id:"


class WooCommerceReader:
    """A variation names its parent by SKU or as id:NN; together they are one product."""

    def __init__(self, facts: FileFacts, options: ImportOptions) -> None:
        self.options = options
        self._spoken = [english(title) for title in facts.header]
        self.columns = columns = Columns(facts.header, WOOCOMMERCE, spoken=self._spoken)
        self.sku_title = columns.title("sku")
        self._id, self._sku = columns.get("id"), columns.get("sku")
        self._type, self._parent = columns.get("type"), columns.get("parent")
        self._title, self._handle = columns.get("title"), columns.get("handle")
        self._gtin, self._images = columns.get("gtin"), columns.get("images")
        self._quantity, self._in_stock = columns.get("quantity"), columns.get("in_stock")
        self._attributes = self._attribute_columns()
        self._measures = self._measure_columns()
        self._product_plan = self._plan(self._product_parsers())
        self._variant_plan = [*self._plan(self._variant_parsers()), *self._measure_plan()]
        self._row = 0

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns this dialect leaves alone."""
        attributes = [at for pair in self._attributes for at in pair]
        return self.columns.unread([*attributes, *(at for at, _, _ in self._measures)])

    @property
    def places(self) -> Mapping[str, int]:
        """The column in which each field stands."""
        return {
            **self.columns.places(image=("images",), status=("published",)),
            **{name: at for at, name, _ in self._measures},
        }

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
            "description": described(LIMITS["description"], clean),
            "short_description": described(LIMITS["short_description"], clean),
            "published": status,
            "categories": lambda cell: category_set(
                [path(word) for word in listed(unguarded(cell))]
            ),
            "tags": lambda cell: bounded(unique(listed(unguarded(cell)))),
            "brand": brand,
        }

    def _variant_parsers(self) -> dict[str, Parser]:
        options = self.options
        amount = money_reader(options.currency, options.decimal)
        day = partial(moment, zone=options.zone, is_day_first=options.is_day_first)
        return {
            "sku": text(LIMITS["sku"]),
            "price": amount,
            "sale_price": amount,
            "cost": amount,
            "sale_from": day,
            "sale_to": partial(day, is_end=True),
            "quantity": partial(stock, decimal=options.decimal),
            "backorders": backorders,
        }

    def _attribute_columns(self) -> list[tuple[int, int]]:
        found = []
        for at, title in enumerate(self._spoken):
            match = _ATTRIBUTE.fullmatch(title.strip())
            values = match and self.columns.at.get(f"attribute {match[1]} value(s)")
            if values:
                found.append((at, values))
        return found

    def _measure_columns(self) -> list[tuple[int, str, str]]:
        found = []
        for at, title in enumerate(self._spoken):
            if match := _MEASURED.fullmatch(title.strip()):
                name = match[1].casefold()
                default = self.options.weight_unit if name == "weight" else self.options.length_unit
                found.append((at, name, known_unit(match[2], default)))
        return found

    def _measure_plan(self) -> Plan:
        decimal = self.options.decimal
        return [
            (at, name, partial(measure, unit=unit, decimal=decimal))
            for at, name, unit in self._measures
        ]

    def key_of(self, cells: Sequence[str]) -> tuple[str, str | None]:
        """Return the SKU or id that gathers a product, and its id where it may be meant by it."""
        self._row += 1
        if self._kind(cells) == "variation":
            parent = cells[self._parent].strip() if self._parent is not None else ""
            return unguarded(parent) or f"row {self._row}", None
        sku = unguarded(cells[self._sku].strip()) if self._sku is not None else ""
        number = cells[self._id].strip() if self._id is not None else ""
        by_id = f"{BY_ID}{number}" if number else None
        if sku:
            return sku, by_id if self._kind(cells) == "variable" else None
        title = cells[self._title].strip() if self._title is not None else ""
        return by_id or self._own_handle(cells) or slug(title) or f"row {self._row}", None

    def _own_handle(self, cells: Sequence[str]) -> str:
        """Return the handle that our own export writes beside a product."""
        return unguarded(cells[self._handle].strip()) if self._handle is not None else ""

    def restart(self) -> None:
        """Begin a second reading."""
        self._row = 0

    def _kind(self, cells: Sequence[str]) -> str:
        if self._type is None:
            return "simple"
        cell = cells[self._type].strip().casefold()
        if cell in KINDS:
            return cell
        word = next((word for word in listed(cell) if word not in _FLAGS), "simple")
        if "variation" in word:  # of subscriptions and the like
            return "variation"
        return "variable" if word.startswith("variable") else word

    def draft(self, key: str, rows: list[Row]) -> Draft:
        """Read a product's own row and its variations."""
        draft = Draft(key, [row[0] for row in rows])
        own = [row for row in rows if self._kind(row[1]) != "variation"]
        variations = [row for row in rows if self._kind(row[1]) == "variation"]
        if not own:
            self._refuse_orphans(draft, variations)
            return draft
        first, *twins = own
        draft.key = self._own_handle(first[1]) or key
        draft.kind = self._kind(first[1])
        for row in twins:
            has_sku = self._sku is not None and row[1][self._sku].strip()
            what = f"SKU “{key}” is already used" if has_sku else f"product “{key}” already stands"
            draft.refuse(row[0], self.sku_title, f"The {what} in row {first[0]}.", key)
        draft.kinds[first[0]] = RowKind.PRODUCT
        self._read_product(draft, first)
        if draft.kind == "variable" and variations:
            self._read_variations(draft, first, variations)
        else:
            self._read_simple(draft, first, variations)
        self._note(draft, first, variations)
        return draft

    def _refuse_orphans(self, draft: Draft, variations: list[Row]) -> None:
        title = self.columns.title("parent")
        for number, _ in variations:
            if draft.key.startswith("row "):
                draft.refuse_all(number, title, "A variation needs the SKU or id of its product.")
            else:
                sentence = f"The product “{draft.key}” is not in this file."
                draft.refuse_all(number, title, sentence, draft.key)

    def _note(self, draft: Draft, first: Row, variations: list[Row]) -> None:
        title = self.columns.title("type")
        if draft.kind == "grouped":
            draft.warn(first[0], title, "A grouped product is taken without its group.")
        elif draft.kind == "external":
            draft.warn(first[0], title, "An external product is taken without its link.")
        elif draft.kind not in KINDS:
            sentence = f"A product of type “{draft.kind}” is taken as a plain one."
            draft.warn(first[0], title, sentence)
            draft.kind = "simple"
        elif draft.kind == "variable" and not variations:
            draft.warn(
                first[0],
                title,
                "This variable product has no variations here; it gets one variant.",
            )
        elif self._type is not None and "downloadable" in first[1][self._type].casefold():
            draft.warn(first[0], title, "The files to download are not taken.")

    def _read_product(self, draft: Draft, row: Row) -> None:
        draft.read_product(row, self._product_plan, self.columns.header)
        if draft.whole is not None:
            return
        published = draft.values.pop("published", None)
        if published is not None:
            draft.values["status"] = published
        if self._title is not None and draft.values["title"] is None:
            draft.refuse_all(row[0], self.columns.title("title"), "A product needs a name.")
        brands = self.columns.get("brand")
        if brands is not None and len(listed(row[1][brands])) > 1:
            sentence = "A product has one brand; the first one is taken."
            draft.warn(row[0], self.columns.header[brands], sentence)
        if self._images is not None:
            for url in self._addresses(draft, row):
                draft.add_image(url)
            draft.values["images"] = draft.images

    def _addresses(self, draft: Draft, row: Row) -> list[str]:
        if self._images is None:
            return []
        found = []
        for word in listed(row[1][self._images]):
            try:
                found.append(address(word))
            except BadCell as error:
                title = self.columns.header[self._images]
                draft.warn(row[0], title, f"{error} The image is left out.")
        return found

    def _attributes_of(self, draft: Draft, row: Row) -> dict[str, list[str]]:
        """Return the attributes of a row by name; one without values is "any"."""
        found: dict[str, list[str]] = {}
        for name_at, values_at in self._attributes:
            name = unguarded(row[1][name_at].strip())
            if not name:
                continue
            try:
                words = unique(listed(unguarded(row[1][values_at])))
                bounded_attribute(name, words)
            except BadCell as error:
                draft.refuse_all(row[0], self.columns.header[values_at], str(error))
                continue
            found[name] = unique([*found.get(name, ()), *words])
        return found

    def _read_simple(self, draft: Draft, first: Row, variations: list[Row]) -> None:
        for number, _ in variations:
            title = self.columns.title("parent")
            draft.refuse(number, title, f"“{draft.key}” is not a variable product.", draft.key)
        if self._attributes:
            draft.values["attributes"] = {
                name: words for name, words in self._attributes_of(draft, first).items() if words
            }
            draft.values["options"] = []
        values = self._variant_values(draft, first)
        if values is not None:
            if self._attributes:
                values["choice"] = {}
            draft.variants.append(ParsedVariant(values.get("sku") or draft.key, first[0], values))

    def _read_variations(self, draft: Draft, first: Row, variations: list[Row]) -> None:
        offered = self._attributes_of(draft, first)
        for row in variations:
            draft.kinds[row[0]] = RowKind.VARIANT
            self._read_variation(draft, row)
        used = unique(name for variant in draft.variants for name in variant.values["choice"])
        names = [name for name in offered if name in used]
        names += [name for name in used if name not in offered]
        options = option_list(names, draft.variants)
        for option in options:
            option["values"] = unique([*offered.get(option["name"], ()), *option["values"]])
        draft.values["options"] = options
        draft.values["attributes"] = {
            name: words for name, words in offered.items() if words and name not in used
        }
        if self._quantity is not None and first[1][self._quantity].strip():
            title = self.columns.header[self._quantity]
            draft.warn(first[0], title, "Stock is counted per variant; this figure is not taken.")

    def _read_variation(self, draft: Draft, row: Row) -> None:
        values = self._variant_values(draft, row)
        if values is None:
            return
        choice = {}
        for name, words in self._attributes_of(draft, row).items():
            if len(words) > 1:
                draft.refuse(row[0], None, f"A variation has one value for “{name}”.")
                return
            if words and len(words[0]) > WORD_LIMIT:
                sentence = f"The value for “{name}” is longer than {WORD_LIMIT} characters."
                draft.refuse(row[0], None, sentence)
                return
            if words:
                choice[name] = words[0]
        values["choice"] = choice
        if self._images is not None:
            urls = self._addresses(draft, row)
            values["image"] = draft.add_image(urls[0]) if urls else None
        key = values.get("sku") or "/".join((draft.key, *choice.values()))
        draft.variants.append(ParsedVariant(key, row[0], values))

    def _variant_values(self, draft: Draft, row: Row) -> dict[str, Any] | None:
        values = draft.read(row, self._variant_plan, self.columns.header)
        if values is None:
            return None
        if self._quantity is not None:
            title = self.columns.header[self._quantity]
            self._mend_stock(draft, row, values, title)
        if self._gtin is not None:
            title, check = self.columns.header[self._gtin], self.options.check_gtin
            values.update(read_gtin(draft, row, self._gtin, title, check))
        return values

    def _mend_stock(self, draft: Draft, row: Row, values: dict[str, Any], title: str) -> None:
        if values["quantity"] == PARENT:
            draft.warn(
                row[0], title, "The stock of the whole product is not split on its variants."
            )
            del values["quantity"]
        elif values["quantity"] is not None:
            values["quantity"] = read_stock(draft, row, title, values["quantity"])
        elif self._in_stock is not None and row[1][self._in_stock].strip() == "0":
            values["quantity"] = 0
