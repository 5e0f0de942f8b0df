"""The import wizard: upload, choices and columns, dry run, apply, report."""

from typing import Any, Final
from uuid import UUID

from flask import request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.catalog import bulk, imports
from app.catalog.file_forms import DIALECTS, ChoicesForm, DialectForm, UploadForm
from app.catalog.files import Dialect
from app.catalog.imports.service import facts_of
from app.catalog.models import Import, ImportState
from app.catalog.queries import imports as queries
from app.catalog.views.blueprint import bp
from app.catalog.views.columns import column_rows, read_columns
from app.catalog.views.showing import field_label
from app.core import clock
from app.core.db import reading
from app.core.errors import Invalid, NotFound
from app.core.work import unit_of_work
from app.gateways.storage import storage
from app.web.filters import number, plural, span
from app.web.fragments import go_to, go_to_url, page, then, toast
from app.web.guards import requires, takes_up_to
from app.web.identity import current_actor
from app.web.live import announce

MEGABYTES: Final = 201  # 200 MB of file and the rest of the form

WORDS: Final = {
    ImportState.UPLOADED: "Not checked yet",
    ImportState.CHECKING: "Checking",
    ImportState.READY: "Ready to import",
    ImportState.APPLYING: "Importing",
    ImportState.DONE: "Done",
    ImportState.FAILED: "Could not be read",
    ImportState.CANCELLED: "Cancelled",
}

announce("import", permission="catalog.import")
announce("imports", permission="catalog.import")


