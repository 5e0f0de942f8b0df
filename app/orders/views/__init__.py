"""Pages of orders, and what they put into the shell of every page."""

from collections.abc import Sequence

from flask import Flask, g, url_for

from app.core.actor import Actor
from app.core.db import reading
from app.orders import queries
from app.orders.filters import OrderFilter
from app.orders.views import (
    deciding,
    detail,
    giving_back,
    index,
    letters,
    manual,
    mapping,
    packing,
    printing,
    report,
    returns,
    rushing,
    saved,
    shipping,
)
from app.orders.views.blueprint import bp
from app.orders.views.words import (
    journey_state,
    order_state,
    payment_state,
    return_state,
    risk_state,
)
from app.web.nav import NavItem, Section, register_counters, register_nav
from app.web.search import Hit, register_search
from app.web.slots import register_moves

__all__ = [
    "bp",
    "deciding",
    "detail",
    "giving_back",
    "index",
    "install",
    "letters",
    "manual",
    "mapping",
    "packing",
    "printing",
    "report",
    "returns",
    "rushing",
    "saved",
    "shipping",
]


def _find(actor: Actor, text: str, most: int) -> Sequence[Hit]:
    if not actor.can("orders.read"):
        return []
    with reading(actor) as session:
        found = queries.order_list(
            session, OrderFilter(q=text), sees_buyers=actor.can("orders.personal"), size=most
        )
    return [
        Hit(
            "Orders",
            row.number,
            url_for("orders.order_detail", order_id=row.id),
            " · ".join(part for part in (row.buyer.name, order_state(row.state).word) if part),
            "shopping-bag",
        )
        for row in found.rows
    ]


def _counters(actor: Actor) -> dict[str, int]:
    if actor.organization_id is None or not actor.can("orders.read"):
        return {}
    counts: dict[str, int] | None = g.get("order_tabs")  # the list counted them for its tabs
    if counts is None:
        with reading(actor) as session:
            counts = queries.tab_counts(session)
    return {"orders": counts["ship"] + counts["mapping"]}


def install(app: Flask) -> None:
    """Tell the shell about orders."""
    app.jinja_env.globals.update(
        order_state=order_state,
        payment_state=payment_state,
        journey_state=journey_state,
        return_state=return_state,
        risk_state=risk_state,
    )
    register_search(_find)
    register_counters(_counters)
    register_moves("orders")
    register_nav(
        NavItem(
            Section.SELL,
            "Orders",
            "orders.order_list",
            "shopping-bag",
            "orders.read",
            counter="orders",
            order=30,
            is_on_phone=True,
        )
    )
