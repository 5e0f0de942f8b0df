"""The list of stock."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.catalog.queries import is_catalog_empty
from app.core.db import reading
from app.inventory import queries
from app.inventory.filters import STATES, StockFilter
from app.inventory.models import Location
from app.inventory.views.blueprint import bp
from app.web.fragments import page
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.wishes import cursors

_TABS: Final[Sequence[tuple[str, dict[str, str]]]] = (
    ("All", {}),
    ("Low", {"stock": "low"}),
    ("Out of stock", {"stock": "out"}),
    ("Short", {"stock": "short"}),
    ("Kept back", {"stock": "kept"}),
)


@bp.get("/inventory")
@requires("inventory.read")
def stock_list() -> ResponseReturnValue:
    """Show what lies there, what is promised of it and what may be sold."""
    wanted = StockFilter.from_args(request.args)
    with reading(current_actor()) as session:
        found = queries.stock_page(session, wanted, **cursors())
        places = queries.locations(session)
        is_empty = not found.total and is_catalog_empty(session)
    products = list(dict.fromkeys(row.product_id for row in found.rows))
    return page(
        "inventory/stock_list.html",
        blocks=("results",),
        watch=[f"product-{key}" for key in products],
        moves=", ".join(f"product-{key} from:body throttle:2s" for key in products),
        page=found,
        wanted=wanted,
        sort=wanted.sort,
        query=wanted.query_string,
        states=STATES,
        places=[(str(each.id), each.name) for each in places],
        chips=_chips(wanted, places),
        tabs=_tabs(wanted),
        is_empty=is_empty,
    )


def _tabs(wanted: StockFilter) -> list[tuple[Any, ...]]:
    here = wanted.to_args()
    here.pop("sort", None)
    return [
        (name, url_for("inventory.stock_list") + (f"?{urlencode(args)}" if args else ""),
         here == args, None)
        for name, args in _TABS
    ]  # fmt: skip


def _chips(
    wanted: StockFilter, places: Sequence[Location]
) -> list[tuple[str, str, str, str | list[str]]]:
    """Return the filters as words: subject, relation, value, argument to remove."""
    names = {str(each.id): each.name for each in places}
    chips: list[tuple[str, str, str, str | list[str]]] = []
    if wanted.q:
        chips.append(("Search", "is", wanted.q, "q"))
    if wanted.location:
        chips.append(("Location", "is", names.get(wanted.location, "unknown"), "location"))
    if wanted.stock:
        chips.append(("Stock", "is", STATES[wanted.stock].lower(), "stock"))
    return chips
