"""Pure: what the order list is narrowed to, and back to the address it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Self
from urllib.parse import urlencode

from app.adapters.orders import Payment
from app.catalog.filters import is_id as is_id
from app.orders.rules import OPEN, OrderState

# Tabs by what needs doing; an open order stands in one of the first that are no rush.
TABS: Final[Mapping[str, str]] = {
    "ship": "To ship",
    "rush": "Rush",
    "waiting": "Waiting for stock",
    "mapping": "Needs mapping",
    "hold": "On hold",
    "shipped": "Shipped",
    "cancelled": "Cancelled",
}
WORK: Final = ("ship", "rush", "waiting", "mapping", "hold")  # tabs with a number
TAB_STATES: Final[Mapping[str, frozenset[OrderState]]] = {
    "ship": frozenset(
        (
            OrderState.ALLOCATED,
            OrderState.PICKING,
            OrderState.PACKED,
            OrderState.PARTIALLY_SHIPPED,
        )
    ),
    "rush": OPEN,
    "waiting": frozenset((OrderState.PENDING,)),
    "mapping": OPEN,
    "hold": frozenset((OrderState.ON_HOLD,)),
    "shipped": frozenset((OrderState.SHIPPED, OrderState.DELIVERED, OrderState.RETURNED)),
    "cancelled": frozenset((OrderState.CANCELLED,)),
}
NEEDS: Final[Mapping[str, str]] = {
    "mapping": "An item mapped",
    "rush": "Rush",
    "short": "Stock",
    "untold": "The channel told of a parcel",
    "delivery": "A parcel that was not delivered",
    "return": "A return received",
}
OLDEST_FIRST: Final = "placed"
NEWEST_FIRST: Final = "-placed"
RUSH_FIRST: Final = "rush"  # and the newest before the others
SORTS: Final[Mapping[str, str]] = {
    NEWEST_FIRST: "Newest first",
    OLDEST_FIRST: "Oldest first",
    RUSH_FIRST: "Rush first",
}
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """One list of orders; an empty field narrows nothing."""

    q: str = ""
    tab: str = ""
    state: str = ""
    payment: str = ""
    channel: str = ""  # a connection's id
    needs: str = ""
    sort: str = NEWEST_FIRST

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Read a query string; what makes no sense narrows nothing."""
        known = {f.name: str(args.get(f.name, "")).strip()[:_LONGEST] for f in fields(cls)}
        allowed = {
            "tab": tuple(TABS),
            "state": tuple(OrderState),
            "payment": tuple(Payment),
            "needs": tuple(NEEDS),
        }
        for name, words in allowed.items():
            if known[name] not in words:
                known[name] = ""
        if not is_id(known["channel"]):
            known["channel"] = ""
        if known["sort"] not in SORTS:
            known["sort"] = usual_sort(known["tab"])
        return cls(**known)

    def to_args(self) -> dict[str, str]:
        """Return what `from_args` reads, without what narrows nothing."""
        told = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            name: value
            for name, value in told.items()
            if value and not (name == "sort" and value == usual_sort(self.tab))
        }

    @property
    def query_string(self) -> str:
        """The filter as it stands in an address."""
        return urlencode(self.to_args())

    @property
    def is_narrow(self) -> bool:
        """Whether anything beside the order differs from the plain list."""
        return replace(self, sort=NEWEST_FIRST) != type(self)()

    @property
    def is_oldest_first(self) -> bool:
        """Whether what was placed first comes first."""
        return self.sort == OLDEST_FIRST

    @property
    def is_rush_first(self) -> bool:
        """Whether rush orders come first."""
        return self.sort == RUSH_FIRST


def usual_sort(tab: str) -> str:
    """Return the order of a list nobody chose one for: where work waits, rush comes first."""
    return RUSH_FIRST if tab in WORK else NEWEST_FIRST
