"""A token bucket in Redis, shared by every process that talks to one far side.

Urgent work may take the last tokens; other work leaves a share of each bucket to it. A far side
that asks us to wait closes its buckets for everybody until then. One that counts points and says
how many are left teaches its bucket: figures it told replace those we began with. Without Redis
nothing is limited: the far side's own limit still holds, and its answer is an error we know.
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

# KEYS: bucket, closed-until. ARGV: now, tokens per second, burst, share of the burst to leave for
# urgent work, tokens to take. Learned figures win over those given. A call dearer than the whole
# bucket waits for a full one instead of for ever. Returns the seconds to wait as text ("0" when the
# tokens were taken).
_TAKE: Final = """
local now, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local burst, share, cost = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local closed = tonumber(redis.call('GET', KEYS[2]) or '0')
if closed > now then return tostring(closed - now) end
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'rate', 'burst')
rate, burst = tonumber(held[3] or rate), tonumber(held[4] or burst)
local keep = math.max(0, math.min(burst * share, burst - 1))
local need = math.min(cost, burst - keep)
local tokens, at = tonumber(held[1] or burst), tonumber(held[2] or now)
if now > at then
  tokens = math.min(burst, tokens + (now - at) * rate)
  at = now
end
local wait = '0'
if tokens >= need + keep then
  tokens = tokens - cost
else
  wait = tostring((need + keep - tokens) / rate)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(at))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 60000)
return wait
"""
# Teaches a bucket. ARGV: now, tokens left, burst, tokens per second.
_LEARN: Final = """
redis.call('HSET', KEYS[1], 'tokens', ARGV[2], 'at', ARGV[1], 'burst', ARGV[3], 'rate', ARGV[4])
redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[3]) / tonumber(ARGV[4]) * 1000) + 60000)
return 1
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
        self._learn: Any = client.register_script(_LEARN)
        self._close: Any = client.register_script(_CLOSE)

    def __call__(self, kind: str, cost: float = 1.0) -> None:
        """Take tokens, waiting for them at most as long as the patience."""
        waited = 0.0
        while (wait := self.wait_for(kind, cost)) > 0:
            if waited + wait > self._patience:
                raise RateLimited(wait)
            self._sleep(max(wait, _FLOOR))
            waited += max(wait, _FLOOR)

    def wait_for(self, kind: str, cost: float = 1.0) -> float:
        """Take tokens and return 0, or return the seconds until there may be enough."""
        rate = self._rates.get(kind)
        # Without a rate the bucket is bottomless; only a closed one makes us wait.
        per_second, burst = (rate.per_second, rate.burst) if rate else (1e6, 1_000_000)
        share = self._share if rate else 0.0
        try:
            answer = self._take(
                keys=[f"{self._key}:{kind}", f"{self._key}:closed"],
                args=[repr(self._now().timestamp()), per_second, burst, share, cost],
            )
        except redis.RedisError:
            return 0.0
        return float(answer)

    def learn(self, kind: str, available: float, burst: float, per_second: float) -> None:
        """Take over what the far side says is left, at most, and gained a second."""
        if burst < 1 or per_second <= 0:
            return
        try:
            self._learn(
                keys=[f"{self._key}:{kind}"],
                args=[repr(self._now().timestamp()), available, burst, per_second],
            )
        except redis.RedisError:
            return

    def back_off(self, seconds: float) -> None:
        """Close every bucket of this key for a while, because the far side asked for it."""
        until = self._now().timestamp() + seconds
        try:
            self._close(
                keys=[f"{self._key}:closed"], args=[repr(until), int(seconds * 1000) + 1000]
            )
        except redis.RedisError:
            return
