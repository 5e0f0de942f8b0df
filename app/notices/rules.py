"""Pure: the kinds of notices, and how long a mail waits for another try."""

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

MAX_ATTEMPTS: Final = 6
_LEASE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice: what it tells, and whether it is mailed unless somebody says otherwise."""

    label: str
    sentence: str
    is_mailed: bool = False
    may_wait: bool = False  # a person may have it by mail once a day instead of at once


KINDS: Final = MappingProxyType(
    {
        "connection": Kind(
            "Channels",
            "A channel is connected, refuses our keys, stopped answering or is back.",
            is_mailed=True,
        ),
        "sync": Kind(
            "Sync problems", "A run failed, or changes wait for your approval.", is_mailed=True
        ),
        "conflict": Kind("Conflicts", "Both sides changed the same field."),
        "import": Kind("Imports and exports", "A file was read, applied or is ready."),
        "low_stock": Kind(
            "Low stock",
            "Available stock came down to its reorder point.",
            is_mailed=True,
            may_wait=True,
        ),
        "out_of_stock": Kind(
            "Out of stock",
            "Nothing of a variant is left at any location.",
            is_mailed=True,
            may_wait=True,
        ),
        "stock": Kind("Stock", "Stock does not fit its movements.", is_mailed=True),
        "orders": Kind("Orders", "An order needs somebody: an item nobody knows, a parcel untold."),
        "team": Kind("Team", "Somebody joined, left or changed role."),
        "system": Kind("SyncStore itself", "News from whoever runs this install."),
    }
)


def next_try_after(attempts: int) -> timedelta:
    """Return how long a claimed mail is left alone: a minute, doubling with each attempt."""
    return _LEASE * (1 << max(0, attempts - 1))
