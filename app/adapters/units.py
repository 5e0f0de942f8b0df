"""Weights and lengths in the units merchants write them in, converted without floats."""

from decimal import Decimal, InvalidOperation
from typing import Final

GRAMS: Final[dict[str, Decimal]] = {
    "mg": Decimal("0.001"),
    "g": Decimal(1),
    "kg": Decimal(1000),
    "t": Decimal(1000000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
MILLIMETRES: Final[dict[str, Decimal]] = {
    "mm": Decimal(1),
    "cm": Decimal(10),
    "m": Decimal(1000),
    "in": Decimal("25.4"),
    "ft": Decimal("304.8"),
    "yd": Decimal("914.4"),
}
_TABLES: Final = ((GRAMS, "g"), (MILLIMETRES, "mm"))
# How shops and files spell units; anything else is taken as it stands, in lower case.
_SPELLINGS: Final[dict[str, str]] = {
    **dict.fromkeys(("gram", "grams", "gramme", "grammes", "gr"), "g"),
    **dict.fromkeys(("milligram", "milligrams"), "mg"),
    **dict.fromkeys(("kilogram", "kilograms", "kgs", "kilo", "kilos"), "kg"),
    **dict.fromkeys(("tonne", "tonnes"), "t"),
    **dict.fromkeys(("ounce", "ounces", "ozs"), "oz"),
    **dict.fromkeys(("pound", "pounds", "lbs"), "lb"),
    **dict.fromkeys(("millimeter", "millimeters", "millimetre", "millimetres"), "mm"),
    **dict.fromkeys(("centimeter", "centimeters", "centimetre", "centimetres"), "cm"),
    **dict.fromkeys(("meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("inch", "inches", "″", '"'), "in"),
    **dict.fromkeys(("foot", "feet", "′", "'"), "ft"),
    **dict.fromkeys(("yard", "yards", "yds"), "yd"),
}
# Far beyond anything sold, and small enough that arithmetic stays exact.
_LIMIT: Final = Decimal(10) ** 12
MOST_DIGITS: Final = 30  # of any number a shop tells; “1e99999999” would be written out for ever


def unit_name(text: str) -> str:
    """Return the short name of a unit (“Pounds” → “lb”); unknown ones come back in lower case."""
    lowered = text.strip().rstrip(".").casefold()
    return _SPELLINGS.get(lowered, lowered)


def is_weight(unit: str) -> bool:
    """Tell whether this is a unit of weight."""
    return unit_name(unit) in GRAMS


def is_length(unit: str) -> bool:
    """Tell whether this is a unit of length."""
    return unit_name(unit) in MILLIMETRES


def to_base(value: object, unit: str) -> tuple[Decimal, str] | None:
    """Convert to grams or millimetres; None when the number or the unit cannot be read."""
    name = unit_name(unit)
    number = plain_number(value)
    if number is None:
        return None
    for table, base in _TABLES:
        if name in table:
            return number * table[name], base
    return None


def convert(value: object, unit: str, *, into: str, places: int = 6) -> Decimal | None:
    """Convert between units of one table, rounded to `places`; None when that makes no sense."""
    amount = to_base(value, unit)
    target = unit_name(into)
    if amount is None:
        return None
    for table, base in _TABLES:
        if target in table and amount[1] == base:
            return trimmed(round(amount[0] / table[target], places))
    return None


def plain_number(value: object) -> Decimal | None:
    """Read a decimal number of a sane size; None for anything else."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > _LIMIT:
        return None
    return number


def trimmed(number: Decimal) -> Decimal:
    """Drop trailing zeros without falling into exponents (1.50 → 1.5, 1E+2 → 100)."""
    if number == number.to_integral_value():
        return number.quantize(Decimal(1))
    return number.normalize()
