"""Bad weather for twins: seeded faults on requests and on webhook deliveries.

A twin wraps its WSGI application in `ChaosFront` and passes its deliveries through `Chaos.shape`.
The same seed and the same sequence of requests give the same faults. `calm()` ends the storm:
what a test asserts "after quiet" is asserted after it.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

T = TypeVar("T")


class Fault(StrEnum):
    """What may happen to one request."""

    THROTTLE = "throttle"  # 429 with Retry-After, nothing done
    BUSY = "busy"  # 503 with Retry-After, nothing done
    FAIL_BEFORE = "fail_before"  # 502 page, nothing done
    GARBAGE = "garbage"  # 200 with a HTML page, nothing done
    LOST_ANSWER = "lost_answer"  # done, then the connection drops or a 504 page comes
    BATCH_CUT = "batch_cut"  # a part of a batch done, then a 504 page
    SLOW = "slow"  # done after a pause


@dataclass(frozen=True, slots=True)
class Profile:
    """Chances between 0 and 1; the first group is per request, the second per delivery."""

    throttle: float = 0.0
    busy: float = 0.0
    fail_before: float = 0.0
    garbage: float = 0.0
    lost_answer: float = 0.0
    batch_cut: float = 0.0
    slow: float = 0.0
    slow_seconds: float = 2.0
    retry_after: int = 1
    drop_delivery: float = 0.0
    duplicate_delivery: float = 0.0
    reorder_deliveries: float = 0.0
    delay_delivery: float = 0.0
    delay_seconds: int = 30


PROFILES: Final = {
    "calm": Profile(),
    "flaky": Profile(
        throttle=0.03,
        busy=0.02,
        fail_before=0.02,
        garbage=0.01,
        lost_answer=0.03,
        batch_cut=0.05,
        slow=0.05,
        drop_delivery=0.05,
        duplicate_delivery=0.1,
        reorder_deliveries=0.3,
        delay_delivery=0.1,
    ),
    "storm": Profile(
        throttle=0.1,
        busy=0.07,
        fail_before=0.07,
        garbage=0.05,
        lost_answer=0.1,
        batch_cut=0.2,
        slow=0.15,
        slow_seconds=5.0,
        drop_delivery=0.2,
        duplicate_delivery=0.3,
        reorder_deliveries=0.8,
        delay_delivery=0.3,
        delay_seconds=120,
    ),
}


@dataclass(slots=True)
class _Forced:
    fault: Fault
    times: int
    writes_only: bool
    retry_after: int | None


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault that was chosen for one request."""

    fault: Fault
    retry_after: int


