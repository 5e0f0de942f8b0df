"""Undo of everything that was done together, or of one line of history: a bulk edit of its own.

It is previewed like any other, names beforehand what cannot be taken back, is applied in the
background, and can itself be undone, because it writes history as everything does.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.catalog.bulk.operations import UNDO, Operation
from app.catalog.bulk.running import start_bulk_edit
from app.catalog.bulk.steps import Step, joined
from app.catalog.models import BulkEdit, FieldChange
from app.core.errors import Conflicting, NotFound, TooLarge
from app.core.work import Work

MOST: Final = 100_000  # lines of history in one undo

Steps = Mapping[UUID, Sequence[Step]]  # product → its steps, in the order they were done


def undo_cause(work: Work, cause_id: UUID, *, words: str) -> BulkEdit:
    """Prepare to take back all history written for one bulk edit, import, run or undo."""
    return start_undo(work, _steps(work, FieldChange.run_id == cause_id), words=words)


def undo_line(work: Work, line_id: int) -> BulkEdit:
    """Prepare to take back one line of history; raises NotFound."""
    found = _steps(work, FieldChange.id == line_id)
    if not found:
        raise NotFound
    return start_undo(work, found, words="one change")


def start_undo(work: Work, steps: Steps, *, words: str) -> BulkEdit:
    """Prepare to take back steps; raises Conflicting when there are none."""
    kept = {key: found for key, each in steps.items() if (found := joined(each))}
    if not kept:
        raise Conflicting("There is nothing to take back: everything is as it was before.")
    operation = Operation(
        UNDO, words, steps={str(key): [s.to_json() for s in each] for key, each in kept.items()}
    )
    return start_bulk_edit(work, sorted(kept), operation)


def _steps(work: Work, which: ColumnElement[bool]) -> dict[UUID, list[Step]]:
    rows = work.session.execute(
        select(
            FieldChange.product_id,
            FieldChange.field,
            FieldChange.variant_id,
            FieldChange.old,
            FieldChange.new,
        )
        .where(FieldChange.organization_id == work.organization_id, which)
        .order_by(FieldChange.id)
        .limit(MOST + 1)
    ).all()
    if len(rows) > MOST:
        raise TooLarge(f"One undo takes back up to {MOST:,} changes. Undo smaller parts of it.")
    found: dict[UUID, list[Step]] = {}
    for product_id, *step in rows:
        found.setdefault(product_id, []).append(Step(*step))
    return found
