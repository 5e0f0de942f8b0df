"""Conflicts: a list to work through, one with everything about it, and many decided at once."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.adapters.values import FIELDS
from app.connections import queries as connections
from app.core.db import reading
from app.core.errors import AppError, Forbidden, Invalid
from app.core.work import unit_of_work
from app.sync import conflicts, resolving
from app.sync.errors import ConflictMoved
from app.sync.models import Resolution
from app.sync.policy import GROUP_LABELS, Direction
from app.sync.views.base import bp
from app.sync.views.editing import editor_of, read_value
from app.sync.views.versus import sides_of
from app.team import queries as team
from app.team.permissions import ROLES
from app.web.filters import plural
from app.web.fragments import go_to_url, page, then, toast
from app.web.guards import requires
from app.web.identity import can, current_actor
from app.web.wishes import cursors

_AT_ONCE: Final = 500
_WINNERS: Final = (Resolution.OURS, Resolution.THEIRS)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _chosen() -> conflicts.ConflictFilter:
    """Read the filters of the address; what cannot be read filters nothing."""
    wanted = request.args.get("assignee", "")
    field = request.args.get("field", "")
    return conflicts.ConflictFilter(
        is_decided=request.args.get("view") == "decided",
        connection_id=_id(request.args.get("connection", "")),
        field=field if field in FIELDS else "",
        assignee=wanted if wanted == conflicts.NOBODY or _id(wanted) else "",
        text=request.args.get("q", "").strip(),
    )


def _kept() -> dict[str, Any]:
    """Return the filters of the address, for links that lead back to the same list."""
    names = ("view", "connection", "field", "assignee", "q")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _members() -> list[tuple[str, str]]:
    """Return who may decide, as choices."""
    actor = current_actor()
    with reading(actor) as session:
        lines = team.member_list(session, actor.organization)
    return [(str(each.user_id), each.name) for each in lines if "sync.resolve" in ROLES[each.role]]


@bp.get("/sync/conflicts")
@requires("sync.read")
def conflict_list(status: int = 200) -> ResponseReturnValue:
    """Show open conflicts with both values, or what became of the decided ones."""
    chosen = _chosen()
    with reading(current_actor()) as session:
        found = conflicts.conflict_page(session, chosen, **cursors())
        counts = conflicts.state_counts(session)
        cards = connections.cards(session)
    return page(
        "sync/conflict_list.html",
        blocks=("results",),
        status=status,
        watch=["conflicts"],
        page=found,
        sides={row.id: sides_of(row) for row in found.rows},
        chosen=chosen,
        kept=_kept(),
        counts=counts,
        cards=cards,
        members=_members(),
        fields=conflicts.field_choices(),
    )


@bp.get("/sync/conflicts/<uuid:conflict_id>")
@requires("sync.read")
def conflict_detail(conflict_id: UUID, status: int = 200, **shown: Any) -> ResponseReturnValue:
    """Show one conflict: values side by side, ways to decide, who looks at it, what was said."""
    actor = current_actor()
    with reading(actor) as session:
        row = conflicts.get_conflict(session, actor.organization, conflict_id)
        said = conflicts.comments(session, conflict_id)
        near = conflicts.neighbours(session, conflict_id)
        rule = conflicts.rule_for(session, row.conflict)
        reach = {each: conflicts.reach(session, [row], each) for each in _WINNERS}
    return page(
        "sync/conflict_detail.html",
        blocks=("sides", "decision", "talk"),
        status=status,
        watch=[f"conflict-{conflict_id}"],
        row=row,
        sides=sides_of(row),
        editor=editor_of(row),
        group=GROUP_LABELS[FIELDS[row.conflict.field].group],
        is_one_way=rule.direction is not Direction.BOTH,
        reach=reach,
        said=said,
        near=near,
        kept=_kept(),
        members=_members(),
        **{"error": None, "typed": None, "is_moved": False, **shown},
    )


@bp.post("/sync/conflicts/<uuid:conflict_id>")
@requires("sync.resolve")
def conflict_decide(conflict_id: UUID) -> ResponseReturnValue:
    """Decide one conflict for a side or for a value of its own; then back to the list."""
    choice = _choice((*_WINNERS, Resolution.EDITED))
    typed = request.form if choice is Resolution.EDITED else None
    is_always = bool(request.form.get("always"))
    if is_always and not can("connections.manage"):
        raise Forbidden
    try:
        others = _decide(conflict_id, choice, is_always=is_always)
    except ConflictMoved:
        return conflict_detail(conflict_id, 409, is_moved=True, typed=typed)
    except Invalid as refusal:
        sentence = refusal.fields.get("value", refusal.sentence)
        return conflict_detail(conflict_id, 422, error=sentence, typed=typed)
    toast(_decided_words(others if is_always else None), kind="info")
    return go_to_url(url_for("sync.conflict_list", **_kept()))


def _choice(allowed: Iterable[Resolution]) -> Resolution:
    wish = request.form.get("choice", "")
    if wish not in {each.value for each in allowed}:
        raise Invalid(fields={"choice": "Choose your value or the shop’s value."})
    return Resolution(wish)


def _decide(conflict_id: UUID, choice: Resolution, *, is_always: bool) -> int:
    """Carry out one decision; returns how many others a rule made with it decides."""
    actor = current_actor()
    value = None
    if choice is Resolution.EDITED:
        with reading(actor) as session:
            row = conflicts.get_conflict(session, actor.organization, conflict_id)
        value = read_value(row, request.form)
    decision = resolving.Decision(choice, request.form.get(f"seen-{conflict_id}", ""), value)
    with unit_of_work(actor) as work:
        if is_always:
            return resolving.decide_always(work, conflict_id, decision)
        resolving.decide(work, conflict_id, decision)
    return 0


def _decided_words(others: int | None) -> str:
    if others is None:
        return "Decided. The value is on its way."
    if not others:
        return "Decided, and the rule is saved."
    return f"Decided, and the rule is saved. It decides {plural(others, 'more conflict')} now."


@bp.post("/sync/conflicts/review")
@requires("sync.resolve")
def conflict_review() -> ResponseReturnValue:
    """Show what deciding the checked conflicts one way comes to, before it is done."""
    choice = _choice(_WINNERS)
    with reading(current_actor()) as session:
        if request.form.get("everything"):
            found = conflicts.conflict_page(session, _chosen(), limit=_AT_ONCE)
            rows, total = list(found.rows), found.total
        else:
            ids = [key for each in request.form.getlist("ids") if (key := _id(each))]
            rows = conflicts.conflict_rows(session, ids[:_AT_ONCE])
            total = len(ids)
        reach = conflicts.reach(session, rows, choice)
    return page(
        "sync/conflict_review.html",
        rows=rows,
        total=total,
        sides={row.id: sides_of(row) for row in rows},
        choice=choice,
        kept=_kept(),
        reach=reach,
    )


@bp.post("/sync/conflicts/decide")
@requires("sync.resolve")
def conflict_decide_many() -> ResponseReturnValue:
    """Decide the conflicts of a review one by one; one that moved hinders no other."""
    choice = _choice(_WINNERS)
    ids = [key for each in request.form.getlist("ids")[:_AT_ONCE] if (key := _id(each))]
    count, refusals = 0, []
    for conflict_id in ids:
        try:
            _decide(conflict_id, choice, is_always=False)
            count += 1
        except AppError as refusal:
            refusals.append(refusal.sentence)
    if count:
        toast(f"Decided {plural(count, 'conflict')}. The values are on their way.", kind="info")
    if refusals:
        toast(f"{plural(len(refusals), 'conflict')} left as is: {refusals[0]}", kind="error")
    return go_to_url(url_for("sync.conflict_list", **_kept()))


@bp.post("/sync/conflicts/<uuid:conflict_id>/assign")
@requires("sync.resolve")
def conflict_assign(conflict_id: UUID) -> ResponseReturnValue:
    """Give a conflict to a member, or to nobody."""
    with unit_of_work(current_actor()) as work:
        resolving.assign(work, conflict_id, _id(request.form.get("assignee", "")))
    return then(conflict_detail, conflict_id=conflict_id)


@bp.post("/sync/conflicts/<uuid:conflict_id>/comments")
@requires("sync.resolve")
def conflict_comment(conflict_id: UUID) -> ResponseReturnValue:
    """Say something about a conflict."""
    with unit_of_work(current_actor()) as work:
        resolving.add_comment(work, conflict_id, request.form.get("text", ""))
    return then(conflict_detail, conflict_id=conflict_id)
