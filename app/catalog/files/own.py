"""SyncStore's own file: a row for each product, variant and picture, and nothing is lost."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.catalog.files.cells import BadCell, fold, path, shown, unguarded, unique
from app.catalog.files.columns import Columns, names
from app.catalog.files.draft import (
    VARIANT_LIMIT,
    WORD_LIMIT,
    Draft,
    Parser,
    Plan,
    address,
    alt_text,
    bounded,
    bounded_attribute,
    category_set,
    read_gtin,
    text,
)
from app.catalog.files.fields import (
    foreign_amount,
    further_prices,
    product_parsers,
    variant_parsers,
)
from app.catalog.files.types import FileFacts, ImportOptions, ParsedVariant, Row, RowKind

RECORD: Final = "SyncStore record"
SLOTS: Final = (1, 2, 3)
OWN: Final = names(
    record=RECORD,
    handle="Handle",
    kind="Kind",
    title="Title",
    description="Description",
    short_description="Short description",
    status="Status",
    brand="Brand",
    condition="Condition",
    categories="Categories",
    tags="Tags",
    attributes="Attributes",
    **{f"option{slot}_name": f"Option {slot} name" for slot in SLOTS},
    **{f"option{slot}_values": f"Option {slot} values" for slot in SLOTS},
    **{f"option{slot}_value": f"Option {slot} value" for slot in SLOTS},
    sku="SKU",
    gtin="GTIN",
    mpn="MPN",
    sale_from="Sale starts",
    sale_to="Sale ends",
    quantity="Stock",
    backorders="Backorders",
    weight="Weight",
    length="Length",
    width="Width",
    height="Height",
    image="Variant image",
    image_key="Image key",
    image_url="Image URL",
    image_alt="Image alt text",
)
_AMOUNT: Final = re.compile(r"(price|sale price|cost) ([A-Z]{3})", re.IGNORECASE)
_SPLIT: Final = re.compile(r"((?:[^\\;]|\\.)*)(?:;|$)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_NAMED: Final = re.compile(r"((?:[^\\:]|\\.)*):(.*)", re.DOTALL)
_KINDS: Final = ("simple", "variable", "grouped", "external")
_IMAGE_KEY_LIMIT: Final = 2100


def packed(words: Sequence[str]) -> str:
    """Write a list in one cell; `unpacked` reads it back."""
    return "; ".join(_escape(word) for word in words)


def _escape(word: str) -> str:
    for mark in "\\;:":
        word = word.replace(mark, "\\" + mark)
    return word.replace("\n", "\\n")


def _plain(word: str) -> str:
    if "\\" not in word:
        return word
    return _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else match[1], word)


def unpacked(cell: str) -> list[str]:
    """Read a list of one cell."""
    if "\\" not in cell:
        return [word for part in cell.split(";") if (word := part.strip())]
    return [_plain(word) for part in _SPLIT.findall(cell) if (word := part.strip())]


def packed_map(attributes: dict[str, list[str]]) -> str:
    """Write attributes in one cell, a line for each."""
    return "\n".join(f"{_escape(name)}: {packed(words)}" for name, words in attributes.items())


def unpacked_map(cell: str) -> dict[str, list[str]]:
    """Read attributes of one cell."""
    found = {}
    for line in cell.split("\n"):
        if not line.strip():
            continue
        match = _NAMED.fullmatch(line)
        if match is None:
            raise BadCell(f"{shown(line)} is not an attribute such as “Color: Blue; Red”.")
        name = _plain(match[1].strip())
        found[name] = unpacked(match[2])
        bounded_attribute(name, found[name])
    return found


class OwnReader:
    """The record column says what a row is; the handle says of which product."""

    def __init__(self, facts: FileFacts, options: ImportOptions) -> None:
        self.options = options
        self.columns = columns = Columns(facts.header, OWN)
        self.sku_title = columns.title("sku")
        self._record = columns.found["record"]
        self._handle = columns.get("handle")
        self._amounts = self._amount_columns()
        self._slots = [
            (slot, at) for slot in SLOTS if (at := columns.get(f"option{slot}_name")) is not None
        ]
        self._product_plan = self._plan(self._product_parsers())
        self._variant_plan = [*self._plan(self._variant_parsers()), *self._amounts]
        self._image_plan = self._plan(
            {"image_key": text(_IMAGE_KEY_LIMIT), "image_url": _url, "image_alt": str.strip}
        )

    @property
    def unread(self) -> tuple[str, ...]:
        """The columns this dialect leaves alone."""
        return self.columns.unread(at for at, _, _ in self._amounts)

    @property
    def places(self) -> Mapping[str, int]:
        """The column in which each field stands."""
        return {
            **self.columns.places(options=("option1_name",), choice=("option1_value",)),
            **{name: at for at, name, _ in reversed(self._amounts)},
        }

    def _plan(self, parsers: dict[str, Parser]) -> Plan:
        found = ((self.columns.get(name), name, parse) for name, parse in parsers.items())
        return [(at, name, parse) for at, name, parse in found if at is not None]

    def _product_parsers(self) -> dict[str, Parser]:
        return {
            **product_parsers(self.options),
            "kind": _kind,
            "categories": lambda cell: category_set(
                [path(word) for word in unpacked(unguarded(cell))]
            ),
            "tags": lambda cell: bounded(unpacked(unguarded(cell))),
            "attributes": lambda cell: unpacked_map(unguarded(cell)),
        }

    def _variant_parsers(self) -> dict[str, Parser]:
        parsers = variant_parsers(self.options)
        for name in ("price", "sale_price", "cost"):
            del parsers[name]  # these columns name their currency
        return {**parsers, "image": text(_IMAGE_KEY_LIMIT)}

    def _amount_columns(self) -> list[tuple[int, str, Parser]]:
        found = []
        for at, title in enumerate(self.columns.header):
            if match := _AMOUNT.fullmatch(title.strip()):
                name, currency = fold(match[1]).replace(" ", "_"), match[2].upper()
                field = name if currency == self.options.currency else f"{name}:{currency}"
                if field.startswith("cost:"):
                    continue
                found.append((at, field, foreign_amount(currency, self.options)))
        return found

    def key_of(self, cells: Sequence[str]) -> tuple[str, str | None]:
        """Return the handle."""
        return (unguarded(cells[self._handle].strip()) if self._handle is not None else ""), None

    def restart(self) -> None:
        """Begin a second reading."""

    def draft(self, key: str, rows: list[Row]) -> Draft:
        """Read the records of one handle."""
        draft = Draft(key, [row[0] for row in rows])
        if not key:
            draft.refuse_all(rows[0][0], "Handle", "Every row names the handle of its product.")
            return draft
        records = self._records(draft, rows)
        if not records["product"]:
            draft.refuse_all(rows[0][0], RECORD, f"The product row of {shown(key)} is missing.")
            return draft
        first, *twins = records["product"]
        for row in twins:
            draft.refuse(row[0], "Handle", f"{shown(key)} is already used in row {first[0]}.")
        self._read_product(draft, first)
        for row in records["image"]:
            self._read_image(draft, row)
        if self.columns.get("image_url") is not None or self.columns.get("image_key") is not None:
            draft.values["images"] = draft.images
        for row in records["variant"]:
            self._read_variant(draft, row)
        return draft

    def _records(self, draft: Draft, rows: list[Row]) -> dict[str, list[Row]]:
        records: dict[str, list[Row]] = {"product": [], "variant": [], "image": []}
        for row in rows:
            word = row[1][self._record].strip().casefold()
            if word not in records:
                sentence = f"{shown(word)} is none of product, variant, image."
                draft.refuse(row[0], RECORD, sentence, word)
                continue
            draft.kinds[row[0]] = RowKind(word)
            records[word].append(row)
        return records

    def _read_product(self, draft: Draft, row: Row) -> None:
        draft.read_product(row, self._product_plan, self.columns.header)
        if draft.whole is not None:
            return
        draft.kind = draft.values.pop("kind", "simple")
        if draft.values.get("status", "") is None:
            del draft.values["status"]
        if draft.values.get("title", "") is None:
            draft.refuse_all(row[0], self.columns.title("title"), "A product needs a title.")
        if self._slots:
            draft.values["options"] = self._options(draft, row)

    def _options(self, draft: Draft, row: Row) -> list[dict[str, Any]]:
        options = []
        for slot, at in self._slots:
            name = unguarded(row[1][at].strip())
            if not name:
                continue
            values_at = self.columns.get(f"option{slot}_values")
            words = unpacked(unguarded(row[1][values_at])) if values_at is not None else []
            try:
                bounded([name, *words], most=VARIANT_LIMIT + 1)
            except BadCell as error:
                draft.refuse_all(row[0], self.columns.header[at], str(error))
            options.append({"name": name, "values": unique(words)})
        return options

    def _read_variant(self, draft: Draft, row: Row) -> None:
        number, cells = row
        values = draft.read(row, self._variant_plan, self.columns.header)
        if values is None:
            return
        further_prices(values)
        gtin = self.columns.get("gtin")
        if gtin is not None:
            title = self.columns.header[gtin]
            values.update(read_gtin(draft, row, gtin, title, self.options.check_gtin))
        if self._slots:
            values["choice"] = choice = {}
            for option, (slot, _) in zip(
                draft.values.get("options", ()), self._slots, strict=False
            ):
                at = self.columns.get(f"option{slot}_value")
                word = unguarded(cells[at].strip()) if at is not None else ""
                if len(word) > WORD_LIMIT:
                    draft.refuse(number, self.columns.title(f"option{slot}_value"), "Too long.")
                    return
                if word:
                    choice[option["name"]] = word
                    if word not in option["values"]:
                        option["values"].append(word)
        key = values.get("sku") or "/".join((draft.key, *values.get("choice", {}).values()))
        draft.variants.append(ParsedVariant(key, number, values))

    def _read_image(self, draft: Draft, row: Row) -> None:
        found = draft.read(row, self._image_plan, self.columns.header)
        if found is None:
            return
        url, key = found.get("image_url"), found.get("image_key")
        if not (url or key):
            draft.refuse(row[0], self.columns.title("image_url"), "The address is missing.")
            return
        alt = alt_text(draft, row, found.get("image_alt") or "", self.columns.title("image_alt"))
        draft.images.append({"key": key or f"ext:{url}", "alt": alt, "url": url})


def _url(cell: str) -> str | None:
    return address(cell) if cell.strip() else None


def _kind(cell: str) -> str:
    word = cell.strip().casefold()
    if word and word not in _KINDS:
        raise BadCell(f"{shown(cell)} is none of {', '.join(_KINDS)}.")
    return word or "simple"
