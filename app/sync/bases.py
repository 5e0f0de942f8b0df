"""What both sides of a listing last agreed on, stored and read; many at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.work import Work
from app.listings.models import Listing, Offer
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


def explain(work: Work, connection_id: UUID, moved: Mapping[UUID, int], *, read_order: int) -> None:
    """Move what both sides agree on by what orders did to the shop's own count, by variant.

    Both sides moved by it: the shop when it sold, we when we promised. Answers read before are not
    believed any more (`read_order`), because they may still show the old count. A count on its way
    moves along (`sent_counts.explain`).
    """
    found = work.session.execute(
        select(Offer.variant_id, BaseValue, Listing)
        .join(Listing, Listing.id == Offer.listing_id)
        .join(BaseValue, BaseValue.listing_id == Listing.id)
        .where(Listing.connection_id == connection_id, Offer.variant_id.in_(moved))
        .order_by(Listing.id)
        .with_for_update(of=[Listing, BaseValue])
    ).all()
    for variant_id, base, listing in found:
        kept = base.variants.get(str(variant_id)) or {}
        if variant_id is None or not isinstance(kept.get("quantity"), int):
            continue
        shown = {**kept, "quantity": kept["quantity"] + moved[variant_id]}
        base.variants = {**base.variants, str(variant_id): shown}
        base.agreed_at, listing.read_order = work.now, read_order
    work.session.flush()
