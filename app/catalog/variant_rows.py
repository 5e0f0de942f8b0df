"""Pure: the rows of a variants grid as they are typed ↔ canonical values.

Boxes are named `variant.<key>.<field>`; the key is a variant's id, or `new-<n>` for a new one.
"""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.catalog.files.cells import local_time
from app.core.money import Money, NotMoney, exponent

PREFIX: Final = "variant."
NEW: Final = "new-"
MAX_GENERATED: Final = 200
MONEY_FIELDS: Final = ("price", "sale_price", "cost")
TEXT_FIELDS: Final = ("sku", "gtin", "mpn")
MEASURE_FIELDS: Final = ("weight", "length", "width", "height")
MOMENT_FIELDS: Final = ("sale_from", "sale_to")
FILLABLE: Final = {
    "price": "Price",
    "sale_price": "Sale price",
    "quantity": "Stock",
    "weight": "Weight",
    "cost": "Cost",
}
_NOT_AMOUNT: Final = re.compile(r"[^0-9.,\-]")
_DECIMAL_COMMA: Final = re.compile(r"^-?[\d.]*,\d{1,3}$")

Texts = dict[str, str]


@dataclass(slots=True)
class VariantRow:
    """One row of the grid: what stands in its boxes, and what is wrong there."""

    key: str
    choice: dict[str, str]
    texts: Texts
    errors: dict[str, str] = field(default_factory=dict)
    is_removed: bool = False

    @property
    def is_new(self) -> bool:
        """Whether this row is not a variant yet."""
        return self.key.startswith(NEW)

    @property
    def title(self) -> str:
        """The words people know this variant by."""
        return " / ".join(self.choice.values()) or "Default"

    def text(self, name: str) -> str:
        """Return what stands in a box."""
        return self.texts.get(name, "")


class NotTyped(ValueError):
    """A box whose text cannot be read; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the boxes of this viewer are read."""

    currency: str
    zone: ZoneInfo


def amount_text(value: Mapping[str, Any] | None) -> str:
    """Write a price as it is typed: 12.50."""
    return f"{Money(value['minor'], value['currency']).amount:f}" if value else ""


def moment_text(value: str | None, zone: ZoneInfo) -> str:
    """Write a moment as a date-and-time box wants it, in the viewer's zone."""
    if not value:
        return ""
    return local_time(value, zone).replace(tzinfo=None).isoformat(timespec="minutes")


def row_of(key: str, values: Mapping[str, Any], reading: Reading) -> VariantRow:
    """Return the row that shows a variant."""
    texts: Texts = {name: values.get(name) or "" for name in (*TEXT_FIELDS, "backorders", "image")}
    texts.update({name: amount_text(values.get(name)) for name in MONEY_FIELDS})
    texts.update({name: moment_text(values.get(name), reading.zone) for name in MOMENT_FIELDS})
    quantity = values.get("quantity")
    texts["quantity"] = "" if quantity is None else str(quantity)
    for name in MEASURE_FIELDS:
        measure = values.get(name)
        texts[name] = measure["value"] if measure else ""
        unit = "weight_unit" if name == "weight" else "length_unit"
        if measure:
            texts[unit] = measure["unit"]
    for currency, pair in (values.get("prices") or {}).items():
        texts[f"prices.{currency}"] = amount_text(pair["price"])
    return VariantRow(key, dict(values.get("choice") or {}), texts)


def read_rows(form: Iterable[tuple[str, str]]) -> list[VariantRow]:
    """Read the rows of a sent form, in the order they stand in it."""
    rows: dict[str, VariantRow] = {}
    for name, text in form:
        if not name.startswith(PREFIX):
            continue
        key, _, box = name.removeprefix(PREFIX).partition(".")
        if not _is_key(key) or not box:
            continue
        row = rows.setdefault(key, VariantRow(key, {}, {}))
        if box.startswith("choice."):
            row.choice[box.removeprefix("choice.")] = text.strip()
        elif box == "remove":
            row.is_removed = True
        else:
            row.texts[box] = text.strip()
    return list(rows.values())


