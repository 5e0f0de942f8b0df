"""What both sides of a listing last agreed on, stored and read; many at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.work import Work
from app.sync.models import BaseValue
from app.sync.project import FOREIGN, Pair
from app.sync.sides import Side


def write_base(
    work: Work, pair: Pair, base: Side, *, kept: Mapping[str, Any] | None = None
) -> None:
    """Store what both sides agree on now, if that is news."""
    row = base_row(work, pair, base, kept=kept)
    if row is not None:
        write_bases(work, [row])


def base_row(
    work: Work, pair: Pair, base: Side, *, kept: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return the row of a base, without variants only the channel knows; None: it is stored so."""
    known = {key: dict(v) for key, v in base.variants.items() if not key.startswith(FOREIGN)}
    row = {
        "listing_id": pair.listing.id,
        "organization_id": work.organization_id,
        "product": dict(base.values),
        "variants": known,
        "kept": dict(pair.kept if kept is None else kept),
        "agreed_at": work.now,
    }
    stored = (pair.base.values, pair.base.variants, pair.kept)
    is_news = not pair.base.values or stored != (row["product"], row["variants"], row["kept"])
    return row if is_news else None


def write_bases(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    """Store bases, one row per listing."""
    if rows:
        asked = insert(BaseValue)
        names = ("product", "variants", "kept", "agreed_at")
        work.session.execute(
            asked.on_conflict_do_update(
                index_elements=[BaseValue.listing_id],
                set_={name: asked.excluded[name] for name in names},
            ),
            rows,
        )


def read_bases(work: Work, listing_ids: Sequence[UUID]) -> dict[UUID, Side]:
    """Return what both sides of listings agreed on, as stored now."""
    found = work.session.scalars(
        select(BaseValue).where(BaseValue.listing_id.in_(listing_ids)),
        execution_options={"populate_existing": True},
    )
    return {row.listing_id: Side(row.product, row.variants) for row in found}


def read_base(work: Work, listing_id: UUID) -> Side:
    """Return what both sides of a listing agreed on, as stored now."""
    row = work.session.get(BaseValue, listing_id, populate_existing=True)
    return Side(row.product, row.variants) if row else Side()
