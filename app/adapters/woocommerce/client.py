"""The wire of one store: authentication, pages, fresh reads, answers that are none of the API."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NoReturn
from urllib.parse import urlsplit

import httpx

from app.adapters.errors import (
    OWN_LIMIT,
    AdapterError,
    BadPayload,
    Refused,
    Throttled,
    Unavailable,
    Unknown,
)
from app.adapters.woocommerce import oauth, problems, schema
from app.adapters.woocommerce.answers import NotJson, read_json
from app.core import clock
from app.core.rate_limit import RateLimited
from app.core.transport import AnswerLost, ForbiddenHost, NotSent, Transport

AuthStyle = Literal["basic", "query", "oauth"]
_BLOCKABLE: Final = ("PUT", "DELETE")
# Reads that failed quickly and for no lasting reason are asked again before anybody hears of it.
_READ_TRIES: Final = 3
_QUICK_FAILURE: Final = 5.0
_PASSING: Final = frozenset(("no_answer", "not_json_200", "not_json_502", "not_json_504"))
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Accept": "application/json",
    "User-Agent": schema.USER_AGENT,
}


@dataclass(frozen=True, slots=True)
class Door:
    """How a store is reached. `home_url` is what the store calls itself, when that differs."""

    base_url: str
    key: str
    secret: str
    home_url: str | None = None
    auth_style: AuthStyle | None = None
    allows_http: bool = False
    language: str | None = None  # where a plugin keeps one product per language

    @property
    def is_secure(self) -> bool:
        """Tell whether keys travel encrypted."""
        return self.base_url.startswith("https://")

    def signing_url(self, path: str) -> str:
        """Return the address as the store itself would spell it: that is what OAuth signs.

        The host is the one of its settings; the scheme is that of the request it sees.
        """
        home = urlsplit(self.home_url or self.base_url)
        base = urlsplit(self.base_url)
        return f"{base.scheme}://{home.netloc}{base.path}{path}"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. `total` and `pages` are None where a proxy drops the headers."""

    rows: list[dict[str, Any]]
    total: int | None
    pages: int | None

    def has_more(self, page: int) -> bool:
        """Tell whether a later page may hold something; pages may be short in between."""
        return bool(self.rows) if self.pages is None else page < self.pages


@dataclass(slots=True)
class _Learned:
    """What this conversation taught us about the host."""

    style: AuthStyle | None = None
    overrides_method: bool = False
    writes: int = 0
    reads: int = 0
    warnings: set[str] = field(default_factory=set)


