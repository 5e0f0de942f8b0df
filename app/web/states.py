"""The one table of state words, colours and icons; nothing is said by colour alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final


class Tone(StrEnum):
    """The colours a state may have; each is a token in static/css."""

    GREY = "grey"
    BLUE = "blue"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    OUTLINE = "outline"


@dataclass(frozen=True, slots=True)
class State:
    """How a state is shown."""

    word: str
    tone: Tone
    icon: str
    moves: bool = False


IDLE: Final = State("Idle", Tone.GREY, "circle")
WAITING: Final = State("Waiting", Tone.BLUE, "clock")
RUNNING: Final = State("Running", Tone.BLUE, "loader-circle", moves=True)
SYNCED: Final = State("Synced", Tone.GREEN, "circle-check")
NEEDS_YOU: Final = State("Needs you", Tone.AMBER, "triangle-alert")
FAILED: Final = State("Failed", Tone.RED, "circle-x")
PAUSED: Final = State("Paused", Tone.OUTLINE, "circle-pause")


def _like(base: State, word: str, icon: str | None = None) -> State:
    return State(word, base.tone, icon or base.icon, base.moves)


_table: Final[dict[str, State]] = {
    "idle": IDLE,
    "waiting": WAITING,
    "running": RUNNING,
    "synced": SYNCED,
    "needs_you": NEEDS_YOU,
    "failed": FAILED,
    "paused": PAUSED,
    # products and listings
    "draft": _like(IDLE, "Draft", "pencil"),
    "active": _like(SYNCED, "Active"),
    "archived": _like(PAUSED, "Archived", "archive"),
    "published": _like(SYNCED, "Published"),
    "unpublished": _like(IDLE, "Unpublished", "eye-off"),
    "not_listed": _like(IDLE, "Not listed", "circle-dashed"),
    "excluded": _like(PAUSED, "Excluded", "ban"),
    "kept_off": _like(PAUSED, "Kept off", "ban"),
    "ready": _like(SYNCED, "Ready"),
    "incomplete": _like(NEEDS_YOU, "Incomplete"),
    "rejected": _like(FAILED, "Rejected"),
    "gone": _like(FAILED, "Gone", "unplug"),
    # work
    "pending": _like(WAITING, "Waiting"),
    "queued": _like(WAITING, "Waiting"),
    "scheduled": _like(WAITING, "Scheduled", "calendar"),
    "planned": _like(WAITING, "Planned", "list-checks"),
    "in_progress": _like(RUNNING, "Running"),
    "done": _like(SYNCED, "Done"),
    "finished": _like(SYNCED, "Done"),
    "succeeded": _like(SYNCED, "Done"),
    "applied": _like(SYNCED, "Applied"),
    "approved": _like(SYNCED, "Approved"),
    "declined": _like(PAUSED, "Declined", "ban"),
    "partial": _like(NEEDS_YOU, "Partly done", "circle-alert"),
    "parked": _like(NEEDS_YOU, "Parked", "circle-parking"),
    "conflict": _like(NEEDS_YOU, "Conflict", "git-compare-arrows"),
    "resolved": _like(SYNCED, "Resolved"),
    "unknown": _like(NEEDS_YOU, "Unknown", "circle-help"),
    "cancelled": _like(PAUSED, "Cancelled", "circle-slash"),
    "skipped": _like(PAUSED, "Skipped", "skip-forward"),
    "expired": _like(PAUSED, "Expired", "clock-alert"),
    # connections
    "connected": _like(SYNCED, "Connected"),
    "healthy": _like(SYNCED, "Healthy"),
    "degraded": _like(NEEDS_YOU, "Slow", "gauge"),
    "error": _like(FAILED, "Error"),
    "revoked": _like(FAILED, "Access revoked", "unplug"),
    "disconnected": _like(PAUSED, "Disconnected", "unplug"),
    # orders
    "open": _like(WAITING, "Open", "circle-dot"),
    "paid": _like(SYNCED, "Paid"),
    "unpaid": _like(NEEDS_YOU, "Unpaid", "banknote"),
    "refunded": _like(PAUSED, "Refunded", "undo-2"),
    "partially_refunded": _like(PAUSED, "Partly refunded", "undo-2"),
    "fulfilled": _like(SYNCED, "Shipped", "package-check"),
    "unfulfilled": _like(NEEDS_YOU, "To ship", "package"),
    "partially_fulfilled": _like(NEEDS_YOU, "Partly shipped", "package-open"),
    "delivered": _like(SYNCED, "Delivered", "package-check"),
    "returned": _like(PAUSED, "Returned", "undo-2"),
    "closed": _like(IDLE, "Closed", "circle-check"),
    # stock
    "in_stock": _like(SYNCED, "In stock"),
    "low_stock": _like(NEEDS_YOU, "Low stock", "trending-down"),
    "out_of_stock": _like(FAILED, "Out of stock"),
    # people
    "invited": _like(WAITING, "Invited", "mail"),
    "suspended": _like(PAUSED, "Suspended", "ban"),
}


def register_states(states: Mapping[str, State]) -> None:
    """Add states of a feature; a key that exists keeps its first meaning."""
    for key, state in states.items():
        _table.setdefault(key, state)


def state_of(value: object) -> State:
    """Return how a state (an enum member, its value, or a State) is shown."""
    if isinstance(value, State):
        return value
    key = str(value.value if isinstance(value, Enum) else value).lower().replace("-", "_")
    return _table.get(key) or State(key.replace("_", " ").capitalize(), Tone.GREY, "circle")
