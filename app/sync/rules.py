"""Decisions of the sync engine about time and failure: leases, retries, when a task is parked."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Final


class RunKind(StrEnum):
    """Why a run exists."""

    FIRST = "first"  # the first pull of a connection
    FULL = "full"
    CHANGES = "changes"
    PUSH = "push"
    MANUAL = "manual"
    RECONCILE = "reconcile"
    SAMPLE = "sample"  # some listings, to tell how many of all may differ


READING: Final = frozenset((RunKind.FIRST, RunKind.FULL, RunKind.CHANGES, RunKind.RECONCILE))


class RunState(StrEnum):
    """How a run stands; partial is an outcome of its own."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Direction(StrEnum):
    """Which way a task or change goes."""

    PUSH = "push"
    PULL = "pull"
    ORDER = "ordr"  # an order of the channel is to be read
    TELL = "tell"  # the channel is to be told something about an order


class Haste(IntEnum):
    """What goes first on a connection; from `URGENT` on it takes the share kept of a rate."""

    MASS = 0  # many edits at once
    USUAL = 1  # an edit; many prices at once
    URGENT = 2  # a price; the stock of many at once
    FIRST = 3  # the stock of a few: somebody bought them


class TaskState(StrEnum):
    """Life of a task; claimed by a conditional update, taken over when its lease runs out."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"  # failed equally too often; a person looks at it


class ChangeState(StrEnum):
    """Outcome of a planned change; `sent` without more means: read back, then decide.

    A held change waits for a person, who lets it pass (`planned`: exactly this value may go) or
    declines it: exactly this value is not sent, and nobody is asked about it again.
    """

    PLANNED = "planned"
    HELD = "held"
    DECLINED = "declined"
    SENT = "sent"
    APPLIED = "applied"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Decision(StrEnum):
    """What a person said about a change that waited."""

    APPROVED = "approved"
    DECLINED = "declined"


class ConflictState(StrEnum):
    """How a conflict stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """How a conflict ended; vanished: the sides agreed, or a rule decides, before a person did."""

    OURS = "ours"
    THEIRS = "theirs"
    EDITED = "edited"
    VANISHED = "vanished"


class DeliveryState(StrEnum):
    """Life of an inbound webhook."""

    RECEIVED = "received"
    PROCESSED = "processed"
    SKIPPED = "skipped"
    FAILED = "failed"


FEW: Final = 20  # more listings asked for at once let a single edit go before them
LEASE: Final = timedelta(seconds=30)  # a living worker prolongs it; a dead one loses it soon
SLICE_SECONDS: Final = 20.0
RESTING: Final = timedelta(days=3650)  # tasks of a paused run are due so late
PARK_AFTER_EQUAL: Final = 3
STOP_AFTER_ALIKE: Final = 3  # the same refusal for so many items alone, and none passed
_SUSPECT: Final = "alone:"
PARK_AFTER: Final = 10
PARK_AFTER_AGE: Final = timedelta(days=1)

TASK_TRANSITIONS: Final[Mapping[TaskState, frozenset[TaskState]]] = {
    TaskState.WAITING: frozenset({TaskState.RUNNING}),
    TaskState.RUNNING: frozenset({TaskState.WAITING, TaskState.DONE, TaskState.PARKED}),
    TaskState.PARKED: frozenset({TaskState.WAITING, TaskState.DONE}),
    TaskState.DONE: frozenset(),
}
RUN_TRANSITIONS: Final[Mapping[RunState, frozenset[RunState]]] = {
    RunState.WAITING: frozenset({RunState.RUNNING, RunState.PAUSED, RunState.CANCELLED}),
    RunState.RUNNING: frozenset(
        {RunState.DONE, RunState.PARTIAL, RunState.FAILED, RunState.PAUSED, RunState.CANCELLED}
    ),
    RunState.PAUSED: frozenset({RunState.WAITING, RunState.RUNNING, RunState.CANCELLED}),
    RunState.DONE: frozenset(),
    RunState.PARTIAL: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Failing:
    """How a task has been failing: tries, equal failures in a row, age, and the shop's failures."""

    attempts: int
    equal: int
    age: timedelta = timedelta()
    connection_failures: int = 0


def own_haste(kind: RunKind, *, listings: int) -> Haste:
    """Return how hasty the tasks are that a run asks for itself; of edits all but what was sold."""
    if kind == RunKind.PUSH:
        return Haste.URGENT
    return Haste.MASS if listings > FEW else Haste.USUAL


def error_key(sentence: str, *, is_retryable: bool) -> str:
    """Return a short digest by which equal failures are counted together."""
    digest = hashlib.sha256(sentence.encode()).hexdigest()[:16]
    return digest if is_retryable else _SUSPECT + digest


def is_suspect(key: str | None) -> bool:
    """Tell whether a task spoiled its batch by itself: from then on it travels alone."""
    return key is not None and key.startswith(_SUSPECT)


def retry_delay(attempts: int, retry_after: float | None, *, jitter: float) -> timedelta:
    """Return how long to wait before the next try; `jitter` in 0..1 spreads the herd."""
    if retry_after is not None:
        return timedelta(seconds=min(retry_after, 3600) + jitter)
    seconds = min(2.0 ** min(attempts, 9), 300)
    return timedelta(seconds=seconds * (0.5 + jitter / 2))


def is_poison(failing: Failing, *, is_retryable: bool) -> bool:
    """Tell whether a task is parked instead of tried again.

    What may pass is tried for a day, and for as long as the shop is down for everybody else, too:
    after a weekend's outage everything is sent by itself.
    """
    if is_retryable:
        is_old = failing.attempts >= PARK_AFTER and failing.age >= PARK_AFTER_AGE
        return is_old and failing.connection_failures < PARK_AFTER_EQUAL
    return failing.equal >= PARK_AFTER_EQUAL


def run_outcome(*, failed: int, conflicts: int, error: str | None) -> RunState:
    """Return how a finished run ended; some failed items make it partial."""
    if error is not None:
        return RunState.FAILED
    return RunState.PARTIAL if failed or conflicts else RunState.DONE


def is_suspicious(*, missing: int, seen: int) -> bool:
    """Tell whether so much is missing from a full read that the read is doubted, not the shop."""
    is_empty = seen == 0 and missing > 1  # the keys may have lost the right to see products
    return is_empty or (missing > 10 and missing * 5 > seen + missing)
