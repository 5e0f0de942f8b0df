"""Redis: doorbells, limits, news, caches. Nothing in it may be missed when it is gone."""

from typing import Final

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from app.core.errors import Unavailable

# Whoever waits for an answer waits for this, too: the library's own pauses add up to seconds.
_PAUSES: Final = {"base": 0.02, "cap": 0.2}
_RETRIES: Final = 3


class _Connected:
    client: "redis.Redis | None" = None


def connect(url: str) -> "redis.Redis":
    """Open the process's Redis client (pooled, with timeouts)."""
    _Connected.client = redis.Redis.from_url(
        url,
        socket_timeout=30,
        socket_connect_timeout=3,
        health_check_interval=30,
        retry=patience(),
    )
    return _Connected.client


def patience() -> Retry:
    """Return how often, and after which pauses, a command is sent again to a Redis that is gone."""
    return Retry(ExponentialWithJitterBackoff(**_PAUSES), _RETRIES)


def client() -> "redis.Redis":
    """Return the process's Redis client."""
    if _Connected.client is None:
        raise Unavailable("Redis is not connected; create_app connects it.")
    return _Connected.client


def is_up() -> bool:
    """Tell whether Redis answers."""
    try:
        return bool(client().ping())
    except redis.RedisError:
        return False
