"""Activity: runs and what they changed; plans that wait; listings that failed."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.catalog.views.index import back_to_list, chosen_ids
from app.connections import queries as connections
from app.core.db import reading
from app.core.errors import NotFound
from app.core.work import unit_of_work
from app.sync import queries, runs, service, undoing
from app.sync.models import ChangeState
from app.sync.views.base import bp
from app.web.filters import plural, viewer_zone
from app.web.fragments import go_to_url, page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.wishes import cursors

_MOST_AT_ONCE: Final = 1_000


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@bp.get("/sync/runs")
@requires("sync.read")
def run_list() -> ResponseReturnValue:
    """Show every run, newest first."""
    actor = current_actor()
    with reading(actor) as session:
        days = queries.run_days(session, viewer_zone())
        found = queries.run_page(
            session,
            connection_id=_uuid(request.args.get("connection", "")),
            state=request.args.get("state"),
            **cursors(),
        )
        cards = connections.cards(session)
    return page(
        "sync/run_list.html",
        blocks=("results",),
        watch=["sync_run-*", *(f"sync_run-{row.id}" for row in found.rows)],
        page=found,
        cards=cards,
        days=days,
        chart=_chart(days),
    )


def _chart(days: Sequence[queries.RunDay]) -> dict[str, Any]:
    sets = (
        ("Done", "good", "done"),
        ("Partly done", "warn", "partly"),
        ("Failed", "bad", "failed"),
    )
    return {
        "type": "bar",
        "data": {
            "labels": [each.at.strftime("%d %b") for each in days],
            "datasets": [
                {"label": label, "tone": tone, "data": [getattr(each, name) for each in days]}
                for label, tone, name in sets
            ],
        },
        "options": {
            "scales": {
                "x": {"stacked": True},
                "y": {"stacked": True, "title": {"text": "Runs"}, "ticks": {"precision": 0}},
            }
        },
    }


@bp.get("/sync/runs/<uuid:run_id>")
@requires("sync.read")
def run_detail(run_id: UUID) -> ResponseReturnValue:
    """Show one run: totals, progress, and every change with its outcome."""
    actor = current_actor()
    with reading(actor) as session:
        row = queries.get_run(session, actor.organization, run_id)
        is_refused = request.args.get("show") == "refused"
        states = (ChangeState.REJECTED,) if is_refused else ()
        found = queries.changes(session, run_id=run_id, states=states, **cursors())
        calls = connections.exchanges(session, row.run.connection_id, run_id=run_id, limit=20)
    return page(
        "sync/run_detail.html",
        blocks=("progress", "changes"),
        watch=[f"sync_run-{run_id}"],
        row=row,
        page=found,
        is_refused=is_refused,
        calls=calls,
    )


@bp.post("/sync/runs/<uuid:run_id>/undo")
@requires("sync.run", "catalog.write")
def run_undo(run_id: UUID) -> ResponseReturnValue:
    """Prepare to take a run back; every inverse change is shown first."""
    with unit_of_work(current_actor()) as work:
        row = undoing.undo_run(work, run_id)
    return go_to_url(url_for("catalog.bulk_detail", bulk_edit_id=row.id))


@bp.post("/sync/runs/<uuid:run_id>/cancel")
@requires("sync.run")
def run_cancel(run_id: UUID) -> ResponseReturnValue:
    """Stop a run."""
    with unit_of_work(current_actor()) as work:
        service.cancel_run(work, run_id)
    return then(run_detail, run_id=run_id)


@bp.post("/sync/runs/<uuid:run_id>/pause")
@requires("sync.run")
def run_pause(run_id: UUID) -> ResponseReturnValue:
    """Let a run rest where it is."""
    with unit_of_work(current_actor()) as work:
        runs.pause_run(work, run_id)
    return then(run_detail, run_id=run_id)


@bp.post("/sync/runs/<uuid:run_id>/resume")
@requires("sync.run")
def run_resume(run_id: UUID) -> ResponseReturnValue:
    """Go on with a paused run."""
    with unit_of_work(current_actor()) as work:
        runs.resume_run(work, run_id)
    return then(run_detail, run_id=run_id)


def _errors_wanted() -> dict[str, Any]:
    return {
        "connection_id": _uuid(request.args.get("connection", "")),
        "states": queries.FAILURES,
        "is_open": True,
        "text": request.args.get("q", ""),
    }


@bp.get("/sync/errors")
@requires("sync.read")
def error_list() -> ResponseReturnValue:
    """Show listings that failed, with what to do."""
    with reading(current_actor()) as session:
        wanted = _errors_wanted()
        found = queries.listing_page(session, **wanted, **cursors())
        causes = queries.causes(session, wanted["connection_id"])
        cards = connections.cards(session)
    return page(
        "sync/error_list.html",
        blocks=("results",),
        watch=["listings"],
        page=found,
        cards=cards,
        causes=causes,
        q=request.args.get("q", ""),
    )


@bp.post("/sync/errors/retry")
@requires("sync.run")
def errors_retry() -> ResponseReturnValue:
    """Try one listing again, the checked ones, or all that the list shows."""
    actor = current_actor()
    given = request.form.getlist("only") or request.form.getlist("ids")
    ids = [key for each in given if (key := _uuid(each)) is not None]
    if request.form.get("everything") and not request.form.get("only"):
        with reading(actor) as session:
            found = queries.listing_page(session, **_errors_wanted(), limit=_MOST_AT_ONCE)
        ids = [row.id for row in found.rows]
    with unit_of_work(actor) as work:
        count = service.retry_listings(work, ids)
    said = f"Trying {plural(count, 'listing')} again." if count else "Select the listings to try."
    toast(said, kind="info")
    return then(error_list)


@bp.post("/sync/products")
@requires("sync.run")
def products_sync() -> ResponseReturnValue:
    """Sync the selected products now."""
    actor = current_actor()
    ids = chosen_ids(actor)
    with unit_of_work(actor) as work:
        started = service.sync_products(work, ids)
    if started:
        toast("Sync started. Rows change as the channels answer.", kind="info")
    else:
        toast("None of these products is paired with a channel yet.", kind="info")
    if request.form.get("stay"):
        return go_to_url(url_for("catalog.product_detail", product_id=ids[0]))
    return back_to_list()


@bp.get("/sync/listings/<uuid:listing_id>/payload")
@requires("sync.read")
def listing_payload(listing_id: UUID) -> ResponseReturnValue:
    """Show the channel's own answer about a listing, whole."""
    with reading(current_actor()) as session:
        found = queries.listing_page(session, ids=[listing_id], limit=1).rows
        snapshot = queries.find_snapshot(session, listing_id)
    if not found:
        raise NotFound
    return page("sync/listing_payload.html", row=found[0], snapshot=snapshot)