class RateLimit:
    """A token bucket on the real clock: `per_second` requests, `burst` at once."""

    def __init__(
        self, per_second: float, *, burst: int = 1, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_second = per_second
        self.burst = max(1, burst)
        self._tick = tick
        self._tokens = float(self.burst)
        self._at = tick()
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Take one token; returns 0, or the seconds until there is one."""
        with self._lock:
            now = self._tick()
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.per_second)
            self._at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self.per_second


class Chaos:
    """The weather of one twin; `sleep` gets the seconds of a slow host, else they only count."""

    def __init__(
        self,
        seed: int = 0,
        profile: Profile | str = "calm",
        *,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.seed = seed
        self.profile = _profile(profile)
        self.slept = 0.0
        self.struck: dict[Fault, int] = dict.fromkeys(Fault, 0)
        self.rate_limit: RateLimit | None = None
        self._sleep = sleep
        self._random = Random(seed)  # noqa: S311 (weather, not secrets; it has to repeat)
        self._forced: list[_Forced] = []
        self._lock = threading.Lock()

    def use(self, profile: Profile | str, *, seed: int | None = None) -> None:
        """Change the weather; with a seed the dice start anew."""
        with self._lock:
            self.profile = _profile(profile)
            if seed is not None:
                self.seed = seed
                self._random = Random(seed)  # noqa: S311 (as above)

    def calm(self) -> None:
        """End every fault from here on, forced ones included."""
        with self._lock:
            self.profile = PROFILES["calm"]
            self._forced.clear()

    def next(
        self,
        fault: Fault,
        *,
        times: int = 1,
        writes_only: bool = False,
        retry_after: int | None = None,
    ) -> None:
        """Force a fault on the next requests it can befall, whatever the profile says."""
        with self._lock:
            self._forced.append(_Forced(fault, times, writes_only, retry_after))

    def strike(self, *, is_write: bool, is_batch: bool) -> Strike | None:
        """Throw the dice for one request."""
        with self._lock:
            chosen = self._forced_strike(is_write=is_write, is_batch=is_batch) or self._thrown(
                is_batch=is_batch
            )
            if chosen is not None:
                self.struck[chosen.fault] += 1
            return chosen

    def _forced_strike(self, *, is_write: bool, is_batch: bool) -> Strike | None:
        for forced in self._forced:
            cuts = forced.fault is Fault.BATCH_CUT
            fits = is_batch if cuts else is_write or not forced.writes_only
            if fits:
                forced.times -= 1
                if forced.times <= 0:
                    self._forced.remove(forced)
                return Strike(forced.fault, forced.retry_after or self.profile.retry_after)
        return None

    def _thrown(self, *, is_batch: bool) -> Strike | None:
        dice = self._random.random()
        for fault in Fault:
            chance = getattr(self.profile, fault.value)
            if fault is Fault.BATCH_CUT and not is_batch:
                continue
            if dice < chance:
                return Strike(fault, self.profile.retry_after)
            dice -= chance
        return None

    def pause(self) -> None:
        """Be the slow host for one request."""
        self.slept += self.profile.slow_seconds
        if self._sleep is not None:
            self._sleep(self.profile.slow_seconds)

    def part_of(self, count: int) -> int:
        """Say how many of `count` batch items get done before the cut: at least none, never all."""
        with self._lock:
            return self._random.randrange(count) if count else 0

    def loses_by_page(self) -> bool:
        """Say whether a lost answer comes as a 504 page (else the connection drops)."""
        with self._lock:
            return self._random.random() < 0.5

    def shape(self, deliveries: Sequence[T]) -> tuple[list[T], list[tuple[T, int]]]:
        """Drop, double, delay, reorder: returns what goes now, and what later with its seconds."""
        with self._lock:
            now: list[T] = []
            later: list[tuple[T, int]] = []
            for delivery in deliveries:
                self._place(delivery, now, later)
            if self._random.random() < self.profile.reorder_deliveries:
                self._random.shuffle(now)
            return now, later

    def _place(self, delivery: T, now: list[T], later: list[tuple[T, int]]) -> None:
        profile, dice = self.profile, self._random
        if dice.random() < profile.drop_delivery:
            return
        copies = 2 if dice.random() < profile.duplicate_delivery else 1
        if dice.random() < profile.delay_delivery:
            later.extend([(delivery, profile.delay_seconds)] * copies)
        else:
            now.extend([delivery] * copies)

    def report(self) -> dict[str, Any]:
        """Return the weather as plain values."""
        return {
            "seed": self.seed,
            "profile": asdict(self.profile),
            "struck": {fault.value: count for fault, count in self.struck.items()},
            "slept": self.slept,
            "rate_per_second": self.rate_limit.per_second if self.rate_limit else None,
        }


def profile_from(chances: dict[str, Any]) -> Profile:
    """Build a profile from plain values; unknown names are a ValueError."""
    known = {field.name for field in fields(Profile)}
    if unknown := set(chances) - known:
        raise ValueError(f"unknown chances: {', '.join(sorted(unknown))}")
    return Profile(**chances)


def _profile(profile: Profile | str) -> Profile:
    return PROFILES[profile] if isinstance(profile, str) else profile


class ChaosFront:
    """WSGI application in front of a twin: host, firewall and network, all having a bad day."""

    def __init__(self, app: "WSGIApplication", chaos: Callable[[], Chaos], *, prefix: str) -> None:
        self._app = app
        self._chaos = chaos
        self._prefix = prefix

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request, or spoil it."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(self._prefix):
            return self._app(environ, start_response)
        chaos = self._chaos()
        if chaos.rate_limit is not None and (seconds := chaos.rate_limit.wait()) > 0:
            return _page(start_response, "429 Too Many Requests", retry_after=seconds)
        strike = chaos.strike(
            is_write=environ.get(
                "twin.is_write", environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}
            ),
            is_batch=path.endswith("/batch"),
        )
        if strike is None:
            return self._app(environ, start_response)
        return self._struck(strike, environ, start_response)

    def _struck(
        self, strike: Strike, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        chaos = self._chaos()
        match strike.fault:
            case Fault.THROTTLE:
                status = "429 Too Many Requests"
                return _page(start_response, status, retry_after=strike.retry_after)
            case Fault.BUSY:
                status = "503 Service Unavailable"
                return _page(start_response, status, retry_after=strike.retry_after)
            case Fault.FAIL_BEFORE:
                return _page(start_response, "502 Bad Gateway")
            case Fault.GARBAGE:
                return _page(start_response, "200 OK")
            case Fault.LOST_ANSWER:
                _swallow(self._app, environ)
                return _lose(environ, start_response, by_page=chaos.loses_by_page())
            case Fault.BATCH_CUT:
                environ["twin.batch_cut"] = chaos.part_of
                return self._app(environ, start_response)
            case Fault.SLOW:
                chaos.pause()
                return self._app(environ, start_response)


def _page(
    start_response: "StartResponse", status: str, *, retry_after: float | None = None
) -> list[bytes]:
    body = f"<!DOCTYPE html><html><head><title>{status}</title></head><body>{status}</body></html>"
    headers = [("Content-Type", "text/html; charset=UTF-8"), ("Content-Length", str(len(body)))]
    if retry_after is not None:
        headers.append(("Retry-After", str(max(1, round(retry_after + 0.49)))))
    start_response(status, headers)
    return [body.encode()]


def _swallow(app: "WSGIApplication", environ: "WSGIEnvironment") -> None:
    answer = app(environ, lambda _status, _headers, _exc_info=None: lambda _chunk: None)
    for _ in answer:
        pass
    if close := getattr(answer, "close", None):
        close()


def _lose(
    environ: "WSGIEnvironment", start_response: "StartResponse", *, by_page: bool
) -> Iterable[bytes]:
    if by_page:
        return _page(start_response, "504 Gateway Timeout")
    connection = environ.get("werkzeug.socket")
    if connection is None:
        # In process there is no wire to cut: the client sees what its own library would raise.
        raise httpx.ReadError("The connection was closed before an answer came.")
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("The twin dropped this connection on purpose.")
