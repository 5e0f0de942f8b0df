"""Counts: begun, entered without a figure of ours in sight, compared, approved."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Conflicting, Invalid
from app.core.work import Work, in_unit, unit_of_work
from app.inventory import queries, service
from app.inventory.counting import CountState
from app.inventory.views.blueprint import bp
from app.inventory.views.words import STATES, places_of, scanned, typed_code
from app.inventory.warehouse_forms import CountForm, FinishForm, LineForm, ScanForm
from app.web.filters import plural
from app.web.fragments import go_to, page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.live import announce
from app.web.wishes import cursors

_TABS: Final[Sequence[tuple[str, str]]] = (("", "All"), ("open", "Open"), ("done", "Done"))

announce("count", permission="inventory.read")
announce("counts", permission="inventory.read")


@bp.get("/inventory/counts")
@requires("inventory.read")
def count_list() -> ResponseReturnValue:
    """Show which counts there are."""
    tab = request.args.get("tab", "")
    with reading(current_actor()) as session:
        found = queries.count_list(session, tab, **cursors())
        is_empty = not found.total and not queries.has_counts(session)
    tabs = [
        (word, url_for("inventory.count_list", tab=key or None), tab == key, None)
        for key, word in _TABS
    ]
    return page(
        "inventory/count_list.html",
        blocks=("results",),
        watch=["counts"],
        page=found,
        tabs=tabs,
        states=STATES,
        is_empty=is_empty,
    )


@bp.get("/inventory/counts/new")
@requires("inventory.write")
def count_new(form: CountForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Ask what is counted where."""
    shown = (form or CountForm(formdata=None)).offer(*_choices())
    return page("inventory/count_new.html", status=status, form=shown)


def _choices() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    with reading(current_actor()) as session:
        return places_of(session), queries.category_choices(session)


@bp.post("/inventory/counts/new")
@requires("inventory.write")
def count_create() -> ResponseReturnValue:
    """Begin a count."""
    form = CountForm().offer(*_choices())
    if not form.validate():
        return count_new(form, 422)
    try:
        count_id = in_unit(service.start_count)(current_actor(), form.draft())
    except Invalid as refusal:
        form.refuse(refusal)
        return count_new(form, 422)
    return go_to(count_detail, count_id=count_id)


