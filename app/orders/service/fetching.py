"""The guarded way to an order."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from app.core.errors import Stale
from app.core.work import Work
from app.orders.errors import OrderNotFound
from app.orders.models import Order


def get_order(work: Work, order_id: UUID, *, version: int | None = None) -> Order:
    """Return an order of this organization, locked; raises OrderNotFound, or Stale.

    With a version, the order gets another one: a form that was sent is not sent again.
    """
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
    if version is not None:
        flag_modified(found, "state")  # a parcel may leave the row as it was; its form counts once
    return found
