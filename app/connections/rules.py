"""Decisions about connections: which state may follow which, and when to try again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final


class ConnectionState(StrEnum):
    """Life of a connection."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    ERROR = "error"
    DISCONNECTED = "disconnected"


TRANSITIONS: Final[Mapping[ConnectionState, frozenset[ConnectionState]]] = {
    ConnectionState.PENDING: frozenset({ConnectionState.ACTIVE, ConnectionState.DISCONNECTED}),
    ConnectionState.ACTIVE: frozenset(
        {ConnectionState.PAUSED, ConnectionState.ERROR, ConnectionState.DISCONNECTED}
    ),
    ConnectionState.PAUSED: frozenset({ConnectionState.ACTIVE, ConnectionState.DISCONNECTED}),
    ConnectionState.ERROR: frozenset(
        {ConnectionState.ACTIVE, ConnectionState.PAUSED, ConnectionState.DISCONNECTED}
    ),
    ConnectionState.DISCONNECTED: frozenset(),
}

DEFAULT_SETTINGS: Final[Mapping[str, Any]] = {
    "poll_minutes": 15,
    "reconcile_hours": 24,
    "poll_cron": "",  # five cron fields; outranks the interval
    "reconcile_cron": "",
    "check_cron": "",
    "stock_mode": "shared",  # inventory.offering.Mode
    "stock_places": [],  # ids of our locations whose stock counts; empty: all
    "buffer": 0,
    "buffer_percent": 0,
    "stock_cap": None,
    "stock_weight": 1,
    "auto_import_orders": True,
    "order_days": 30,  # how far back orders are read when a connection begins
    "order_prefix": "",  # of our order numbers; empty: the channel's usual one
    "is_sandbox": False,
    "requests_per_second": None,  # None: what the channel allows, if it names a limit
}
BREAKER_FAILURES: Final = 5
DOWN_FAILURES: Final = 8  # with the pauses between them, some four minutes: people are told
BREAKER_SECONDS: Final = (30, 60, 120, 300, 600)
# An outage that lasts is told of again after these spans, each once.
ESCALATIONS: Final = (timedelta(hours=4), timedelta(hours=24))
GRANT_WARNINGS: Final = (30, 7, 1, 0)  # days before the merchant has to approve us again
THROTTLED_SECONDS: Final = 5.0  # a shop that throttles without saying for how long rests so long
RENEW_AHEAD: Final = timedelta(minutes=10)  # before keys end


def may_follow(before: ConnectionState, after: ConnectionState) -> bool:
    """Tell whether a connection may go from one state to another."""
    return after in TRANSITIONS[ConnectionState(before)]


@dataclass(frozen=True, slots=True)
class Place:
    """A location of the shop where stock may be kept in step."""

    id: str
    name: str
    is_active: bool


def places(facts: Mapping[str, Any]) -> list[Place]:
    """Return the locations of a shop by name, as last seen; none: the channel knows only one."""
    listed = (facts.get("details") or {}).get("locations") or ()
    found = [
        Place(str(each["id"]), str(each.get("name") or each["id"]), bool(each.get("is_active")))
        for each in listed
        if not each.get("is_service")
    ]
    return sorted(found, key=lambda each: (each.name.casefold(), each.id))


def place_id(settings: Mapping[str, Any], facts: Mapping[str, Any]) -> str | None:
    """Return the main location of stock: the chosen one, else what the first check found."""
    found = settings.get("location_id") or (facts.get("details") or {}).get("location_id")
    return str(found) if found else None


def counted_places(settings: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Return the locations whose stock is added up, the main one first; none: it has only one."""
    main = place_id(settings, facts)
    others = {str(each) for each in settings.get("more_location_ids") or ()} - {main}
    return [main, *sorted(others)] if main is not None else []


def setting(settings: Mapping[str, Any], name: str) -> Any:
    """Return a setting of a connection, or its default."""
    return settings.get(name, DEFAULT_SETTINGS[name])


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What the calls of one use of a connection showed.

    A refusal of one item is no outage: the shop answers. `retry_after` is in seconds.
    """

    is_ok: bool
    needs_person: bool = False
    is_outage: bool = False
    is_throttled: bool = False
    sentence: str | None = None
    retry_after: float | None = None


def opens_breaker(failures: int, outcome: CallOutcome) -> bool:
    """Tell whether so many failures in a row are an outage."""
    return outcome.is_outage and failures >= BREAKER_FAILURES


def blocked_until(failures: int, outcome: CallOutcome, *, now: datetime) -> datetime | None:
    """Return until when no call is made, after so many failures in a row; None: go on at once."""
    if outcome.is_throttled or outcome.retry_after is not None:
        asked = THROTTLED_SECONDS if outcome.retry_after is None else outcome.retry_after
        return now + timedelta(seconds=min(asked, 3600))
    if not opens_breaker(failures, outcome):
        return None
    step = min(failures - BREAKER_FAILURES, len(BREAKER_SECONDS) - 1)
    return now + timedelta(seconds=BREAKER_SECONDS[step])


def escalation(opened_at: datetime, told: int, *, now: datetime) -> int:
    """Return how many notices an outage is due, those told already included."""
    return max(told, sum(1 for span in ESCALATIONS if now - opened_at >= span))


def is_renewal_due(keys_end_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether keys end soon; those without an end stay."""
    return keys_end_at is not None and keys_end_at - now <= RENEW_AHEAD


def grant_warning(ends_at: datetime, told: int | None, *, now: datetime) -> int | None:
    """Return for how many days ahead a warning is due now (0: it ended); None: none, or told."""
    reached = [days for days in GRANT_WARNINGS if ends_at - now <= timedelta(days=days)]
    if not reached or (told is not None and told <= min(reached)):
        return None
    return min(reached)


def moment(value: Any) -> datetime | None:
    """Read a moment out of credentials: ISO text with a zone, or seconds since 1970."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, tz=UTC)
    if not isinstance(value, str) or not value:
        return None
    read = datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
