"""Pure: a planned restore in a merchant's words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.adapters.values import Group
from app.sync.backup import Item, ItemState
from app.sync.policy import DIRECTIONS, GROUP_LABELS, MODES, REMOVED, WINNERS

SECTIONS: Final = {
    "organization": "Organization",
    "connection": "Connection",
    "mapping": "Columns of files",
    "app": "Your own app",
}
STATES: Final = {
    ItemState.LEFT: "Left out",
    ItemState.NEW: "New",
    ItemState.CHANGED: "Changed",
    ItemState.UNCHANGED: "Unchanged",
}
_LABELS: Final = {
    "name": "Name",
    "currency": "Currency",
    "timezone": "Time zone",
    "locale": "Language",
    "weight_unit": "Weights in",
    "length_unit": "Lengths in",
    "keys": "Keys",
    "on_first": "When both sides differ at first",
    "on_removed": "When the shop deletes something",
    "auto_push": "Send changes by themselves",
    "auto_import": "Create products for new ones of the shop",
    "price_move_limit_percent": "Price moves that wait, above percent",
    "mass_limit": "Hidden listings that wait, above",
    "mass_percent": "Hidden listings that wait, above percent of the shop",
    "poll_minutes": "Ask for changes every, in minutes",
    "reconcile_hours": "Compare everything every, in hours",
    "poll_cron": "Ask for changes at",
    "reconcile_cron": "Compare everything at",
    "check_cron": "Check the connection at",
    "stock_mode": "This shop shows",
    "stock_places": "Locations that count",
    "buffer": "Stock held back",
    "buffer_percent": "Stock held back, as a share",
    "stock_cap": "Show at most",
    "stock_weight": "Weight of its part",
    "is_sandbox": "Sandbox",
    "requests_per_second": "Requests per second, at most",
}
_CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "direction": DIRECTIONS,
    "on_both": WINNERS,
    "stock_mode": MODES,
    "on_first": WINNERS,
    "on_removed": REMOVED,
}


def by_need(items: Sequence[Item]) -> list[Item]:
    """Return what a person has to look at first: left out, new, changed, unchanged."""
    order = list(STATES)
    return sorted(items, key=lambda each: order.index(each.state))


def counts(items: Sequence[Item]) -> dict[str, int]:
    """Return how many things are new, changed, unchanged and left out."""
    return dict(Counter(each.state.value for each in items))


def lines(item: Item) -> list[tuple[str, str, str]]:
    """Return what differs as (label, before, after); of a new thing, what it begins with."""
    return [
        (_label(name), _words(name, item.before.get(name)), _words(name, value))
        for name, value in item.after.items()
    ]


def _label(name: str) -> str:
    parts = name.split(".")
    if parts[0] in ("groups", "imported") and len(parts) == 3:
        label = GROUP_LABELS.get(Group(parts[1]), parts[1])
        about = "direction" if parts[2] == "direction" else "when both changed"
        first = " of products the shop had first" if parts[0] == "imported" else ""
        return f"{label}{first}: {about}"
    return _LABELS.get(name, name[0].upper() + name[1:])


def _words(name: str, value: Any) -> str:
    choices = _CHOICES.get(name.rpartition(".")[2], {})
    if isinstance(value, bool):
        return "On" if value else "Off"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "All"
    return str(choices.get(value, value)) if value not in (None, "") else "none"
