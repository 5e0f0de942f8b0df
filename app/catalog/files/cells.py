"""Cells to values and back: amounts, counts, measures, moments, lists."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from app.catalog.files.numbers import BadCell, fold, number, shown
from app.core.money import Money, NotMoney, exponent

__all__ = ["BadCell", "fold", "number", "shown"]

YES: Final = frozenset(
    {"1", "true", "yes", "y", "x", "on", "ja", "wahr", "oui", "si", "sí", "vrai"}
)
NO: Final = frozenset({"0", "false", "no", "n", "off", "nein", "falsch", "non", "faux", ""})
QUANTITY_LIMIT: Final = 2_000_000_000

GRAMS: Final = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
MILLIMETRES: Final = {
    "mm": Decimal(1),
    "cm": Decimal(10),
    "m": Decimal(1000),
    "in": Decimal("25.4"),
    "ft": Decimal("304.8"),
    "yd": Decimal("914.4"),
}
UNITS: Final = {
    **{unit: unit for unit in (*GRAMS, *MILLIMETRES)},
    **dict.fromkeys(("lbs", "pound", "pounds"), "lb"),
    **dict.fromkeys(("kgs", "kilogram", "kilograms", "kilogramm"), "kg"),
    **dict.fromkeys(("gr", "gram", "grams", "gramm"), "g"),
    **dict.fromkeys(("ounce", "ounces"), "oz"),
    **dict.fromkeys(("inch", "inches", '"'), "in"),
    **dict.fromkeys(("centimeter", "centimeters", "centimetre", "centimetres"), "cm"),
    **dict.fromkeys(("millimeter", "millimeters", "millimetre", "millimetres"), "mm"),
    **dict.fromkeys(("meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("yard", "yards"), "yd"),
    **dict.fromkeys(("foot", "feet"), "ft"),
}


def plain(number: Decimal) -> str:
    """Return a number without exponent and without idle zeros."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def money_reader(
    currency: str, decimal: str | None = None
) -> Callable[[str], dict[str, Any] | None]:
    """Make a reader of MONEY; blank is None, below zero is refused."""
    places = exponent(currency)
    is_plain_point = decimal != ","
    # "12" and "12.50" are most amounts there are: they take no detour.
    zeros = {length: "0" * (places - length) for length in range(places + 1)}

    def read(cell: str) -> dict[str, Any] | None:
        if not cell:
            return None
        whole, _, rest = cell.partition(".")
        zero = zeros.get(len(rest))
        if zero is not None and is_plain_point and len(whole) < 14:
            figures = whole + rest
            if figures.isdecimal() and figures.isascii():
                return {"minor": int(figures + zero), "currency": currency}
        word = cell.strip()
        if not word:
            return None
        return {"minor": _minor(word, currency, decimal), "currency": currency}

    return read


@lru_cache(maxsize=2048)
def _minor(cell: str, currency: str, decimal: str | None) -> int:
    amount = number(cell, decimal, currency)
    if amount < 0:
        raise BadCell(f"{shown(cell)} is below zero.")
    try:
        minor: int = Money.of(amount.normalize() if amount else amount, currency).minor
    except NotMoney as error:
        raise BadCell(str(error)) from error
    return minor


def amount_text(value: dict[str, Any] | None) -> str:
    """Write MONEY as a plain amount; None is blank."""
    if value is None:
        return ""
    return f"{Money(value['minor'], value['currency']).amount:f}"


def quantity(cell: str, decimal: str | None = None) -> int:
    """Read a whole number of pieces; 1.000 is a thousand of them where the comma is decimal."""
    if cell.isascii() and cell.isdigit() and len(cell) < 10:
        return int(cell)
    try:
        count = number(cell.strip(), decimal)
    except BadCell as error:
        raise BadCell(f"{shown(cell)} is not a whole number.") from error
    if count != count.to_integral_value():
        raise BadCell(f"{shown(cell)} is not a whole number.")
    if abs(count) > QUANTITY_LIMIT:
        raise BadCell(f"{shown(cell)} is too large.")
    return int(count)


def flag(cell: str) -> bool:
    """Read yes and no in the words shops use."""
    word = cell.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadCell(f"{shown(cell)} is neither yes nor no.")


def unit_of(word: str) -> str:
    """Return our name of a unit."""
    unit = UNITS.get(word.strip().casefold().removesuffix("."))
    if unit is None:
        raise BadCell(f"{shown(word)} is not a unit we know.")
    return unit


@lru_cache(maxsize=2048)
def _measure(cell: str, unit: str, decimal: str | None) -> str:
    value = number(cell, decimal)
    if value < 0:
        raise BadCell(f"{shown(cell)} is below zero.")
    if value > 10**8:
        raise BadCell(f"{shown(cell)} is too large.")
    return plain(value)


def measure(cell: str, unit: str, decimal: str | None = None) -> dict[str, str] | None:
    """Read a MEASURE in a unit; "1.5 lb" brings its own."""
    cell = cell.strip()
    if not cell:
        return None
    if cell[-1].isalpha() or cell[-1] in '".':
        figures = cell.rstrip('".' + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        unit, cell = unit_of(cell[len(figures) :]) if figures != cell else unit, figures.strip()
    return {"value": _measure(cell, unit, decimal), "unit": unit}


def converted(value: dict[str, str] | None, unit: str) -> str:
    """Write a MEASURE in a unit, rounded to six places where it does not come out even."""
    if value is None:
        return ""
    if value["unit"] == unit:
        return value["value"]
    table = GRAMS if unit in GRAMS else MILLIMETRES
    amount = Decimal(value["value"]) * table[value["unit"]] / table[unit]
    return plain(round(amount, 6))


def from_grams(cell: str, unit: str) -> dict[str, str] | None:
    """Read grams as the unit shown beside them, or as grams when that does not come out even."""
    if cell in ("", "0", "0.0"):
        return None
    if cell.isascii() and cell.isdigit() and len(cell) < 10 and unit in ("kg", "g"):
        whole, rest = (int(cell), 0) if unit == "g" else divmod(int(cell), 1000)
        value = f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)
        return {"value": value, "unit": unit} if whole or rest else None
    return _from_grams(cell, unit)


