"""Packing with a scanner that types: each code is one more unit of a line, or a clear refusal.

Nothing is kept before the parcel is shipped; the form carries what was scanned so far.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.orders import queries
from app.orders.queries import OrderDetail
from app.orders.rules import OrderState, may_follow
from app.orders.scanning import Scan, scan
from app.orders.views.answering import load
from app.orders.views.blueprint import bp
from app.web.fragments import page
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.payload import whole_number

_PACKED: Final = "packed-"


@bp.get("/orders/<uuid:order_id>/pack")
@requires("orders.write")
def order_pack(order_id: UUID) -> ResponseReturnValue:
    """Wait for the first code."""
    return _show(load(current_actor(), order_id), {}, None)


@bp.post("/orders/<uuid:order_id>/pack")
@requires("orders.write")
def order_pack_scan(order_id: UUID) -> ResponseReturnValue:
    """Take a code in."""
    order = load(current_actor(), order_id)
    packed = {
        row.id: min(
            whole_number(request.form.get(f"{_PACKED}{row.id}", "")) or 0, row.line.allocated
        )
        for row in order.lines
    }
    code = request.form.get("code", "")
    if "again" in request.form:
        return _show(order, {}, Scan(None, "Begin again with an empty parcel."))
    if not code.strip():
        return _show(order, packed, None)
    with reading(current_actor()) as session:
        came_to = scan(code, queries.packable(session, order), packed)
    if came_to.line_id is not None:
        packed[came_to.line_id] += 1
    return _show(order, packed, came_to)


def _counted(name: str, most: int) -> int:
    return min(whole_number(request.form.get(name, "")) or 0, most)


def _show(
    order: OrderDetail, packed: Mapping[UUID, int], came_to: Scan | None
) -> ResponseReturnValue:
    is_whole = all(packed.get(row.id, 0) == row.line.allocated for row in order.lines)
    return page(
        "orders/order_pack.html",
        order=order,
        packed=packed,
        came_to=came_to,
        is_whole=is_whole and order.promised > 0,
        may_pack=may_follow(OrderState(order.order.state), OrderState.PACKED),
    )
