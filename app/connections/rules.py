"""Decisions about connections: which state may follow which, and when to try again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    "buffer": 0,
    "is_sandbox": False,
    "requests_per_second": None,  # None: what the channel allows, if it names a limit
}
BREAKER_FAILURES: Final = 5
DOWN_FAILURES: Final = 8  # with the pauses between them, some four minutes: people are told
BREAKER_SECONDS: Final = (30, 60, 120, 300, 600)


def may_follow(before: ConnectionState, after: ConnectionState) -> bool:
    """Tell whether a connection may go from one state to another."""
    return after in TRANSITIONS[ConnectionState(before)]


def setting(settings: Mapping[str, Any], name: str) -> Any:
    """Return a setting of a connection, or its default."""
    return settings.get(name, DEFAULT_SETTINGS[name])


def blocked_until(failures: int, retry_after: float | None, *, now: datetime) -> datetime | None:
    """Return until when no call is made, after so many failures in a row; None: go on at once."""
    if retry_after is not None:
        return now + timedelta(seconds=min(retry_after, 3600))
    if failures < BREAKER_FAILURES:
        return None
    step = min(failures - BREAKER_FAILURES, len(BREAKER_SECONDS) - 1)
    return now + timedelta(seconds=BREAKER_SECONDS[step])


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What the calls of one use of a connection showed."""

    is_ok: bool
    needs_person: bool = False
    sentence: str | None = None
    retry_after: float | None = None
