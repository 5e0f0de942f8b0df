"""The smallest valid products; every field can be overridden."""

from typing import Any
from uuid import UUID

from app.catalog import queries, service
from app.catalog.service import ProductDraft, ProductValues, VariantDraft
from app.core import db
from app.core.actor import Actor
from app.core.work import unit_of_work


def usd(amount: int) -> dict[str, Any]:
    """Return a price in cents of a dollar."""
    return {"minor": amount, "currency": "USD"}


def draft(*variants: dict[str, Any], title: str = "Mug", **values: Any) -> ProductDraft:
    """Return a draft; without variants it gets one that says nothing."""
    return ProductDraft(
        {"title": title, **values}, tuple(VariantDraft(variant) for variant in variants)
    )


def product(
    actor: Actor, *variants: dict[str, Any], title: str = "Mug", origin: str = "web", **values: Any
) -> UUID:
    """Commit one product and return its id."""
    with unit_of_work(actor) as work:
        return service.create_product(work, draft(*variants, title=title, **values), origin=origin)


def values_of(actor: Actor, product_id: UUID) -> ProductValues:
    """Read a product back."""
    with db.reading(actor) as session:
        return queries.product_values(session, [product_id])[product_id]
