"""Pure: the inverse of what was done, step by step, and why a step cannot be taken back.

A step names a field, what it was before and what it became. It can be taken back while the field
still shows what it became: whoever changed it since would lose their change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.adapters.values import FIELDS, PRODUCT_FIELDS, Kind
from app.catalog import values
from app.catalog.service.drafts import ProductChange, ProductValues

_OTHERS: Final = {
    "listed": "This listed the product in a shop. Take it off the shop there.",
    "created": "This created the product. Archive the product to take it back.",
    "variant": "Variants that came or went are added or removed on the product page.",
    "is_excluded": "Whether a product is kept off channels is set on the product page.",
}
RESTORABLE: Final = frozenset(n for n, each in FIELDS.items() if each.kind is not Kind.QUANTITY)
_STOCK: Final = "Stock has moved with sales since. Set it by hand if it is wrong."
_GONE: Final = "The variant exists no more."
_MOVED: Final = "“{label}” was changed again since."


@dataclass(frozen=True, slots=True)
class Step:
    """One field of a product or variant: what it was, and what it became."""

    field: str
    variant_id: UUID | None
    was: Any
    became: Any

    def to_json(self) -> list[Any]:
        """Return the step as it is kept."""
        key = str(self.variant_id) if self.variant_id else None
        return [self.field, key, self.was, self.became]

    @classmethod
    def from_json(cls, kept: list[Any]) -> "Step":
        """Read a kept step."""
        field, key, was, became = kept
        return cls(field, UUID(key) if key else None, was, became)


def joined(steps: Iterable[Step]) -> list[Step]:
    """Join steps of one field in the order they were done: first before, last after."""
    found: dict[tuple[UUID | None, str], Step] = {}
    for each in steps:
        key = (each.variant_id, each.field)
        first = found.get(key, each)
        found[key] = Step(each.field, each.variant_id, first.was, each.became)
    return [each for each in found.values() if not values.same(each.field, each.was, each.became)]


def objection(step: Step, product: ProductValues) -> str | None:
    """Say why a step cannot be taken back from here, or None."""
    known = FIELDS.get(step.field)
    if known is None:
        return _OTHERS.get(step.field, "This kind of change cannot be taken back.")
    if known.kind is Kind.QUANTITY:
        return _STOCK
    held: Mapping[str, Any] | None = (
        product.values if step.variant_id is None else product.variants.get(step.variant_id)
    )
    if held is None or (step.field in PRODUCT_FIELDS) != (step.variant_id is None):
        return _GONE
    if not values.same(step.field, held.get(step.field), step.became):
        return _MOVED.format(label=values.label(step.field))
    return None


def inverse(steps: Iterable[Step], product: ProductValues) -> tuple[ProductChange, list[str]]:
    """Return the change that takes steps back, and a sentence for each that stays."""
    of_product: dict[str, Any] = {}
    variants: dict[UUID, dict[str, Any]] = {}
    left = []
    for each in steps:
        if sentence := objection(each, product):
            left.append(sentence)
        elif each.variant_id is None:
            of_product[each.field] = each.was
        else:
            variants.setdefault(each.variant_id, {})[each.field] = each.was
    return ProductChange(product.product_id, of_product, variants=variants), list(
        dict.fromkeys(left)
    )
