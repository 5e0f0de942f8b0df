"""Stock that runs low is told once: when it comes down to its reorder point, not while it stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.work import Work
from app.notices import service as notices
from app.notices.models import Severity

TOLD_ONE_BY_ONE: Final = 5
_VARIANTS = bindparam("variants", type_=ARRAY(Uuid()))
_UP_AGAIN: Final = text(
    "UPDATE inventory_levels SET low_told_at = NULL"
    " WHERE variant_id = ANY(:variants) AND low_told_at IS NOT NULL"
    " AND (reorder_point IS NULL OR available > reorder_point)"
).bindparams(_VARIANTS)
# Whoever sets the mark tells; a fact told twice finds it set.
_DOWN: Final = text(
    """
    WITH fell AS (
        UPDATE inventory_levels SET low_told_at = :now
        WHERE variant_id = ANY(:variants) AND low_told_at IS NULL AND is_counted
            AND available <= reorder_point
        RETURNING variant_id, location_id, available, reorder_point, reorder_quantity
    )
    SELECT f.variant_id, p.title, v.choice, v.sku, l.name AS location, f.available,
        f.reorder_point, f.reorder_quantity
    FROM fell AS f JOIN variants AS v ON v.id = f.variant_id
        JOIN products AS p ON p.id = v.product_id JOIN locations AS l ON l.id = f.location_id
    WHERE p.archived_at IS NULL
    ORDER BY p.title_key, v.position
    """
).bindparams(_VARIANTS)


@dataclass(frozen=True, slots=True)
class Low:
    """A level that came down to its reorder point."""

    variant_id: UUID
    name: str
    location: str
    available: int
    point: int
    quantity: int | None


def tell_low(work: Work, variant_ids: Sequence[UUID]) -> list[Low]:
    """Tell the team of levels of these variants that came down to their reorder points."""
    ids = sorted(variant_ids)
    work.session.execute(_UP_AGAIN, {"variants": ids})
    rows = work.session.execute(_DOWN, {"variants": ids, "now": work.now}).all()
    fell = [
        Low(
            row.variant_id,
            " / ".join([row.title, *row.choice.values()]),
            row.location,
            row.available,
            row.reorder_point,
            row.reorder_quantity,
        )
        for row in rows
    ]
    if len(fell) > TOLD_ONE_BY_ONE:
        names = ", ".join(each.name for each in fell[:TOLD_ONE_BY_ONE])
        notices.notify(
            work,
            "stock",
            f"{len(fell):,} stock levels run low",
            f"{names}, and others are at or below their reorder points.",
            "/inventory?stock=low",
            severity=Severity.WARNING,
        )
        return fell
    for each in fell:
        _tell(work, each)
    return fell


def _tell(work: Work, low: Low) -> None:
    usual = f" You usually order {low.quantity:,}." if low.quantity else ""
    notices.notify(
        work,
        "stock",
        f"{low.name[:150]} runs low: {low.available:,} available",
        f"At {low.location}. Its reorder point is {low.point:,}.{usual}",
        f"/inventory/{low.variant_id}",
        severity=Severity.WARNING,
    )
