"""Products read whole and in bulk: five statements for any number of them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.catalog import addresses, stock
from app.catalog.models import (
    Category,
    Media,
    Product,
    ProductCategory,
    ProductMedia,
    Variant,
    VariantPrice,
)
from app.catalog.service import columns
from app.catalog.service.drafts import ProductState, VariantState
from app.catalog.service.writing import among
from app.core.errors import NotFound
from app.core.work import Work
from app.team.models import Organization

_PRODUCT: Final = (
    "id", "version", "handle", "is_excluded", "layers", "archived_at", "created_at", "updated_at",
    "status", *columns.PRODUCT_PLAIN,
)  # fmt: skip
_VARIANT: Final = (
    "id", "product_id", "position", "created_at", "layers", "sku", "gtin", "mpn", "choice",
    "currency", "price_minor", "sale_minor", "sale_from", "sale_to", "cost_minor", "weight",
    "length", "width", "height", "backorders", "media_id",
)  # fmt: skip


def organization_currency(session: Session, organization_id: UUID) -> str:
    """Return the currency the catalog is priced in."""
    found = session.scalar(select(Organization.currency).where(Organization.id == organization_id))
    return found or "USD"


def load_products(
    session: Session,
    organization_id: UUID,
    product_ids: Sequence[UUID],
    *,
    is_locking: bool = False,
) -> dict[UUID, ProductState]:
    """Read products whole, in the order of their ids; absent ones are left out."""
    wanted = sorted(set(product_ids))
    if not wanted:
        return {}
    question = (
        select(*(getattr(Product, name) for name in _PRODUCT))
        .where(Product.organization_id == organization_id, among(Product.id, wanted))
        .order_by(Product.id)
    )
    rows = session.execute(question.with_for_update() if is_locking else question)
    products = {row.id: _product(row) for row in rows}
    _add_variants(session, products)
    _add_categories(session, products)
    _add_images(session, products)
    return products


def lock_products(work: Work, product_ids: Sequence[UUID]) -> dict[UUID, ProductState]:
    """Read products whole for a change; raises NotFound when one is missing."""
    found = load_products(work.session, work.organization_id, product_ids, is_locking=True)
    if len(found) != len(set(product_ids)):
        raise NotFound
    return found


def _product(row: Row[Any]) -> ProductState:
    return ProductState(
        id=row.id,
        version=row.version,
        handle=row.handle,
        is_excluded=row.is_excluded,
        values=columns.product_values(row._asdict()),
        layers=row.layers,
        archived_at=row.archived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _add_variants(session: Session, products: dict[UUID, ProductState]) -> None:
    rows = session.execute(
        select(*(getattr(Variant, name) for name in _VARIANT))
        .where(among(Variant.product_id, products))
        .order_by(Variant.product_id, Variant.position, Variant.id)
    )
    variants: dict[UUID, VariantState] = {}
    for row in rows:
        variant = VariantState(
            id=row.id,
            position=row.position,
            values=columns.variant_values(row._asdict()),
            layers=row.layers,
            created_at=row.created_at,
        )
        variants[row.id] = products[row.product_id].variants[row.id] = variant
    quantities, kits = stock.keeper().counted(session, list(variants))
    for variant_id, quantity in quantities.items():
        variants[variant_id].values["quantity"] = quantity
    for variant_id in kits:
        variants[variant_id].is_kit = True
    _add_prices(session, products, variants)


def _add_prices(
    session: Session, products: dict[UUID, ProductState], variants: dict[UUID, VariantState]
) -> None:
    rows = session.execute(
        select(
            VariantPrice.variant_id,
            VariantPrice.currency,
            VariantPrice.price_minor,
            VariantPrice.sale_minor,
        )
        .join(Variant, Variant.id == VariantPrice.variant_id)
        .where(among(Variant.product_id, products))
        .order_by(VariantPrice.variant_id, VariantPrice.currency)
    )
    for row in rows:
        sale = row.sale_minor
        variants[row.variant_id].values["prices"][row.currency] = {
            "price": {"minor": row.price_minor, "currency": row.currency},
            "sale_price": None if sale is None else {"minor": sale, "currency": row.currency},
        }


def _add_categories(session: Session, products: dict[UUID, ProductState]) -> None:
    rows = session.execute(
        select(ProductCategory.product_id, Category.path)
        .join(Category, Category.id == ProductCategory.category_id)
        .where(among(ProductCategory.product_id, products))
    )
    for product_id, path in rows:
        products[product_id].values["categories"].append(path)
    for product in products.values():
        product.values["categories"].sort()


def _add_images(session: Session, products: dict[UUID, ProductState]) -> None:
    rows = session.execute(
        select(
            ProductMedia.product_id,
            ProductMedia.media_id,
            ProductMedia.alt,
            Media.source_url,
            Media.organization_id,
            Media.content_type,
        )
        .join(Media, Media.id == ProductMedia.media_id)
        .where(among(ProductMedia.product_id, products))
        .order_by(ProductMedia.product_id, ProductMedia.position)
    )
    for row in rows:
        # Channels fetch from where the picture came, or from us when it was uploaded.
        url = row.source_url or addresses.public_url(
            row.organization_id, row.media_id, row.content_type
        )
        image = {"key": str(row.media_id), "alt": row.alt, "url": url}
        products[row.product_id].values["images"].append(image)
