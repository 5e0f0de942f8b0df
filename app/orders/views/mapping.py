"""What an item that nobody knew stands for, here and on every order like it."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import in_unit
from app.orders import queries, service
from app.orders.filters import is_id
from app.orders.views.answering import back_to
from app.orders.views.blueprint import bp
from app.web.filters import plural
from app.web.fragments import page, toast
from app.web.guards import requires
from app.web.identity import current_actor


@bp.get("/orders/<uuid:order_id>/lines/<uuid:order_line_id>")
@requires("orders.write")
def line_map(
    order_id: UUID, order_line_id: UUID, error: str = "", status: int = 200
) -> ResponseReturnValue:
    """Choose the variant a line stands for; its own SKU or title is searched at first."""
    with reading(current_actor()) as session:
        order = queries.get_order(session, order_id)
        line = queries.get_line(session, order, order_line_id)
        text = request.args.get("q", line.sku or line.title).strip()[:200]
        found = queries.candidates(session, text) if text else []
        others = queries.count_alike(session, order, line)
    return page(
        "orders/line_map.html",
        blocks=("results",),
        status=status,
        order=order,
        line=line,
        candidates=found,
        others=others,
        q=text,
        error=error,
    )


@bp.post("/orders/<uuid:order_id>/lines/<uuid:order_line_id>")
@requires("orders.write")
def line_map_save(order_id: UUID, order_line_id: UUID) -> ResponseReturnValue:
    """Map a line, and every one like it."""
    actor = current_actor()
    chosen = request.form.get("variant_id", "")
    with reading(actor) as session:
        queries.get_line(session, queries.get_order(session, order_id), order_line_id)
    if not is_id(chosen):
        return line_map(order_id, order_line_id, "Choose what this item is.", Invalid.status)
    count = in_unit(service.map_line)(actor, order_line_id, UUID(chosen))
    toast(f"Mapped {plural(count, 'line')}." if count else "This item was mapped already.")
    return back_to(order_id)
