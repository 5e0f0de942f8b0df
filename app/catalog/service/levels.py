"""What the inventory tells the catalog: stock moved, so the summary of products moves with it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from app.catalog.events import ProductChanged
from app.catalog.models import Variant
from app.catalog.service import saving
from app.catalog.service.writing import among
from app.core.work import Work

_TOTALS: Final = text(
    "UPDATE products SET stock_total = totals.available, updated_at = :now,"
    " version = products.version + 1"
    " FROM (SELECT v.product_id, sum(l.available) FILTER (WHERE l.is_counted) AS available"
    "       FROM variants v LEFT JOIN inventory_levels l ON l.variant_id = v.id"
    "       WHERE v.product_id = ANY(:ids) GROUP BY v.product_id) AS totals"
    " WHERE products.id = totals.product_id"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


def stock_moved(
    work: Work, variant_ids: Sequence[UUID], *, connection_id: UUID | None = None
) -> None:
    """Add up the stock of the products of these variants again, and tell the channels."""
    rows = work.session.execute(
        select(Variant.product_id, Variant.id).where(
            Variant.organization_id == work.organization_id, among(Variant.id, variant_ids)
        )
    )
    by_product: dict[UUID, list[UUID]] = {}
    for product_id, variant_id in rows:
        by_product.setdefault(product_id, []).append(variant_id)
    if not by_product:
        return
    work.session.execute(_TOTALS, {"ids": sorted(by_product), "now": work.now})
    for product_id, moved in by_product.items():
        work.emit(ProductChanged(product_id, ("quantity",), tuple(moved), connection_id))
    saving.touch(work, list(by_product))
