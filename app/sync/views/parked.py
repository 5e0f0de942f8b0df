"""Parked work: what failed equally too often, with its reason, and what a person decides."""

from collections.abc import Sequence
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.catalog.filters import is_id
from app.connections import queries as connections
from app.core.db import reading
from app.core.work import unit_of_work
from app.sync import aside, mending, queries
from app.sync.models import Direction
from app.sync.views.base import bp
from app.sync.views.errors import tell_kept_off
from app.web.filters import plural
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.wishes import cursors

_WAYS = {
    "push": (Direction.PUSH, Direction.TELL),
    "pull": (Direction.PULL, Direction.ORDER),
    "orders": (Direction.ORDER, Direction.TELL),
}


def _wish() -> queries.ParkedWish:
    chosen, way = request.args.get("connection", ""), request.args.get("way", "")
    return queries.ParkedWish(
        UUID(chosen) if is_id(chosen) else None,
        _WAYS.get(way, ()),
    )


@bp.get("/sync/parked")
@requires("sync.read")
def parked_list() -> ResponseReturnValue:
    """Show parked tasks, newest first."""
    with reading(current_actor()) as session:
        found = queries.parked_page(session, _wish(), **cursors())
        cards = connections.cards(session)
    return page(
        "sync/parked_list.html",
        blocks=("results",),
        watch=["parked"],
        page=found,
        cards=cards,
    )


@bp.get("/sync/parked/<uuid:task_id>")
@requires("sync.read")
def parked_detail(task_id: UUID) -> ResponseReturnValue:
    """Show one parked task: why, what it carried, what to do."""
    actor = current_actor()
    with reading(actor) as session:
        found = queries.get_parked(session, actor.organization, task_id)
    return page("sync/parked_detail.html", blocks=("task",), found=found, row=found.row)


def _chosen() -> Sequence[UUID]:
    only = request.form.getlist("only")
    if request.form.get("everything") and not only:
        with reading(current_actor()) as session:
            return queries.parked_ids(session, _wish())
    return [UUID(each) for each in only or request.form.getlist("ids") if is_id(each)]


@bp.post("/sync/parked/retry")
@requires("sync.run")
def parked_retry() -> ResponseReturnValue:
    """Try one task anew, the checked ones, or all that the list shows."""
    with unit_of_work(current_actor()) as work:
        count = mending.retry_parked(work, _chosen())
    said = f"Trying {plural(count, 'task')} again." if count else "Select the tasks to try."
    toast(said, kind="info")
    return then(parked_list)


@bp.post("/sync/parked/aside")
@requires("sync.run")
def parked_aside() -> ResponseReturnValue:
    """Keep the listings of one task, the checked ones, or all the list shows, off their channel."""
    with unit_of_work(current_actor()) as work:
        count = aside.keep_off_parked(work, _chosen())
    tell_kept_off(count, work.now, "None of these tasks is about a paired listing.")
    return then(parked_list)


@bp.post("/sync/parked/discard")
@requires("sync.run")
def parked_discard() -> ResponseReturnValue:
    """Drop one task, the checked ones, or all that the list shows."""
    with unit_of_work(current_actor()) as work:
        count = mending.discard_parked(work, _chosen())
    said = f"Discarded {plural(count, 'task')}." if count else "Select the tasks to discard."
    toast(said, kind="info")
    return then(parked_list)