@bp.get("/inventory/counts/<uuid:count_id>")
@requires("inventory.read")
def count_detail(
    count_id: UUID,
    scan: ScanForm | None = None,
    line_id: UUID | None = None,
    refusal: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    """Show what counters need, which is no figure of ours; a closed count shows its result."""
    view = request.args.get("view", "")
    if line_id is None and _is_line(request.args.get("line_id", "")):
        line_id = UUID(request.args["line_id"])
    with reading(current_actor()) as session:
        found = queries.count_detail(session, count_id)
        is_counting = found.count.state == CountState.COUNTING
        is_over = found.count.state in (CountState.CLOSED, CountState.CANCELLED)
        if view not in ("todo", "seen") or is_over:
            view = "differs" if is_over else "seen" if found.counted else "todo"
        shown = "posted" if is_over else view
        lines = queries.count_lines(session, count_id, shown, **cursors())
        last = None if line_id is None else queries.count_line(session, count_id, line_id)
    tabs = [
        (word, url_for("inventory.count_detail", count_id=count_id, view=key), view == key, number)
        for key, word, number in (
            ("seen", "Counted", found.counted),
            ("todo", "Not yet", found.lines - found.counted),
        )
    ]
    return page(
        "inventory/count_detail.html",
        blocks=("scanned", "counted"),
        status=status,
        watch=[f"count-{count_id}"],
        found=found,
        count=found.count,
        page=lines,
        tabs=tabs,
        view=view,
        last=last,
        scan=scan or ScanForm(formdata=None),
        typed_code=typed_code(scan),
        of_scan=scan is not None and not isinstance(scan, LineForm),
        refusal=refusal,
        states=STATES,
        is_counting=is_counting,
        is_over=is_over,
    )


@bp.post("/inventory/counts/<uuid:count_id>/lines")
@requires("inventory.write")
def count_enter(count_id: UUID) -> ResponseReturnValue:
    """Take in what a counter saw: one more of a code, or so many in all of a line."""
    line = request.form.get("line", "")
    scan = LineForm() if line else ScanForm()
    if not scan.validate():
        return count_detail(count_id, scan=scan, status=422)
    try:
        with unit_of_work(current_actor()) as work:
            entered = (
                service.set_counted(work, count_id, UUID(line), scan.quantity.data)
                if _is_line(line)
                else service.enter_code(work, count_id, scan.code.data, scan.units)
            )
            line_id = entered.id
    except Invalid as refusal:
        scan.refuse(refusal)
        return count_detail(count_id, scan=scan, status=422)
    except Conflicting as refusal:
        return count_detail(count_id, scan=scan, refusal=refusal.sentence, status=refusal.status)
    answer = then(count_detail, count_id=count_id, line_id=line_id)
    return answer if line else scanned(answer)


def _is_line(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _do(
    count_id: UUID,
    act: Callable[[Work], Any],
    *,
    done: str,
    leads: Callable[..., ResponseReturnValue] = count_detail,
    again: Callable[..., ResponseReturnValue] = count_detail,
) -> ResponseReturnValue:
    """Take a step; refused or stale, show the page it was taken on again."""
    try:
        in_unit(act)(current_actor())
    except (Invalid, Conflicting) as refusal:
        problems = refusal.fields if isinstance(refusal, Invalid) else {}
        more = {"problems": problems} if again is count_review else {}
        return again(count_id, refusal=refusal.sentence, status=refusal.status, **more)
    toast(done)
    return go_to(leads, count_id=count_id)


@bp.post("/inventory/counts/<uuid:count_id>/finish")
@requires("inventory.write")
def count_finish(count_id: UUID) -> ResponseReturnValue:
    """Hand a count in for approval."""
    form = FinishForm()
    rest_is_none = bool(form.rest_is_none.data)
    return _do(
        count_id,
        lambda work: service.finish_count(
            work, count_id, form.shown_version, rest_is_none=rest_is_none
        ),
        done="Handed in for approval.",
        leads=count_review if current_actor().can("inventory.approve") else count_detail,
    )


@bp.post("/inventory/counts/<uuid:count_id>/cancel")
@requires("inventory.write")
def count_cancel(count_id: UUID) -> ResponseReturnValue:
    """Give a count up."""
    version = FinishForm().shown_version
    return _do(
        count_id, lambda work: service.cancel_count(work, count_id, version), done="Cancelled."
    )


@bp.get("/inventory/counts/<uuid:count_id>/review")
@requires("inventory.approve")
def count_review(
    count_id: UUID,
    refusal: str = "",
    status: int = 200,
    problems: dict[str, str] | None = None,
) -> ResponseReturnValue:
    """Compare what was seen with what the ledger held at that moment."""
    view = request.args.get("view", "")
    with reading(current_actor()) as session:
        found = queries.count_detail(session, count_id)
        if view not in ("seen", "todo", "posted"):
            view = "differs"
        lines = queries.count_lines(session, count_id, view, **cursors())
    tabs = [
        (word, url_for("inventory.count_review", count_id=count_id, view=key), view == key, number)
        for key, word, number in (
            ("differs", "Differences", found.differs),
            ("seen", "All counted", found.counted),
            ("todo", "Not counted", found.lines - found.counted),
            ("posted", "Approved", found.posted),
        )
    ]
    return page(
        "inventory/count_review.html",
        blocks=("compared",),
        status=status,
        watch=[f"count-{count_id}"],
        found=found,
        count=found.count,
        page=lines,
        tabs=tabs,
        view=view,
        refusal=refusal,
        problems=problems or {},
        states=STATES,
        is_open=found.count.state == CountState.REVIEW,
        signed=lambda n: f"{'+' if n > 0 else '−' if n < 0 else ''}{abs(n):,}",
    )


@bp.post("/inventory/counts/<uuid:count_id>/review")
@requires("inventory.approve")
def count_decide(count_id: UUID) -> ResponseReturnValue:
    """Approve differences, have lines counted again, or close the count as it is."""
    version = FinishForm().shown_version
    action = request.form.get("action", "")
    ids = [UUID(each) for each in request.form.getlist("ids")[:1_000] if _is_line(each)]
    if action == "again":
        return _do(
            count_id,
            lambda work: service.count_again(work, count_id, ids, version),
            done="Back with the counters.",
            again=count_review,
        )
    if action == "close":
        return _do(
            count_id,
            lambda work: service.close_count(work, count_id, version),
            done="Closed. What was not approved stays as it is.",
            leads=count_review,
            again=count_review,
        )
    if action == "everything":
        with reading(current_actor()) as session:
            ids = list(queries.open_line_ids(session, count_id))
    return _do(
        count_id,
        lambda work: service.approve_lines(work, count_id, ids, version),
        done=f"{plural(len(ids), 'difference')} approved.",
        leads=count_review,
        again=count_review,
    )
