"""Rows in bulk: one statement per table, whatever the number of rows.

Rows travel as one JSON parameter and are read by PostgreSQL into the table's own row type. COPY
would be faster still, but it does not work under row-level security.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, TextClause, any_, literal, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

Rows = Sequence[Mapping[str, Any]]
_AT_ONCE: Final = 5000


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...], suffix: str) -> TextClause:
    names = ", ".join(f'"{name}"' for name in columns)
    return text(
        f"INSERT INTO {table} ({names}) SELECT {names}"  # noqa: S608 (names of our own models)
        f" FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb)) {suffix}"
    )


@lru_cache(maxsize=64)
def _update(table: str, columns: tuple[str, ...]) -> TextClause:
    changes = ", ".join(f'"{name}" = r."{name}"' for name in columns if name != "id")
    return text(
        f"UPDATE {table} AS t SET {changes}"  # noqa: S608 (names of our own models)
        f" FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb)) AS r"
        " WHERE t.id = r.id"
    )


def _slices(rows: Rows) -> list[str]:
    return [
        json.dumps(rows[at : at + _AT_ONCE], ensure_ascii=False, separators=(",", ":"))
        for at in range(0, len(rows), _AT_ONCE)
    ]


def among(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Ask for a column to be one of many values, which travel as one array."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def insert_rows(session: Session, table: str, rows: Rows, *, suffix: str = "") -> None:
    """Insert rows that all have the same columns."""
    if not rows:
        return
    statement = _insert(table, tuple(rows[0]), suffix)
    for part in _slices(rows):
        session.execute(statement, {"rows": part})


def update_rows(session: Session, table: str, rows: Rows) -> None:
    """Update rows by id; all have the same columns."""
    if not rows:
        return
    statement = _update(table, tuple(rows[0]))
    for part in _slices(rows):
        session.execute(statement, {"rows": part})
