"""What people decide about an order: hold it, cancel it, give money back, write a note."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.orders import service
from app.orders.forms import CancelForm, HoldForm, NoteForm, RefundForm
from app.orders.views.answering import answer, do, load, show_form
from app.orders.views.blueprint import bp
from app.web.guards import requires
from app.web.identity import current_actor

_HOLD = "orders/order_hold.html"
_CANCEL = "orders/order_cancel.html"
_REFUND = "orders/order_refund.html"
_NOTE = "orders/order_note.html"


@bp.get("/orders/<uuid:order_id>/hold")
@requires("orders.write")
def order_hold(order_id: UUID) -> ResponseReturnValue:
    """Ask why nobody shall work on it."""
    return show_form(_HOLD, load(current_actor(), order_id), HoldForm(None))


@bp.post("/orders/<uuid:order_id>/hold")
@requires("orders.write")
def order_hold_save(order_id: UUID) -> ResponseReturnValue:
    """Put an order on hold."""
    form = HoldForm()
    return answer(
        _HOLD,
        load(current_actor(), order_id),
        form,
        lambda work: service.hold_order(
            work, order_id, form.reason.data or "", version=form.shown_version
        ),
        done="On hold.",
    )


@bp.post("/orders/<uuid:order_id>/free")
@requires("orders.write")
def order_free(order_id: UUID) -> ResponseReturnValue:
    """Take the hold off."""
    return do(
        order_id,
        lambda work, version: service.free_order(work, order_id, version=version),
        done="The hold is off.",
    )


@bp.get("/orders/<uuid:order_id>/cancel")
@requires("orders.write")
def order_cancel(order_id: UUID) -> ResponseReturnValue:
    """Ask why, and what the shop does with it."""
    return show_form(_CANCEL, load(current_actor(), order_id), CancelForm(None))


@bp.post("/orders/<uuid:order_id>/cancel")
@requires("orders.write")
def order_cancel_save(order_id: UUID) -> ResponseReturnValue:
    """Cancel an order."""
    order, form = load(current_actor(), order_id), CancelForm()
    how = service.Cancelling(
        reason=form.reason.data or "",
        restocks=bool(form.restocks.data),
        refunds=bool(form.refunds.data),
        notifies=bool(form.notifies.data),
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
    """Ask how much goes back, and for what."""
    return show_form(_REFUND, load(current_actor(), order_id), RefundForm(None))


@bp.post("/orders/<uuid:order_id>/refund")
@requires("orders.write")
def order_refund_save(order_id: UUID) -> ResponseReturnValue:
    """Give money back."""
    order, form = load(current_actor(), order_id), RefundForm()
    lines = {row.id: row.line.quantity for row in order.lines}
    units = form.read_units(request.form, lines)
    form.refuse_fields(
        {
            f"units-{key}": f"The order has {lines[key]} of these."
            for key, count in units.items()
            if count > lines[key]
        }
    )
    is_valid = form.validate()
    amount = form.read_amount(order.order.currency) if is_valid else 0
    if form.errors or form.problems:
        return show_form(_REFUND, order, form, status=422)
    what = service.Refunding(
        amount, units, form.reason.data or "", restocks=bool(form.restocks.data)
    )
    return answer(
        _REFUND,
        order,
        form,
        lambda work: service.refund_order(work, order_id, what, version=form.shown_version),
        done="Refunded.",
    )


@bp.get("/orders/<uuid:order_id>/note")
@requires("orders.write")
def order_note(order_id: UUID) -> ResponseReturnValue:
    """Ask for the team's note."""
    order = load(current_actor(), order_id)
    return show_form(_NOTE, order, NoteForm(None, data={"note": order.order.note}))


@bp.post("/orders/<uuid:order_id>/note")
@requires("orders.write")
def order_note_save(order_id: UUID) -> ResponseReturnValue:
    """Keep the team's note."""
    form = NoteForm()
    return answer(
        _NOTE,
        load(current_actor(), order_id),
        form,
        lambda work: service.note_order(
            work, order_id, form.note.data or "", version=form.shown_version
        ),
        done="Note kept.",
    )
