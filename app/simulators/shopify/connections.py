"""Lists in pages: connections with cursors that stay true while the list changes."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from app.simulators.shopify.call import Call
from app.simulators.shopify.errors import TopError

T = TypeVar("T")
Place = tuple[Any, int]  # what the list is sorted by, then the id

LARGEST_PAGE: Final = 250
BULK_PART: Final = 100  # things a bulk read shows before it lets others at the store


class Connection(Generic[T]):
    """One page of a list, as the schema shows it."""

    def __init__(self, page: Sequence[tuple[Place, T]], *, before: bool, after: bool) -> None:
        self._page = page
        self._before = before
        self._after = after

    def nodes(self) -> list[T]:
        """The things themselves."""
        return [node for _, node in self._page]

    def edges(self) -> list[dict[str, Any]]:
        """The things with their cursors."""
        return [{"cursor": _cursor(place), "node": node} for place, node in self._page]

    def page_info(self) -> dict[str, Any]:
        """Whether there is more, and where to go on."""
        return {
            "hasNextPage": self._after,
            "hasPreviousPage": self._before,
            "startCursor": _cursor(self._page[0][0]) if self._page else None,
            "endCursor": _cursor(self._page[-1][0]) if self._page else None,
        }


def connect(
    call: Call,
    items: Sequence[T],
    args: dict[str, Any],
    *,
    place: Callable[[T], Place],
    show: Callable[[T], Any],
    largest: int = LARGEST_PAGE,
    reachable: int | None = None,
) -> Connection[Any]:
    """Cut the page that `first`, `last`, `after`, `before` and `reverse` ask for."""
    placed = sorted(((place(item), item) for item in items), key=lambda pair: _order(pair[0]))
    if args.get("reverse"):
        placed.reverse()
    if call.is_bulk:
        shown = [(at, show(item)) for at, item in _next_part(call, placed)]
        page = [(at, node) for at, node in shown if node is not None]  # the rest is deleted by now
        return Connection(page, before=False, after=False)
    placed = placed[:reachable]
    first, last = _sizes(args, largest)
    start, end = _bounds(placed, args)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    found = [(at, show(item)) for at, item in placed[start:end]]
    return Connection(found, before=start > 0, after=end < len(placed))


def _next_part(call: Call, placed: Sequence[tuple[Place, T]]) -> Sequence[tuple[Place, T]]:
    """Return all of an inner list, but of the outermost one only the part that is next."""
    key, call.root_key = call.root_key, None
    if key is None:
        return placed
    rest = call.rests.setdefault(key, list(placed))
    call.rests[key] = rest[BULK_PART:]
    return rest[:BULK_PART]


def _sizes(args: dict[str, Any], largest: int) -> tuple[int | None, int | None]:
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise TopError("you must provide one of first or last", "BAD_REQUEST")
    if first is not None and last is not None:
        raise TopError("providing both first and last is not supported", "BAD_REQUEST")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 < size <= largest:
            raise TopError(f"{name} must be between 1 and {largest}", "BAD_REQUEST")
    return first, last


def _bounds(placed: Sequence[tuple[Place, Any]], args: dict[str, Any]) -> tuple[int, int]:
    is_reversed = bool(args.get("reverse"))
    start, end = 0, len(placed)
    if args.get("after"):
        mark = _order(_read(args["after"]))
        start = sum(not _is_past(_order(at), mark, is_reversed) for at, _ in placed)
    if args.get("before"):
        mark = _order(_read(args["before"]))
        end = sum(_is_past(mark, _order(at), is_reversed) for at, _ in placed)
    return start, end


def _is_past(at: Place, mark: Place, is_reversed: bool) -> bool:  # noqa: FBT001 (one of two ways)
    return bool(at < mark if is_reversed else at > mark)


def _order(place: Place) -> Place:
    value = place[0]
    return (value.casefold() if isinstance(value, str) else value, place[1])


def _cursor(place: Place) -> str:
    value, row_id = place
    told = {"last_id": row_id, "last_value": value}
    return base64.b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()


def _read(cursor: str) -> Place:
    try:
        told = json.loads(base64.b64decode(cursor, validate=True))
        return (told["last_value"], told["last_id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise TopError("Invalid cursor for current pagination sort.", "BAD_REQUEST") from None
