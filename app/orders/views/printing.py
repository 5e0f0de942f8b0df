"""On paper and as a file: pick lists, packing slips, the order list as CSV."""

import tempfile
from contextlib import ExitStack
from typing import BinaryIO, cast

from flask import request, send_file
from flask.typing import ResponseReturnValue

from app.core import clock
from app.core.db import reading
from app.core.work import unit_of_work
from app.orders import exports, queries
from app.orders.filters import OrderFilter
from app.orders.views.blueprint import bp
from app.orders.views.index import chosen_ids, selection_url
from app.team import queries as team
from app.team import service as team_service
from app.web.filters import plural, viewer_zone
from app.web.fragments import go_to_url, page
from app.web.guards import requires
from app.web.identity import current_actor


@bp.post("/orders/pick-list")
@requires("orders.write")
def pick_list_of_selection() -> ResponseReturnValue:
    """Open the pick list of the selection."""
    return go_to_url(selection_url("orders.pick_list"))


@bp.get("/orders/pick-list")
@requires("orders.write")
def pick_list() -> ResponseReturnValue:
    """Show what to take from which place for the chosen orders."""
    with reading(current_actor()) as session:
        ids = chosen_ids(session, request.args)
        orders = queries.slips(session, ids, sees_buyers=False, is_rush_first=True)
        picks = queries.pick_list(session, orders)
    return page("orders/pick_list.html", orders=orders, picks=picks, now=clock.now())


@bp.get("/orders/packing-slips")
@requires("orders.write")
def packing_slips() -> ResponseReturnValue:
    """Show what goes into the parcels of the chosen orders, a sheet for each."""
    actor = current_actor()
    with reading(actor) as session:
        ids = chosen_ids(session, request.args)
        sees_buyers = actor.can("orders.personal")
        orders = queries.slips(session, ids, sees_buyers=sees_buyers, is_rush_first=True)
        home = team.get_organization(session, actor.organization)
    return page("orders/packing_slips.html", orders=orders, home=home, now=clock.now())


@bp.post("/orders/packing-slips")
@requires("orders.write")
def packing_slips_of_selection() -> ResponseReturnValue:
    """Open the packing slips of the selection."""
    return go_to_url(selection_url("orders.packing_slips"))


@bp.post("/orders/export")
@requires("orders.export")
def export_selected() -> ResponseReturnValue:
    """Take a selection of the list to the page that offers the file."""
    return go_to_url(selection_url("orders.export_new"))


@bp.get("/orders/export")
@requires("orders.export")
def export_new() -> ResponseReturnValue:
    """Say what the file will hold, and offer it."""
    actor = current_actor()
    scope = {key: value for key, value in request.args.items() if key != "sort"}
    with reading(actor) as session:
        if "ids" in scope:
            count, is_estimate = len(chosen_ids(session, request.args)), False
        else:
            wanted = OrderFilter.from_args(request.args)
            found = queries.order_list(session, wanted, sees_buyers=False, size=1)
            count, is_estimate = found.total, found.is_estimate
    words = f"{'More than ' if is_estimate else ''}{plural(count, 'order')}, a row for each line"
    return page("orders/export_new.html", words=words, scope=scope, count=count)


@bp.get("/orders/export/file")
@requires("orders.export")
def export_file() -> ResponseReturnValue:
    """Send the file; memory stays flat, the disk holds it for as long as it is sent."""
    actor = current_actor()
    sees_buyers = actor.can("orders.personal")
    wanted = OrderFilter.from_args(request.args)
    with ExitStack() as held, reading(actor) as session:
        ids = chosen_ids(session, request.args) if request.args.get("ids") else None
        # A temporary file has no name: closed by the response, it leaves nothing behind.
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
        stream = held.enter_context(cast("BinaryIO", file))
        rows = queries.iter_slips(session, wanted, ids, sees_buyers=sees_buyers)
        count = exports.write_orders(rows, stream, zone=viewer_zone(), with_buyers=sees_buyers)
        held.pop_all()
    if sees_buyers:
        with unit_of_work(actor) as work:
            team_service.record_audit(
                work,
                "orders.exported",
                "organization",
                actor.organization,
                f"Exported {plural(count, 'order')} with who bought",
            )
    stream.seek(0)
    return send_file(
        stream,
        mimetype="text/csv",
        as_attachment=True,
        download_name=f"orders-{clock.now():%Y-%m-%d}.csv",
    )
