"""What open orders still want: it is neither removed nor deleted under them.

Orders and stock lie on floors above. Asking their tables by name keeps this a question, not a call.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

# A component is promised to a line that names its kit: only its levels tell.
_WANTED: Final = text(
    """
    SELECT variant_id, max(units) AS units FROM (
        SELECT l.variant_id, sum(l.quantity - l.shipped) AS units
        FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
        WHERE l.variant_id = ANY(:variants) AND l.needs_stock AND l.quantity > l.shipped
            AND o.state NOT IN ('shipped', 'delivered', 'cancelled', 'returned')
        GROUP BY l.variant_id
        UNION ALL
        SELECT variant_id, sum(committed) FROM inventory_levels
        WHERE variant_id = ANY(:variants) AND committed > 0
        GROUP BY variant_id
    ) AS found GROUP BY variant_id
    """
).bindparams(bindparam("variants", type_=ARRAY(Uuid())))


def wanted_units(session: Session, variant_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many units of variants open orders wait for or hold; hold their products' lock."""
    if not variant_ids:
        return {}
    rows = session.execute(_WANTED, {"variants": list(variant_ids)})
    return {row.variant_id: int(row.units) for row in rows}


def said(units: int) -> str:
    """Say why something is kept."""
    them = "1 unit of it" if units == 1 else f"{units:,} units of it"
    return f"Open orders want {them}. Ship or cancel those first."
