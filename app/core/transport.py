"""The wire: an httpx client with timeouts, a host guard, recording and no use inside a transaction.

An adapter receives a `Transport` and nothing else of the outer world. `send` records an exchange
(masked, with milliseconds) through the given recorder, asks the limiter before each call, and turns
network failures into two kinds: `NotSent` (nothing left this machine: safe to try again) and
`AnswerLost` (the request may have had its effect). A far side that asks us to wait is reported to
`on_throttled`, so that the limiter learns it; one that says how its buckets stand to `on_standing`:
from the usual headers by itself, from a channel's own words when the adapter calls `report`.
Answers have bounds in size and time: a far side that never ends must not hold a worker. One that
counts points instead of calls has its requests priced: `spend` is asked for the points first, and
`on_budget` hears what is left; what an adapter notes in `remembered` the next conversation knows.
"""

import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from app.core import clock, guard
from app.core.hosts import HostUnknown, PrivateHost, PublicTransport, public_addresses, trusted
from app.core.logging import mask, mask_text
from app.core.rate_limit import Costs, Standing
from app.core.remembered import Remembered
from app.core.texts import storable

RECORDED_CHARACTERS: Final = 20_000
DEFAULT_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_SECONDS: Final = re.compile(r"\d+(\.\d+)?")  # some send “2.0”
CALL: Final = "call"  # the bucket every call takes one token from
DEFAULT_WAIT: Final = 5.0  # seconds, when the far side throttles without saying for how long
LONGEST_WAIT: Final = 3600.0  # … however long it says
MAX_ANSWER: Final = 64 * 1024 * 1024
LONGEST_ANSWER: Final = 120.0  # seconds from the request to the last byte
_OF_THE_WIRE: Final = frozenset(("content-encoding", "content-length", "transfer-encoding"))


class TransportError(Exception):
    """A call that brought no answer."""


class NotSent(TransportError):
    """Nothing reached the far side."""


class AnswerLost(TransportError):
    """The request may have reached the far side; its answer did not reach us."""


class ForbiddenHost(TransportError):
    """The address is not one this connection may talk to."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded call, masked."""

    method: str
    url: str
    status: int | None
    milliseconds: int
    request: str
    response: str
    error: str | None = None


Inner = httpx.BaseTransport  # what carries the bytes: a socket, or a rehearsal store's own door
Recorder = Callable[[Exchange], None]
# Waits, or raises. It is told what a call costs: one "read" or "write", and what an adapter names.
Limiter = Callable[[Costs], None]
Spend = Callable[[float], None]  # waits, or raises; the argument is the points a call asks for
OnBudget = Callable[[float, float, float], None]  # points left, points at most, points a second


def _nothing(_: Any) -> None:
    return None


def _refusal(error: Exception) -> TransportError:
    if isinstance(error, HostUnknown):
        return NotSent(f"{error} cannot be found.")
    return ForbiddenHost(f"{error} is a private address; the operator does not allow these.")


def _unheard(_available: float, _capacity: float, _per_second: float) -> None:
    return None


def asked_to_wait(response: httpx.Response) -> float | None:
    """Return for how many seconds the far side wants no calls: 429, or 503 with Retry-After.

    One that names a year means no year: nobody could send anything there, nor ask how it is.
    """
    asked = response.headers.get("retry-after", "").strip()
    if response.status_code not in (429, 503) or (response.status_code == 503 and not asked):
        return None
    if _SECONDS.fullmatch(asked):
        return min(float(asked), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return DEFAULT_WAIT
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0.0, (until - clock.now()).total_seconds()), LONGEST_WAIT)


def told_standing(response: httpx.Response) -> Standing | None:
    """Return how many calls are left by the usual headers (X-RateLimit-* or RateLimit-*)."""
    named = ("x-ratelimit-remaining", "ratelimit-remaining")
    left = next((each for name in named if (each := response.headers.get(name))), "")
    # "40", or with terms behind it: "40;w=60".
    digits = left.partition(";")[0].partition(",")[0].strip()
    return Standing(CALL, float(digits)) if digits.isdigit() else None


def _beginning(value: Any, room: list[int]) -> Any:
    """Return of a JSON value what its first characters show: of megabytes only those are masked."""
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            if room[0] <= 0:
                break
            room[0] -= len(key)
            kept[key] = _beginning(item, room)
        return kept
    if isinstance(value, list):
        return [_beginning(item, room) for item in value if room[0] > 0]
    room[0] -= len(value) if isinstance(value, str) else 1
    return value


