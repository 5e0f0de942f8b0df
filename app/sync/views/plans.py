"""Plans: changes that wait for a person, the most dangerous first; and what was decided."""

from typing import Final
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.connections import queries as connections
from app.connections.models import ConnectionState
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.sync import deciding, preview, waiting
from app.sync.planner import Risk
from app.sync.plans import price_move
from app.sync.views.base import bp
from app.sync.waiting import Wanted
from app.web.filters import plural
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.live import announce
from app.web.payload import whole_number

RISK_WORDS: Final = {
    Risk.DELETES: "deletion",
    Risk.HIDES: "hidden listing",
    Risk.PRICE_MOVE: "large price move",
    Risk.OVERWRITES: "overwritten value",
    Risk.LOW: "other change",
}
_LONGEST_NOTE: Final = 500
SHOWN_FIELDS: Final = 6  # of one listing in a preview

announce("plans", permission="sync.read")


def _wanted() -> Wanted:
    given = request.args
    risk = given.get("risk", "")
    try:
        connection_id = UUID(given["connection"]) if given.get("connection") else None
    except ValueError:
        connection_id = None
    return Wanted(
        connection_id,
        Risk(risk) if risk in set(Risk) else None,
        given.get("q", "").strip()[:100],
    )


@bp.get("/sync/plans")
@requires("sync.read")
def plan_list() -> ResponseReturnValue:
    """Show changes that wait for a person."""
    wanted = _wanted()
    with reading(current_actor()) as session:
        piles = waiting.piles(session)
        found = waiting.waiting_page(session, wanted, after=request.args.get("after"))
    return page(
        "sync/plan_list.html",
        blocks=("results",),
        watch=["plans"],
        page=found,
        piles=piles,
        wanted=wanted,
        risk_words=RISK_WORDS,
        headline=_headline(piles),
        risks=[(risk.value, words.capitalize() + "s") for risk, words in RISK_WORDS.items()],
        channels=[(str(pile.connection.id), pile.connection.name) for pile in piles],
        filters=f"?{request.query_string.decode()}" if request.query_string else "",
    )


def _headline(piles: list[waiting.Pile]) -> str:
    changes = sum(pile.changes for pile in piles)
    if not changes:
        return ""
    listings = sum(pile.products for pile in piles)
    risky = sum(
        count
        for pile in piles
        for risk, count in pile.by_risk.items()
        if risk in (Risk.DELETES, Risk.HIDES, Risk.PRICE_MOVE)
    )
    tail = f", {risky:,} of them large or final" if risky else ""
    return (
        f"{plural(changes, 'change')} of {plural(listings, 'listing')}"
        f" on {plural(len(piles), 'channel')}{tail}"
    )


@bp.get("/sync/plans/decided")
@requires("sync.read")
def plan_decided() -> ResponseReturnValue:
    """Show what people let pass and declined."""
    with reading(current_actor()) as session:
        found = waiting.decided_page(session, after=request.args.get("after"))
    return page("sync/plan_decided.html", blocks=("results",), watch=["plans"], page=found)


@bp.post("/sync/plans/approve")
@requires("sync.run")
def plan_approve() -> ResponseReturnValue:
    """Let the checked changes pass, or all that the filters show."""
    return _decide(deciding.approve, "{} on their way. The rows change as the channels answer.")


@bp.post("/sync/plans/decline")
@requires("sync.run")
def plan_decline() -> ResponseReturnValue:
    """Say no to the checked changes, or to all that the filters show."""
    return _decide(deciding.decline, "{} declined. Both sides keep what they have.")


def _decide(decide: deciding.Decide, sentence: str) -> ResponseReturnValue:
    note = request.form.get("note", "").strip()
    if len(note) > _LONGEST_NOTE:
        raise Invalid(fields={"note": f"Use at most {_LONGEST_NOTE} characters."})
    told = map(whole_number, request.form.getlist("ids"))
    ids = [each for each in told if each is not None]
    is_everything = bool(request.form.get("everything"))
    if not ids and not is_everything:
        raise Invalid(fields={"ids": "Select at least one change."})
    with unit_of_work(current_actor()) as work:
        chosen = deciding.held(work, ids)
        if is_everything:
            chosen = deciding.all_held(work).where(*_wanted().conditions())
        done = decide(work, chosen, asked=None if is_everything else len(set(ids)), note=note)
    toast(_told(done, sentence), kind="info")
    return then(plan_list)


def _told(done: deciding.Decided, sentence: str) -> str:
    moved = f"{plural(done.outdated, 'change')} moved meanwhile and waits anew."
    if not done.count:
        return moved if done.outdated else "Nothing waits any more."
    told = sentence.format(plural(done.count, "change"))
    return f"{told} {moved}" if done.outdated else told


@bp.get("/sync/plans/<uuid:connection_id>")
@requires("sync.read")
def plan_preview(connection_id: UUID) -> ResponseReturnValue:
    """Show what sending everything of a channel would do now; nothing is written."""
    actor = current_actor()
    with reading(actor) as session:
        row = connections.get_connection(session, actor.organization, connection_id)
        name, is_active = row.name, row.state == ConnectionState.ACTIVE
        found = preview.preview(session, row)
    fields = sorted(found.by_field.items(), key=lambda each: -each[1])
    return page(
        "sync/plan_preview.html",
        blocks=("results",),
        watch=["product-*"],
        row={"id": connection_id, "name": name, "is_active": is_active},
        preview=found,
        fields=fields,
        price_move=price_move,
        shown_fields=SHOWN_FIELDS,
    )
