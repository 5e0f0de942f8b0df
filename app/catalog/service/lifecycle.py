"""The life of a product: archived, restored, duplicated, kept off channels, deleted for good."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, text, update

from app.catalog.errors import NotArchived, StillListed, StillWanted
from app.catalog.events import ProductChanged, ProductDeleted
from app.catalog.models import Product
from app.catalog.rules import Layer, ProductStatus
from app.catalog.service import history, saving
from app.catalog.service.applying import Entry
from app.catalog.service.drafts import Cause, Changed, ProductChange, ProductDraft, VariantDraft
from app.catalog.service.loading import lock_products
from app.catalog.service.media import forget_unused_media
from app.catalog.service.products import change_products, create_product
from app.catalog.service.wanted import said, wanted_units
from app.catalog.service.writing import among
from app.core.work import Work


def set_status(
    work: Work, product_ids: Sequence[UUID], status: ProductStatus, *, origin: str = "web"
) -> list[Changed]:
    """Give products a status; those that have it already stay untouched."""
    changes = [ProductChange(key, {"status": status.value}) for key in product_ids]
    return change_products(work, changes, origin=origin)


def archive_products(
    work: Work, product_ids: Sequence[UUID], *, origin: str = "web"
) -> list[Changed]:
    """Put products away; they stop selling and can be restored."""
    return set_status(work, product_ids, ProductStatus.ARCHIVED, origin=origin)


def restore_products(
    work: Work, product_ids: Sequence[UUID], *, origin: str = "web"
) -> list[Changed]:
    """Bring archived products back as drafts; others stay as they are."""
    archived = work.session.scalars(
        select(Product.id).where(
            Product.organization_id == work.organization_id,
            among(Product.id, product_ids),
            Product.status == ProductStatus.ARCHIVED,
        )
    )
    return set_status(work, list(archived), ProductStatus.DRAFT, origin=origin)


def exclude_products(work: Work, product_ids: Sequence[UUID], *, is_excluded: bool) -> int:
    """Keep products off every channel and feed, or let them back; returns how many moved."""
    moved = {
        row.id: row.version
        for row in work.session.execute(
            update(Product)
            .where(
                Product.organization_id == work.organization_id,
                among(Product.id, product_ids),
                Product.is_excluded != is_excluded,
            )
            .values(is_excluded=is_excluded, version=Product.version + 1, updated_at=work.now)
            .returning(Product.id, Product.version)
        )
    }
    entry = Entry("is_excluded", not is_excluded, is_excluded, Layer.MANUAL)
    history.record(work, [(key, version, entry) for key, version in moved.items()], Cause("web"))
    for key in moved:
        work.emit(ProductChanged(key, ("is_excluded",)))
    if moved:
        saving.touch(work, list(moved))
    return len(moved)


def duplicate_product(work: Work, product_id: UUID) -> UUID:
    """Copy a product as a draft with its pictures; SKUs and barcodes stay with the original."""
    product = lock_products(work, [product_id])[product_id]
    values = {**product.values, "status": ProductStatus.DRAFT.value}
    values["title"] = f"{values['title'][:248]} (copy)"
    own = ("sku", "gtin", "quantity")
    variants = tuple(
        VariantDraft({n: v for n, v in variant.values.items() if n not in own})
        for variant in product.variants.values()
    )
    return create_product(work, ProductDraft(values, variants), origin="web")


def delete_product(work: Work, product_id: UUID) -> None:
    """Delete an archived product for good; raises NotArchived, StillListed or StillWanted."""
    product = lock_products(work, [product_id])[product_id]
    if product.values["status"] != ProductStatus.ARCHIVED:
        raise NotArchived
    # The listings lie on a floor above; asking the table by name keeps this a question, not a call.
    if work.session.scalar(_IS_LISTED, {"product": product_id}):
        raise StillListed(product.values["title"])
    if units := wanted_units(work.session, list(product.variants)):
        raise StillWanted(said(sum(units.values())))
    shown = [UUID(image["key"]) for image in product.values["images"]]
    shown += [UUID(v.values["image"]) for v in product.variants.values() if v.values["image"]]
    work.session.execute(delete(Product).where(Product.id == product_id))
    forget_unused_media(work, list(dict.fromkeys(shown)))
    work.emit(ProductDeleted(product_id))
    saving.touch(work, [product_id])


_IS_LISTED: Final = text(
    "SELECT EXISTS (SELECT FROM listings WHERE product_id = :product"
    " AND external_id IS NOT NULL AND state <> 'gone')"
)
