"""Saved views of the product list: kept, renamed, shared, deleted."""

from urllib.parse import parse_qsl
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.catalog import service
from app.catalog.filters import ProductFilter
from app.catalog.forms import ViewForm
from app.catalog.service import ViewDraft
from app.catalog.views.blueprint import bp
from app.catalog.views.index import PAGE, back_to_list
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.web.fragments import go_to_url, toast
from app.web.guards import requires
from app.web.identity import current_actor


def _draft() -> ViewDraft:
    form = ViewForm()
    if not form.validate():
        raise Invalid(next(iter(form.errors.values()))[0])
    wanted = ProductFilter.from_args(dict(parse_qsl(request.form.get("query", ""))))
    return ViewDraft(form.name.data, wanted.query_string, is_shared=form.is_shared.data)


def _open(view_id: UUID, query: str) -> ResponseReturnValue:
    address = url_for("catalog.product_list")
    return go_to_url(f"{address}?{query}&view={view_id}" if query else f"{address}?view={view_id}")


@bp.post("/products/views")
@requires("catalog.read")
def view_save() -> ResponseReturnValue:
    """Keep the list as it is now under a name."""
    draft = _draft()
    with unit_of_work(current_actor()) as work:
        view_id = service.save_view(work, PAGE, draft)
    return _open(view_id, draft.query)


@bp.post("/products/views/<uuid:view_id>")
@requires("catalog.read")
def view_change(view_id: UUID) -> ResponseReturnValue:
    """Rename a view, share it, or let it keep the filters as they are now."""
    draft = _draft()
    with unit_of_work(current_actor()) as work:
        service.change_view(work, view_id, draft)
    return _open(view_id, draft.query)


@bp.post("/products/views/<uuid:view_id>/delete")
@requires("catalog.read")
def view_delete(view_id: UUID) -> ResponseReturnValue:
    """Forget a view."""
    with unit_of_work(current_actor()) as work:
        service.delete_view(work, view_id)
    toast("View deleted.")
    return back_to_list()
