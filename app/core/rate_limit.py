"""Token buckets in Redis, shared by every process that talks to one far side.

A call names what it costs, in one bucket or in several (requests a second, cost points, a day's
quota); it gets all of it at once or nothing. Urgent work may take the last tokens; other work
leaves a share of each bucket to it. A far side that asks us to wait closes its buckets for
everybody until then, and one that says how a bucket stands is believed. A bucket that several
connections share is given out in turns. Without Redis nothing is limited: the far side's own limit
still holds, and its answer is an error we know.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import redis

from app.core import clock
from app.core.rate_scripts import CLOSE, REPORT, TAKE

PATIENCE: Final = 30.0  # seconds a caller waits for a token before it gives its turn back
_FLOOR: Final = 0.005
_GLANCE: Final = 0.25  # seconds between two looks of one who gives way
_DAY: Final = 86_400
# Of a kind nobody limits: the bucket is bottomless until the far side says how it really stands.
_BOTTOMLESS: Final = (1e6, 1e6)

Costs = Mapping[str, float]  # kind of bucket → tokens a call takes from it


class RateLimited(Exception):
    """No token came within the patience; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"No turn within {PATIENCE:g} seconds.")


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast one bucket fills: `per_second` on average, `burst` at most in it.

    `usual_cost` is what a call takes that names no cost (0: only calls that name it draw from this
    bucket). `is_shared`: all connections of our app there draw from one bucket.
    """

    per_second: float
    burst: float = 1
    usual_cost: float = 1.0
    is_shared: bool = False

    @classmethod
    def per_day(cls, calls: int) -> "Rate":
        """Return the rate of a daily quota."""
        return cls(calls / _DAY, burst=calls)

    def kept(self, share: float) -> float:
        """Return how many tokens are left to urgent work; one token is never kept from anybody."""
        return min(self.burst * share, float(self.burst - 1))


@dataclass(frozen=True, slots=True)
class Standing:
    """What the far side says about one of its buckets."""

    kind: str
    available: float
    restore_rate: float | None = None  # tokens a second
    maximum: float | None = None


class RateLimiter:
    """The turn-taking of one connection; calling it waits for its tokens or raises RateLimited.

    A kind without a rate is limited only while the far side asks us to wait, or by what it reports.
    Not to be shared between threads.
    """

    def __init__(
        self,
        client: "redis.Redis",
        key: str,
        rates: Mapping[str, Rate],
        *,
        shared_key: str = "",
        is_urgent: bool = False,
        urgent_share: float = 0.2,
        patience: float = PATIENCE,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], None] = clock.sleep,
    ) -> None:
        self.rates = rates
        self.is_urgent = is_urgent
        self.gives_way: Callable[[], bool] | None = None
        self._redis = client
        self._member = key
        self._key = f"rate:{{{key}}}"
        self._shared_key = f"rate:{{{shared_key or key}}}"
        self._share = urgent_share
        self._patience = patience
        self._now = now
        self._sleep = sleep
        self._spent: dict[str, str] = {}  # what all of us had taken when this one last took
        self._take: Any = client.register_script(TAKE)
        self._close: Any = client.register_script(CLOSE)
        self._report: Any = client.register_script(REPORT)

    def __call__(self, costs: str | Costs) -> None:
        """Take what a call costs, waiting for it at most as long as the patience.

        Whoever gives way looks around while waiting, and raises once somebody else should have the
        worker; the tokens go on coming in meanwhile. What is urgent gives way to nobody.
        """
        waited = 0.0
        gives_way = None if self.is_urgent else self.gives_way
        while (wait := self.wait_for(costs)) > 0:
            if waited + wait > self._patience or (gives_way is not None and gives_way()):
                raise RateLimited(wait)
            step = max(wait if gives_way is None else min(wait, _GLANCE), _FLOOR)
            self._sleep(step)
            waited += step

    def wait_for(self, costs: str | Costs) -> float:
        """Take all that is named and return 0, or take nothing and return the seconds to wait."""
        wanted = {costs: 1.0} if isinstance(costs, str) else costs
        lane = "urgent" if self.is_urgent else "usual"
        arguments: list[Any] = [repr(self._now().timestamp()), self._member, lane]
        for kind, cost in wanted.items():
            arguments += [*self._terms(kind), cost]
        try:
            answer = self._take(
                keys=[f"{self._key}:closed", *map(self._bucket, wanted)], args=arguments
            )
        except redis.RedisError:
            return 0.0
        wait, *spent = (each.decode() if isinstance(each, bytes) else each for each in answer)
        self._spent.update(zip(wanted, spent, strict=False))
        return float(wait)

    def _terms(self, kind: str) -> tuple[float, float, float, int]:
        """Return tokens per second, burst, the share kept from this caller, and if it is shared."""
        rate = self.rates.get(kind)
        share = 0.0 if self.is_urgent else self._share
        if rate is None:
            return (*_BOTTOMLESS, share, 0)
        kept = rate.kept(share) / rate.burst
        return (rate.per_second, rate.burst, kept, int(rate.is_shared))

    def _bucket(self, kind: str) -> str:
        rate = self.rates.get(kind)
        return f"{self._shared_key if rate and rate.is_shared else self._key}:{kind}"

    def report(self, standing: Standing) -> None:
        """Believe the far side about a bucket; what others took since our last call counts off."""
        given = (standing.restore_rate, standing.maximum)
        try:
            self._report(
                keys=[self._bucket(standing.kind)],
                args=[
                    repr(self._now().timestamp()),
                    standing.available,
                    *("" if each is None else each for each in given),
                    self._spent.get(standing.kind, ""),
                ],
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
