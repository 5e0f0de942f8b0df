"""The append-only history of fields."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.catalog.rules import Layer
from app.catalog.service.applying import Entry
from app.catalog.service.drafts import Cause
from app.catalog.service.writing import insert_rows
from app.core.work import Work


def entry_row(work: Work, product_id: UUID, entry: Entry, cause: Cause) -> dict[str, Any]:
    """Return one line of history as a row."""
    return {
        "organization_id": str(work.organization_id),
        "product_id": str(product_id),
        "variant_id": str(entry.variant_id) if entry.variant_id else None,
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


def record(work: Work, entries: Iterable[tuple[UUID, Entry]], cause: Cause) -> None:
    """Write lines of history: (product, entry)."""
    rows = [entry_row(work, product_id, entry, cause) for product_id, entry in entries]
    insert_rows(work.session, "field_changes", rows)


def record_one(
    work: Work, product_id: UUID, field: str, *, old: Any, new: Any, origin: str
) -> None:
    """Write one line of history about something outside the fields."""
    entry = Entry(field, old, new, Layer.MANUAL)
    record(work, [(product_id, entry)], Cause(origin))