@bp.get("/products/imports")
@requires("catalog.import")
def import_list(form: UploadForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Show where a file is dropped, and earlier imports."""
    with reading(current_actor()) as session:
        found = queries.import_page(session, after=request.args.get("after"))
    return page(
        "catalog/import_list.html",
        blocks=("results",),
        status=status,
        watch=["imports"],
        page=found,
        form=form or UploadForm(formdata=None),
        dialects=DIALECTS,
        words=WORDS,
    )


@bp.post("/products/imports")
@requires("catalog.import")
@takes_up_to(MEGABYTES)
def import_upload() -> ResponseReturnValue:
    """Keep a file and recognise what it is."""
    form = UploadForm()
    if not form.validate():
        return import_list(form, 422)
    file = form.file.data
    try:
        with unit_of_work(current_actor()) as work:
            import_id = imports.start_import(work, file.filename or "products.csv", file.stream).id
    except Invalid as refusal:
        form.refuse_fields({"file": refusal.sentence})
        return import_list(form, 422)
    return go_to(import_detail, import_id=import_id)


@bp.get("/products/imports/<uuid:import_id>")
@requires("catalog.import")
def import_detail(
    import_id: UUID, form: ChoicesForm | None = None, status: int = 200, **wrong: Any
) -> ResponseReturnValue:
    """Show the step an import stands at; `step=file` goes back to its choices."""
    with reading(current_actor()) as session:
        row = queries.get_import(session, import_id)
        counts = queries.issue_counts(session, import_id)
        severity = "warning" if request.args.get("issues") == "warning" else "refused"
        total = counts.warnings if severity == "warning" else counts.refused
        issues = queries.import_issues(
            session, import_id, severity, total=total, after=request.args.get("after")
        )
    return page(
        "catalog/import_detail.html",
        blocks=("step",),
        status=status,
        watch=[f"import-{import_id}"],
        row=row,
        step=_step(row, has_form=form is not None),
        issue_counts=counts,
        severity=severity,
        page=issues,
        **_file_step(row, form, wrong.get("columns"), wrong.get("problems")),
        **_progress(row),
        **_review(row, counts),
    )


def _step(row: Import, *, has_form: bool) -> str:
    """Return file, progress, review or end: what the page shows."""
    if row.state in (ImportState.CHECKING, ImportState.APPLYING):
        return "progress"
    wants_file = has_form or request.args.get("step") == "file"
    if row.state in (ImportState.UPLOADED, ImportState.FAILED) or (
        row.state == ImportState.READY and wants_file
    ):
        return "file"
    return "review" if row.state == ImportState.READY else "end"


def _file_step(
    row: Import,
    form: ChoicesForm | None,
    columns: dict[str, str] | None,
    problems: dict[str, str] | None,
) -> dict[str, Any]:
    facts = facts_of(row)
    is_generic = facts.dialect is Dialect.GENERIC
    return {
        "facts": facts,
        "is_generic": is_generic,
        "form": form or ChoicesForm(formdata=None, data=ChoicesForm.shown(row.choices)),
        "dialect_form": DialectForm(formdata=None, data={"dialect": row.dialect}),
        "columns": column_rows(row, facts, columns, problems or {}),
    }


def _progress(row: Import) -> dict[str, Any]:
    if row.started_at is None or not row.rows_done:
        return {"progress_detail": "Starting" if not row.rows_done else None}
    seconds = max((clock.now() - row.started_at).total_seconds(), 0.001)
    rate = row.rows_done / seconds
    parts = [f"{number(row.rows_done)} rows", f"{number(round(rate))} per second"]
    if row.rows_total:
        parts[0] = f"{number(row.rows_done)} of {plural(row.rows_total, 'row')}"
        parts.append(f"{span(max(row.rows_total - row.rows_done, 0) / rate)} left")
    return {"progress_detail": " · ".join(parts)}


def _review(row: Import, counts: queries.IssueCounts) -> dict[str, Any]:
    told = row.counts
    parts = [
        f"{number(told[name])} {name}" for name in ("new", "changed", "unchanged") if told.get(name)
    ]
    if counts.refused_rows:
        parts.append(f"{plural(counts.refused_rows, 'row')} refused")
    fields = sorted(told.get("fields", {}).items(), key=lambda pair: -pair[1])
    return {
        "headline": ", ".join(parts) or "Nothing in this file",
        "to_import": told.get("new", 0) + told.get("changed", 0),
        "accounting": told.get("rows") or {},
        "changed_fields": [(field_label(name), times) for name, times in fields],
    }


@bp.post("/products/imports/<uuid:import_id>/dialect")
@requires("catalog.import")
def import_dialect(import_id: UUID) -> ResponseReturnValue:
    """Read the file as another program's; its columns are shown anew."""
    form = DialectForm()
    if not form.validate():
        raise Invalid("Choose how to read the file.")
    with unit_of_work(current_actor()) as work:
        imports.set_choices(work, import_id, choices={}, dialect=Dialect(form.dialect.data))
    return go_to(import_detail, import_id=import_id, step="file")


@bp.post("/products/imports/<uuid:import_id>/check")
@requires("catalog.import")
def import_check(import_id: UUID) -> ResponseReturnValue:
    """Keep the choices and ask for the dry run."""
    actor = current_actor()
    with reading(actor) as session:
        row = queries.get_import(session, import_id)
    columns, problems = read_columns(row, facts_of(row), request.form)
    form = ChoicesForm()
    if not form.validate() or problems:
        return import_detail(import_id, form, 422, columns=columns, problems=problems)
    try:
        with unit_of_work(actor) as work:
            imports.set_choices(work, import_id, choices=form.chosen(), columns=columns)
            imports.request_check(work, import_id)
    except Invalid as refusal:
        form.refuse(refusal)
        problems = {"": refusal.sentence}
        return import_detail(import_id, form, 422, columns=columns, problems=problems)
    return then(import_detail, import_id=import_id)


@bp.post("/products/imports/<uuid:import_id>/apply")
@requires("catalog.import")
def import_apply(import_id: UUID) -> ResponseReturnValue:
    """Do what the dry run showed."""
    with unit_of_work(current_actor()) as work:
        imports.request_apply(work, import_id)
    return then(import_detail, import_id=import_id)


@bp.post("/products/imports/<uuid:import_id>/cancel")
@requires("catalog.import")
def import_cancel(import_id: UUID) -> ResponseReturnValue:
    """Stop an import; what was applied stays."""
    with unit_of_work(current_actor()) as work:
        imports.cancel_import(work, import_id)
    toast("Import cancelled. What was applied stays.", kind="info")
    return go_to(import_detail, import_id=import_id)


@bp.get("/products/imports/<uuid:import_id>/report")
@requires("catalog.import")
def import_report(import_id: UUID) -> ResponseReturnValue:
    """Send the report: one line per refusal and warning."""
    with reading(current_actor()) as session:
        row = queries.get_import(session, import_id)
    if not row.report_key:
        raise NotFound
    name = f"report-{row.file_name.rpartition('.')[0] or row.file_name}.csv"
    return send_file(
        storage().open(row.report_key), mimetype="text/csv", as_attachment=True, download_name=name
    )


@bp.post("/products/imports/<uuid:import_id>/undo")
@requires("catalog.import", "catalog.write")
def import_undo(import_id: UUID) -> ResponseReturnValue:
    """Prepare to take back what a file changed; every inverse change is shown first."""
    with reading(current_actor()) as session:
        name = queries.get_import(session, import_id).file_name
    with unit_of_work(current_actor()) as work:
        row = bulk.undo_cause(work, import_id, words=f"the import of {name}")
    return go_to_url(url_for("catalog.bulk_detail", bulk_edit_id=row.id))
