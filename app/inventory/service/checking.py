"""Levels against the ledger: what they hold is what their postings add up to."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_UNEQUAL: Final = text(
    """
    SELECT l.id, l.variant_id, l.location_id, l.on_hand, coalesce(p.on_hand, 0) AS posted
    FROM inventory_levels AS l
    LEFT JOIN (
        SELECT level_id, sum(quantity) AS on_hand, sum(committed) AS committed,
            sum(reserved) AS reserved, sum(locked) AS locked, sum(incoming) AS incoming
        FROM inventory_postings GROUP BY level_id
    ) AS p ON p.level_id = l.id
    WHERE (l.on_hand, l.committed, l.reserved, l.locked, l.incoming) IS DISTINCT FROM (
        coalesce(p.on_hand, 0), coalesce(p.committed, 0), coalesce(p.reserved, 0),
        coalesce(p.locked, 0), coalesce(p.incoming, 0))
    ORDER BY l.id LIMIT 100
    """
)


@dataclass(frozen=True, slots=True)
class Unequal:
    """A level that does not hold what its postings say."""

    level_id: UUID
    variant_id: UUID
    location_id: UUID
    on_hand: int
    posted: int


def unequal_levels(session: Session) -> list[Unequal]:
    """Return the first hundred levels of the organization that disagree with their postings."""
    return [Unequal(*row) for row in session.execute(_UNEQUAL)]
