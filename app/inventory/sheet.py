"""Pure: a small table as a person wrote it: of stock (SKU, location, quantity, mode), or of what
was counted or travels (SKU or barcode, quantity)."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.catalog.files.cells import unforced, unguarded
from app.core.errors import Invalid

MOST_ROWS: Final = 2_000
MOST_UNITS: Final = 10_000_000
_NAMES: Final = {
    "sku": "sku",
    "variant sku": "sku",
    "location": "location",
    "quantity": "quantity",
    "on hand": "quantity",
    "mode": "mode",
}
_OF_ENTRIES: Final = {
    **dict.fromkeys(("sku", "variant sku", "sku or barcode", "code"), "sku"),
    **dict.fromkeys(("barcode", "gtin", "ean", "upc"), "barcode"),
    **dict.fromkeys(("quantity", "qty", "units", "counted"), "quantity"),
    "location": "location",
}
_Cells = dict[str, str]
MODES: Final = {
    "add": "add",
    "take": "take",
    "take away": "take",
    "set": "set",
    "set to": "set",
    "": "set",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: so many units of a SKU at a location (none named: the default one)."""

    number: int
    sku: str
    location: str
    mode: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be followed, and why."""

    number: int
    sku: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: so many units of a SKU or barcode; None: the cell is empty."""

    number: int
    code: str
    location: str
    quantity: int | None


def read_sheet(text: str) -> tuple[list[Line], list[Refused]]:
    """Return the rows of a table and those that make no sense; raises Invalid for no table."""
    columns, body = _table(text, _NAMES)
    if not columns >= {"sku", "quantity"}:
        raise Invalid("The first line needs the columns SKU and Quantity, and may have Location"
                      " and Mode.")  # fmt: skip
    found = [_line(at, cells) for at, cells in _few(body)]
    return [each for each in found if isinstance(each, Line)], _refused(found)


def read_entries(text: str, *, least: int) -> tuple[list[Entry], list[Refused]]:
    """Return the rows of a table of codes, as `read_sheet` does those of stock."""
    columns, body = _table(text, _OF_ENTRIES)
    if "quantity" not in columns or not columns & {"sku", "barcode"}:
        raise Invalid("The first line needs the columns SKU (or Barcode) and Quantity.")
    found = [_entry(at, cells, least) for at, cells in _few(body)]
    return [each for each in found if isinstance(each, Entry)], _refused(found)


def _refused(found: Iterable[object]) -> list[Refused]:
    return [each for each in found if isinstance(each, Refused)]


def _table(text: str, names: Mapping[str, str]) -> tuple[set[str], list[tuple[int, _Cells]]]:
    """Return which columns there are, by our names for them, and the rows that hold anything."""
    text = text.lstrip("\ufeff")
    head = text.partition("\n")[0]
    delimiter = max("\t;,", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise Invalid("This is not a table: save it as CSV and try again.") from error
    columns = [names.get(cell.strip().casefold(), "") for cell in rows[0]] if rows else []
    body = [
        (
            at,
            {
                name: unforced(unguarded(cell.strip()))
                for name, cell in zip(columns, row, strict=False)
            },
        )
        for at, row in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in row)
    ]
    return set(columns), body


def _few(body: list[tuple[int, _Cells]]) -> list[tuple[int, _Cells]]:
    if not body:
        raise Invalid("There is no row below the names of the columns.")
    if len(body) > MOST_ROWS:
        raise Invalid(f"At most {MOST_ROWS:,} rows at once; this table has {len(body):,}.")
    return body


def _line(at: int, cells: _Cells) -> Line | Refused:
    sku = cells.get("sku", "")
    mode = MODES.get(cells.get("mode", "").casefold())
    if not sku:
        return Refused(at, "", "This row names no SKU.")
    if mode is None:
        return Refused(at, sku, "The mode is add, take or set.")
    least = 0 if mode == "set" else 1
    quantity = _number(cells.get("quantity", ""), least)
    if quantity is None:
        return Refused(at, sku, no_number(least))
    return Line(at, sku, cells.get("location", ""), mode, quantity)


def _entry(at: int, cells: _Cells, least: int) -> Entry | Refused:
    code = cells.get("sku") or cells.get("barcode", "")
    amount = cells.get("quantity", "")
    if not code:
        return Refused(at, "", "This row names no SKU or barcode.")
    quantity = _number(amount, least)
    if amount and quantity is None:
        return Refused(at, code, no_number(least))
    return Entry(at, code, cells.get("location", ""), quantity)


def no_number(least: int) -> str:
    """Say which quantities there are."""
    return f"The quantity has to be a whole number from {least}."


def _number(text: str, least: int) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else -1
    return number if least <= number <= MOST_UNITS else None
