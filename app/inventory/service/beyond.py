"""Selling beyond the stock, by choice: how far, from when, and where stock may be below zero."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalog import service as catalog
from app.catalog.events import ProductChanged
from app.catalog.models import Variant
from app.catalog.service.writing import among
from app.core.errors import Invalid, NotFound
from app.core.work import Work
from app.inventory.models import Level, SellingTerms

MOST_WAITING: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Beyond:
    """What a merchant chose: sold on when there is none, up to how many, and from when there is.

    `below_zero` names the locations whose stock may be adjusted below zero; nobody else goes there.
    """

    backorders: str
    limit: int | None = None
    available_on: date | None = None
    below_zero: frozenset[UUID] = frozenset()


def set_beyond(work: Work, variant_id: UUID, wish: Beyond) -> None:
    """Keep how far a variant is sold beyond its stock, and tell the channels; raises Invalid."""
    mine = Variant.organization_id == work.organization_id
    product_id = work.session.scalar(
        select(Variant.product_id).where(Variant.id == variant_id, mine)
    )
    if product_id is None:
        raise NotFound
    if wish.limit is not None and not 0 <= wish.limit <= MOST_WAITING:
        raise Invalid(fields={"limit": "Enter a whole number from 0 to 1,000,000, or nothing."})
    _set_below_zero(work, variant_id, wish.below_zero)
    if wish.limit is None and wish.available_on is None:
        work.session.execute(delete(SellingTerms).where(SellingTerms.variant_id == variant_id))
    else:
        asked = insert(SellingTerms).values(
            organization_id=work.organization_id,
            variant_id=variant_id,
            backorder_limit=wish.limit,
            available_on=wish.available_on,
        )
        kept = {
            "backorder_limit": asked.excluded.backorder_limit,
            "available_on": asked.excluded.available_on,
        }
        work.session.execute(
            asked.on_conflict_do_update(index_elements=[SellingTerms.variant_id], set_=kept)
        )
    change = catalog.ProductChange(
        product_id, variants={variant_id: {"backorders": wish.backorders}}
    )
    catalog.change_products(work, [change], origin="web")
    work.emit(ProductChanged(product_id, ("backorders",), (variant_id,)))


def _set_below_zero(work: Work, variant_id: UUID, places: Collection[UUID]) -> None:
    """Where nobody chose it any more, what lies below zero must come up first."""
    short = work.session.scalar(
        select(Level.id)
        .where(
            Level.variant_id == variant_id,
            Level.on_hand < 0,
            Level.is_counted,
            Level.location_id.not_in(list(places)),
        )
        .limit(1)
    )
    if short is not None:
        raise Invalid(fields={"below_zero": "Stock is below zero there. Adjust it to 0 first."})
    may = Level.location_id.in_(list(places))
    work.session.execute(
        update(Level)
        .where(
            Level.organization_id == work.organization_id,
            Level.variant_id == variant_id,
            Level.allows_negative != may,
            Level.on_hand >= 0,
        )
        .values(allows_negative=may)
        .execution_options(synchronize_session=False)
    )


def terms_of(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, SellingTerms]:
    """Return the terms of those variants that have any."""
    if not variant_ids:
        return {}
    rows = session.scalars(
        select(SellingTerms).where(among(SellingTerms.variant_id, list(variant_ids)))
    )
    return {row.variant_id: row for row in rows}


def waiting_moved(work: Work, variant_ids: Collection[UUID]) -> None:
    """Tell the channels of variants with a limit that more or fewer units may wait now."""
    limited = [key for key, row in terms_of(work.session, variant_ids).items()
               if row.backorder_limit is not None]  # fmt: skip
    if not limited:
        return
    rows = work.session.execute(
        select(Variant.id, Variant.product_id).where(among(Variant.id, limited))
    )
    for variant_id, product_id in rows:
        work.emit(ProductChanged(product_id, ("backorders",), (variant_id,)))


def is_exhausted(terms: SellingTerms, waiting: Mapping[UUID, int]) -> bool:
    """Tell whether as many units wait already as the merchant sells beyond the stock."""
    limit = terms.backorder_limit
    return limit is not None and waiting.get(terms.variant_id, 0) >= limit
