"""What a line nobody knew may be: our variants by SKU or title, and which orders wait likewise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog import rules
from app.catalog.filters import ProductFilter
from app.catalog.models import Media, MediaState, Product, Variant
from app.catalog.queries import organization_of, product_list
from app.catalog.service.writing import among
from app.core.money import Money
from app.inventory.models import Level
from app.orders.errors import OrderNotFound
from app.orders.models import Order, OrderLine
from app.orders.service import alike_lines

PRODUCTS: Final = 15
VARIANTS: Final = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant that a line may be."""

    variant_id: UUID
    product_id: UUID
    title: str
    options: str
    sku: str
    media_id: UUID | None
    is_named: bool  # its SKU is what was searched


@dataclass(frozen=True, slots=True)
class Good:
    """A variant as a line of an order that is entered here shows it."""

    title: str
    options: str
    sku: str
    price: str  # as a person would type it
    available: int
    is_counted: bool


def goods(session: Session, variant_ids: Sequence[UUID]) -> dict[UUID, Good]:
    """Return variants of this organization by id, with what may still be promised."""
    free = (
        select(func.sum(Level.available))
        .where(Level.variant_id == Variant.id, Level.is_counted)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Variant, Product.title, free)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.organization_id == organization_of(session), among(Variant.id, variant_ids))
    )
    return {
        variant.id: Good(
            title=title,
            options=" / ".join(str(value) for value in variant.choice.values()),
            sku=variant.sku or "",
            price=_typed(variant),
            available=int(available or 0),
            is_counted=available is not None,
        )
        for variant, title, available in rows
    }


def _typed(variant: Variant) -> str:
    minor = variant.price_minor if variant.sale_minor is None else variant.sale_minor
    return "" if minor is None else f"{Money(minor, variant.currency).amount:f}"


def get_line(session: Session, order: Order, line_id: UUID) -> OrderLine:
    """Return a line of an order; raises OrderNotFound."""
    found = session.scalar(
        select(OrderLine).where(OrderLine.id == line_id, OrderLine.order_id == order.id)
    )
    if found is None:
        raise OrderNotFound("This line does not exist, or you do not have access to it.")
    return found


def count_alike(session: Session, order: Order, line: OrderLine) -> int:
    """Return how many other orders have the same item that nobody knows."""
    alike = alike_lines(order, line).where(OrderLine.order_id != order.id)
    orders = alike.with_only_columns(OrderLine.order_id).distinct().subquery()
    return session.scalar(select(func.count()).select_from(orders)) or 0


def candidates(session: Session, text: str) -> Sequence[Candidate]:
    """Return variants of products that fit a text, those of that very SKU first."""
    products = product_list(session, ProductFilter(q=text), size=PRODUCTS, is_counting=False)
    ids = [row.id for row in products.rows]
    if not ids:
        return []
    picture = func.coalesce(Variant.media_id, Product.thumb_media_id)
    rows = session.execute(
        select(Variant, Product.title, Media.id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(Media, (Media.id == picture) & (Media.state == MediaState.READY))
        .where(Variant.organization_id == organization_of(session), among(Variant.product_id, ids))
        .limit(500)
    ).all()
    wanted = rules.sku_key(text)
    places = {key: place for place, key in enumerate(ids)}

    def order(row: Any) -> tuple[bool, int, int]:
        return row[0].sku_key != wanted, places[row[0].product_id], row[0].position

    return [
        Candidate(
            variant_id=variant.id,
            product_id=variant.product_id,
            title=title,
            options=" / ".join(str(value) for value in variant.choice.values()),
            sku=variant.sku or "",
            media_id=media_id,
            is_named=wanted is not None and variant.sku_key == wanted,
        )
        for variant, title, media_id in sorted(rows, key=order)[:VARIANTS]
    ]
