"""A buyer is forgotten: who they are goes, what was bought and paid stays for the books."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from app.core.work import Work
from app.notices.models import Mail
from app.orders.models import Order, OrderEvent, OrderMail, OrderTerm, Shipment
from app.orders.service import personal


def _named(
    work: Work,
    connection_ids: Sequence[UUID],
    external_ids: Iterable[str],
    traces: Iterable[str],
) -> ColumnElement[bool]:
    """Return the orders of these connections that are named, or whose buyer a trace betrays."""
    digests = [personal.digest(work.organization_id, trace) for trace in traces]
    bought = select(OrderTerm.order_id).where(
        OrderTerm.organization_id == work.organization_id, OrderTerm.term.in_(digests)
    )
    named = or_(Order.external_id.in_(list(external_ids)), Order.id.in_(bought))
    return Order.connection_id.in_(connection_ids) & Order.erased_at.is_(None) & named


def count_orders_of(
    work: Work,
    connection_ids: Sequence[UUID],
    *,
    external_ids: Iterable[str] = (),
    traces: Iterable[str] = (),
) -> int:
    """Count the orders that keep something of a person."""
    which = _named(work, connection_ids, external_ids, traces)
    return work.session.scalar(select(func.count()).select_from(Order).where(which)) or 0


def erase_buyer(
    work: Work,
    connection_ids: Sequence[UUID],
    *,
    external_ids: Iterable[str] = (),
    traces: Iterable[str] = (),
) -> int:
    """Forget a person in the orders that are named, or that their mail betrays; returns how many.

    A later answer of the channel does not bring them back.
    """
    which = _named(work, connection_ids, external_ids, traces)
    return _erase(work, list(work.session.scalars(select(Order.id).where(which))))


def erase_buyers_of(work: Work, connection_ids: Sequence[UUID]) -> int:
    """Forget every buyer of a shop we left; returns of how many orders."""
    which = Order.connection_id.in_(connection_ids) & Order.erased_at.is_(None)
    return _erase(work, list(work.session.scalars(select(Order.id).where(which))))


def _erase(work: Work, order_ids: Sequence[UUID]) -> int:
    if not order_ids:
        return 0
    work.session.execute(
        update(Order)
        .where(Order.id.in_(order_ids))
        .values(personal=None, raw=None, note="", erased_at=work.now)
        .execution_options(synchronize_session=False)
    )
    work.session.execute(
        delete(OrderTerm)
        .where(OrderTerm.order_id.in_(order_ids), OrderTerm.term.startswith("~"))
        .execution_options(synchronize_session=False)
    )
    work.session.execute(
        update(Shipment)
        .where(Shipment.order_id.in_(order_ids), Shipment.said != "")
        .values(said="")
        .execution_options(synchronize_session=False)
    )
    mails = select(OrderMail.id).where(OrderMail.order_id.in_(order_ids))
    work.session.execute(
        delete(Mail).where(Mail.id.in_(mails)).execution_options(synchronize_session=False)
    )
    work.session.add_all(
        OrderEvent(
            organization_id=work.organization_id,
            order_id=order_id,
            kind="erased",
            sentence="Who bought was erased, because the buyer or the channel asked for it.",
            user_id=None,
            at=work.now,
        )
        for order_id in order_ids
    )
    work.touch("orders", *(f"order-{order_id}" for order_id in order_ids))
    return len(order_ids)
