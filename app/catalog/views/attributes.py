"""The attributes of the organization."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from app.catalog import queries, service
from app.catalog.forms import AttributeForm
from app.catalog.models import AttributeKind
from app.catalog.service import AttributeDraft
from app.catalog.views.blueprint import bp
from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.web.fragments import page, then, toast
from app.web.guards import requires
from app.web.identity import current_actor


@bp.get("/attributes")
@requires("catalog.read")
def attribute_list(form: AttributeForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Show every attribute and a form for a new one."""
    with reading(current_actor()) as session:
        found = queries.attribute_definitions(session)
    return page(
        "catalog/attribute_list.html",
        blocks=("attributes",),
        status=status,
        attributes=found,
        form=AttributeForm(formdata=None) if form is None else form,
    )


def _draft(form: AttributeForm) -> AttributeDraft:
    return AttributeDraft(
        form.name.data,
        AttributeKind(form.kind.data),
        form.unit.data,
        tuple((form.choices.data or "").splitlines()),
        is_multiple=form.is_multiple.data,
    )


@bp.post("/attributes")
@requires("catalog.write")
def attribute_create() -> ResponseReturnValue:
    """Define an attribute."""
    form = AttributeForm()
    if not form.validate():
        return attribute_list(form, 422)
    try:
        with unit_of_work(current_actor()) as work:
            service.define_attribute(work, _draft(form))
    except Invalid as refusal:
        form.refuse(refusal)
        return attribute_list(form, 422)
    return then(attribute_list)


@bp.get("/attributes/<uuid:attribute_id>")
@requires("catalog.read")
def attribute_detail(
    attribute_id: UUID, form: AttributeForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """Show one attribute's form."""
    with reading(current_actor()) as session:
        found = queries.attribute_definition(session, attribute_id)
    shown = form or AttributeForm(
        formdata=None,
        data={
            "name": found.name,
            "kind": str(found.kind),
            "unit": found.unit,
            "choices": "\n".join(found.choices),
            "is_multiple": found.is_multiple,
        },
    )
    return page(
        "catalog/attribute_detail.html",
        blocks=("attribute",),
        status=status,
        attribute=found,
        form=shown,
    )


@bp.post("/attributes/<uuid:attribute_id>")
@requires("catalog.write")
def attribute_save(attribute_id: UUID) -> ResponseReturnValue:
    """Change an attribute."""
    form = AttributeForm()
    if not form.validate():
        return attribute_detail(attribute_id, form, 422)
    try:
        with unit_of_work(current_actor()) as work:
            service.change_attribute(work, attribute_id, _draft(form))
    except Invalid as refusal:
        form.refuse(refusal)
        return attribute_detail(attribute_id, form, 422)
    return then(attribute_detail, attribute_id=attribute_id)


@bp.post("/attributes/<uuid:attribute_id>/delete")
@requires("catalog.delete")
def attribute_delete(attribute_id: UUID) -> ResponseReturnValue:
    """Forget an attribute's definition."""
    with unit_of_work(current_actor()) as work:
        service.delete_attribute(work, attribute_id)
    toast("Attribute deleted. Products keep their values.")
    return then(attribute_list)
