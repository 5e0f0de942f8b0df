"""A side of a sync: the fields of a product and of its variants, as one party has them.

An absent key means that this side does not carry the field; None means carried, and empty. Variants
are keyed by our variant id on both sides; a variant only the channel knows is keyed by whatever the
caller chose for it (`ext:<their id>`), and such a key never equals one of ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from app.adapters.values import Value, Values


class Missing(Enum):
    """Not a value: this side does not carry the field, or nothing was ever agreed."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Side:
    """What one party has. `changed_at` is only asked when the newest change shall win.

    `is_complete` False: not every variant could be read, so an absent one proves nothing. `kits`
    are variants of ours whose stock follows from others.
    """

    values: Values = field(default_factory=dict)
    variants: Mapping[str, Values] = field(default_factory=dict)
    changed_at: datetime | None = None
    is_complete: bool = True
    kits: frozenset[str] = frozenset()

    def of(self, variant_key: str | None) -> Values:
        """Return the values of a variant, or of the product for None; empty when there is none."""
        if variant_key is None:
            return self.values
        return self.variants.get(variant_key, {})

    def value(self, field_name: str, variant_key: str | None = None) -> Value | Missing:
        """Return one value, or MISSING."""
        return self.of(variant_key).get(field_name, MISSING)

    def cells(self) -> Iterator[tuple[str | None, str, Value]]:
        """Go over every value as (variant key or None, field, value)."""
        for name, value in self.values.items():
            yield None, name, value
        for key, values in self.variants.items():
            for name, value in values.items():
                yield key, name, value


NOTHING: Final = Side()
