"""How a variant is sold when there is none, and how many wait for it."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.models import Variant
from app.inventory.models import Level, SellingTerms
from app.orders.models import Order, OrderLine, OrderState

_WAITING: Final = (  # on hold, nothing is promised to be had
    OrderState.PENDING,
    OrderState.ALLOCATED,
    OrderState.PICKING,
    OrderState.PACKED,
    OrderState.PARTIALLY_SHIPPED,
)


@dataclass(frozen=True, slots=True)
class Selling:
    """What was chosen, as the form shows it, and how many units open orders wait for."""

    choices: dict[str, Any]
    waiting: int


def selling(session: Session, variant_id: UUID) -> Selling:
    """Return how far a variant is sold beyond its stock."""
    backorders = session.scalar(select(Variant.backorders).where(Variant.id == variant_id))
    terms = session.get(SellingTerms, variant_id)
    below = session.scalars(
        select(Level.location_id).where(Level.variant_id == variant_id, Level.allows_negative)
    )
    return Selling(
        {
            "backorders": backorders or "no",
            "limit": terms.backorder_limit if terms else None,
            "available_on": terms.available_on if terms else None,
            "below_zero": [str(key) for key in below],
        },
        _waiting(session, variant_id),
    )


def _waiting(session: Session, variant_id: UUID) -> int:
    short = OrderLine.quantity - OrderLine.shipped - OrderLine.allocated
    found = session.scalar(
        select(func.sum(short))
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.variant_id == variant_id,
            OrderLine.needs_stock,
            OrderLine.quantity > OrderLine.shipped + OrderLine.allocated,
            Order.state.in_(_WAITING),
            Order.cancelled_at.is_(None),
        )
    )
    return int(found or 0)
