"""Pure: what to do about a failure, in a sentence, and which bulk edit may mend many at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.adapters.values import FIELDS


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and the kind of bulk edit that sets the field (None: one by one)."""

    sentence: str
    edit: str | None = None


_GONE: Final = Advice("List these products there anew, or archive them here.")
# Codes whose sentence alone does not say what to do.
_BY_CODE: Final[Mapping[str, Advice]] = {
    "gone": _GONE,
    "ignored": Advice(
        "Change the value in the shop, or leave this field to the shop in the connection's rules."
    ),
    "unreadable": Advice("Open the item in the shop and save it there once, then try again."),
}
_SKU: Final = (
    "Give each of these variants an SKU that nothing else in the shop uses, then try again."
)
_BY_FIELD: Final[Mapping[str, Advice]] = {
    "sku": Advice(_SKU),
    "gtin": Advice("Correct the barcodes of these variants, or empty them.", "gtin_clear"),
    "price": Advice("Set a price the shop accepts; it is sent as soon as you save.", "price_set"),
    "sale_price": Advice("Set a sale price below the price, or end the sale.", "sale_clear"),
    "status": Advice("Choose another status for these products.", "status"),
    "brand": Advice("Choose a brand the shop knows, or empty it.", "brand"),
    "tags": Advice("Remove the tags the shop refuses.", "tags_remove"),
    "categories": Advice("Choose categories the shop has.", "categories_set"),
    "images": Advice("Replace the pictures the shop could not take, then try again."),
    "image": Advice("Replace the pictures the shop could not take, then try again."),
}


def advise(code: str | None, field: str | None) -> Advice:
    """Return what to do about failures of one cause."""
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code]
    if field is not None and field in _BY_FIELD:
        return _BY_FIELD[field]
    if field in FIELDS:
        label = FIELDS[field].label
        return Advice(f"Change “{label}” of these products; they are sent again when you save.")
    return Advice("Mend what the sentence names, here or in the shop, then try again.")
