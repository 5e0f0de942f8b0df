"""One cause of errors: every listing that fails for it, what to do, and one fix for all."""

from datetime import datetime
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.catalog import bulk
from app.connections import queries as connections
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.sync import aside, queries, service
from app.sync.views.base import bp
from app.sync.views.runs import error_list
from app.web.filters import plural
from app.web.fragments import go_to, go_to_url, page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.wishes import cursors


@bp.get("/sync/errors/<uuid:connection_id>/<cause>")
@requires("sync.read")
def cause_detail(connection_id: UUID, cause: str) -> ResponseReturnValue:
    """Show every listing that fails for one cause."""
    actor = current_actor()
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        found = queries.listing_page(
            session, connection_id=row.id, states=queries.FAILURES, cause=cause, **cursors()
        )
        why = queries.find_cause(session, row.id, cause)
    return page(
        "sync/cause_detail.html",
        blocks=("results",),
        watch=["listings"],
        row=row,
        cause=why,
        edit=f"{bulk.LABELS[why.advice.edit]} of all" if why and why.advice.edit else None,
        page=found,
    )


def _failing(connection_id: UUID, cause: str) -> list[tuple[UUID, UUID | None]]:
    actor = current_actor()
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        return list(queries.failing_ids(session, actor.organization, row.id, cause))


@bp.post("/sync/errors/<uuid:connection_id>/<cause>/retry")
@requires("sync.run")
def cause_retry(connection_id: UUID, cause: str) -> ResponseReturnValue:
    """Try everything of a cause again."""
    ids = [listing_id for listing_id, _ in _failing(connection_id, cause)]
    with unit_of_work(current_actor()) as work:
        count = service.retry_listings(work, ids)
    said = "Nothing fails for this reason any more."
    toast(f"Trying {plural(count, 'listing')} again." if count else said, kind="info")
    return go_to(error_list)


@bp.post("/sync/errors/<uuid:connection_id>/<cause>/aside")
@requires("sync.run")
def cause_aside(connection_id: UUID, cause: str) -> ResponseReturnValue:
    """Keep everything of a cause off this channel."""
    ids = [listing_id for listing_id, _ in _failing(connection_id, cause)]
    with unit_of_work(current_actor()) as work:
        count = aside.keep_off(work, ids)
    tell_kept_off(count, work.now, "Nothing fails for this reason any more.")
    return go_to(error_list)


def tell_kept_off(count: int, moment: datetime, none: str) -> None:
    """Say how many listings are kept off now, and offer to put them back."""
    if not count:
        toast(none, kind="info")
        return
    does = "is" if count == 1 else "are"
    undo = url_for("sync.aside_undo", at=moment.isoformat())
    toast(f"{plural(count, 'listing')} {does} kept off the channel.", kind="info", undo=undo)


@bp.post("/sync/aside/undo")
@requires("sync.run")
def aside_undo() -> ResponseReturnValue:
    """Put back what one decision kept off its channel."""
    try:
        moment = datetime.fromisoformat(request.args.get("at", ""))
    except ValueError as error:
        raise Invalid("This address is damaged. Put the listings back in the mapping.") from error
    with unit_of_work(current_actor()) as work:
        count = aside.put_back(work, kept_off_at=moment)
    said = f"Trying {plural(count, 'listing')} again." if count else "They were put back already."
    toast(said, kind="info")
    return go_to(error_list)


@bp.post("/sync/errors/<uuid:connection_id>/<cause>/edit")
@requires("catalog.write")
def cause_edit(connection_id: UUID, cause: str) -> ResponseReturnValue:
    """Set a field of all products of a cause: the bulk edit shows what changes first."""
    products = {product for _, product in _failing(connection_id, cause) if product}
    if not products:
        toast("Nothing fails for this reason any more.", kind="info")
        return then(cause_detail, connection_id=connection_id, cause=cause)
    kind = request.form.get("kind", "")
    operation = bulk.Operation(kind) if kind in bulk.CLEARING else None  # else a value is missing
    with unit_of_work(current_actor()) as work:
        row = bulk.start_bulk_edit(work, sorted(products), operation)
    return go_to_url(url_for("catalog.bulk_detail", bulk_edit_id=row.id, kind=kind or None))
