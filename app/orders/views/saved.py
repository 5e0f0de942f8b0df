"""Saved views of the order list: kept, renamed, shared, deleted."""

from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.catalog import service as catalog
from app.catalog.forms import ViewForm
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.orders.filters import OrderFilter
from app.orders.views.blueprint import bp
from app.web.fragments import go_to_url, toast
from app.web.guards import requires
from app.web.identity import current_actor

PAGE: Final = "orders"


def _draft() -> catalog.ViewDraft:
    form = ViewForm()
    if not form.validate():
        raise Invalid(next(iter(form.errors.values()))[0])
    wanted = OrderFilter.from_args(dict(parse_qsl(request.form.get("query", ""))))
    return catalog.ViewDraft(form.name.data, wanted.query_string, is_shared=form.is_shared.data)


def _open(view_id: UUID, query: str) -> ResponseReturnValue:
    address = url_for("orders.order_list")
    return go_to_url(f"{address}?{query}&view={view_id}" if query else f"{address}?view={view_id}")


@bp.post("/orders/views")
@requires("orders.read")
def view_save() -> ResponseReturnValue:
    """Keep the list as it is now under a name."""
    draft = _draft()
    with unit_of_work(current_actor()) as work:
        view_id = catalog.save_view(work, PAGE, draft)
    return _open(view_id, draft.query)


@bp.post("/orders/views/<uuid:view_id>")
@requires("orders.read")
def view_change(view_id: UUID) -> ResponseReturnValue:
    """Rename a view, share it, or let it keep the filters as they are now."""
    draft = _draft()
    with unit_of_work(current_actor()) as work:
        catalog.change_view(work, view_id, draft)
    return _open(view_id, draft.query)


@bp.post("/orders/views/<uuid:view_id>/delete")
@requires("orders.read")
def view_delete(view_id: UUID) -> ResponseReturnValue:
    """Forget a view."""
    with unit_of_work(current_actor()) as work:
        catalog.delete_view(work, view_id)
    toast("View deleted.")
    return go_to_url(url_for("orders.order_list"))
