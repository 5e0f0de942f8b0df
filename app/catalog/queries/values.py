"""The canonical values of many products at once, for sync, import and export."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.catalog.service.drafts import ProductValues
from app.catalog.service.loading import load_products
from app.core.actor import Actor


def organization_of(session: Session) -> UUID:
    """Return the organization this session reads for."""
    actor: Actor = session.info["actor"]
    return actor.organization


def product_values(session: Session, product_ids: Sequence[UUID]) -> dict[UUID, ProductValues]:
    """Return the effective values of products with their variants; absent ones are left out."""
    found = load_products(session, organization_of(session), product_ids)
    return {key: product.snapshot() for key, product in found.items()}