def _readable(content: bytes, content_type: str) -> str:
    if "json" in content_type:
        try:
            shown = _beginning(json.loads(content), [RECORDED_CHARACTERS])
            shown = json.dumps(mask(shown), ensure_ascii=False)
        except (ValueError, RecursionError):
            shown = mask_text(content.decode(errors="replace"))
    elif content_type.startswith(("text/", "application/x-www-form-urlencoded")):
        shown = mask_text(content.decode(errors="replace"))
    else:
        shown = f"({len(content)} bytes of {content_type or 'unknown type'})" if content else ""
    return storable(shown[:RECORDED_CHARACTERS])


def _kept(response: httpx.Response) -> dict[str, str]:
    names = ("content-type", "location", "etag", "last-modified")
    return {name: response.headers[name] for name in names if name in response.headers}


def _bounded(response: httpx.Response, most: int, *, ends: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > most:
            raise AnswerLost(f"The answer is larger than {most // 1_048_576} MB.")
        if time.monotonic() > ends:
            raise AnswerLost(f"The answer took longer than {LONGEST_ANSWER:g} seconds.")
    return bytes(content)


class Transport:
    """One connection's way out; made per adapter, closed after use."""

    def __init__(
        self,
        *,
        inner: Inner | None = None,
        allows_private: bool = False,
        verify: ssl.SSLContext | None = None,
        recorder: Recorder = _nothing,
        limiter: Limiter = _nothing,
        on_throttled: Callable[[float], None] = _nothing,
        spend: Spend = _nothing,
        on_budget: OnBudget = _unheard,
        on_standing: Callable[[Standing], None] = _nothing,
        remembered: Remembered | None = None,
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
    ) -> None:
        self._inner, self._verify, self._timeout = inner, verify, timeout
        self._opened: httpx.Client | None = None
        self._is_real = inner is None
        self._allows_private = allows_private
        self._recorder = recorder
        self._limiter = limiter
        self._on_throttled = on_throttled
        self._spend = spend
        self._on_budget = on_budget
        self._on_standing = on_standing
        self.remembered = remembered or Remembered()

    @property
    def _client(self) -> httpx.Client:
        """Opened by the first call: a webhook needs an adapter and calls nobody."""
        if self._opened is None:
            context = self._verify or trusted()
            self._opened = httpx.Client(
                transport=self._inner or self._public_wire(context),
                verify=context,
                timeout=self._timeout,
                follow_redirects=False,
            )
        return self._opened

    def _public_wire(self, context: ssl.SSLContext) -> Inner | None:
        # Behind a proxy of the operator's it is the proxy that connects.
        is_open = self._allows_private or bool(getproxies().keys() & {"http", "https", "all"})
        return None if is_open else PublicTransport(context)

    def close(self) -> None:
        """Close the sockets."""
        if self._opened is not None:
            self._opened.close()

    def _refuse_forbidden(self, url: str) -> None:
        if self._is_real and not self._allows_private:
            try:
                public_addresses(urlsplit(url).hostname or "")
            except (HostUnknown, PrivateHost) as error:
                raise _refusal(error) from error

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json_body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        cost: float | None = None,
        costs: Costs | None = None,
    ) -> httpx.Response:
        """Make one call; raises NotSent, AnswerLost or ForbiddenHost when no answer came.

        `cost` is what the call asks for where the far side counts points; `costs` is what it takes
        from other buckets of the channel, beside one call.
        """
        self._take_turn(method, url, cost, costs)
        options: dict[str, Any] = {"params": params, "headers": headers, "content": content}
        if json_body is not None:
            options["json"] = json_body
        if timeout is not None:
            options["timeout"] = timeout
        request = self._client.build_request(method, url, **options)
        started = time.monotonic()
        try:
            response = self._answer(request, auth, started)
        except (httpx.TransportError, httpx.DecodingError) as error:
            self._record(request, None, started, error=f"{type(error).__name__}: {error}")
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
                raise NotSent(f"{request.url.host} does not answer.") from error
            raise AnswerLost(f"{request.url.host} did not finish its answer.") from error
        except AnswerLost as error:
            self._record(request, None, started, error=str(error))
            raise
        except (HostUnknown, PrivateHost) as error:
            raise _refusal(error) from error
        self._record(request, response, started)
        self._hear(response)
        return response

    def _hear(self, response: httpx.Response) -> None:
        """Pass on what an answer says about limits."""
        if (seconds := asked_to_wait(response)) is not None:
            self._on_throttled(seconds)
        if (standing := told_standing(response)) is not None:
            self._on_standing(standing)

    def _take_turn(self, method: str, url: str, cost: float | None, costs: Costs | None) -> None:
        guard.refuse_inside_work(f"{method} {urlsplit(url).hostname}")
        self._refuse_forbidden(url)
        self._limiter({"read" if method in ("GET", "HEAD") else "write": 1.0, **(costs or {})})
        if cost is not None:
            self._spend(cost)

    def _answer(
        self, request: httpx.Request, auth: tuple[str, str] | None, started: float
    ) -> httpx.Response:
        """Send and read all of the answer, within its bounds."""
        response = self._client.send(request, auth=auth or httpx.USE_CLIENT_DEFAULT, stream=True)
        try:
            content = _bounded(response, MAX_ANSWER, ends=started + LONGEST_ANSWER)
        finally:
            response.close()
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in _OF_THE_WIRE
        ]
        return httpx.Response(
            response.status_code, headers=headers, content=content, request=request
        )

    def learn(self, available: float, capacity: float, per_second: float) -> None:
        """Pass on how many points the far side says are left, at most and gained a second."""
        self._on_budget(available, capacity, per_second)

    def back_off(self, seconds: float) -> None:
        """Pass on that the far side asks us to wait, where only its answer's body says so."""
        self._on_throttled(seconds)

    @contextmanager
    def stream(
        self, url: str, *, offset: int = 0, headers: Mapping[str, str] | None = None
    ) -> Iterator[tuple[httpx.Response, Iterator[bytes]]]:
        """Read a file piece by piece, from a byte on where the far side can; memory stays flat.

        Status 206: it begins at `offset`; 200: it is the whole file. Raises NotSent, AnswerLost or
        ForbiddenHost, also in the middle.
        """
        guard.refuse_inside_work(f"GET {urlsplit(url).hostname}")
        self._refuse_forbidden(url)
        self._limiter({"read": 1.0})
        asked = {**(headers or {}), **({"Range": f"bytes={offset}-"} if offset else {})}
        started, status, failure = time.monotonic(), None, None
        try:
            with self._client.stream("GET", url, headers=asked) as response:
                status = response.status_code
                yield response, response.iter_bytes()
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as error:
            failure = f"{type(error).__name__}: {error}"
            raise AnswerLost(f"{urlsplit(url).hostname} did not finish its answer.") from error
        finally:
            self._recorder(
                Exchange(
                    method="GET",
                    url=url.partition("?")[0],  # the query of a storage address is its key
                    status=status,
                    milliseconds=round((time.monotonic() - started) * 1000),
                    request="",
                    response="(a file, read piece by piece)",
                    error=mask_text(failure) if failure else None,
                )
            )

    def report(
        self,
        kind: str,
        available: float,
        *,
        restore_rate: float | None = None,
        maximum: float | None = None,
    ) -> None:
        """Tell the limiter how a bucket stands, in a channel's own words (such as cost points)."""
        self._on_standing(Standing(kind, available, restore_rate, maximum))

    def download(
        self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Read one file, at most so large; raises NotSent, AnswerLost or ForbiddenHost."""
        guard.refuse_inside_work(f"GET {urlsplit(url).hostname}")
        self._refuse_forbidden(url)
        self._limiter({"read": 1.0})
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                content = _bounded(response, max_bytes, ends=time.monotonic() + LONGEST_ANSWER)
                return httpx.Response(
                    response.status_code, headers=_kept(response), content=content
                )
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as error:
            raise NotSent(f"{urlsplit(url).hostname} does not answer.") from error
        except (HostUnknown, PrivateHost) as error:
            raise _refusal(error) from error

    def _record(
        self,
        request: httpx.Request,
        response: httpx.Response | None,
        started: float,
        *,
        error: str | None = None,
    ) -> None:
        self._recorder(
            Exchange(
                method=request.method,
                url=mask_text(str(request.url)),
                status=response.status_code if response is not None else None,
                milliseconds=round((time.monotonic() - started) * 1000),
                request=_readable(request.content, request.headers.get("content-type", "")),
                response=""
                if response is None
                else _readable(response.content, response.headers.get("content-type", "")),
                error=mask_text(error) if error else None,
            )
        )
