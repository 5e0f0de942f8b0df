"""Stock that runs low or out is told once: when it comes down, not while it stays.

Low is a level, against its reorder point; out is a variant, of which nothing is left anywhere. What
is out is not told to be low, too. A level, or a variant, that rose again is told again next time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.work import Work
from app.notices import service as notices
from app.notices.models import Severity

TOLD_ONE_BY_ONE: Final = 5
MOST_LINES: Final = 20
_VARIANTS = bindparam("variants", type_=ARRAY(Uuid()))
_LOW_NO_MORE: Final = text(
    "UPDATE inventory_levels SET low_told_at = NULL"
    " WHERE variant_id = ANY(:variants) AND low_told_at IS NOT NULL"
    " AND (reorder_point IS NULL OR available > reorder_point)"
).bindparams(_VARIANTS)
_OUT_NO_MORE: Final = text(
    """
    UPDATE inventory_levels SET out_told_at = NULL
    WHERE out_told_at IS NOT NULL AND variant_id IN (
        SELECT variant_id FROM inventory_levels
        WHERE variant_id = ANY(:variants) AND is_counted
        GROUP BY variant_id HAVING sum(available) > 0)
    """
).bindparams(_VARIANTS)
# Whoever sets the mark tells; a fact told twice finds it set.
_LOW: Final = text(
    """
    UPDATE inventory_levels SET low_told_at = :now
    WHERE variant_id = ANY(:variants) AND low_told_at IS NULL AND is_counted
        AND available <= reorder_point
    RETURNING id
    """
).bindparams(_VARIANTS)
# What never lay anywhere is not out: it is not there yet.
_OUT: Final = text(
    """
    WITH empty AS (
        SELECT l.variant_id FROM inventory_levels AS l
        WHERE l.variant_id = ANY(:variants) AND l.is_counted
        GROUP BY l.variant_id
        HAVING sum(l.available) <= 0 AND bool_and(l.out_told_at IS NULL)
            AND bool_or(EXISTS (
                SELECT FROM inventory_postings AS p WHERE p.level_id = l.id AND p.quantity > 0))
    )
    UPDATE inventory_levels AS l SET out_told_at = :now FROM empty
    WHERE l.variant_id = empty.variant_id AND l.is_counted AND l.out_told_at IS NULL
    RETURNING l.variant_id
    """
).bindparams(_VARIANTS)
_LOW_LINES: Final = text(
    """
    SELECT v.id AS variant_id, p.title, v.choice, v.sku, l.name AS location, i.available,
        i.reorder_point AS point, i.reorder_quantity AS quantity, i.incoming
    FROM inventory_levels AS i JOIN variants AS v ON v.id = i.variant_id
        JOIN products AS p ON p.id = v.product_id JOIN locations AS l ON l.id = i.location_id
    WHERE p.archived_at IS NULL AND i.is_counted AND i.low_told_at IS NOT NULL
        AND i.out_told_at IS NULL AND i.organization_id = :organization
        AND (i.id = ANY(:ids) OR i.low_told_at > CAST(:since AS timestamptz))
    ORDER BY p.title_key, v.position, l.rank
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))
_OUT_LINES: Final = text(
    """
    SELECT v.id AS variant_id, p.title, v.choice, v.sku,
        CASE count(*) WHEN 1 THEN min(l.name) ELSE 'all locations' END AS location,
        sum(i.available)::integer AS available, max(i.reorder_point) AS point,
        max(i.reorder_quantity) AS quantity, sum(i.incoming)::integer AS incoming
    FROM inventory_levels AS i JOIN variants AS v ON v.id = i.variant_id
        JOIN products AS p ON p.id = v.product_id JOIN locations AS l ON l.id = i.location_id
    WHERE p.archived_at IS NULL AND i.is_counted AND i.organization_id = :organization
        AND v.id IN (
            SELECT o.variant_id FROM inventory_levels AS o
            WHERE o.organization_id = :organization AND o.out_told_at IS NOT NULL
                AND (o.variant_id = ANY(:ids) OR o.out_told_at > CAST(:since AS timestamptz)))
    GROUP BY v.id, p.id
    ORDER BY p.title_key, v.position
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


@dataclass(frozen=True, slots=True)
class Short:
    """A level that came down to its reorder point, or a variant of which nothing is left."""

    variant_id: UUID
    name: str
    sku: str | None
    location: str
    available: int
    point: int | None
    quantity: int | None
    incoming: int

    @property
    def line(self) -> str:
        """Everything a buyer needs to know."""
        parts = [f"{self.available:,} left"]
        if self.point is not None:
            parts.append(f"reorder point {self.point:,}")
        if self.quantity:
            parts.append(f"usual order {self.quantity:,}")
        if self.incoming:
            parts.append(f"{self.incoming:,} on the way")
        named = f"{self.sku} · {self.name}" if self.sku else self.name
        return f"{named}, at {self.location}: {', '.join(parts)}"


def tell_low(work: Work, variant_ids: Sequence[UUID]) -> list[Short]:
    """Tell the team what of these variants came down to a reorder point, or is out of stock."""
    known = {"variants": sorted(variant_ids), "now": work.now}
    work.session.execute(_LOW_NO_MORE, {"variants": known["variants"]})
    work.session.execute(_OUT_NO_MORE, {"variants": known["variants"]})
    gone = set(work.session.scalars(_OUT, known))
    fell = list(work.session.scalars(_LOW, known))
    out = out_of_stock(work, ids=sorted(gone)) if gone else []
    low = running_low(work, ids=fell) if fell else []
    _tell(work, "out_of_stock", out)
    _tell(work, "low_stock", low)
    return [*out, *low]


def running_low(
    work: Work, *, ids: Sequence[UUID] = (), since: datetime | None = None
) -> list[Short]:
    """Return these levels, or those told to be low since then, that still are."""
    return _lines(work, _LOW_LINES, ids, since)


def out_of_stock(
    work: Work, *, ids: Sequence[UUID] = (), since: datetime | None = None
) -> list[Short]:
    """Return these variants, or those told to be out since then, that still are."""
    return _lines(work, _OUT_LINES, ids, since)


def _lines(
    work: Work, question: TextClause, ids: Sequence[UUID], since: datetime | None
) -> list[Short]:
    rows = work.session.execute(
        question,
        {"ids": list(ids), "since": since or "infinity", "organization": work.organization_id},
    )
    return [
        Short(
            row.variant_id,
            " / ".join([row.title, *map(str, row.choice.values())]),
            row.sku,
            row.location,
            row.available,
            row.point,
            row.quantity,
            row.incoming,
        )
        for row in rows
    ]


def _tell(work: Work, kind: str, found: Sequence[Short]) -> None:
    is_out = kind == "out_of_stock"
    severity = Severity.ERROR if is_out else Severity.WARNING
    if len(found) > TOLD_ONE_BY_ONE:
        counted = f"{len(found):,} variants are out of stock"
        title = counted if is_out else f"{len(found):,} stock levels run low"
        link = f"/inventory?stock={'out' if is_out else 'low'}"
        notices.notify(work, kind, title, listed(found), link, severity=severity)
        return
    for each in found:
        said = "is out of stock" if is_out else f"runs low: {each.available:,} available"
        title = f"{each.name[:150]} {said}"
        link = f"/inventory/{each.variant_id}"
        notices.notify(work, kind, title, f"{each.line}.", link, severity=severity)


def listed(found: Sequence[Short]) -> str:
    """Return a line per level or variant, and how many more there are."""
    lines = [each.line for each in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        lines.append(f"… and {len(found) - MOST_LINES:,} more.")
    return "\n".join(lines)
