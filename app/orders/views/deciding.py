"""What people decide about an order: hold it, and write a note."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from app.orders import service
from app.orders.forms import HoldForm, NoteForm
from app.orders.views.answering import answer, do, load, show_form
from app.orders.views.blueprint import bp
from app.web.guards import requires
from app.web.identity import current_actor

_HOLD = "orders/order_hold.html"
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
