"""On the way to the buyer: picked, packed, shipped, followed, and the channel told of it."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.core.errors import Invalid
from app.core.work import in_unit
from app.orders import service
from app.orders.errors import OrderNotFound
from app.orders.forms import CARRIERS, UNITS, OrderForm, ShipForm, TrackingForm
from app.orders.queries import OrderDetail, ParcelRow
from app.orders.rules import BY_HAND, OrderState
from app.orders.views.answering import answer, back_to, do, load, show_form
from app.orders.views.blueprint import bp
from app.web.filters import plural
from app.web.fragments import toast
from app.web.guards import requires
from app.web.identity import current_actor

_SHIP = "orders/order_ship.html"
_TRACKING = "orders/parcel_tracking.html"
_CANCEL = "orders/parcel_cancel.html"
_NO_PARCEL = "This parcel does not exist, or you do not have access to it."
_DONE = {
    OrderState.PICKING: "Picking began.",
    OrderState.PACKED: "Packed.",
    OrderState.DELIVERED: "Delivered.",
}


@bp.get("/orders/<uuid:order_id>/ship")
@requires("orders.write")
def order_ship(order_id: UUID) -> ResponseReturnValue:
    """Ask what leaves, and how; everything promised is filled in, or what was packed."""
    order = load(current_actor(), order_id)
    form = ShipForm(None)
    names = {f"{UNITS}{row.id}": str(row.line.allocated) for row in order.lines}
    form.typed = {name: request.args.get(name, units) for name, units in names.items()}
    return show_form(_SHIP, order, form, carriers=CARRIERS)


@bp.post("/orders/<uuid:order_id>/ship")
@requires("orders.write")
def order_ship_save(order_id: UUID) -> ResponseReturnValue:
    """Let a parcel leave."""
    order = load(current_actor(), order_id)
    form = ShipForm()
    units = form.read_units(request.form, [row.id for row in order.lines])
    if not units and not form.problems:
        form.refuse_fields({f"{UNITS}{row.id}": "Enter at least one." for row in order.lines[:1]})
    parcel = service.Parcel(
        units=units,
        carrier=form.carrier.data or "",
        tracking_number=form.tracking_number.data or "",
        tracking_url=form.tracking_url.data or "",
        notifies=bool(form.notifies.data),
    )
    return answer(
        _SHIP,
        order,
        form,
        lambda work: service.ship_order(work, order_id, parcel, version=form.shown_version),
        done=f"Shipped. {order.connection} is told of it." if order.connection else "Shipped.",
        carriers=CARRIERS,
    )


def _parcel(order_id: UUID, shipment_id: UUID) -> tuple[OrderDetail, TrackingForm]:
    order = load(current_actor(), order_id)
    for row in order.parcels:
        if row.id == shipment_id:
            return order, TrackingForm(obj=row.parcel)
    raise OrderNotFound(_NO_PARCEL)


@bp.get("/orders/<uuid:order_id>/parcels/<uuid:shipment_id>")
@requires("orders.write")
def parcel_tracking(order_id: UUID, shipment_id: UUID) -> ResponseReturnValue:
    """Ask how a parcel is followed."""
    order, form = _parcel(order_id, shipment_id)
    return show_form(_TRACKING, order, form, shipment_id=shipment_id, carriers=CARRIERS)


@bp.post("/orders/<uuid:order_id>/parcels/<uuid:shipment_id>")
@requires("orders.write")
def parcel_tracking_save(order_id: UUID, shipment_id: UUID) -> ResponseReturnValue:
    """Correct how a parcel is followed; the channel is told again."""
    order, form = _parcel(order_id, shipment_id)
    return answer(
        _TRACKING,
        order,
        form,
        lambda work: service.change_tracking(
            work,
            shipment_id,
            carrier=form.carrier.data or "",
            tracking_number=form.tracking_number.data or "",
            tracking_url=form.tracking_url.data or "",
            version=form.shown_version,
        ),
        done="Tracking changed.",
        shipment_id=shipment_id,
        carriers=CARRIERS,
    )


@bp.get("/orders/<uuid:order_id>/parcels/<uuid:shipment_id>/cancel")
@requires("orders.write")
def parcel_cancel(order_id: UUID, shipment_id: UUID) -> ResponseReturnValue:
    """Ask whether a parcel did not leave after all."""
    order, form, row = _cancelling(order_id, shipment_id)
    return show_form(_CANCEL, order, form, row=row, problem=_problem(order, row))


@bp.post("/orders/<uuid:order_id>/parcels/<uuid:shipment_id>/cancel")
@requires("orders.write")
def parcel_cancel_save(order_id: UUID, shipment_id: UUID) -> ResponseReturnValue:
    """Cancel a parcel: its units are promised to the order again, and the channel hears of it."""
    order, form, row = _cancelling(order_id, shipment_id)
    return answer(
        _CANCEL,
        order,
        form,
        lambda work: service.cancel_parcel(work, order_id, shipment_id, version=form.shown_version),
        done=f"Parcel cancelled. {order.connection} is told of it."
        if order.hears
        else "Parcel cancelled.",
        row=row,
        problem=_problem(order, row),
    )


def _cancelling(order_id: UUID, shipment_id: UUID) -> tuple[OrderDetail, OrderForm, ParcelRow]:
    order = load(current_actor(), order_id)
    row = next((each for each in order.parcels if each.id == shipment_id), None)
    if row is None:
        raise OrderNotFound(_NO_PARCEL)
    return order, OrderForm(), row


def _problem(order: OrderDetail, row: ParcelRow) -> str | None:
    return service.why_not_cancel(order.order, [each.line for each in order.lines], row.parcel)


@bp.post("/orders/<uuid:order_id>/move")
@requires("orders.write")
def order_move(order_id: UUID) -> ResponseReturnValue:
    """Begin to pick an order, call it packed, or delivered."""
    wish = request.form.get("to", "")
    load(current_actor(), order_id)
    if wish not in BY_HAND:
        raise Invalid("Choose picking, packed or delivered.")
    to = OrderState(wish)
    return do(
        order_id,
        lambda work, version: service.move_order(work, order_id, to, version=version),
        done=_DONE[to],
    )


@bp.post("/orders/<uuid:order_id>/tell")
@requires("orders.write")
def order_tell(order_id: UUID) -> ResponseReturnValue:
    """Tell the channel anew what it could not hear of."""
    count = in_unit(service.retry_telling)(current_actor(), order_id)
    said = (
        f"Telling the channel of {plural(count, 'thing')} again." if count else "Nothing is owed."
    )
    toast(said, kind="info")
    return back_to(order_id)
