"""Full reads of large shops: one bulk query, its result streamed line by line in flat memory.

Shopify writes children under their parent (`groupObjects`), so a product is complete when the next
one begins. A page is a stretch of the file; the cursor remembers the byte the next one starts at.
Products come sealed: what is spelled as it was when it was last read is not read again.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.adapters import units
from app.adapters.errors import BadPayload, Refused, Throttled, Unavailable
from app.adapters.shopify import ids, schema
from app.adapters.shopify.client import row_of
from app.adapters.shopify.documents import bulk as bulk_documents
from app.adapters.shopify.documents import level_name, location_name
from app.adapters.shopify.mapper import inward
from app.adapters.shopify.mapper.dialect import Dialect
from app.adapters.shopify.mapper.reader import Reader
from app.adapters.shopify.problems import ItemRefused
from app.adapters.shopify.shop import Shop
from app.adapters.types import ChannelProduct, Cursor, Page, Problem, Sealed
from app.core import clock, money
from app.core.edition import edition_of

PER_PAGE: Final = 1_000  # products, or …
LINES_PER_PAGE: Final = 10_000  # … as many as have so many lines: a page is held in memory
# How long an export goes on unlooked at. Where we know how many products there are, the pause is a
# part of what it still needs by its speed so far: its end is noticed soon, after few looks. Where
# we do not, pauses grow with the looks: so long until the nth.
PATIENCE: Final = 0.6
SOONEST: Final = timedelta(seconds=1)
LATEST: Final = timedelta(seconds=30)
PAUSES: Final = ((60, SOONEST), (150, timedelta(seconds=2)))
LATER: Final = timedelta(seconds=5)
_WAITING: Final = frozenset(("CREATED", "RUNNING", "CANCELING"))
_SLOT_WAIT: Final = 60.0
_GONE: Final = "bulk_gone"
_FILE_GONE: Final = tuple(f"file_{status}" for status in (400, 403, 404, 410))
# A name of JSON, no text: quotes inside a text are escaped.
_CHILD: Final = re.compile(rb'"__parentId"\s*:')
_EDITION: Final = edition_of(Path(__file__).parent, Path(units.__file__), Path(money.__file__))


class Bulk:
    """Exports of one shop; knows how far a read of one has come only from its cursor."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._client = shop.client

    def start(self, state: Mapping[str, Any]) -> Page[ChannelProduct]:
        """Ask Shopify for an export of every product beyond an id."""
        try:
            payload = self._client.write(
                bulk_documents.EXPORT, query=self.query(str(state.get("last") or ""))
            )
        except ItemRefused as error:
            if error.code in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED"):
                raise Throttled(
                    "Shopify is still busy with other exports. SyncStore waits for a place.",
                    code=error.code,
                    retry_after=_SLOT_WAIT,
                ) from error
            raise
        operation = payload.get("bulkOperation") or {}
        ahead = {
            "bulk": operation.get("id"),
            "mark": state.get("mark"),
            "last": state.get("last"),
            "is_retry": bool(state.get("is_retry")),
            "looks": 0,
            "expected": state.get("expected"),
            "began": clock.now().isoformat(),
        }
        return Page([], Cursor("full", ahead), check_after=_pause(ahead, 0))

    def query(self, last: str) -> str:
        """Return the document of an export; it takes no variables."""
        places = self._shop.places()
        beyond = f"id:>{last} " if last else ""
        published = bulk_documents.PUBLISHED % places["publication"] if places["publishes"] else ""
        return bulk_documents.CATALOGUE % {
            "query": f"{beyond}{schema.EVERY_STATUS}",
            "published": published,
            "levels": " ".join(
                bulk_documents.LEVEL % (level_name(at), places[location_name(at)])
                for at in range(len(self._shop.locations))
            ),
        }

    def page(self, state: Mapping[str, Any]) -> Page[ChannelProduct]:
        """Look how far the export is, or read the next stretch of its result."""
        operation = self._client.ask(bulk_documents.POLL, id=state["bulk"])
        if not isinstance(operation, Mapping):
            return self._begin_anew({"errorCode": _GONE}, state)
        status = str(operation.get("status"))
        if status in _WAITING:
            state = {**state, "looks": int(state.get("looks") or 0) + 1}
            done = int(operation.get("rootObjectCount") or 0)
            return Page([], Cursor("full", state), check_after=_pause(state, done))
        if status != "COMPLETED":
            return self._begin_anew(operation, state)
        total, url = int(operation.get("rootObjectCount") or 0) or None, operation.get("url")
        if not url and int(operation.get("objectCount") or 0):
            return self._begin_anew({"errorCode": _GONE}, state)  # its file is kept for a week
        try:
            return self._stretch(state, url, total)
        except Unavailable as error:
            if error.code not in _FILE_GONE:
                raise
            return self._begin_anew({"errorCode": _GONE}, state)

    def _begin_anew(
        self, operation: Mapping[str, Any], state: Mapping[str, Any]
    ) -> Page[ChannelProduct]:
        """A failed or forgotten export is asked for once more; a second failure ends the read."""
        code = str(operation.get("errorCode") or operation.get("status"))
        if code == "ACCESS_DENIED":
            raise Refused(
                "SyncStore may not export this shop's products. Connect the shop again.", code=code
            )
        if state.get("is_retry"):
            raise Refused(
                "Shopify could not export this shop's products, twice in a row. Compare everything"
                " again later.",
                code=code,
            )
        return self.start({**state, "is_retry": True})

    def _stretch(
        self, state: Mapping[str, Any], url: Any, total: int | None
    ) -> Page[ChannelProduct]:
        mark = state.get("mark") or {}
        done = Cursor("changes", mark)
        if not url:
            return Page([], None, watermark=done, total=total)
        sealed: list[Sealed] = []
        unreadable: list[Problem] = []
        offset, held = int(state.get("offset") or 0), 0
        dialect = self._shop.dialect  # asked for here: opening a seal asks nobody
        with self._client.lines_of(str(url), offset=offset) as lines:
            for group in grouped(lines):
                if len(sealed) + len(unreadable) >= PER_PAGE or held >= LINES_PER_PAGE:
                    ahead = Cursor("full", {**state, "offset": offset})
                    return Page([], ahead, total=total, unreadable=tuple(unreadable), sealed=sealed)
                offset, held = group.end, held + len(group.lines)
                try:
                    sealed.append(_seal(group.lines, dialect))
                except BadPayload as error:
                    unreadable.append(Problem(error.sentence, error.path, "unreadable"))
        return Page([], None, done, total, tuple(unreadable), sealed=sealed)


