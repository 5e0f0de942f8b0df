"""The append-only history of fields."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.catalog.service.applying import Entry
from app.catalog.service.drafts import Cause
from app.catalog.service.writing import insert_rows
from app.core.work import Work

Line = tuple[UUID, int, Entry]  # product, its version after the change, what changed


def _row(work: Work, line: Line, cause: Cause) -> dict[str, Any]:
    product_id, version, entry = line
    return {
        "organization_id": str(work.organization_id),
        "product_id": str(product_id),
        "variant_id": str(entry.variant_id) if entry.variant_id else None,
        "version": version,
        "field": entry.field,
        "old": entry.old,
        "new": entry.new,
        "layer": entry.layer.value,
        "origin": cause.origin,
        "user_id": str(work.actor.user_id) if work.actor.user_id else None,
        "connection_id": str(cause.connection_id) if cause.connection_id else None,
        "run_id": str(cause.run_id) if cause.run_id else None,
        "at": work.now.isoformat(),
    }


def record(work: Work, lines: Iterable[Line], cause: Cause) -> None:
    """Write lines of history."""
    rows = [_row(work, line, cause) for line in lines]
    insert_rows(work.session, "field_changes", rows)
