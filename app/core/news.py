"""News for browsers: a Redis stream per organization carries the names of live things that changed.

News carries names (`listing-<id>`), never content: whoever hears one renders it with its own
rights. Losing news costs a reload, so every failure here is logged and swallowed.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import redis

from app.core import kv

log = logging.getLogger(__name__)

STREAM_LENGTH: Final = 10_000
DOORBELL: Final = "doorbell"
LATER: Final = "doorbell:later"  # what is to be heard, by the moment
DOORS: Final = "news:doors"  # who has lost rights, whatever organization they listen in
_DOORS_LENGTH: Final = 1_000
_RINGS: Final = 1_000
_LATER_SECONDS: Final = 3600


def stream_key(organization_id: UUID) -> str:
    """Return the Redis key of an organization's news."""
    return f"news:{organization_id}"


def publish(organization_id: UUID, names: Sequence[str]) -> None:
    """Tell the browsers of an organization that these live things changed."""
    try:
        kv.client().xadd(
            stream_key(organization_id),
            {"names": " ".join(names)},
            maxlen=STREAM_LENGTH,
            approximate=True,
        )
    except redis.RedisError:
        log.warning("News could not be published; pages are right after a reload.")


def show_out(
    *, user_id: UUID | None = None, session_id: UUID | None = None, keep: UUID | None = None
) -> None:
    """End the open streams of a session, or of a person except those of one session.

    A page that may still listen comes back at once, with the rights its person has now.
    """
    told = {"user": user_id, "session": session_id, "keep": keep}
    fields: dict[Any, Any] = {name: str(key) for name, key in told.items() if key is not None}
    try:
        kv.client().xadd(DOORS, fields, maxlen=_DOORS_LENGTH, approximate=True)
    except redis.RedisError:
        log.warning("Open streams could not be ended; each ends by itself within minutes.")


def ring_at(what: str, moment: datetime) -> None:
    """Let the scheduler hear something at a moment; the last moment named for it counts."""
    try:
        kv.client().zadd(LATER, {what: moment.timestamp()})
        kv.client().expire(LATER, _LATER_SECONDS)
    except redis.RedisError:
        log.warning("The scheduler will not be woken; it looks by itself every few seconds.")
    ring("later")  # it may sleep already, for longer than until this moment


def due(moment: datetime) -> list[str]:
    """Take what was to be heard by a moment; raises RedisError."""
    found = kv.client().zrangebyscore(LATER, "-inf", moment.timestamp())
    words = [each.decode() if isinstance(each, bytes) else str(each) for each in found]
    return [each for each in words if kv.client().zrem(LATER, each)]


def next_due() -> datetime | None:
    """Return when the next thing is to be heard; raises RedisError."""
    first = kv.client().zrange(LATER, 0, 0, withscores=True)
    return datetime.fromtimestamp(float(first[0][1]), UTC) if first else None


def ring(what: str = "outbox") -> None:
    """Wake the scheduler: a fact is in the outbox, something is to be heard later, or
    `deliveries <organization> <connection>`.
    """
    try:
        if kv.client().lpush(DOORBELL, what) > _RINGS:  # nobody answers: keep the newest
            kv.client().ltrim(DOORBELL, 0, _RINGS - 1)
    except redis.RedisError:
        log.warning("The scheduler could not be woken; it looks by itself every few seconds.")
