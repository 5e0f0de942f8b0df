"""Bulk edit: a selection, what to change, every change shown, then applied in the background."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog import bulk, filters
from app.catalog import queries as products
from app.catalog.bulk import Operation
from app.catalog.bulk.operations import UNDO
from app.catalog.bulk.running import MAX_PRODUCTS
from app.catalog.file_forms import BulkForm
from app.catalog.filters import ProductFilter
from app.catalog.models import BulkEdit, BulkState
from app.catalog.queries import imports as queries
from app.catalog.queries.previews import PreviewRow, PreviewSummary, preview, summarize
from app.catalog.service.loading import organization_currency
from app.catalog.views.blueprint import bp
from app.catalog.views.showing import field_label, show_value
from app.core.actor import Actor
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.sync import queries as sync
from app.web.filters import plural
from app.web.fragments import go_to, page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.live import announce

PAGE: Final = 50
SHOWN_LINES: Final = 6
_PRICED: Final = ("price_", "sale_")

announce("bulk_edit", permission="catalog.write")


@bp.post("/products/bulk")
@requires("catalog.write")
def bulk_new() -> ResponseReturnValue:
    """Begin a bulk edit of the checked products, or of everything the list shows."""
    actor = current_actor()
    ids = chosen_products(actor)
    with unit_of_work(actor) as work:
        row = bulk.start_bulk_edit(work, ids)
    return go_to(bulk_detail, bulk_edit_id=row.id)


def chosen_products(actor: Actor) -> list[UUID]:
    """Return what the selection bar of the product list means."""
    if request.form.get("everything"):
        wanted = ProductFilter.from_args(request.args)
        with reading(actor) as session:
            return sorted(products.selected_ids(session, wanted, most=MAX_PRODUCTS + 1))
    return sorted(UUID(each) for each in request.form.getlist("ids") if filters.is_id(each))


@bp.get("/products/bulk/<uuid:bulk_edit_id>")
@requires("catalog.write")
def bulk_detail(
    bulk_edit_id: UUID, form: BulkForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """Show the step a bulk edit stands at: choose, preview, progress or result."""
    with reading(current_actor()) as session:
        row = queries.get_bulk_edit(session, bulk_edit_id)
        shown = form or _form(row)
        context = _preview(session, row) if form is None else {"operation": None, "rows": []}
        currency = organization_currency(session, row.organization_id)
    return page(
        "catalog/bulk_detail.html",
        blocks=("step",),
        status=status,
        watch=[f"bulk_edit-{bulk_edit_id}"],
        row=row,
        form=shown,
        kind=shown.kind.data or "",
        currency=currency,
        is_undo=row.operation.get("kind") == UNDO,
        failures=row.results.get("failures", []),
        **context,
    )


def _form(row: BulkEdit) -> BulkForm:
    kept = row.operation
    wanted = request.args.get("kind", kept.get("kind", ""))
    is_kept = wanted == kept.get("kind")
    data = {"kind": wanted}
    if is_kept:
        value = kept.get("value", "")
        data |= {"value": value, "status": value, "ending": kept.get("ending", "")}
    return BulkForm(formdata=None, data=data)


def _preview(session: Session, row: BulkEdit) -> dict[str, Any]:
    """Return the chosen operation in words and, while it has not begun, what it would do."""
    if not row.operation.get("kind"):
        return {"operation": None, "rows": []}
    operation = bulk.read_operation(row.operation)
    told: dict[str, Any] = {"operation": bulk.describe(operation), "rows": []}
    is_other = request.args.get("kind", operation.kind) != operation.kind
    if is_other:
        return {"operation": None, "rows": []}
    if row.state != BulkState.DRAFT:
        return told
    ids: Sequence[str] = row.selection["ids"]
    found = queries.page_of_ids(ids, request.args.get("at"), size=PAGE)
    summary = summarize(session, operation, [UUID(each) for each in ids])
    return {
        **told,
        "page": found,
        "summary": summary,
        "headline": _headline(summary, len(ids)),
        "to_change": len(ids) if summary is None else summary.changed,
        "rows": [_shown(each) for each in preview(session, operation, found.rows)],
        "unsent": _unsent(session, operation, summary, ids),
    }


def _unsent(
    session: Session, operation: Operation, summary: PreviewSummary | None, ids: Sequence[str]
) -> list[tuple[str, int]]:
    """Return where the new prices are not sent: (connection, listings)."""
    if summary is not None:
        return sync.unsent_prices(session, summary.repriced)
    is_price = operation.kind.startswith(_PRICED)
    return sync.unsent_prices(session, [UUID(each) for each in ids]) if is_price else []


def _headline(summary: Any, total: int) -> str:
    if summary is None:
        return f"Up to {plural(total, 'product')} change"
    parts = [
        f"{plural(summary.changed, 'product')} {'changes' if summary.changed == 1 else 'change'}"
    ]
    if summary.unchanged:
        parts.append(f"{summary.unchanged:,} stay as they are")
    if summary.refused:
        parts.append(f"{summary.refused:,} cannot be changed")
    if summary.gone:
        parts.append(f"{summary.gone:,} exist no more")
    return ", ".join(parts)


def _shown(row: PreviewRow) -> dict[str, Any]:
    lines = [
        {
            "label": f"{field_label(each.field)}{f', {each.variant}' if each.variant else ''}",
            "old": show_value(each.field, each.old),
            "new": show_value(each.field, each.new),
            "share": each.share,
            "is_figure": each.field.endswith("price"),
        }
        for each in sorted(row.lines, key=lambda line: -abs(line.share or 0.0))
    ]
    return {
        "id": row.product_id,
        "title": row.title,
        "refusal": row.refusal,
        "stays": row.stays,
        "lines": lines[:SHOWN_LINES],
        "more": max(0, len(lines) - SHOWN_LINES),
    }


@bp.post("/products/bulk/<uuid:bulk_edit_id>/operation")
@requires("catalog.write")
def bulk_operation(bulk_edit_id: UUID) -> ResponseReturnValue:
    """Keep what to change; the page then shows every change."""
    form = BulkForm()
    operation = _operation(form)
    if operation is None:
        return bulk_detail(bulk_edit_id, form, 422)
    with unit_of_work(current_actor()) as work:
        bulk.choose_operation(work, bulk_edit_id, operation)
    return go_to(bulk_detail, bulk_edit_id=bulk_edit_id)


def _operation(form: BulkForm) -> Operation | None:
    """Return what a form asks for; None when it needs a correction, which the form then shows."""
    if not form.validate():
        return None
    try:
        return bulk.read_operation(form.wished())
    except Invalid as refusal:
        form.refuse(refusal)
        return None


@bp.post("/products/bulk/<uuid:bulk_edit_id>/apply")
@requires("catalog.write")
def bulk_apply(bulk_edit_id: UUID) -> ResponseReturnValue:
    """Do what was shown."""
    with unit_of_work(current_actor()) as work:
        bulk.request_bulk_edit(work, bulk_edit_id)
    return then(bulk_detail, bulk_edit_id=bulk_edit_id)


@bp.post("/products/bulk/<uuid:bulk_edit_id>/cancel")
@requires("catalog.write")
def bulk_cancel(bulk_edit_id: UUID) -> ResponseReturnValue:
    """Stop a bulk edit; what was changed stays."""
    with unit_of_work(current_actor()) as work:
        row = bulk.cancel_bulk_edit(work, bulk_edit_id)
    toast(f"Bulk edit cancelled after {plural(row.done, 'product')}.", kind="info")
    return go_to(bulk_detail, bulk_edit_id=bulk_edit_id)


@bp.post("/products/bulk/<uuid:bulk_edit_id>/undo")
@requires("catalog.write")
def bulk_undo(bulk_edit_id: UUID) -> ResponseReturnValue:
    """Prepare to take a bulk edit back; every inverse change is shown first."""
    with unit_of_work(current_actor()) as work:
        done = bulk.get_bulk_edit(work, bulk_edit_id)
        words = bulk.describe(bulk.read_operation(done.operation))
        row = bulk.undo_cause(work, bulk_edit_id, words=f"“{words}”")
    return go_to(bulk_detail, bulk_edit_id=row.id)


@bp.post("/products/history/<int:line_id>/undo")
@requires("catalog.write")
def line_undo(line_id: int) -> ResponseReturnValue:
    """Prepare to take one change back."""
    with unit_of_work(current_actor()) as work:
        row = bulk.undo_line(work, line_id)
    return go_to(bulk_detail, bulk_edit_id=row.id)
