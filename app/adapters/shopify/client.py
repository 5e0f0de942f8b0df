"""The wire of one shop: GraphQL over POST, throttling inside HTTP 200, three layers of errors."""

import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

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
from app.adapters.shopify import cost, problems, schema
from app.adapters.shopify.documents import Document
from app.core.rate_limit import RateLimited
from app.core.texts import storable_json
from app.core.transport import AnswerLost, ForbiddenHost, NotSent, Transport, asked_to_wait

_log = logging.getLogger(__name__)

AGENT: Final = "SyncStore/0.1.0"
_READ_TRIES: Final = 3
_QUICK_FAILURE: Final = 5.0
_MARGIN: Final = 0.9  # share of the points one request may ask for that we plan with


@dataclass(frozen=True, slots=True)
class Door:
    """How a shop is reached: its address and the key that opens it."""

    base_url: str
    token: str


@dataclass(slots=True)
class _Learned:
    """What this conversation taught us."""

    version: str | None = None
    deprecations: set[str] = field(default_factory=set)
    shares: dict[str, float] = field(default_factory=dict)  # document → asked for ÷ planned
    budget: cost.Budget | None = None


class Client:
    """Talks to one shop; knows no nouns of ours."""

    def __init__(self, door: Door, transport: Transport) -> None:
        self.door = door
        self._transport = transport
        self._learned = _Learned()

    @property
    def budget(self) -> cost.Budget | None:
        """The bucket of points as the last answer showed it."""
        return self._learned.budget

    @property
    def version(self) -> str | None:
        """The version of the API that answered last."""
        return self._learned.version

    @property
    def deprecations(self) -> frozenset[str]:
        """Reasons Shopify gave for calling something we use deprecated."""
        return frozenset(self._learned.deprecations)

    def fitting(self, document: Document, most: int, **variables: Any) -> int:
        """Return how many (`first`, or ids) of `most` one request may ask for."""
        one = cost.planned(document.text, {**variables, "first": 1, "ids": [""]})
        share = self._learned.shares.get(document.name, 1.0)
        room = schema.MOST_COST * _MARGIN
        return max(1, min(most, int(room / max(one * share, 0.001))))

    def ask(self, document: Document, **variables: Any) -> Any:
        """Send a query; returns what its root field holds, None included."""
        return self.ask_whole(document, **variables).get(document.root)

    def ask_whole(self, document: Document, **variables: Any) -> Mapping[str, Any]:
        """Send a query with several root fields; quick failures are asked again."""
        for _ in range(_READ_TRIES - 1):
            started = time.monotonic()
            try:
                return self._exchange(document, variables)
            except Unavailable as error:
                if time.monotonic() - started > _QUICK_FAILURE or error.code == "430":
                    raise
        return self._exchange(document, variables)

    def pages(
        self, document: Document, *, within: str = "", **variables: Any
    ) -> Iterator[Mapping[str, Any]]:
        """Go through the nodes of a connection, or of one `within` the root, to its end."""
        after: str | None = None
        while True:
            found = self.ask(document, **{**variables, "after": after})
            if within:
                found = (found or {}).get(within)
            connection = found if isinstance(found, Mapping) else {}
            yield from nodes(connection)
            after = following(connection)
            if after is None:
                return

    def whole(
        self, row: Mapping[str, Any], name: str, document: Document, **variables: Any
    ) -> list[Mapping[str, Any]]:
        """Return all nodes of a list of which a page may have brought only the beginning."""
        connection = row.get(name)
        found, after = nodes(connection), following(connection)
        while after is not None:
            first = self.fitting(document, schema.MOST_ROWS, **variables)
            owner = self.ask(document, id=row["id"], first=first, after=after, **variables)
            connection = (owner or {}).get(name)
            found += nodes(connection)
            after = following(connection)
        return found

    def write(self, document: Document, **variables: Any) -> Mapping[str, Any]:
        """Send a mutation; raises ItemRefused for user errors, Unknown for a lost answer."""
        payload = self.write_whole(document, **variables)
        if errors := problems.user_errors(payload):
            raise problems.ItemRefused(errors)
        return payload

    def write_whole(self, document: Document, **variables: Any) -> Mapping[str, Any]:
        """Send a mutation; returns its payload with the user errors.

        What became of its key is told there, or above it: for whoever asks that is the same.
        """
        try:
            payload = self._exchange(document, variables).get(document.root)
        except problems.Busy as error:
            if error.code not in problems.OF_KEYS:
                raise
            return {"userErrors": [{"code": error.code, "message": ""}]}
        if not isinstance(payload, Mapping):
            raise Unknown(code="no_payload")
        return payload

    @contextmanager
    def lines_of(self, url: str, *, offset: int = 0) -> Iterator[Iterator[tuple[int, bytes]]]:
        """Stream a result file from an offset: (offset after the line, line); without our key."""
        try:
            with self._transport.stream(url, offset=offset) as (response, chunks):
                if response.status_code not in (200, 206):
                    raise Unavailable(code=f"file_{response.status_code}")
                yield _lines(chunks, offset if response.status_code == 206 else 0, offset)
        except (NotSent, AnswerLost, ForbiddenHost, RateLimited) as error:
            _raise_for_wire(error, is_write=False)

    def _exchange(self, document: Document, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        planned = cost.planned(document.text, variables)
        points = planned * self._transport.remembered.get(document.name, 1.0)
        is_write = document.is_mutation
        try:
            response = self._transport.send(
                "POST",
                f"{self.door.base_url}{schema.API_PATH}",
                json_body={"query": document.text, "variables": dict(variables)},
                headers={
                    "X-Shopify-Access-Token": self.door.token,
                    "Accept": "application/json",
                    "User-Agent": AGENT,
                },
                cost=points,
            )
        except (NotSent, AnswerLost, ForbiddenHost, RateLimited) as error:
            _raise_for_wire(error, is_write=is_write)
        self._note(response)
        try:
            return self._data(document, response, planned)
        except AdapterError as error:
            _log.warning(
                "Shopify refused %s: %s (request %s)",
                document.name,
                error.code,
                response.headers.get("x-request-id", "unknown"),
            )
            raise

    def _note(self, response: httpx.Response) -> None:
        self._learned.version = response.headers.get("x-shopify-api-version", self._learned.version)
        if reason := response.headers.get("x-shopify-api-deprecated-reason"):
            self._learned.deprecations.add(reason)

    def _data(
        self, document: Document, response: httpx.Response, planned: float
    ) -> Mapping[str, Any]:
        is_write = document.is_mutation
        if (seconds := asked_to_wait(response)) is not None:
            raise Throttled(code=str(response.status_code), retry_after=seconds)
        answer = _json(response)
        status = problems.of_status(response.status_code, _message(answer), is_write=is_write)
        if status is not None:
            raise status
        if answer is None:
            raise (Unknown if is_write else Unavailable)(code=f"not_json_{response.status_code}")
        self._learn(document, cost.read_budget(answer), planned)
        self._raise_for_errors(answer, is_write=is_write)
        data = answer.get("data")
        if not isinstance(data, Mapping):
            raise Unknown(code="no_data") if is_write else BadPayload("data", "an object")
        return data

    def _learn(self, document: Document, budget: cost.Budget | None, planned: float) -> None:
        if budget is None:
            return
        self._learned.budget = budget
        if budget.requested > 0 and planned > 0:
            share = budget.requested / planned
            self._learned.shares[document.name] = share
            self._transport.remembered.note(document.name, share)
        self._transport.learn(budget.available, budget.capacity, budget.per_second)

    def _raise_for_errors(self, answer: Mapping[str, Any], *, is_write: bool) -> None:
        found = list(problems.top_codes(answer))
        if not found:
            return
        # A throttled request names nothing else; of several errors the known one tells most.
        code, message = next((each for each in found if each[0] in problems.TOP), found[0])
        budget = cost.read_budget(answer)
        is_hopeless = budget is not None and budget.requested > budget.capacity
        if code == problems.THROTTLED and is_hopeless and not is_write:
            code = problems.TOO_COSTLY  # it would wait for ever; a smaller one may pass
        wait = budget.wait if budget is not None else None
        error = problems.of_top(code, message, is_write=is_write, wait=wait)
        if isinstance(error, Throttled):
            self._transport.back_off(error.retry_after or 1.0)
        raise error


def nodes(connection: Any) -> list[Mapping[str, Any]]:
    """Return the nodes of a connection that are there."""
    listed = connection.get("nodes") if isinstance(connection, Mapping) else None
    return [each for each in listed or () if isinstance(each, Mapping)]


def following(connection: Any) -> str | None:
    """Return the cursor of the page after this one, or None at the end."""
    info = connection.get("pageInfo") if isinstance(connection, Mapping) else None
    if not isinstance(info, Mapping) or not info.get("hasNextPage"):
        return None
    return str(info["endCursor"]) if info.get("endCursor") else None


def _json(response: httpx.Response) -> Mapping[str, Any] | None:
    try:
        found = storable_json(json.loads(response.content), response.content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _message(answer: Mapping[str, Any] | None) -> str:
    return next((message for _, message in problems.top_codes(answer or {})), "")


def _lines(chunks: Iterator[bytes], at: int, wanted: int) -> Iterator[tuple[int, bytes]]:
    """Cut a stream that begins `at` bytes into a file into JSON lines; holds one chunk at a time.

    Lines that end at or before `wanted` are passed over: storage that cannot start in the middle
    sends the whole file.
    """
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            at += len(line) + 1
            if at > wanted and line.strip():
                yield at, line
    if rest.strip():
        yield at + len(rest), rest


def row_of(line: bytes) -> Any:
    """Return the JSON of a line of a result file."""
    try:
        return storable_json(json.loads(line), line)
    except ValueError:
        raise Unavailable(
            "Shopify's export broke off. SyncStore reads it again.", code="truncated"
        ) from None


def _raise_for_wire(error: Exception, *, is_write: bool) -> NoReturn:
    if isinstance(error, ForbiddenHost):
        raise Refused(str(error), code="forbidden_host") from error
    if isinstance(error, RateLimited):
        raise Throttled(code=OWN_LIMIT, retry_after=error.retry_after) from error
    kind: type[AdapterError] = Unknown
    if isinstance(error, NotSent) or not is_write:
        kind = Unavailable
    raise kind(code="no_answer") from error
