"""The store's tables in memory, with the look-ups that queries need."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping

from app.simulators.storage import Row, Shelf

Keys = Callable[[Row], Iterable[Hashable]]


class Table:
    """Rows of one kind by id, and by the keys of any number of indexes."""

    def __init__(self, kind: str, shelf: Shelf, indexes: Mapping[str, Keys] | None = None) -> None:
        self.kind = kind
        self._shelf = shelf
        self._keys = dict(indexes or {})
        self._filed: dict[int, dict[str, tuple[Hashable, ...]]] = {}
        self._index: dict[str, defaultdict[Hashable, set[int]]] = {
            name: defaultdict(set) for name in self._keys
        }
        self.rows: dict[int, Row] = {row["id"]: row for row in shelf.rows(kind)}
        for row in self.rows.values():
            self._file(row)

    def get(self, row_id: int | None) -> Row | None:
        """Return the row, or None."""
        return None if row_id is None else self.rows.get(row_id)

    def put(self, row: Row) -> Row:
        """Keep a new or changed row."""
        self.rows[row["id"]] = row
        self._file(row)
        self._shelf.note(self.kind, row["id"], row)
        return row

    def drop(self, row_id: int) -> None:
        """Forget a row."""
        self._unfile(row_id)
        self.rows.pop(row_id, None)
        self._shelf.note(self.kind, row_id, None)

    def where(self, index: str, key: Hashable) -> list[Row]:
        """Return the rows under a key, oldest id first."""
        return [self.rows[row_id] for row_id in sorted(self._index[index].get(key, ()))]

    def all(self) -> list[Row]:
        """Return every row, oldest id first."""
        return [self.rows[row_id] for row_id in sorted(self.rows)]

    def _file(self, row: Row) -> None:
        wanted = {name: tuple(keys(row)) for name, keys in self._keys.items()}
        if self._filed.get(row["id"]) == wanted:
            return
        self._unfile(row["id"])
        self._filed[row["id"]] = wanted
        for name, keys in wanted.items():
            for key in keys:
                self._index[name][key].add(row["id"])

    def _unfile(self, row_id: int) -> None:
        for name, keys in self._filed.pop(row_id, {}).items():
            for key in keys:
                self._index[name][key].discard(row_id)
                if not self._index[name][key]:
                    del self._index[name][key]
