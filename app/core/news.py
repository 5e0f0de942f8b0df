"""News for browsers: a Redis stream per organization carries the names of live things that changed.

News carries names (`listing-<id>`), never content: whoever hears one renders it with its own
rights. Losing news costs a reload, so every failure here is logged and swallowed.
"""

import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import redis

from app.core import kv

log = logging.getLogger(__name__)

STREAM_LENGTH: Final = 10_000
DOORBELL: Final = "doorbell"
_RINGS: Final = 1_000


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


def ring(what: str = "outbox") -> None:
    """Wake the scheduler: a fact is in the outbox, or `deliveries <organization> <connection>`."""
    try:
        if kv.client().lpush(DOORBELL, what) > _RINGS:  # nobody answers: keep the newest
            kv.client().ltrim(DOORBELL, 0, _RINGS - 1)
    except redis.RedisError:
        log.warning("The scheduler could not be woken; it looks by itself every few seconds.")
