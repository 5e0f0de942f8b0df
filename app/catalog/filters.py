"""Pure: what a product list is narrowed to, and back to the address it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Self
from urllib.parse import urlencode
from uuid import UUID

from app.catalog.rules import ProductStatus

SORTS: Final = ("updated", "title", "price", "stock", "brand")
DEFAULT_SORT: Final = "-updated"
STOCK_STATES: Final = {
    "out": "Out of stock",
    "low": "Low",
    "in": "In stock",
    "uncounted": "Not counted",
}
LISTING_STATES: Final = {
    "synced": "Synced",
    "waiting": "Waiting",
    "needs_you": "Needs you",
    "failed": "Failed",
    "paused": "Paused",
    "none": "Not listed",
}
STATUSES: Final = {
    "active": "Active",
    "draft": "Draft",
    "inactive": "Inactive",
    "archived": "Archived",
}
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """One list of products; an empty field narrows nothing. Archived ones only when asked for."""

    q: str = ""
    status: str = ""
    category: str = ""  # id; the products of everything below it belong
    brand: str = ""
    tag: str = ""
    channel: str = ""  # a connection's id
    listing: str = ""
    stock: str = ""
    excluded: str = ""  # "yes" or "no"
    sort: str = DEFAULT_SORT

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Read a query string; what makes no sense narrows nothing."""
        known = {f.name: str(args.get(f.name, "")).strip()[:_LONGEST] for f in fields(cls)}
        allowed = {
            "status": STATUSES,
            "listing": LISTING_STATES,
            "stock": STOCK_STATES,
            "excluded": ("yes", "no"),
        }
        for name, words in allowed.items():
            if known[name] not in words:
                known[name] = ""
        for name in ("category", "channel"):
            if not is_id(known[name]):
                known[name] = ""
        if known["sort"].removeprefix("-") not in SORTS:
            known["sort"] = DEFAULT_SORT
        return cls(**known)

    def to_args(self) -> dict[str, str]:
        """Return what `from_args` reads, without what narrows nothing."""
        told = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: value
            for name, value in told.items()
            if value and not (name == "sort" and value == DEFAULT_SORT)
        }

    @property
    def query_string(self) -> str:
        """The filter as it stands in an address."""
        return urlencode(self.to_args())

    @property
    def is_narrow(self) -> bool:
        """Whether anything beside the order differs from the plain list."""
        return replace(self, sort=DEFAULT_SORT) != type(self)()

    @property
    def is_descending(self) -> bool:
        """Whether the last comes first."""
        return self.sort.startswith("-")

    @property
    def sort_key(self) -> str:
        """What the list is ordered by."""
        return self.sort.removeprefix("-")

    @property
    def wanted_status(self) -> ProductStatus | None:
        """The status the list is narrowed to, if any."""
        return ProductStatus(self.status) if self.status else None


def is_id(text: str) -> bool:
    """Tell whether a text is an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
