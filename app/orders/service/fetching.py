"""The guarded way to an order."""

from uuid import UUID

from sqlalchemy import select

from app.core.errors import Stale
from app.core.work import Work
from app.orders.errors import OrderNotFound
from app.orders.models import Order


def get_order(work: Work, order_id: UUID, *, version: int | None = None) -> Order:
    """Return an order of this organization, locked; raises OrderNotFound, or Stale."""
    found = work.session.scalar(
        select(Order)
        .where(Order.id == order_id, Order.organization_id == work.organization_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise OrderNotFound
    if version is not None and found.version != version:
        raise Stale("Somebody else changed this order meanwhile. Look at it again, then repeat.")
    return found