@lru_cache(maxsize=2048)
def _from_grams(cell: str, unit: str) -> dict[str, str] | None:
    grams = Decimal(_measure(cell, "g", None))
    if not grams:
        return None
    value = round(grams / GRAMS[unit], 6)
    if value * GRAMS[unit] == grams:
        return {"value": plain(value), "unit": unit}
    return {"value": plain(grams), "unit": "g"}


def in_grams(value: dict[str, str]) -> str:
    """Write a weight in grams, exactly."""
    return plain(Decimal(value["value"]) * GRAMS[value["unit"]])


_DATE_FORMS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y%m%d")
_DAY_FIRST: Final = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y")
_MONTH_FIRST: Final = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
DAY_END: Final = time(23, 59, 59)


def moment(
    cell: str, zone: tzinfo, *, is_end: bool = False, is_day_first: bool = True
) -> str | None:
    """Read a date or a time as MOMENT; a date alone is its first second, or its last."""
    text = cell.strip()
    if not text:
        return None
    found = _iso(text)
    if found is None or len(text) <= 10:
        day = found or _day(text, is_day_first=is_day_first)
        found = datetime.combine(day.date(), DAY_END) if is_end else day
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(UTC).isoformat()
    except OverflowError as error:  # 9999-12-31 in New York ends in a year that has no number
        raise BadCell(f"{shown(text)} is too far away. A blank cell means no such date.") from error


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _day(text: str, *, is_day_first: bool) -> datetime:
    if text.isdecimal() and len(text) == 5:  # a date that a spreadsheet left as its number
        return datetime.fromordinal(datetime(1899, 12, 30, tzinfo=UTC).toordinal() + int(text))
    for form in (*_DATE_FORMS, *(_DAY_FIRST if is_day_first else _MONTH_FIRST)):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller knows the zone
        except ValueError:
            continue
    raise BadCell(f"{shown(text)} is not a date such as 2026-11-30.")


def local_time(value: str, zone: tzinfo) -> datetime:
    """Return a MOMENT in a zone, or in UTC where the calendar ends before it."""
    at = datetime.fromisoformat(value)
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def moment_text(value: str | None, zone: tzinfo, *, is_end: bool = False) -> str:
    """Write MOMENT as a date where it is a whole day's edge, else in full."""
    if value is None:
        return ""
    at = local_time(value, zone)
    edge = DAY_END if is_end else time(0)
    return at.date().isoformat() if at.time() == edge else at.isoformat()


def listed(cell: str, separator: str = ",") -> list[str]:
    """Split a list; a backslash before the separator keeps it."""
    if "\\" + separator in cell:
        mark = "\0"
        parts = cell.replace("\\" + separator, mark).split(separator)
        return [word for part in parts if (word := part.replace(mark, separator).strip())]
    if separator not in cell:
        return [word] if (word := cell.strip()) else []
    return [word for part in cell.split(separator) if (word := part.strip())]


def joined(words: Iterable[str], separator: str = ",") -> str:
    """Write a list that `listed` reads."""
    return f"{separator} ".join(word.replace(separator, "\\" + separator) for word in words)


def unique(words: Iterable[str]) -> list[str]:
    """Return words once each, in order."""
    return list(dict.fromkeys(words))


def path(cell: str) -> str:
    """Return a category path as "A > B"."""
    if ">" not in cell:
        return cell.strip()
    return " > ".join(part for name in cell.split(">") if (part := name.strip()))


def digits(cell: str) -> str:
    """Return the digits of a GTIN; 8 to 14 of them, or it is refused."""
    if cell.isdecimal() and cell.isascii() and 8 <= len(cell) <= 14:
        return cell
    bare = cell.strip().replace("-", "").replace(" ", "")
    if not (bare.isascii() and bare.isdigit() and 8 <= len(bare) <= 14):
        raise BadCell(f"{shown(cell)} is not a GTIN of 8 to 14 digits.")
    return bare


def excel_number(value: float) -> str:
    """Write a spreadsheet's number as a person typed it: 1234567890123.0 is 1234567890123."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    try:
        return plain(Decimal(f"{value:.15g}"))  # the digits a spreadsheet shows
    except InvalidOperation:
        return str(value)


# The wide ones are what a keyboard for Chinese, Japanese or Korean writes; Excel takes them too.
_TRIGGERS: Final = frozenset("=+-@\t\r\n＝＋－＠")


def _is_risky(text: str) -> bool:
    bare = text.lstrip("'")
    if not bare or bare[0] not in _TRIGGERS:
        return False
    is_number = bare[0] in "+-" and bare[1:].replace(".", "", 1).isdigit()
    return not is_number


def guarded(text: str) -> str:
    """Put a ' before text a spreadsheet would run as a formula."""
    is_marked = text[:1] in _TRIGGERS or text[:1] == "'"
    return "'" + text if is_marked and _is_risky(text) else text


def unguarded(text: str) -> str:
    """Take the ' away that `guarded` put there."""
    return text[1:] if text[:1] == "'" and _is_risky(text) else text


_FORCED: Final = re.compile(r'="((?:[^"]|"")*)"')


def unforced(text: str) -> str:
    """Return 00123 of ="00123", by which programs make a spreadsheet keep zeros in front."""
    match = _FORCED.fullmatch(text.strip())
    return match[1].replace('""', '"') if match else text
