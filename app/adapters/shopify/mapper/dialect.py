"""How one shop spells values: its currency, its unit of weight, and whether we see publishing."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.adapters import units
from app.adapters.values import Value

# Shopify's units ↔ ours.
UNITS: Final = {"GRAMS": "g", "KILOGRAMS": "kg", "OUNCES": "oz", "POUNDS": "lb"}
_SPELLED: Final = {ours: theirs for theirs, ours in UNITS.items()}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the mapper must know about a shop to read and write its values."""

    currency: str
    weight_unit: str = "kg"

    def weight(self, value: Value) -> tuple[Decimal, str] | None:
        """Return a weight in a unit Shopify knows, ours where it can be; None: no sense in it."""
        amount, unit = value.get("value"), units.unit_name(str(value.get("unit") or ""))
        number = units.plain_number(amount)
        if number is not None and number >= 0 and unit in _SPELLED:
            return units.trimmed(number), _SPELLED[unit]
        into = self.weight_unit if self.weight_unit in _SPELLED else "kg"
        converted = units.convert(amount, unit, into=into)
        if converted is None or converted < 0 or not units.is_weight(unit):
            return None
        return converted, _SPELLED[into]
