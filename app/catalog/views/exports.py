"""The catalog as a file: whose columns, which products."""

import tempfile
from contextlib import ExitStack
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlencode
from uuid import UUID

from flask import request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.catalog import exports, filters, queries
from app.catalog.file_forms import ExportForm
from app.catalog.files import Dialect, FileKind
from app.catalog.filters import ProductFilter
from app.catalog.views.blueprint import bp
from app.core import clock
from app.core.db import reading
from app.core.errors import Invalid
from app.web.filters import number, plural
from app.web.fragments import go_to_url, page
from app.web.guards import requires
from app.web.identity import current_actor

MOST: Final = 1_000_000
_TYPES: Final = {
    FileKind.CSV: "text/csv",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _chosen_ids() -> list[UUID]:
    given = request.args.get("ids", "").split(",")
    return sorted({UUID(each) for each in given if filters.is_id(each)})


def _scope(session: Session) -> tuple[str, dict[str, str]]:
    """Say in words which products go into the file, and in arguments."""
    if ids := _chosen_ids():
        return f"{plural(len(ids), 'selected product')}", {"ids": ",".join(map(str, ids))}
    wanted = ProductFilter.from_args(request.args)
    count, is_estimate = queries.count_products(session, wanted)
    about = "about " if is_estimate else ""
    if not wanted.is_narrow:
        return f"All {about}{plural(count, 'product')} that are not archived", {}
    told = {name: value for name, value in wanted.to_args().items() if name != "sort"}
    return f"The {about}{number(count)} that fit the filters of the list", told


@bp.get("/products/export")
@requires("catalog.export")
def export_new(form: ExportForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Ask whose columns the file shall have."""
    with reading(current_actor()) as session:
        words, scope = _scope(session)
    shown = form or ExportForm(formdata=None)
    return page("catalog/export_new.html", status=status, form=shown, words=words, scope=scope)


@bp.post("/products/export")
@requires("catalog.export")
def export_selected() -> ResponseReturnValue:
    """Take a selection of the product list to the page that asks for the format."""
    scope: dict[str, Any] = ProductFilter.from_args(request.args).to_args()
    if not request.form.get("everything"):
        ids = [each for each in request.form.getlist("ids") if filters.is_id(each)]
        if not ids:
            raise Invalid("Select at least one product.")
        scope = {"ids": ",".join(ids)}
    address = url_for("catalog.export_new")
    return go_to_url(f"{address}?{urlencode(scope)}" if scope else address)


@bp.get("/products/export/file")
@requires("catalog.export")
def export_file() -> ResponseReturnValue:
    """Send the file; memory stays flat, the disk holds it for as long as it is sent."""
    form = ExportForm(request.args, meta={"csrf": False})
    if not form.validate():
        return export_new(form, 422)
    actor = current_actor()
    dialect, kind = Dialect(form.dialect.data), FileKind(form.kind.data)
    ids: list[UUID] | None = _chosen_ids() or None
    wanted = ProductFilter.from_args(request.args)
    if ids is None and wanted.is_narrow:
        with reading(actor) as session:
            ids = queries.selected_ids(session, wanted, most=MOST)
    with ExitStack() as held:
        # A temporary file has no name: closed by the response, it leaves nothing behind.
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
        stream = held.enter_context(cast("BinaryIO", file))
        exports.export_products(actor, stream, dialect=dialect, kind=kind, product_ids=ids)
        held.pop_all()
    stream.seek(0)
    is_tabbed = dialect is Dialect.AMAZON and kind is FileKind.CSV
    return send_file(
        stream,
        mimetype="text/tab-separated-values" if is_tabbed else _TYPES[kind],
        as_attachment=True,
        download_name=f"products-{dialect}-{clock.now():%Y-%m-%d}.{'txt' if is_tabbed else kind}",
    )
