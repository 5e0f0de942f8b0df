"""What the levels of variants add up to is written down after the fact, a slice in a unit of work.

A level tells by itself that it moved (`is_summed`, computed from what it held when its variant was
added up), so whoever sells writes nothing more and waits for nobody. Here all levels of variants
that moved are locked, added up and marked, in one transaction; a variant of which somebody is
moving a level is passed over, and added up the next time. All of them, because a level that moves
there and back while another one of the variant is added up would look as if it had rested all
along. One at a time per organization, so that no older sum is written over a newer one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.catalog.service.writing import among
from app.core.db import Locks, affected, try_lock
from app.core.work import Work
from app.inventory.models import Level

SLICE: Final = 200  # variants whose levels are locked together, for some ten milliseconds
_SUMS: Final = """
    SELECT variant_id, organization_id, sum(on_hand) AS on_hand, sum(committed) AS committed,
        sum(reserved + locked) AS kept, sum(incoming) AS incoming, sum(available) AS available,
        bool_or(available < 0) AS is_short
    FROM inventory_levels WHERE is_counted{} GROUP BY variant_id, organization_id
"""
_WHOLE: Final = text(
    """
    SELECT variant_id FROM inventory_levels WHERE variant_id = ANY(:variants)
    GROUP BY variant_id HAVING bool_and(id = ANY(:locked))
    """
)
_WRITE: Final = text(
    f"""
    INSERT INTO stock_totals (variant_id, organization_id, on_hand, committed, kept, incoming,
        available, is_short)
    {_SUMS.format(" AND variant_id = ANY(:variants)")}
    ON CONFLICT (variant_id) DO UPDATE SET on_hand = excluded.on_hand,
        committed = excluded.committed, kept = excluded.kept, incoming = excluded.incoming,
        available = excluded.available, is_short = excluded.is_short
    """
)
_FORGET: Final = text(
    """
    DELETE FROM stock_totals AS t WHERE t.variant_id = ANY(:variants) AND NOT EXISTS (
        SELECT FROM inventory_levels AS l WHERE l.variant_id = t.variant_id AND l.is_counted)
    """
)
_MARK: Final = text(
    """
    UPDATE inventory_levels SET summed_as =
        ARRAY[on_hand, committed, reserved, locked, incoming, is_counted::integer]
    WHERE id = ANY(:locked) AND variant_id = ANY(:variants) AND NOT is_summed
    """
)
_UNEQUAL: Final = text(
    f"""
    SELECT variant_id, coalesce(t.available, 0) AS kept, coalesce(l.available, 0) AS counted
    FROM stock_totals AS t FULL JOIN ({_SUMS.format("")}) AS l USING (variant_id)
    WHERE (t.on_hand, t.committed, t.kept, t.incoming, t.available, t.is_short)
        IS DISTINCT FROM (l.on_hand, l.committed, l.kept, l.incoming, l.available, l.is_short)
        AND NOT EXISTS (SELECT FROM inventory_levels AS m
            WHERE m.variant_id = coalesce(t.variant_id, l.variant_id) AND NOT m.is_summed)
    ORDER BY variant_id LIMIT 100
    """  # noqa: S608 (constants of this file)
)


@dataclass(frozen=True, slots=True)
class UnequalTotal:
    """A variant whose total is not what its levels add up to, though none of them moved since."""

    variant_id: UUID
    kept: int
    counted: int


def sum_up(work: Work) -> int:
    """Write down the totals of some variants that moved; returns of how many."""
    if not try_lock(work.session, Locks.TOTALS, work.organization_id):
        return 0
    ours = Level.organization_id == work.organization_id
    moved = work.session.scalars(
        select(Level.variant_id).where(ours, ~Level.is_summed).distinct().limit(SLICE)
    ).all()
    if not moved:
        return 0
    locked = work.session.scalars(
        select(Level.id)
        .where(ours, among(Level.variant_id, moved))
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    told = {"variants": list(moved), "locked": list(locked)}
    told["variants"] = list(work.session.scalars(_WHOLE, told))
    for statement in (_WRITE, _FORGET, _MARK):
        work.session.execute(statement, told)
    return len(told["variants"])


def sum_up_anew(work: Work, variant_ids: Sequence[UUID]) -> None:
    """Have the totals of variants written down again."""
    ours = Level.organization_id == work.organization_id
    affected(
        work.session,
        update(Level).where(ours, among(Level.variant_id, variant_ids)).values(summed_as=None),
    )


def unequal_totals(session: Session) -> list[UnequalTotal]:
    """Return the first hundred variants whose total disagrees with their levels."""
    return [UnequalTotal(*row) for row in session.execute(_UNEQUAL)]
