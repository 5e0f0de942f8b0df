"""The search index: documents of products, variants and items, some seconds behind the writes."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from app.simulators.shopify.search import Doc, Query

KINDS: Final = ("product", "variant", "item", "order")
_TEXTS: Final = {"title", "vendor", "product_type", "sku"}


class Index:
    """Documents by kind and id; a change shows when it is due."""

    def __init__(self) -> None:
        self._docs: dict[str, dict[int, Doc]] = {kind: {} for kind in KINDS}
        self._by_update: dict[str, list[tuple[int, int]]] = {kind: [] for kind in KINDS}
        self._coming: deque[tuple[int, str, int, Doc | None]] = deque()

    def note(self, kind: str, row_id: int, doc: Doc | None, *, due: int) -> None:
        """Take a new document, or its end, for later."""
        self._coming.append((due, kind, row_id, doc))

    def catch_up(self, now: int) -> None:
        """Let the changes that are due be seen."""
        while self._coming and self._coming[0][0] <= now:
            _, kind, row_id, doc = self._coming.popleft()
            self._set(kind, row_id, doc)

    def _set(self, kind: str, row_id: int, doc: Doc | None) -> None:
        docs, order = self._docs[kind], self._by_update[kind]
        before = docs.pop(row_id, None)
        if before is not None:
            del order[bisect_left(order, (before["updated_at"], row_id))]
        if doc is not None:
            docs[row_id] = doc
            insort(order, (doc["updated_at"], row_id))

    def find(self, kind: str, query: Query) -> list[Doc]:
        """Return the documents that match, in no promised order."""
        return [doc for doc in self._candidates(kind, query) if query(doc)]

    def _candidates(self, kind: str, query: Query) -> Iterable[Doc]:
        docs, order = self._docs[kind], self._by_update[kind]
        if query.lower_bound is None:
            return docs.values()
        start = bisect_left(order, (query.lower_bound, -1))
        return [docs[row_id] for _, row_id in order[start:]]

    def all(self, kind: str) -> dict[int, Doc]:
        """Return what is found of one kind, by id."""
        return dict(self._docs[kind])

    def waiting(self) -> int:
        """Count the changes nobody sees yet."""
        return len(self._coming)


def value_of(doc: Doc, name: str) -> Any:
    """Return what a list is sorted by."""
    value = doc.get(name)
    if value is None:
        return "" if name in _TEXTS else 0
    return value
