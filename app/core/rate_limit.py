"""A token bucket in Redis, shared by every process that talks to one far side.

Urgent work may take the last tokens; other work leaves a share of each bucket to it. A far side
that asks us to wait closes its buckets for everybody until then. Without Redis nothing is limited:
the far side's own limit still holds, and its answer is an error we know.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import redis

from app.core import clock

PATIENCE: Final = 30.0  # seconds a caller waits for a token before it gives its turn back
_FLOOR: Final = 0.005

# KEYS: bucket, closed-until. ARGV: now, tokens per second, burst, tokens to leave for urgent work.
# Returns the seconds to wait as text ("0" when a token was taken).
_TAKE: Final = """
local now, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local burst, keep = tonumber(ARGV[3]), tonumber(ARGV[4])
local closed = tonumber(redis.call('GET', KEYS[2]) or '0')
if closed > now then return tostring(closed - now) end
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(held[1] or burst), tonumber(held[2] or now)
if now > at then
  tokens = math.min(burst, tokens + (now - at) * rate)
  at = now
end
local wait = '0'
if tokens >= 1 + keep then
  tokens = tokens - 1
else
  wait = tostring((1 + keep - tokens) / rate)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(at))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 60000)
return wait
"""
# Closes a bucket; a later end wins over an earlier one.
_CLOSE: Final = """
local closed = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > closed then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1
"""


class RateLimited(Exception):
    """No token came within the patience; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"No turn within {PATIENCE:g} seconds.")


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one kind of call may be made: `per_second` on average, `burst` at once."""

    per_second: float
    burst: int = 1

    def kept(self, share: float) -> float:
        """Return how many tokens are left to urgent work; one token is never kept from anybody."""
        return min(self.burst * share, float(self.burst - 1))


class RateLimiter:
    """The turn-taking of one connection; calling it waits for a token or raises RateLimited.

    A kind without a rate is limited only while the far side asks us to wait.
    """

    def __init__(
        self,
        client: "redis.Redis",
        key: str,
        rates: Mapping[str, Rate],
        *,
        is_urgent: bool = False,
        urgent_share: float = 0.2,
        patience: float = PATIENCE,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._redis = client
        self._key = f"rate:{{{key}}}"
        self._rates = rates
        self._share = 0.0 if is_urgent else urgent_share
        self._patience = patience
        self._now = now
        self._sleep = sleep
        self._take: Any = client.register_script(_TAKE)
        self._close: Any = client.register_script(_CLOSE)

    def __call__(self, kind: str) -> None:
        """Take one token, waiting for it at most as long as the patience."""
        waited = 0.0
        while (wait := self.wait_for(kind)) > 0:
            if waited + wait > self._patience:
                raise RateLimited(wait)
            self._sleep(max(wait, _FLOOR))
            waited += max(wait, _FLOOR)

    def wait_for(self, kind: str) -> float:
        """Take a token and return 0, or return the seconds until there may be one."""
        rate = self._rates.get(kind)
        # Without a rate the bucket is bottomless; only a closed one makes us wait.
        per_second, burst = (rate.per_second, rate.burst) if rate else (1e6, 1_000_000)
        kept = rate.kept(self._share) if rate else 0.0
        try:
            answer = self._take(
                keys=[f"{self._key}:{kind}", f"{self._key}:closed"],
                args=[repr(self._now().timestamp()), per_second, burst, kept],
            )
        except redis.RedisError:
            return 0.0
        return float(answer)

    def back_off(self, seconds: float) -> None:
        """Close every bucket of this key for a while, because the far side asked for it."""
        until = self._now().timestamp() + seconds
        try:
            self._close(
                keys=[f"{self._key}:closed"], args=[repr(until), int(seconds * 1000) + 1000]
            )
        except redis.RedisError:
            return
