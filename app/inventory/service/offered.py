"""What there is to offer of variants: everything that counts, or what lies at some locations."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog import stock
from app.catalog.service.writing import among
from app.inventory.models import Level
from app.inventory.service.kits import kit_quantities


def available_at(
    session: Session, variant_ids: Sequence[UUID], places: Collection[UUID]
) -> dict[UUID, int]:
    """Return what is available of each counted variant at these locations; none named: at all."""
    if not places or not variant_ids:
        return stock.keeper().quantities(session, variant_ids)
    rows = session.execute(
        select(
            Level.variant_id,
            func.coalesce(func.sum(Level.available).filter(Level.location_id.in_(list(places))), 0),
        )
        .where(among(Level.variant_id, variant_ids), Level.is_counted)
        .group_by(Level.variant_id)
    )
    found = {variant_id: int(quantity) for variant_id, quantity in rows}
    of_kits = kit_quantities(session, variant_ids, places)
    return found | {key: sets for key, sets in of_kits.items() if sets is not None}
