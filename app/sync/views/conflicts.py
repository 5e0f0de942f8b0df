"""Conflicts: both values side by side, and who wins."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.sync import queries, service
from app.sync.views.base import bp
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.wishes import cursors


@bp.get("/sync/conflicts")
@requires("sync.read")
def conflict_list() -> ResponseReturnValue:
    """Show open conflicts with both values."""
    with reading(current_actor()) as session:
        found = queries.conflicts(session, **cursors())
    return page("sync/conflict_list.html", blocks=("results",), watch=["conflicts"], page=found)


@bp.post("/sync/conflicts/<uuid:conflict_id>")
@requires("sync.resolve")
def conflict_resolve(conflict_id: UUID) -> ResponseReturnValue:
    """Decide one conflict."""
    choice = request.form.get("choice", "")
    if choice not in ("ours", "theirs"):
        raise Invalid(fields={"choice": "Choose your value or the shop's value."})
    with unit_of_work(current_actor()) as work:
        service.resolve(work, conflict_id, choice)
    toast("Decided. The value is on its way.", kind="info")
    return then(conflict_list)
