"""Rows of a store in one SQLite file, so that a rehearsal survives a restart."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    kind TEXT, id INTEGER, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, body BLOB);
"""


class Shelf:
    """Writes changed rows in one transaction per request; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._changed: dict[tuple[str, int], Row | None] = {}
        self._files: dict[str, bytes | None] = {}
        self._wire: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            # One connection behind the store's lock; whichever thread holds the lock may use it.
            self._wire = sqlite3.connect(path, check_same_thread=False)
            self._wire.execute("PRAGMA journal_mode=WAL")
            self._wire.execute("PRAGMA synchronous=NORMAL")
            self._wire.executescript(_TABLES)

    def rows(self, kind: str) -> Iterator[Row]:
        """Yield the kept rows of one kind, by id."""
        if self._wire is not None:
            kept = self._wire.execute("SELECT body FROM rows WHERE kind = ? ORDER BY id", (kind,))
            for (body,) in kept:
                yield json.loads(body)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the kept files, path first."""
        if self._wire is not None:
            yield from self._wire.execute("SELECT path, body FROM files")

    def note(self, kind: str, row_id: int, row: Row | None) -> None:
        """Remember that a row changed, or is gone."""
        if self._wire is not None:
            self._changed[kind, row_id] = row

    def note_file(self, path: str, body: bytes | None) -> None:
        """Remember that a file came, or is gone."""
        if self._wire is not None:
            self._files[path] = body

    def flush(self) -> None:
        """Write what changed since the last time."""
        if self._wire is None or not (self._changed or self._files):
            return
        gone = [key for key, row in self._changed.items() if row is None]
        kept = [
            (kind, row_id, json.dumps(row))
            for (kind, row_id), row in self._changed.items()
            if row is not None
        ]
        with self._wire:
            self._wire.executemany("DELETE FROM rows WHERE kind = ? AND id = ?", gone)
            self._wire.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", kept)
            lost = [(path,) for path, body in self._files.items() if body is None]
            came = [(path, body) for path, body in self._files.items() if body is not None]
            self._wire.executemany("DELETE FROM files WHERE path = ?", lost)
            self._wire.executemany("INSERT OR REPLACE INTO files VALUES (?, ?)", came)
        self._changed.clear()
        self._files.clear()

    def close(self) -> None:
        """Write the rest and let the file go."""
        self.flush()
        if self._wire is not None:
            self._wire.close()
            self._wire = None
