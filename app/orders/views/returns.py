"""Returns: expected, received with a decision for each unit, or called off."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.core.actor import Actor
from app.core.db import reading
from app.orders import queries, service
from app.orders.errors import OrderNotFound
from app.orders.filters import is_id
from app.orders.forms import DECISIONS, ReceiveForm, ReturnForm
from app.orders.queries import OrderDetail, ReturnRow
from app.orders.views.answering import answer, do, load, show_form
from app.orders.views.blueprint import bp
from app.web.guards import requires
from app.web.identity import current_actor

_NEW = "orders/return_new.html"
_RECEIVE = "orders/return_receive.html"


@bp.get("/orders/<uuid:order_id>/returns/new")
@requires("orders.write")
def return_new(order_id: UUID) -> ResponseReturnValue:
    """Ask what comes back, and why."""
    return show_form(_NEW, load(current_actor(), order_id), ReturnForm(None))


@bp.post("/orders/<uuid:order_id>/returns/new")
@requires("orders.write")
def return_new_save(order_id: UUID) -> ResponseReturnValue:
    """Expect a return."""
    order, form = load(current_actor(), order_id), ReturnForm()
    units = form.read_units(request.form, [row.id for row in order.lines])
    what = service.Expecting(units, form.reason.data or "", form.note.data or "")
    return answer(
        _NEW,
        order,
        form,
        lambda work: service.expect_return(work, order_id, what, version=form.shown_version),
        done="The return is expected.",
    )


def _return(order: OrderDetail, return_id: UUID) -> ReturnRow:
    found = next((row for row in order.returns if row.id == return_id), None)
    if found is None:
        raise OrderNotFound("This return does not exist, or you do not have access to it.")
    return found


def _places(actor: Actor, form: ReceiveForm) -> None:
    with reading(actor) as session:
        form.location.choices = [(str(key), name) for key, name in queries.shelves(session)]


@bp.get("/orders/<uuid:order_id>/returns/<uuid:return_id>")
@requires("orders.write")
def return_receive(order_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Ask what came; what is expected is filled in as going back into stock."""
    actor = current_actor()
    order = load(actor, order_id)
    row, form = _return(order, return_id), ReceiveForm(None)
    _places(actor, form)
    first = DECISIONS[0][0]
    form.typed = {
        f"{first}{part.line_id}": str(max(0, part.expected - part.came)) for part in row.row.lines
    }
    return show_form(_RECEIVE, order, form, back=row, decisions=DECISIONS)


@bp.post("/orders/<uuid:order_id>/returns/<uuid:return_id>")
@requires("orders.write")
def return_receive_save(order_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Take in what came."""
    actor = current_actor()
    order = load(actor, order_id)
    row, form = _return(order, return_id), ReceiveForm()
    _places(actor, form)
    lines = [each.id for each in order.lines]
    counts = [form.read_units(request.form, lines, prefix) for prefix, _ in DECISIONS]
    units = {
        line_id: service.Unpacked(*(some.get(line_id, 0) for some in counts)) for line_id in lines
    }
    place = form.location.data or ""
    what = service.Unpacking(units, UUID(place) if is_id(place) else None, form.note.data or "")
    return answer(
        _RECEIVE,
        order,
        form,
        lambda work: service.receive_return(
            work, order_id, return_id, what, version=form.shown_version
        ),
        done="Received.",
        back=row,
        decisions=DECISIONS,
    )


@bp.post("/orders/<uuid:order_id>/returns/<uuid:return_id>/cancel")
@requires("orders.write")
def return_cancel(order_id: UUID, return_id: UUID) -> ResponseReturnValue:
    """Expect a return no longer."""
    _return(load(current_actor(), order_id), return_id)
    return do(
        order_id,
        lambda work, version: service.cancel_return(work, order_id, return_id, version=version),
        done="The return is not expected any more.",
    )
