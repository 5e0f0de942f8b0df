"""Counts that a shop owes us: what it will count up once it heard of a cancellation or a refund."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from app.core.work import Work
from app.listings.models import Listing, Offer
from app.orders.models import Order, OrderLine, Refund
from app.orders.service.telling import Owed
from app.sync import tasks
from app.sync.models import Direction, SyncTask, TaskState

_MOVING: Final = ("cancel:", "refund:")


def owed_counts(work: Work, connection_id: UUID, variant_ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these variants are in an order that a shop has not heard our news of."""
    owed = [Owed.read(subject) for subject in work.session.scalars(_untold(connection_id))]
    if not owed:
        return set()
    which = or_(*(_of(each) for each in owed))
    found = select(OrderLine.variant_id).where(OrderLine.variant_id.in_(variant_ids), which)
    return {key for key in work.session.scalars(found) if key is not None}


def are_there(work: Work, connection_id: UUID) -> bool:
    """Tell whether a shop owes us any count."""
    return bool(work.session.scalar(select(_untold(connection_id).exists())))


def _untold(connection_id: UUID) -> Select[str]:
    return select(SyncTask.subject).where(
        SyncTask.connection_id == connection_id,
        SyncTask.direction == Direction.TELL,
        SyncTask.state.in_([TaskState.WAITING, TaskState.RUNNING]),
        or_(*(SyncTask.subject.startswith(kind) for kind in _MOVING)),
    )


def _of(owed: Owed) -> ColumnElement[bool]:
    if owed.kind == "cancel":
        return OrderLine.order_id == owed.id
    refund = select(Refund.order_id).where(Refund.id == owed.id).scalar_subquery()
    return OrderLine.order_id == refund


def look_again(work: Work, connection_id: UUID, owed: Owed) -> None:
    """A shop heard, or never will: its order and its counts are read as they stand now."""
    if not f"{owed.kind}:".startswith(_MOVING):
        return
    order = work.session.scalar(select(Order).join(OrderLine).where(_of(owed)).limit(1))
    if order is None:
        return
    if order.external_id is not None:
        tasks.request_orders(work, connection_id, [order.external_id])
    items = work.session.scalars(
        select(Listing.external_id)
        .join(Offer, Offer.listing_id == Listing.id)
        .join(OrderLine, OrderLine.variant_id == Offer.variant_id)
        .where(OrderLine.order_id == order.id, Listing.connection_id == connection_id)
        .distinct()
    )
    tasks.request_pulls(work, connection_id, [key for key in items if key is not None])
