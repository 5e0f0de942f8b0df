"""Tables by which stock is adjusted or lines are filled: shown first, then done as shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.db import reading
from app.core.errors import Conflicting, Invalid
from app.core.work import Work, in_unit
from app.inventory import service
from app.inventory.errors import EntriesMoved, StockMoved
from app.inventory.forms import MOST_TEXT, SheetForm
from app.inventory.service import EntryPlan, SheetPlan
from app.inventory.views.blueprint import bp
from app.web.filters import plural
from app.web.fragments import go_to_url, page, toast
from app.web.guards import requires
from app.web.identity import current_actor

_Plan = SheetPlan | EntryPlan
_Trail = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the pages of one kind of table say, and what is done with it."""

    title: str
    trail: _Trail
    about: tuple[str, str]
    columns: Sequence[tuple[str, str]]
    ask: str  # where a table is asked for, and shown; `<ask>/post` does what was shown
    leads: str
    does: tuple[str, str, str]  # what is done to how many of what: ("line", "is …", "are …")
    button: Callable[[int], str]
    done: Callable[[int], str]
    figure: str
    plan: Callable[[Session, UUID, str], _Plan]
    post: Callable[[Work, str, str], int]
    form: type[SheetForm] = SheetForm
    detail: str = ""
    keeps: Mapping[str, str] = field(default_factory=dict)  # what else the shown page sends on
    gone: Callable[[str, int], ResponseReturnValue] | None = None
    is_open: bool = True
    has_places: bool = False
    has_links: bool = True  # a counter sees no figure of ours, and no way to one

    def sums(self, plan: _Plan) -> str:
        """Say what a table comes to."""
        noun, one, many = self.does
        count, refused = len(plan.steps), len(plan.refused)
        words = [f"{plural(count, noun)} {one if count == 1 else many}"]
        if plan.unchanged:
            words.append(f"{plan.unchanged:,} stay")
        if refused:
            words.append(f"{plural(refused, 'row')} cannot be followed")
        if isinstance(plan, EntryPlan) and plan.empty:
            words.append(f"{plural(plan.empty, 'row')} without a quantity left out")
        return ", ".join(words) + "."


def ask(sheet: Sheet, form: SheetForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Ask for a table."""
    shown = form or sheet.form(formdata=None)
    return page("inventory/sheet_new.html", status=status, form=shown, sheet=sheet)


def review(sheet: Sheet) -> ResponseReturnValue:
    """Show what a table comes to; nothing is done yet."""
    form = sheet.form()
    if not form.validate():
        return ask(sheet, form, 422)
    try:
        text = form.table()
        plan = _plan(sheet, text)
    except Invalid as refusal:
        where = "file" if form.file.data else "text"
        form.refuse_fields(refusal.fields or {where: refusal.sentence})
        return ask(sheet, form, 422)
    except Conflicting as refusal:
        return _gone(sheet, refusal)
    return _show(sheet, text, plan)


def _plan(sheet: Sheet, text: str) -> _Plan:
    actor = current_actor()
    with reading(actor) as session:
        return sheet.plan(session, actor.organization, text)


def _gone(sheet: Sheet, refusal: Conflicting) -> ResponseReturnValue:
    if sheet.gone is None:
        raise refusal
    return sheet.gone(refusal.sentence, refusal.status)


def _show(
    sheet: Sheet, text: str, plan: _Plan, problem: Conflicting | None = None
) -> ResponseReturnValue:
    return page(
        "inventory/sheet_review.html",
        status=problem.status if problem else 200,
        sheet=sheet,
        text=text,
        plan=plan,
        problem=problem.sentence if problem else "",
    )


def post(sheet: Sheet) -> ResponseReturnValue:
    """Do what was shown; when it is something else by now, show it again."""
    # A browser ends every line with two signs, which would make a long table longer than it was.
    text = request.form.get("text", "").replace("\r\n", "\n")[:MOST_TEXT]
    try:
        try:
            count = in_unit(sheet.post)(current_actor(), text, request.form.get("mark", ""))
        except (StockMoved, EntriesMoved) as refusal:
            return _show(sheet, text, _plan(sheet, text), refusal)
    except Conflicting as refusal:
        return _gone(sheet, refusal)
    toast(sheet.done(count))
    return go_to_url(sheet.leads)


def _stock() -> Sheet:
    file = request.files.get("file")
    name = str(request.form.get("name") or (file and file.filename) or "")[:200]
    return Sheet(
        title="Adjust stock by file",
        trail=[("Inventory", url_for("inventory.stock_list"))],
        about=(
            "A table of stock",
            "You see what would change before anything does. At most 2,000 rows.",
        ),
        columns=[
            ("SKU", "Which variant."),
            ("Quantity", "A whole number."),
            ("Location", "Its name. Without one, the default location."),
            ("Mode", "add, take or set. Without one, set: so many lie there."),
        ],
        ask=url_for("inventory.sheet_new"),
        leads=url_for("inventory.stock_list"),
        does=("stock level", "changes", "change"),
        button=lambda count: f"Adjust {plural(count, 'stock level')}",
        done=lambda count: f"{plural(count, 'stock level')} adjusted.",
        figure="On hand",
        detail="On hand, by location.",
        plan=service.plan_sheet,
        post=lambda work, text, mark: service.post_sheet(work, text, mark, note=name),
        keeps={"name": name},
        has_places=True,
    )


@bp.get("/inventory/adjust")
@requires("inventory.write")
def sheet_new() -> ResponseReturnValue:
    """Ask for a table of stock."""
    return ask(_stock())


@bp.post("/inventory/adjust")
@requires("inventory.write")
def sheet_review() -> ResponseReturnValue:
    """Show what a table comes to; nothing moves."""
    return review(_stock())


@bp.post("/inventory/adjust/post")
@requires("inventory.write")
def sheet_post() -> ResponseReturnValue:
    """Post a table as it was shown; when stock moved meanwhile, show it again."""
    return post(_stock())
