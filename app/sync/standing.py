"""Decisions of people that still have to arrive at the channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update

from app.core.work import Work
from app.sync import compare
from app.sync.models import ChangeState, Conflict, Direction, SyncChange
from app.sync.planner import Cell, Intent
from app.sync.project import PRODUCT, Pair


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision that still has to arrive at the channel; it lets that one change pass."""

    field: str
    variant_id: UUID | None
    new: Any
    direction: Direction = Direction.PUSH

    @property
    def cell(self) -> Cell:
        """Where the decided value lives."""
        return str(self.variant_id) if self.variant_id else None, self.field


def standing(work: Work, pair: Pair) -> list[Standing]:
    """Return the decisions about a listing that still count; the others are laid aside.

    One counts until the channel was seen with its value, and only while nobody changed either side.
    """
    rows = work.session.scalars(
        select(Conflict).where(Conflict.listing_id == pair.listing.id, Conflict.is_due)
    )
    found = []
    for row in rows:
        each = Standing(row.field, row.variant_id, row.decided)
        ours, base = (side.value(row.field, each.cell[0]) for side in (pair.ours, pair.base))
        row.is_due = compare.equal(row.field, ours, row.decided) and compare.equal(
            row.field, base, row.theirs
        )
        if row.is_due:
            found.append(each)
    return found


def arrived(work: Work, listing_id: UUID, through: Sequence[Intent]) -> None:
    """Note that the channel took what was decided, or was let pass."""
    cells = [(each.variant_key or PRODUCT, each.field) for each in through]
    done = work.session.scalars(
        update(Conflict)
        .where(
            Conflict.listing_id == listing_id,
            Conflict.is_due,
            tuple_(Conflict.subject, Conflict.field).in_(cells),
        )
        .values(is_due=False)
        .returning(Conflict.id)
        .execution_options(synchronize_session="fetch")
    )
    work.touch(*(f"conflict-{key}" for key in done))
    let_pass = select(SyncChange).where(
        SyncChange.listing_id == listing_id, SyncChange.state == ChangeState.PLANNED
    )
    for row in work.session.scalars(let_pass):
        if (str(row.variant_id) if row.variant_id else PRODUCT, row.field) in cells:
            row.state, row.settled_at = ChangeState.CANCELLED, work.now
