"""What people take back of an order: cancel it, whole or in part, and give money back."""

from collections.abc import Mapping
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.core.money import Money
from app.orders import service
from app.orders.errors import OrderNotFound
from app.orders.filters import is_id
from app.orders.forms import RESTOCK, UNITS, CancelForm, RefundForm
from app.orders.queries import OrderDetail, ReturnRow
from app.orders.views.answering import answer, load, show_form
from app.orders.views.blueprint import bp
from app.web.guards import requires
from app.web.identity import current_actor

_CANCEL = "orders/order_cancel.html"
_REFUND = "orders/order_refund.html"


@bp.get("/orders/<uuid:order_id>/cancel")
@requires("orders.write")
def order_cancel(order_id: UUID) -> ResponseReturnValue:
    """Ask how much of it, why, and what the shop does with it; everything is filled in."""
    order = load(current_actor(), order_id)
    form = CancelForm(None)
    form.typed = {f"{UNITS}{row.id}": str(row.figures.open) for row in order.lines}
    return show_form(_CANCEL, order, form)


@bp.post("/orders/<uuid:order_id>/cancel")
@requires("orders.write")
def order_cancel_save(order_id: UUID) -> ResponseReturnValue:
    """Cancel an order, or units of it."""
    order, form = load(current_actor(), order_id), CancelForm()
    is_part = any(f"{UNITS}{row.id}" in request.form for row in order.lines)
    units = form.read_units(request.form, [row.id for row in order.lines])
    how = service.Cancelling(
        reason=form.reason.data or "",
        restocks=bool(form.restocks.data),
        refunds=bool(form.refunds.data),
        notifies=bool(form.notifies.data),
        units=units if is_part else None,
    )
    return answer(
        _CANCEL,
        order,
        form,
        lambda work: service.cancel_order(work, order_id, how, version=form.shown_version),
        done=f"Cancelled. {order.connection} is told of it." if order.connection else "Cancelled.",
    )


@bp.get("/orders/<uuid:order_id>/refund")
@requires("orders.write")
def order_refund(order_id: UUID) -> ResponseReturnValue:
    """Ask how much goes back, and for what; a return fills in what came of it."""
    order = load(current_actor(), order_id)
    form = RefundForm(None)
    back = _return_of(order)
    if back is not None:
        _fill(form, order, back)
    return show_form(_REFUND, order, form, back=back, ticked=_all_lines(order))


@bp.post("/orders/<uuid:order_id>/refund")
@requires("orders.write")
def order_refund_save(order_id: UUID) -> ResponseReturnValue:
    """Give money back."""
    order, form = load(current_actor(), order_id), RefundForm()
    back = _return_of(order)
    units = _units(form, order)
    ticked = {row.id for row in order.lines if f"{RESTOCK}{row.id}" in request.form}
    is_valid = form.validate()
    currency = order.order.currency
    amount, shipping = (
        form.read_amount(currency, name) if is_valid else 0 for name in ("amount", "shipping")
    )
    if form.errors or form.problems:
        return show_form(_REFUND, order, form, status=422, back=back, ticked=ticked)
    what = service.Refunding(
        amount,
        units,
        reason=form.reason.data or "",
        restocks=ticked,
        shipping=shipping,
        note=form.note.data or "",
        return_id=back.id if back else None,
    )
    return answer(
        _REFUND,
        order,
        form,
        lambda work: service.refund_order(work, order_id, what, version=form.shown_version),
        done=f"Refunded. {order.connection} is told of it." if order.connection else "Refunded.",
        back=back,
        ticked=ticked,
    )


def _units(form: RefundForm, order: OrderDetail) -> Mapping[UUID, int]:
    lines = {row.id: row.line.quantity for row in order.lines}
    units = form.read_units(request.form, lines)
    form.refuse_fields(
        {
            f"{UNITS}{key}": f"The order has {lines[key]} of these."
            for key, count in units.items()
            if count > lines[key]
        }
    )
    return units


def _return_of(order: OrderDetail) -> ReturnRow | None:
    """Return the return the address names; raises OrderNotFound when it is none of this order."""
    key = request.args.get("return", "")
    if not key:
        return None
    found = next((row for row in order.returns if is_id(key) and row.id == UUID(key)), None)
    if found is None:
        raise OrderNotFound("This return does not exist, or you do not have access to it.")
    return found


def _fill(form: RefundForm, order: OrderDetail, back: ReturnRow) -> None:
    """Fill in the units that came and stayed, and what they cost."""
    kept = {part.line_id: part.restocked + part.written_off for part in back.row.lines}
    form.typed = {f"{UNITS}{key}": str(units) for key, units in kept.items() if units}
    cost = sum(row.worth(kept.get(row.id, 0)) for row in order.lines)
    left = min(cost, order.refundable.minor)
    form.amount.data = f"{Money(left, order.order.currency).amount:f}"
    form.reason.data = back.row.reason


def _all_lines(order: OrderDetail) -> set[UUID]:
    return {row.id for row in order.lines}
