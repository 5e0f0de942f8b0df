"""One way for all that is done to an order: done, or shown again with why not and what changed."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.core.actor import Actor
from app.core.db import reading
from app.core.errors import Conflicting, Invalid
from app.core.work import Work, in_unit
from app.orders import queries
from app.orders.forms import OrderForm, UnitsForm
from app.orders.queries import EventRow, OrderDetail
from app.orders.rules import OrderState, may_follow
from app.web.fragments import go_to_url, page, toast
from app.web.identity import current_actor
from app.web.payload import whole_number

BLOCKS: Final = ("summary", "order")
Act = Callable[[Work], object]


def load(actor: Actor, order_id: UUID) -> OrderDetail:
    """Return an order as far as this caller may see it; raises OrderNotFound."""
    with reading(actor) as session:
        return queries.order_detail(session, order_id, sees_buyers=actor.can("orders.personal"))


def show_order(
    order_id: UUID, *, status: int = 200, refusal: str = "", news: Sequence[EventRow] = ()
) -> ResponseReturnValue:
    """Show the page of an order; after a refusal with why, and with what changed meanwhile."""
    order = load(current_actor(), order_id)
    state = OrderState(order.order.state)
    is_promised = order.promised > 0
    return page(
        "orders/order_detail.html",
        blocks=BLOCKS,
        status=status,
        watch=[f"order-{order_id}"],
        order=order,
        refusal=refusal,
        news=news,
        may_pick=is_promised and may_follow(state, OrderState.PICKING),
        may_pack=is_promised and may_follow(state, OrderState.PACKED),
        may_deliver=may_follow(state, OrderState.DELIVERED),
    )


def show_form(
    template: str, order: OrderDetail, form: OrderForm, *, status: int = 200, **context: Any
) -> ResponseReturnValue:
    """Show a form about an order, carrying how the order stands now."""
    form.show(order.order.version, order.last_event)
    return page(template, status=status, order=order, form=form, **context)


def back_to(order_id: UUID) -> ResponseReturnValue:
    """Open the page of an order."""
    return go_to_url(url_for("orders.order_detail", order_id=order_id))


def answer(
    template: str, order: OrderDetail, form: OrderForm, act: Act, *, done: str, **context: Any
) -> ResponseReturnValue:
    """Do what a filled form asks for; refused or stale, show it again with what was typed."""
    if not form.validate() or (isinstance(form, UnitsForm) and form.problems):
        return show_form(template, order, form, status=422, **context)
    actor = current_actor()
    try:
        in_unit(act)(actor)
    except Invalid as refusal:
        form.refuse(refusal)
        return show_form(template, order, form, status=422, **context)
    except Conflicting as refusal:
        news = _news(actor, order.id, form.shown_event)
        return show_form(
            template,
            load(actor, order.id),
            form,
            status=409,
            refusal=refusal.sentence,
            news=news,
            **context,
        )
    toast(done)
    return back_to(order.id)


def do(order_id: UUID, act: Callable[[Work, int], object], *, done: str) -> ResponseReturnValue:
    """Do what a single button asks for, given the version its page showed."""
    actor = current_actor()
    version, seen = (whole_number(request.form.get(n, "")) or 0 for n in ("version", "seen"))
    try:
        in_unit(act)(actor, version)
    except Conflicting as refusal:
        news = _news(actor, order_id, seen)
        return show_order(order_id, status=409, refusal=refusal.sentence, news=news)
    toast(done)
    return back_to(order_id)


def _news(actor: Actor, order_id: UUID, event_id: int) -> Sequence[EventRow]:
    with reading(actor) as session:
        return queries.events_since(session, order_id, event_id)
