"""Pure: what the list of stock is narrowed to, and back to the address it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Self
from urllib.parse import urlencode

from app.catalog.filters import is_id

SORTS: Final = ("title", "sku", "on_hand", "committed", "reserved", "incoming", "available")
DEFAULT_SORT: Final = "title"
STATES: Final = {
    "low": "Low",
    "out": "Out of stock",
    "short": "Short",
    "kept": "Kept back",
    "uncounted": "Not counted",
}
REPORT_SORTS: Final = ("sold", "left", "stock")
REPORT_SORT: Final = "-sold"
REPORT_SHOWS: Final = {"": "All", "sold": "Sold", "dead": "Nothing sold"}
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class StockFilter:
    """One list of stock; an empty field narrows nothing."""

    q: str = ""
    location: str = ""  # its id; without one, all locations are added up
    stock: str = ""
    sort: str = DEFAULT_SORT

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Read a query string; what makes no sense narrows nothing."""
        known = {f.name: str(args.get(f.name, "")).strip()[:_LONGEST] for f in fields(cls)}
        if known["stock"] not in STATES:
            known["stock"] = ""
        if not is_id(known["location"]):
            known["location"] = ""
        if known["sort"].removeprefix("-") not in SORTS:
            known["sort"] = DEFAULT_SORT
        return cls(**known)

    def to_args(self) -> dict[str, str]:
        """Return what `from_args` reads, without what narrows nothing."""
        told = {f.name: str(getattr(self, f.name)) for f in fields(self)}
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
    def sort_key(self) -> str:
        """What the list is ordered by."""
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the last comes first."""
        return self.sort.startswith("-")


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """The variants of a report; an empty field narrows nothing."""

    location: str = ""  # its id; without one, all locations are added up
    show: str = ""
    sort: str = REPORT_SORT

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Read a query string; what makes no sense narrows nothing."""
        known = {f.name: str(args.get(f.name, "")).strip()[:_LONGEST] for f in fields(cls)}
        if known["show"] not in REPORT_SHOWS:
            known["show"] = ""
        if not is_id(known["location"]):
            known["location"] = ""
        if known["sort"].removeprefix("-") not in REPORT_SORTS:
            known["sort"] = "-stock" if known["show"] == "dead" else REPORT_SORT
        return cls(**known)

    @property
    def sort_key(self) -> str:
        """What the variants are ordered by."""
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the most comes first."""
        return self.sort.startswith("-")
