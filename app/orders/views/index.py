"""The order list: search, filters, tabs by what needs doing, selection."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog import queries as catalog
from app.catalog.views.lists import Tab, chips_of
from app.core.actor import Actor
from app.core.db import reading
from app.core.errors import Conflicting, Invalid
from app.core.work import in_unit
from app.orders import filters, queries, service
from app.orders.filters import OrderFilter
from app.orders.rules import OrderState
from app.orders.views.blueprint import bp
from app.orders.views.saved import ORDERS
from app.orders.views.words import PAYMENTS, STATES
from app.web.filters import plural
from app.web.fragments import page, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.live import announce, live
from app.web.wishes import cursors

MOST_AT_ONCE: Final = 500
_NOTHING: Final = "Select at least one order."

announce("orders", permission="orders.read")
announce("order", permission="orders.read")


@bp.get("/orders")
@requires("orders.read")
def order_list() -> ResponseReturnValue:
    """Show one page of the list."""
    wanted = OrderFilter.from_args(request.args)
    actor = current_actor()
    with reading(actor) as session:
        found = queries.order_list(
            session, wanted, sees_buyers=actor.can("orders.personal"), **cursors()
        )
        channels = [(str(key), name) for key, name in catalog.connection_names(session)]
        tabs, own_view = ORDERS.kept(session, actor)
        counts = g.order_tabs = queries.tab_counts(session)
        is_empty = not found.total and not queries.has_orders(session)
    return page(
        "orders/order_list.html",
        blocks=("results", "tabs"),
        watch=[*(f"order-{row.id}" for row in found.rows), "order-*", "orders"],
        page=found,
        wanted=wanted,
        query=wanted.query_string,
        channels=channels,
        states=[(state.value, shown.word) for state, shown in _named(STATES)],
        payments=[(state.value, shown.word) for state, shown in _named(PAYMENTS)],
        needs=list(filters.NEEDS.items()),
        sorts=list(filters.SORTS.items()),
        tabs=_tabs(wanted, counts) + tabs,
        own_view=own_view,
        chips=_chips(wanted, dict(channels)),
        is_empty=is_empty,
    )


def _named(words: Any) -> list[tuple[Any, Any]]:
    return list(words.items())


def _tabs(wanted: OrderFilter, counts: dict[str, int]) -> list[Tab]:
    here, chosen = wanted.to_args(), request.args.get("view", "")
    tabs: list[Tab] = [("All", ORDERS.url({}), not chosen and not here, None)]
    for name, word in filters.TABS.items():
        is_here = not chosen and wanted.tab == name
        tabs.append((word, ORDERS.url({"tab": name}), is_here, counts.get(name)))
    return tabs


def _chips(wanted: OrderFilter, channels: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Return the filters as words: subject, relation, value, argument to remove."""
    words: dict[str, tuple[str, dict[str, str]]] = {
        "state": ("State", {key: shown.word for key, shown in STATES.items()}),
        "payment": ("Payment", {key: shown.word for key, shown in PAYMENTS.items()}),
        "channel": ("Channel", channels),
        "needs": ("Needs", dict(filters.NEEDS)),
    }
    return chips_of(wanted, words, bare=("needs",))


@live("order")
def order_fragments(actor: Actor, ids: Sequence[str]) -> dict[str, str]:
    """Draw changed rows for this reader."""
    if not actor.can("orders.read"):
        return {}
    with reading(actor) as session:
        rows = queries.order_rows(
            session, [UUID(each) for each in ids], sees_buyers=actor.can("orders.personal")
        )
    return {str(row.id): render_template("orders/_order_row.html", order=row) for row in rows}


def chosen_ids(session: Session, args: Any) -> list[UUID]:
    """Return the orders a selection means: those named, or everything the filter finds."""
    most = MOST_AT_ONCE
    if args.get("everything"):
        ids = queries.chosen_orders(session, OrderFilter.from_args(request.args), most=most + 1)
    else:
        given = args.getlist("ids")
        ids = [UUID(key) for each in given for key in each.split(",") if filters.is_id(key)]
    if len(ids) > most:
        raise Invalid(f"This works on up to {most:,} orders at once. Narrow the list.")
    return ids


def selection_url(endpoint: str) -> str:
    """Return the address of a page about the selection of this form."""
    scope: dict[str, str] = OrderFilter.from_args(request.args).to_args()
    if request.form.get("everything"):
        scope["everything"] = "1"
    else:
        ids = [each for each in request.form.getlist("ids") if filters.is_id(each)]
        if not ids:
            raise Invalid(_NOTHING)
        scope = {"ids": ",".join(ids)}
    return f"{url_for(endpoint)}?{urlencode(scope)}"


@bp.post("/orders/pick")
@requires("orders.write")
def order_pick_many() -> ResponseReturnValue:
    """Begin to pick the selection; one order that refuses hinders no other."""
    actor = current_actor()
    with reading(actor) as session:
        ids = chosen_ids(session, request.form)
    if not ids:
        raise Invalid(_NOTHING)
    count, refusals = 0, Counter[str]()
    for order_id in ids:
        try:
            in_unit(service.move_order)(actor, order_id, OrderState.PICKING)
            count += 1
        except Conflicting as refusal:
            refusals[refusal.sentence] += 1
    if count:
        toast(f"Picking of {plural(count, 'order')} began.")
    for sentence, times in refusals.items():
        toast(f"{plural(times, 'order')}: {sentence}", kind="error")
    return ORDERS.back()
