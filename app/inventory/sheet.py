"""Pure: a small table of stock (SKU, location, quantity, mode) as a person wrote it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.catalog.files.cells import unguarded
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


def read_sheet(text: str) -> tuple[list[Line], list[Refused]]:
    """Return the rows of a table and those that make no sense; raises Invalid for no table."""
    text = text.lstrip("\ufeff")
    head = text.partition("\n")[0]
    delimiter = max("\t;,", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise Invalid("This is not a table: save it as CSV and try again.") from error
    columns = [_NAMES.get(cell.strip().casefold(), "") for cell in rows[0]] if rows else []
    if "sku" not in columns or "quantity" not in columns:
        raise Invalid("The first line needs the columns SKU and Quantity, and may have Location"
                      " and Mode.")  # fmt: skip
    body = [(at, row) for at, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]
    if not body:
        raise Invalid("There is no row below the names of the columns.")
    if len(body) > MOST_ROWS:
        raise Invalid(f"At most {MOST_ROWS:,} rows at once; this table has {len(body):,}.")
    lines: list[Line] = []
    refused: list[Refused] = []
    for at, row in body:
        found = _read(at, columns, row)
        if isinstance(found, Line):
            lines.append(found)
        else:
            refused.append(found)
    return lines, refused


def _read(at: int, columns: Sequence[str], row: Sequence[str]) -> Line | Refused:
    cells = {
        name: unguarded(cell.strip()) for name, cell in zip(columns, row, strict=False) if name
    }
    sku, amount = cells.get("sku", ""), cells.get("quantity", "")
    mode = MODES.get(cells.get("mode", "").casefold())
    if not sku:
        return Refused(at, "", "This row names no SKU.")
    if mode is None:
        return Refused(at, sku, "The mode is add, take or set.")
    least = 0 if mode == "set" else 1
    if not (amount.isascii() and amount.isdigit() and least <= int(amount[:12]) <= MOST_UNITS):
        return Refused(at, sku, f"The quantity has to be a whole number from {least}.")
    return Line(at, sku, cells.get("location", ""), mode, int(amount))
