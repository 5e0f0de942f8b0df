"""How one shop spells values: its currency, its units, and the paths of its categories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.adapters import units
from app.adapters.values import Value


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the mapper must know about a shop to read and write its values."""

    currency: str
    weight_unit: str = "kg"
    length_unit: str = "cm"
    counts_stock: bool = True
    category_paths: Mapping[str, str] = field(default_factory=dict)  # their id → "A > B"

    def unit_of(self, field_name: str) -> str:
        """Return the unit in which the shop keeps a measure."""
        return units.unit_name(self.weight_unit if field_name == "weight" else self.length_unit)

    def measure(self, field_name: str, text: str | None) -> Value:
        """Return a measure the shop spelled, in its unit and without idle zeros."""
        if text is None:
            return None
        number = units.plain_number(text)
        spelled = text if number is None else plain(units.trimmed(number))
        return {"value": spelled, "unit": self.unit_of(field_name)}

    def spelled(self, field_name: str, value: Value) -> str | None:
        """Return a measure as the shop keeps it, or None when its unit makes no sense there."""
        if value is None:
            return ""
        number = units.convert(
            value.get("value"), str(value.get("unit") or ""), into=self.unit_of(field_name)
        )
        return None if number is None else plain(number)


def plain(number: Decimal) -> str:
    """Return a number without an exponent."""
    return f"{number:f}"
