"""Conflicts: both values side by side, and who wins."""

from contextlib import suppress
from typing import Final
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.catalog.filters import is_id
from app.connections import queries as connections
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.sync import queries, service
from app.sync.errors import ConflictNotFound
from app.sync.views.base import bp
from app.web.filters import plural
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.wishes import cursors

_CHOICES: Final = ("ours", "theirs")
_MOST_AT_ONCE: Final = 500


def _narrowed() -> UUID | None:
    given = request.args.get("connection", "")
    return UUID(given) if is_id(given) else None


@bp.get("/sync/conflicts")
@requires("sync.read")
def conflict_list() -> ResponseReturnValue:
    """Show open conflicts with both values."""
    with reading(current_actor()) as session:
        found = queries.conflicts(session, connection_id=_narrowed(), **cursors())
        cards = connections.cards(session)
    return page(
        "sync/conflict_list.html",
        blocks=("results",),
        watch=["conflicts"],
        page=found,
        cards=cards,
    )


def _choice() -> str:
    choice = request.form.get("choice", "")
    if choice not in _CHOICES:
        raise Invalid(fields={"choice": "Choose your value or the shop's value."})
    return choice


@bp.post("/sync/conflicts/<uuid:conflict_id>")
@requires("sync.resolve")
def conflict_resolve(conflict_id: UUID) -> ResponseReturnValue:
    """Decide one conflict."""
    choice = _choice()
    with unit_of_work(current_actor()) as work:
        service.resolve(work, conflict_id, choice)
    toast("Decided. The value is on its way.", kind="info")
    return then(conflict_list)


@bp.post("/sync/conflicts")
@requires("sync.resolve")
def conflicts_resolve() -> ResponseReturnValue:
    """Decide every conflict of the list the same way; one decided meanwhile hinders no other."""
    choice, actor, count = _choice(), current_actor(), 0
    with reading(actor) as session:
        found = queries.conflicts(session, connection_id=_narrowed(), limit=_MOST_AT_ONCE)
    for row in found.rows:
        with suppress(ConflictNotFound), unit_of_work(actor) as work:
            service.resolve(work, row.id, choice)
            count += 1
    toast(f"Decided {plural(count, 'conflict')}. The values are on their way.", kind="info")
    return then(conflict_list)
