"""The limit of imports: the same rows by COPY into tables with the same columns and indexes."""

import io
import time
from typing import Final
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

TABLES: Final = (
    "products",
    "variants",
    "field_changes",
    "media",
    "product_media",
    "product_categories",
    "inventory_levels",
    "inventory_postings",
)
_COLUMNS: Final = (
    "SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass"
    " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
)


def seconds(connection: Connection, organization_id: UUID) -> float:
    """Return how long COPY takes to write what an organization has, commit included."""
    kept = {table: _rows(connection, table, organization_id) for table in TABLES}
    for table in TABLES:
        names = (Identifier(f"copied_{table}"), Identifier(table))
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(names[0]))
        connection.execute(SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(*names))
    connection.commit()  # of the owner: tables of the limit itself, which no unit of work may make
    began = time.monotonic()
    for table, (columns, rows) in kept.items():
        into = SQL("COPY {} ({}) FROM STDIN").format(Identifier(f"copied_{table}"), columns)
        with connection.cursor().copy(into) as copy:
            copy.write(rows)
    connection.commit()  # part of the limit: COPY, as PostgreSQL alone does it
    return time.monotonic() - began


def _rows(connection: Connection, table: str, organization_id: UUID) -> tuple[Composable, bytes]:
    found = connection.execute(_COLUMNS, (table,)).fetchone()
    columns = SQL(", ").join(map(Identifier, found[0] if found else ()))
    question = SQL("COPY (SELECT {} FROM {} WHERE organization_id = {}) TO STDOUT").format(
        columns, Identifier(table), organization_id
    )
    rows = io.BytesIO()
    with connection.cursor().copy(question) as copy:
        for part in copy:
            rows.write(part)
    return columns, rows.getvalue()