class Client:
    """Talks to one store; knows no nouns of ours."""

    def __init__(self, door: Door, transport: Transport) -> None:
        self.door = door
        self._transport = transport
        self._learned = _Learned(style=door.auth_style if door.is_secure else "oauth")

    @property
    def auth_style(self) -> AuthStyle | None:
        """The way of sending keys that works here, once known."""
        return self._learned.style

    @property
    def warnings(self) -> frozenset[str]:
        """Codes of what we noticed about the host: polluted, blocks_put_and_delete."""
        return frozenset(self._learned.warnings)

    def get(self, path: str, *, fresh: bool = False, **params: Any) -> Any:
        """Read one thing."""
        return self._read(path, params, fresh=fresh)[0]

    def index(self, **params: Any) -> Any:
        """Read the index of the whole REST API, which needs no keys: site name, namespaces."""
        response = self._on_the_wire("GET", schema.INDEX_PATH, params)
        return self._body(response, is_write=False)

    def page(self, path: str, *, fresh: bool = False, **params: Any) -> Listing:
        """Read one page of a list."""
        rows, headers = self._read(path, {"per_page": schema.PER_PAGE, **params}, fresh=fresh)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadPayload(path.strip("/"), "a list of objects")
        return Listing(rows, _count(headers, "x-wp-total"), _count(headers, "x-wp-totalpages"))

    def rows(self, path: str, *, fresh: bool = False, **params: Any) -> Iterator[dict[str, Any]]:
        """Read a list to its end."""
        page = 1
        while True:
            listing = self.page(path, fresh=fresh, page=page, **params)
            yield from listing.rows
            if not listing.has_more(page):
                return
            page += 1

    def rows_of(
        self, path: str, name: str, values: Sequence[str], **params: Any
    ) -> Iterator[dict[str, Any]]:
        """Read what a comma list selects, in as many requests as addresses may be long."""
        for part in _parts(values):
            yield from self.rows(path, **{**params, name: ",".join(part)})

    def post(self, path: str, body: Any, **params: Any) -> Any:
        """Write; raises Unknown when the answer was lost."""
        return self._write("POST", path, params, body)

    def delete(self, path: str, **params: Any) -> Any:
        """Delete; raises Unknown when the answer was lost."""
        return self._write("DELETE", path, params, None)

    def _read(
        self, path: str, params: Mapping[str, Any], *, fresh: bool
    ) -> tuple[Any, httpx.Headers]:
        if fresh or self._learned.writes:
            # A page cache in front of /wp-json would show the state before our write.
            self._learned.reads += 1
            params = {**params, "_": f"{clock.now().timestamp():.0f}{self._learned.reads:03}"}
        for _ in range(_READ_TRIES - 1):
            started = time.monotonic()
            try:
                return self._read_once(path, params)
            except Unavailable as error:
                took = time.monotonic() - started
                if took > _QUICK_FAILURE or error.code not in _PASSING:
                    raise
        return self._read_once(path, params)

    def _read_once(self, path: str, params: Mapping[str, Any]) -> tuple[Any, httpx.Headers]:
        response = self._authenticated("GET", path, params, None)
        return self._body(response, is_write=False), response.headers

    def _write(self, method: str, path: str, params: Mapping[str, Any], body: Any) -> Any:
        self._learned.writes += 1
        response = self._authenticated(method, path, params, body)
        if method in _BLOCKABLE and not self._learned.overrides_method and _is_blocked(response):
            self._learned.overrides_method = True
            self._learned.warnings.add("blocks_put_and_delete")
            response = self._authenticated(method, path, params, body)
        return self._body(response, is_write=True)

    def _authenticated(
        self, method: str, path: str, params: Mapping[str, Any], body: Any
    ) -> httpx.Response:
        if not (self.door.is_secure or self.door.allows_http):
            raise Refused(
                "This shop is only reachable without encryption. Allow that in the connection, or"
                " give the shop a certificate.",
                code="insecure",
            )
        if self._learned.style is not None:
            return self._send(self._learned.style, method, path, params, body)
        # Some hosts strip the Authorization header; the shop then takes us for a stranger.
        response = self._send("basic", method, path, params, body)
        if not _is_anonymous(response):
            self._learned.style = "basic"
            return response
        second = self._send("query", method, path, params, body)
        if not _is_anonymous(second):
            self._learned.style = "query"
        return second

    def _send(
        self, style: AuthStyle, method: str, path: str, params: Mapping[str, Any], body: Any
    ) -> httpx.Response:
        query = {name: value for name, value in params.items() if value is not None}
        if method in _BLOCKABLE and self._learned.overrides_method:
            query["_method"] = method
            method = "POST"
        # An extension has a place of its own beside the shop's API; the keys count there, too.
        is_elsewhere = path.startswith(schema.INDEX_PATH)
        full_path = path if is_elsewhere else f"{schema.API_PATH}{path}"
        return self._on_the_wire(
            method,
            full_path,
            self._with_keys(style, method, full_path, query),
            json_body=body,
            auth=(self.door.key, self.door.secret) if style == "basic" else None,
        )

    def _on_the_wire(
        self, method: str, path: str, params: Mapping[str, Any], **options: Any
    ) -> httpx.Response:
        try:
            return self._transport.send(
                method,
                f"{self.door.base_url}{path}",
                params=params or None,
                headers=_HEADERS,
                **options,
            )
        except (NotSent, AnswerLost, ForbiddenHost, RateLimited) as error:
            _raise_for_wire(error, is_write=method != "GET")

    def _with_keys(
        self, style: AuthStyle, method: str, path: str, query: Mapping[str, Any]
    ) -> dict[str, Any]:
        if style == "basic":
            return dict(query)
        if style == "query":
            keys = {"consumer_key": self.door.key, "consumer_secret": self.door.secret}
            return {**query, **keys}
        return oauth.signed(
            method,
            self.door.signing_url(path),
            query,
            keys=(self.door.key, self.door.secret),
            moment=(secrets.token_hex(16), int(clock.now().timestamp())),
        )

    def _body(self, response: httpx.Response, *, is_write: bool) -> Any:
        if (error := problems.throttled(response)) is not None:
            raise error
        try:
            body, is_polluted = read_json(response.content, is_tolerant=not is_write)
        except NotJson:
            raise problems.not_an_api(response, is_write=is_write) from None
        if is_polluted:
            self._learned.warnings.add("polluted")
        if response.status_code >= 400:
            raise problems.error_of(response.status_code, body, is_write=is_write)
        if response.is_redirect:
            raise problems.not_an_api(response, is_write=is_write)
        return body


def _raise_for_wire(error: Exception, *, is_write: bool) -> NoReturn:
    if isinstance(error, ForbiddenHost):
        raise Refused(str(error), code="forbidden_host") from error
    if isinstance(error, RateLimited):
        raise Throttled(code=OWN_LIMIT, retry_after=error.retry_after) from error
    kind: type[AdapterError] = Unknown
    if isinstance(error, NotSent) or not is_write:
        kind = Unavailable
    raise kind(code="no_answer") from error


def _is_anonymous(response: httpx.Response) -> bool:
    if response.status_code != 401:
        return False
    try:
        body, _ = read_json(response.content, is_tolerant=True)
    except NotJson:
        return False
    return problems.code_of(body) in problems.ANONYMOUS


def _is_blocked(response: httpx.Response) -> bool:
    if response.status_code not in (403, 405, 501):
        return False
    try:
        read_json(response.content, is_tolerant=False)
    except NotJson:
        return True
    return False


def _count(headers: httpx.Headers, name: str) -> int | None:
    value = headers.get(name, "")
    return int(value) if value.isdigit() else None


def _parts(values: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    length = 0
    for value in values:
        if part and (len(part) >= schema.PER_PAGE or length + len(value) > schema.LONGEST_QUERY):
            yield part
            part, length = [], 0
        part.append(value)
        length += len(value) + 1
    if part:
        yield part
