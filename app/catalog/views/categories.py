"""The category tree."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.catalog import queries, service
from app.catalog.filters import is_id
from app.catalog.forms import CategoryForm
from app.catalog.views.blueprint import bp
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor


@bp.get("/categories")
@requires("catalog.read")
def category_list(form: CategoryForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Show the whole tree."""
    with reading(current_actor()) as session:
        tree = queries.category_tree(session, is_counting=True)
    places = [(str(row.id), row.path) for row in tree]
    empty = CategoryForm(formdata=None) if form is None else form
    return page(
        "catalog/category_list.html",
        blocks=("tree",),
        status=status,
        tree=tree,
        places=places,
        form=empty.offer(dict(places)),
    )


@bp.post("/categories")
@requires("catalog.write")
def category_create() -> ResponseReturnValue:
    """Make a category."""
    actor = current_actor()
    with reading(actor) as session:
        paths = {str(row.id): row.path for row in queries.category_tree(session)}
    form = CategoryForm().offer(paths)
    if not form.validate():
        return category_list(form, 422)
    above = paths.get(form.parent.data, "")
    try:
        with unit_of_work(actor) as work:
            service.create_category(
                work, f"{above} > {form.name.data}" if above else form.name.data
            )
    except Invalid as refusal:
        form.refuse(refusal)
        return category_list(form, 422)
    return then(category_list)


@bp.post("/categories/<uuid:category_id>/rename")
@requires("catalog.write")
def category_rename(category_id: UUID) -> ResponseReturnValue:
    """Give a category another name."""
    with unit_of_work(current_actor()) as work:
        service.rename_category(work, category_id, request.form.get("name", ""))
    return then(category_list)


@bp.post("/categories/<uuid:category_id>/move")
@requires("catalog.write")
def category_move(category_id: UUID) -> ResponseReturnValue:
    """Put a category elsewhere in the tree."""
    parent = request.form.get("parent", "")
    with unit_of_work(current_actor()) as work:
        service.move_category(work, category_id, UUID(parent) if is_id(parent) else None)
    return then(category_list)


@bp.post("/categories/<uuid:category_id>/delete")
@requires("catalog.delete")
def category_delete(category_id: UUID) -> ResponseReturnValue:
    """Delete a category; another one takes over what it holds."""
    target = request.form.get("move_to", "")
    with unit_of_work(current_actor()) as work:
        service.delete_category(work, category_id, move_to=UUID(target) if is_id(target) else None)
    toast("Category deleted.")
    return then(category_list)
