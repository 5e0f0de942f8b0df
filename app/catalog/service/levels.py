"""What the inventory tells the catalog: stock moved, so the summary of products moves with it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from app.catalog import stock
from app.catalog.events import ProductChanged
from app.catalog.models import Product, Variant
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
    " RETURNING products.id, EXISTS (SELECT FROM kit_components AS k"
    "   JOIN variants AS v ON v.id = k.kit_id WHERE v.product_id = products.id) AS has_kits"
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
    summed = work.session.execute(_TOTALS, {"ids": sorted(by_product), "now": work.now}).all()
    _add_kits(work, [row.id for row in summed if row.has_kits])
    for product_id, moved in by_product.items():
        work.emit(ProductChanged(product_id, ("quantity",), tuple(moved), connection_id))
    saving.touch(work, list(by_product))


def _add_kits(work: Work, product_ids: Sequence[UUID]) -> None:
    """Add up anew where kits are among the variants: what they give lies in no level of theirs."""
    if not product_ids:
        return
    rows = work.session.execute(
        select(Variant.id, Variant.product_id).where(among(Variant.product_id, product_ids))
    )
    owner = {row.id: row.product_id for row in rows}
    totals: dict[UUID, int] = {}
    for variant_id, quantity in stock.keeper().quantities(work.session, list(owner)).items():
        totals[owner[variant_id]] = totals.get(owner[variant_id], 0) + quantity
    for product_id in sorted(product_ids):
        work.session.execute(
            update(Product)
            .where(Product.id == product_id)
            .values(stock_total=totals.get(product_id))
            .execution_options(synchronize_session=False)
        )
