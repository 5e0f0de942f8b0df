"""Stock adjusted by a table: what it comes to is shown before anything is posted."""

from flask import request
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.inventory import service
from app.inventory.errors import StockMoved
from app.inventory.forms import SheetForm
from app.inventory.service import SheetPlan
from app.inventory.views.blueprint import bp
from app.inventory.views.stock import stock_list
from app.web.filters import plural
from app.web.fragments import go_to, page, toast
from app.web.guards import requires
from app.web.identity import current_actor


@bp.get("/inventory/adjust")
@requires("inventory.write")
def sheet_new(form: SheetForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Ask for a table."""
    shown = form or SheetForm(formdata=None)
    return page("inventory/sheet_new.html", status=status, form=shown)


@bp.post("/inventory/adjust")
@requires("inventory.write")
def sheet_review() -> ResponseReturnValue:
    """Show what a table comes to; nothing moves."""
    form = SheetForm()
    if not form.validate():
        return sheet_new(form, 422)
    try:
        text = form.table()
        plan = _plan(text)
    except Invalid as refusal:
        where = "file" if form.file.data else "text"
        form.refuse_fields(refusal.fields or {where: refusal.sentence})
        return sheet_new(form, 422)
    name = (form.file.data.filename or "")[:200] if form.file.data else ""
    return _review(text, plan, name)


def _plan(text: str) -> SheetPlan:
    actor = current_actor()
    with reading(actor) as session:
        return service.plan_sheet(session, actor.organization, text)


def _review(text: str, plan: SheetPlan, name: str, problem: str = "") -> ResponseReturnValue:
    return page(
        "inventory/sheet_review.html",
        status=StockMoved.status if problem else 200,
        text=text,
        plan=plan,
        name=name,
        problem=problem,
    )


@bp.post("/inventory/adjust/post")
@requires("inventory.write")
def sheet_post() -> ResponseReturnValue:
    """Post a table as it was shown; when stock moved meanwhile, show it again."""
    text = request.form.get("text", "")[:200_000]
    name = request.form.get("name", "")[:200]
    try:
        with unit_of_work(current_actor()) as work:
            count = service.post_sheet(work, text, request.form.get("mark", ""), note=name)
    except StockMoved as refusal:
        return _review(text, _plan(text), name, refusal.sentence)
    toast(f"{plural(count, 'stock level')} adjusted.")
    return go_to(stock_list)
