"""The page of an order, and what the channel told of it."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.orders import queries
from app.orders.views.answering import show_order
from app.orders.views.blueprint import bp
from app.web.fragments import page
from app.web.guards import requires
from app.web.identity import current_actor


@bp.get("/orders/<uuid:order_id>")
@requires("orders.read")
def order_detail(order_id: UUID) -> ResponseReturnValue:
    """Show an order: what it is, what to do next, and what happened."""
    return show_order(order_id)


@bp.get("/orders/<uuid:order_id>/payload")
@requires("orders.personal", "webhooks.read")
def order_payload(order_id: UUID) -> ResponseReturnValue:
    """Show what the channel told of an order, as it came."""
    with reading(current_actor()) as session:
        order = queries.get_order(session, order_id)
        raw = queries.raw_answer(session, order_id)
    return page("orders/order_payload.html", order=order, raw=raw)
