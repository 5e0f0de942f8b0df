"""The store's tables in memory, sorted where lists need it."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from typing import NamedTuple

from app.simulators.woocommerce.storage import Row, Shelf

NO_END = 1 << 62


class Table:
    """Rows of one kind by id."""

    def __init__(self, kind: str, shelf: Shelf) -> None:
        self.kind = kind
        self._shelf = shelf
        self.rows: dict[int, Row] = {row["id"]: row for row in shelf.rows(kind)}

    def get(self, row_id: int) -> Row | None:
        """Return the row, or None."""
        return self.rows.get(row_id)

    def put(self, row: Row) -> Row:
        """Keep a new or changed row."""
        self.rows[row["id"]] = row
        self._shelf.note(self.kind, row["id"], row)
        return row

    def drop(self, row_id: int) -> None:
        """Forget a row."""
        self.rows.pop(row_id, None)
        self._shelf.note(self.kind, row_id, None)


class SortedIds:
    """Ids in the order of a whole number, with the id as tie-break."""

    def __init__(self) -> None:
        self._pairs: list[tuple[int, int]] = []

    def add(self, key: int, row_id: int) -> None:
        """Insert; at the end, where most go, this costs nothing."""
        pair = (key, row_id)
        if not self._pairs or self._pairs[-1] < pair:
            self._pairs.append(pair)
        else:
            insort(self._pairs, pair)

    def drop(self, key: int, row_id: int) -> None:
        """Remove a pair that is there."""
        del self._pairs[bisect_left(self._pairs, (key, row_id))]

    def between(self, after: int | None, before: int | None) -> list[int]:
        """Return the ids with a key strictly between the bounds, ascending."""
        start = 0 if after is None else bisect_right(self._pairs, (after, NO_END))
        end = len(self._pairs) if before is None else bisect_left(self._pairs, (before, -NO_END))
        return [row_id for _, row_id in self._pairs[start:end]]


class _Keys(NamedTuple):
    """Under what a row is filed, so that it can be taken out again."""

    is_variation: bool
    is_live: bool
    modified: int
    created: int
    sku: str
    gtin: str
    slug: str
    parent_id: int


class Goods(Table):
    """Products and variations, one id space; live ones (not in the trash) are kept sorted."""

    def __init__(self, shelf: Shelf) -> None:
        self._keys: dict[int, _Keys] = {}
        self._sorted = {
            (is_variation, column): SortedIds()
            for is_variation in (False, True)
            for column in ("modified", "date", "id")
        }
        self._trash: dict[bool, set[int]] = {False: set(), True: set()}
        self._children: defaultdict[int, set[int]] = defaultdict(set)
        self._by_sku: defaultdict[str, set[int]] = defaultdict(set)
        self._by_gtin: defaultdict[str, set[int]] = defaultdict(set)
        self._by_slug: defaultdict[str, set[int]] = defaultdict(set)
        super().__init__("goods", shelf)
        for row in self.rows.values():
            self._file(row)

    def put(self, row: Row) -> Row:
        """Keep a row and file it anew where its keys moved."""
        before = self._keys.get(row["id"])
        if before != _keys_of(row):
            self._unfile(row["id"])
            self._file(row)
        return super().put(row)

    def drop(self, row_id: int) -> None:
        """Forget a row for good."""
        self._unfile(row_id)
        super().drop(row_id)

    def live(
        self,
        column: str,
        *,
        is_variation: bool,
        after: int | None = None,
        before: int | None = None,
    ) -> list[int]:
        """Return ids outside the trash by `modified`, `date` or `id`, strictly between bounds."""
        return self._sorted[is_variation, column].between(after, before)

    def trashed(self, *, is_variation: bool) -> list[int]:
        """Return the ids in the trash."""
        return sorted(self._trash[is_variation])

    def children(self, parent_id: int) -> list[int]:
        """Return the variations of a product, trashed ones too, by id."""
        return sorted(self._children.get(parent_id, ()))

    def with_sku(self, sku: str) -> list[int]:
        """Return who uses a SKU, the trash included; the database ignores case."""
        return sorted(self._by_sku.get(sku.casefold(), ()))

    def with_gtin(self, gtin: str) -> list[int]:
        """Return who uses a GTIN, the trash included."""
        return sorted(self._by_gtin.get(gtin, ()))

    def with_slug(self, slug: str) -> list[int]:
        """Return who uses a slug."""
        return sorted(self._by_slug.get(slug, ()))

    def _file(self, row: Row) -> None:
        keys, row_id = _keys_of(row), row["id"]
        self._keys[row_id] = keys
        if keys.is_live:
            self._sorted[keys.is_variation, "modified"].add(keys.modified, row_id)
            self._sorted[keys.is_variation, "date"].add(keys.created, row_id)
            self._sorted[keys.is_variation, "id"].add(row_id, row_id)
        else:
            self._trash[keys.is_variation].add(row_id)
        if keys.is_variation:
            self._children[keys.parent_id].add(row_id)
        for index, key in self._lookups(keys):
            index[key].add(row_id)

    def _unfile(self, row_id: int) -> None:
        keys = self._keys.pop(row_id, None)
        if keys is None:
            return
        if keys.is_live:
            self._sorted[keys.is_variation, "modified"].drop(keys.modified, row_id)
            self._sorted[keys.is_variation, "date"].drop(keys.created, row_id)
            self._sorted[keys.is_variation, "id"].drop(row_id, row_id)
        else:
            self._trash[keys.is_variation].discard(row_id)
        self._children[keys.parent_id].discard(row_id)
        for index, key in self._lookups(keys):
            index[key].discard(row_id)
            if not index[key]:
                del index[key]

    def _lookups(self, keys: _Keys) -> list[tuple[defaultdict[str, set[int]], str]]:
        filed = (
            (self._by_sku, keys.sku),
            (self._by_gtin, keys.gtin),
            (self._by_slug, keys.slug),
        )
        return [(index, key) for index, key in filed if key]


def _keys_of(row: Row) -> _Keys:
    return _Keys(
        row["type"] == "variation",
        row["status"] != "trash",
        row["modified"],
        row["created"],
        row["sku"].casefold(),
        row["gtin"],
        row["slug"],
        row["parent_id"],
    )
