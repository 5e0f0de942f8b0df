"""What orders do when stock or rules move, and whom a new order is told to."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.actor import Actor
from app.core.work import unit_of_work
from app.notices import service as notices
from app.orders import service
from app.orders.models import Order


def stock_moved(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Let orders that wait have what came in."""
    variants = {
        UUID(key) for fact in facts if "quantity" in fact["fields"] for key in fact["variant_ids"]
    }
    if not variants:
        return
    with unit_of_work(actor) as work:
        service.allocate_waiting(work, sorted(variants))


def order_placed(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Tell the team of an order that needs somebody: an unknown item in it."""
    with unit_of_work(actor) as work:
        for fact in facts:
            order = work.session.get(Order, UUID(fact["order_id"]))
            if order is not None and order.unmapped:
                notices.notify(
                    work,
                    "orders",
                    f"Order {order.number} has an item SyncStore does not know",
                    link=f"/orders/{order.id}",
                )


def rush_rules_changed(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Let the rules decide about open orders again, a part of them for each fact."""
    for fact in facts:
        with unit_of_work(actor) as work:
            service.reapply_rush(work, UUID(fact["after"]) if fact["after"] else None)
