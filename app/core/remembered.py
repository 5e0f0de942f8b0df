"""Numbers that outlive a conversation with a far side, kept in Redis for all who talk to it.

A worker's conversation lasts seconds. What one of them learned, such as what a request really
costs, the next one need not learn again. Without Redis each learns for itself.
"""

from typing import Any, Final

import redis

_KEPT_SECONDS: Final = 86_400
_ALIKE: Final = 0.01  # a change of a hundredth is not worth a message


class Remembered:
    """Names and their numbers; read once, at the first look. Not to be shared between threads."""

    def __init__(self, client: "redis.Redis | None" = None, key: str = "") -> None:
        self._redis = client
        self._key = f"remembered:{key}"
        self._known: dict[str, float] | None = None

    def get(self, name: str, default: float) -> float:
        """Return a number, or the default where nobody noted one."""
        return self._all().get(name, default)

    def note(self, name: str, number: float) -> None:
        """Remember a number, for others too."""
        before = self._all().get(name)
        self._all()[name] = number
        is_news = before is None or abs(number - before) > _ALIKE * abs(before)
        if self._redis is None or not is_news:
            return
        try:
            with self._redis.pipeline() as at_once:
                at_once.hset(self._key, name, repr(number))
                at_once.expire(self._key, _KEPT_SECONDS)
                at_once.execute()
        except redis.RedisError:
            return

    def _all(self) -> dict[str, float]:
        if self._known is None:
            self._known = self._kept()
        return self._known

    def _kept(self) -> dict[str, float]:
        if self._redis is None:
            return {}
        try:
            found: Any = self._redis.hgetall(self._key)
        except redis.RedisError:
            return {}
        return {name.decode(): float(number) for name, number in found.items()}
