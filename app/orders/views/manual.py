"""Orders entered here: one form that looks goods up, adds and removes lines, and saves."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.adapters.orders import Address, Payment
from app.catalog.service.loading import organization_currency
from app.core.db import reading
from app.core.errors import Conflicting, Invalid
from app.core.money import Money
from app.core.work import in_unit
from app.orders import queries, service
from app.orders.filters import is_id
from app.orders.manual_forms import ManualForm, TypedLine
from app.orders.queries import Good, OrderDetail
from app.orders.views.answering import back_to, load
from app.orders.views.blueprint import bp
from app.web.fragments import page, toast
from app.web.guards import requires
from app.web.identity import current_actor

_FORM: Final = "orders/order_form.html"


@bp.get("/orders/new")
@requires("orders.write", "orders.personal")
def order_new() -> ResponseReturnValue:
    """Ask who bought, what, and for how much."""
    return _show(ManualForm(None), [], None)


@bp.post("/orders/new")
@requires("orders.write", "orders.personal")
def order_new_save() -> ResponseReturnValue:
    """Look goods up, add or remove a line, or enter the order."""
    return _answer(ManualForm(), None)


@bp.get("/orders/<uuid:order_id>/edit")
@requires("orders.write", "orders.personal")
def order_edit(order_id: UUID) -> ResponseReturnValue:
    """Ask what is to be changed of an order that was entered here."""
    order = load(current_actor(), order_id)
    form, lines = _filled(order)
    return _show(form, lines, order)


@bp.post("/orders/<uuid:order_id>/edit")
@requires("orders.write", "orders.personal")
def order_edit_save(order_id: UUID) -> ResponseReturnValue:
    """Look goods up, add or remove a line, or keep the changes."""
    return _answer(ManualForm(), load(current_actor(), order_id))


def _filled(order: OrderDetail) -> tuple[ManualForm, list[TypedLine]]:
    o, buyer = order.order, order.buyer
    place = buyer.ship_to or Address()

    def typed(minor: int) -> str:
        return f"{Money(minor, o.currency).amount:f}"

    form = ManualForm(
        None,
        data={
            **{name: getattr(place, name) for name in ManualForm.PLACE},
            "email": buyer.email,
            "phone": buyer.phone,
            "note": buyer.note,
            "shipping": typed(o.shipping_minor),
            "discount": typed(o.discount_minor),
            "shipping_method": o.shipping_method,
            "payment": o.payment,
        },
    )
    form.show(o.version, order.last_event)
    lines = [
        TypedLine(str(row.line.variant_id), str(row.line.quantity), typed(row.line.unit_minor))
        for row in order.lines
        if row.line.variant_id
    ]
    return form, lines


def _answer(form: ManualForm, order: OrderDetail | None) -> ResponseReturnValue:
    lines = form.read_lines(request.form)
    if "save" not in request.form:
        return _show(form, _changed(lines), order)
    actor = current_actor()
    with reading(actor) as session:
        currency = (
            order.order.currency if order else organization_currency(session, actor.organization)
        )
    draft = form.draft(lines, currency)
    if draft is None:
        return _show(form, lines, order, status=422)
    try:
        if order is None:
            order_id = in_unit(service.create_order)(actor, draft)
        else:
            order_id = order.id
            in_unit(service.change_order)(actor, order_id, draft, version=form.shown_version)
    except Invalid as refusal:
        form.refuse(refusal)
        return _show(form, lines, order, status=422)
    except Conflicting as refusal:
        form.form_errors.append(refusal.sentence)
        return _show(form, lines, order, status=409)
    toast("Entered." if order is None else "Changed.")
    return back_to(order_id)


def _changed(lines: Sequence[TypedLine]) -> list[TypedLine]:
    """Add what was chosen, and leave out what was removed; nothing is kept yet."""
    gone, added = request.form.get("remove", ""), request.form.get("add", "")
    left = [line for line in lines if line.variant_id != gone]
    if is_id(added) and added not in {line.variant_id for line in left}:
        left.append(TypedLine(added, "1", ""))
    return left


def _show(
    form: ManualForm, lines: Sequence[TypedLine], order: OrderDetail | None, *, status: int = 200
) -> ResponseReturnValue:
    actor = current_actor()
    text = (form.find.data or "").strip()[:200] if "add" not in request.form else ""
    with reading(actor) as session:
        currency = (
            order.order.currency if order else organization_currency(session, actor.organization)
        )
        goods = queries.goods(session, [UUID(line.variant_id) for line in lines])
        found = queries.candidates(session, text) if text else []
    rows = [_priced(line, goods) for line in lines if UUID(line.variant_id) in goods]
    return page(
        _FORM,
        status=status,
        form=form,
        rows=rows,
        order=order,
        found=found,
        text=text,
        currency=currency,
        payments=(Payment.PENDING, Payment.PAID),
        total=form.total([line for line, _ in rows], currency),
        is_ours=order is None or order.order.source == service.MANUAL,
    )


def _priced(line: TypedLine, goods: Mapping[UUID, Good]) -> tuple[TypedLine, Good]:
    """A line that was just added carries the price of the catalog."""
    good = goods[UUID(line.variant_id)]
    if not line.price and "add" in request.form and request.form["add"] == line.variant_id:
        line = TypedLine(line.variant_id, line.units, good.price)
    return line, good
