"""Locations: listed in the order in which they serve, made, changed, ranked."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.errors import StaleLocation
from app.inventory.forms import KINDS, LocationForm
from app.inventory.views.blueprint import bp
from app.web.fragments import go_to, page, then
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.payload import whole_number


@bp.get("/inventory/locations")
@requires("inventory.read")
def location_list() -> ResponseReturnValue:
    """Show where stock lies."""
    with reading(current_actor()) as session:
        rows = queries.place_rows(session)
    return page("inventory/location_list.html", blocks=("places",), rows=rows, kinds=KINDS)


@bp.get("/inventory/locations/new")
@requires("inventory.locations")
def location_new(form: LocationForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Ask what a new location is."""
    shown = form or LocationForm(formdata=None)
    return page("inventory/location_form.html", status=status, form=shown, place=None)


@bp.post("/inventory/locations/new")
@requires("inventory.locations")
def location_create() -> ResponseReturnValue:
    """Make a location."""
    form = LocationForm()
    if not form.validate():
        return location_new(form, 422)
    try:
        with unit_of_work(current_actor()) as work:
            service.create_location(work, form.draft())
    except Invalid as refusal:
        form.refuse(refusal)
        return location_new(form, 422)
    return go_to(location_list)


@bp.get("/inventory/locations/<uuid:location_id>")
@requires("inventory.locations")
def location_detail(
    location_id: UUID, form: LocationForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """Show a location and its form; after a change by somebody else, both."""
    with reading(current_actor()) as session:
        place = queries.get_location(session, location_id)
    is_stale = status == StaleLocation.status
    if form is not None and is_stale:
        form.version.data = str(place.version)
    return page(
        "inventory/location_form.html",
        status=status,
        form=form or LocationForm.of(place),
        place=place,
        theirs=LocationForm.of(place) if is_stale else None,
    )


@bp.post("/inventory/locations/<uuid:location_id>")
@requires("inventory.locations")
def location_change(location_id: UUID) -> ResponseReturnValue:
    """Change a location."""
    actor = current_actor()
    with reading(actor) as session:
        queries.get_location(session, location_id)
    form = LocationForm()
    if not form.validate():
        return location_detail(location_id, form, 422)
    version = whole_number(form.version.data or "") or 0
    try:
        with unit_of_work(actor) as work:
            service.change_location(work, location_id, version, form.draft())
    except Invalid as refusal:
        form.refuse(refusal)
        return location_detail(location_id, form, 422)
    except StaleLocation as refusal:
        form.refuse_fields({"": refusal.sentence})
        return location_detail(location_id, form, refusal.status)
    return go_to(location_list)


@bp.post("/inventory/locations/<uuid:location_id>/move")
@requires("inventory.locations")
def location_move(location_id: UUID) -> ResponseReturnValue:
    """Let a location serve earlier or later."""
    with unit_of_work(current_actor()) as work:
        service.move_location(work, location_id, is_up=request.form.get("way") == "up")
    return then(location_list)