def _pause(state: Mapping[str, Any], done: int) -> timedelta:
    """Return how long an export that has so many products done is not looked at."""
    expected, looks = int(state.get("expected") or 0), int(state.get("looks") or 0)
    if not expected or not done:
        return next((pause for until, pause in PAUSES if looks < until), LATER)
    took = clock.now() - datetime.fromisoformat(str(state["began"]))
    left = took * max(expected / done - 1, 0)
    return min(max(left * PATIENCE, SOONEST), LATEST)


class Group(NamedTuple):
    """The lines of one product, its own first, and the offset after the last of them."""

    end: int
    lines: list[bytes]


def grouped(lines: Iterator[tuple[int, bytes]]) -> Iterator[Group]:
    """Keep children with their parents; no line is read for that."""
    held: list[bytes] = []
    end = 0
    for at, line in lines:
        is_child = _CHILD.search(line) is not None
        if held and not is_child:
            yield Group(end, held)
            held = []
        if held or not is_child:
            held.append(line)
        end = at
    if held:
        yield Group(end, held)


def _seal(lines: Sequence[bytes], dialect: Dialect) -> Sealed:
    """Keep a product closed; raises BadPayload when it does not even say which one it is."""
    spelled = "|".join((_EDITION, dialect.currency, dialect.weight_unit)).encode()
    digest = hashlib.sha256(spelled)
    for line in lines:
        digest.update(b"\n")
        digest.update(line)
    number = Reader(row_of(lines[0]), "product").identity()
    return Sealed(number, digest.hexdigest(), partial(_opened, lines, dialect, number))


def _opened(lines: Sequence[bytes], dialect: Dialect, number: str) -> ChannelProduct:
    return inward.product(assembled(lines), dialect, at=f"product {number}")


def assembled(lines: Sequence[bytes]) -> dict[str, Any]:
    """Put the children of a product back under it."""
    product = {**row_of(lines[0]), "variants": {"nodes": []}, "media": {"nodes": []}}
    variants: dict[str, dict[str, Any]] = {}
    for line in lines[1:]:
        row = row_of(line)
        _put(product, variants, str(row["__parentId"]), row)
    return product


def _put(
    product: dict[str, Any], variants: dict[str, dict[str, Any]], parent: str, row: dict[str, Any]
) -> None:
    child = {name: value for name, value in row.items() if name != "__parentId"}
    if ids.kind(child.get("id")) == "ProductVariant":
        child["media"] = {"nodes": []}
        variants[str(child["id"])] = child
        product["variants"]["nodes"].append(child)
    elif parent in variants:
        variants[parent]["media"]["nodes"].append(child)
    else:
        product["media"]["nodes"].append(child)
