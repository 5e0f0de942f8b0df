"""Rows that belong together but do not lie together, and SKUs already seen: kept off the heap.

A first reading surveys the keys; only products whose rows are scattered are then held back, in a
temporary database on disk, until their last row has come.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, Self

from app.catalog.files.types import Row

_BATCH: Final = 2000
_TABLES: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4000;
CREATE TABLE run (key TEXT, first INTEGER, last INTEGER);
CREATE TABLE alias (alias TEXT PRIMARY KEY, key TEXT) WITHOUT ROWID;
CREATE TABLE scattered (key TEXT PRIMARY KEY, last INTEGER) WITHOUT ROWID;
CREATE TABLE held (key TEXT, row INTEGER, cells TEXT);
CREATE INDEX held_key ON held (key, row);
CREATE TABLE claim (word TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID;
BEGIN;
"""


class Spool:
    """A temporary database that vanishes with its connection."""

    def __enter__(self) -> Self:
        # An empty name: a private file that SQLite deletes by itself. Generators may be resumed by
        # another thread of a worker, one at a time.
        self._base = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._base.executescript(_TABLES)
        self._has_aliases = self._has_scattered = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.close()

    def survey(self, keys: Iterable[tuple[str, str | None]]) -> None:
        """Learn the key of each row in order, and under which other name it may be meant."""
        runs: list[tuple[str, int, int]] = []
        current, first, last = "", 0, -1
        for last, (key, alias) in enumerate(keys):
            if key != current:
                if last:
                    runs.append((current, first, last - 1))
                current, first = key, last
                if len(runs) == _BATCH:
                    self._base.executemany("INSERT INTO run VALUES (?, ?, ?)", runs)
                    runs.clear()
            if alias is not None:
                self._has_aliases = True
                self._base.execute("INSERT OR IGNORE INTO alias VALUES (?, ?)", (alias, key))
        if last >= 0:
            runs.append((current, first, last))
        self._base.executemany("INSERT INTO run VALUES (?, ?, ?)", runs)
        self._find_scattered()

    def _find_scattered(self) -> None:
        if self._has_aliases:
            self._base.execute(
                "UPDATE run SET key = (SELECT alias.key FROM alias WHERE alias = run.key)"
                " WHERE key IN (SELECT alias FROM alias)"
            )
        found = self._base.execute(
            "INSERT INTO scattered SELECT key, max(last) FROM run GROUP BY key"
            " HAVING max(last) - min(first) + 1 <> sum(last - first + 1)"
        )
        self._has_scattered = found.rowcount > 0
        self._base.execute("DROP TABLE run")

    def canonical(self, key: str) -> str:
        """Return the name under which a key's rows are gathered."""
        if not self._has_aliases:
            return key
        found = self._base.execute("SELECT key FROM alias WHERE alias = ?", (key,)).fetchone()
        return found[0] if found else key

    def groups(self, rows: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, list[Row]]]:
        """Gather rows by key; a product comes out as soon as its last row is in."""
        current: str | None = None
        last: int | None = None
        together: list[Row] = []
        for at, (raw, row) in enumerate(rows):
            if raw != current:
                key = self.canonical(raw)
                if key != current:
                    if together and current is not None:
                        yield current, together
                    current, together = key, []
                    last = self._last(key)
            if last is None:
                together.append(row)
                continue
            self._hold(key, row)
            if at == last:
                yield key, self._release(key)
        if together and current is not None:
            yield current, together

    def _last(self, key: str) -> int | None:
        if not self._has_scattered:
            return None
        found = self._base.execute("SELECT last FROM scattered WHERE key = ?", (key,)).fetchone()
        return found[0] if found else None

    def _hold(self, key: str, row: Row) -> None:
        self._base.execute("INSERT INTO held VALUES (?, ?, ?)", (key, row[0], json.dumps(row[1])))

    def _release(self, key: str) -> list[Row]:
        found = self._base.execute("SELECT row, cells FROM held WHERE key = ? ORDER BY row", (key,))
        rows = [(number, json.loads(cells)) for number, cells in found]
        self._base.execute("DELETE FROM held WHERE key = ?", (key,))
        return rows

    def claim(self, word: str, row: int) -> int | None:
        """Take a word for a row; return the row that has it already."""
        taken = self._base.execute("INSERT OR IGNORE INTO claim VALUES (?, ?)", (word, row))
        if taken.rowcount:
            return None
        found = self._base.execute("SELECT row FROM claim WHERE word = ?", (word,)).fetchone()
        return int(found[0])
