"""Redis: doorbells, limits, news, caches. Nothing in it may be missed when it is gone."""

import redis

from app.core.errors import Unavailable


class _Connected:
    client: "redis.Redis | None" = None


def connect(url: str) -> "redis.Redis":
    """Open the process's Redis client (pooled, with timeouts)."""
    _Connected.client = redis.Redis.from_url(
        url, socket_timeout=30, socket_connect_timeout=3, health_check_interval=30
    )
    return _Connected.client


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