def _is_key(key: str) -> bool:
    if key.startswith(NEW):
        number = key.removeprefix(NEW)
        return number.isascii() and number.isdigit() and len(number) < 6
    try:
        UUID(key)
    except ValueError:
        return False
    return True


def values_of(row: VariantRow, reading: Reading) -> dict[str, Any]:
    """Return the canonical values of a row; what cannot be read is noted in `row.errors`."""
    values: dict[str, Any] = {"choice": {n: v for n, v in row.choice.items() if v}}
    for name, text in row.texts.items():
        try:
            _read_box(values, row, name, text, reading)
        except NotTyped as problem:
            row.errors[name] = str(problem)
    return values


def _read_box(
    values: dict[str, Any], row: VariantRow, name: str, text: str, reading: Reading
) -> None:
    if name in (*TEXT_FIELDS, "backorders", "image"):
        values[name] = text or None
    elif name in MONEY_FIELDS:
        values[name] = read_amount(text, reading.currency)
    elif name == "quantity":
        values[name] = read_whole(text)
    elif name in MOMENT_FIELDS:
        values[name] = _moment(text, reading.zone)
    elif name in MEASURE_FIELDS:
        unit = row.texts.get("weight_unit" if name == "weight" else "length_unit", "")
        values[name] = {"value": _plain(text), "unit": unit} if text else None
    elif name.startswith("prices."):
        currency = name.removeprefix("prices.")
        price = read_amount(text, currency)
        if price is not None:
            pair = {"price": price, "sale_price": None}
            values.setdefault("prices", {})[currency] = pair


def _plain(text: str) -> str:
    bare = _NOT_AMOUNT.sub("", text)
    if _DECIMAL_COMMA.match(bare):
        return bare.replace(".", "").replace(",", ".")
    return bare.replace(",", "")


def read_amount(text: str, currency: str) -> dict[str, Any] | None:
    """Read a typed price; a blank is None. Symbols and both decimal signs are understood."""
    if not text.strip():
        return None
    bare = _plain(text)
    if exponent(currency) == 0:
        bare = _NOT_AMOUNT.sub("", text).replace(",", "")
    try:
        money = Money.of(Decimal(bare), currency)
    except InvalidOperation as error:
        raise NotTyped(f"“{text[:20]}” is not an amount such as 12.50.") from error
    except NotMoney as error:
        raise NotTyped(str(error)) from error
    return {"minor": money.minor, "currency": currency}


def read_whole(text: str) -> int | None:
    """Read a typed whole number; a blank is None."""
    bare = text.replace(" ", "").replace("\u00a0", "")
    if not bare:
        return None
    try:
        return int(bare)
    except ValueError as error:
        raise NotTyped(f"“{text[:20]}” is not a whole number.") from error


def _moment(text: str, zone: ZoneInfo) -> str | None:
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotTyped("Write a date and a time.") from error
    aware = local if local.tzinfo else local.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC).isoformat()
    except OverflowError as error:
        raise NotTyped("This is too far away. Leave it empty for no such date.") from error


def missing_rows(
    options: Sequence[Mapping[str, Any]],
    taken: Iterable[Mapping[str, str]],
    *,
    first: int,
    like: Mapping[str, str],
) -> list[VariantRow]:
    """Return rows for combinations of option values that no variant stands for, at most 200."""
    named = [option for option in options if option["values"]]
    if not named:
        return []
    seen = {tuple(choice.get(o["name"], "").casefold() for o in named) for choice in taken}
    kept = {name: like.get(name, "") for name in ("price", "weight", "weight_unit", "length_unit")}
    rows: list[VariantRow] = []
    for combination in itertools.product(*(option["values"] for option in named)):
        if tuple(value.casefold() for value in combination) in seen:
            continue
        choice = {o["name"]: v for o, v in zip(named, combination, strict=True)}
        rows.append(VariantRow(f"{NEW}{first + len(rows)}", choice, dict(kept)))
        if len(rows) == MAX_GENERATED:
            break
    return rows


def next_new(rows: Iterable[VariantRow]) -> int:
    """Return the number of the next new row."""
    numbers = [int(row.key.removeprefix(NEW)) for row in rows if row.is_new]
    return max(numbers, default=-1) + 1
