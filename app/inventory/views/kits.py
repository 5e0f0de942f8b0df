"""What a kit is made of: looked up, put in, counted, taken out."""

import itertools
from collections.abc import Mapping
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid, NotFound
from app.core.work import in_unit
from app.inventory import queries, service
from app.inventory.kits import MOST_COMPONENTS
from app.inventory.views.blueprint import bp
from app.web.fragments import go_to_url, page, toast
from app.web.guards import requires
from app.web.identity import current_actor

BOX = "quantity-"


@bp.get("/inventory/<uuid:variant_id>/kit")
@requires("inventory.write")
def kit_edit(
    variant_id: UUID,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> ResponseReturnValue:
    """Show what one set holds, and search for what else is to be in it."""
    text = request.args.get("q", "").strip()[:200]
    with reading(current_actor()) as session:
        row = queries.stock_row(session, variant_id)
        if row is None:
            raise NotFound
        kit = queries.kit_detail(session, variant_id)
        found = queries.part_candidates(session, text, variant_id) if text else []
    held = {each.part.id for each in kit.parts if each.part} if kit else set()
    return page(
        "inventory/kit_edit.html",
        blocks=("parts", "results"),
        status=422 if errors else 200,
        watch=[f"product-{row.product_id}"],
        row=row,
        kit=kit,
        q=text,
        candidates=[each for each in found if each.id not in held],
        typed=typed or {},
        errors=errors or {},
    )


@bp.post("/inventory/<uuid:variant_id>/kit")
@requires("inventory.write")
def kit_save(variant_id: UUID) -> ResponseReturnValue:
    """Put a component in, take one out, or keep how many of each are in a set."""
    try:
        wishes = _wishes()
        if request.form.get("action") == "forget":
            in_unit(service.forget_lost)(current_actor(), variant_id)
        else:
            in_unit(service.set_components)(current_actor(), variant_id, wishes)
    except Invalid as refusal:
        return kit_edit(variant_id, request.form, refusal.fields)
    toast("Kit saved.")
    text = request.args.get("q", "").strip()[:200]  # the search stays
    return go_to_url(url_for("inventory.kit_edit", variant_id=variant_id, q=text or None))


def _wishes() -> dict[UUID, int | None]:
    """Read the form; raises Invalid at the box that holds no whole number."""
    action = request.form.get("action", "")
    if action in ("add", "remove"):
        component = _id(request.form.get("component", ""))
        if component is None:
            raise Invalid(fields={"component": "Choose a product of yours."})
        return {component: 1 if action == "add" else None}
    return {} if action == "forget" else _boxes()


def _boxes() -> dict[UUID, int | None]:
    boxes = ((name, text) for name, text in request.form.items() if name.startswith(BOX))
    wishes: dict[UUID, int | None] = {}
    wrong: dict[str, str] = {}
    for name, text in itertools.islice(boxes, MOST_COMPONENTS):
        component, units = _id(name.removeprefix(BOX)), _units(text)
        if component is None:
            continue
        if units is None:
            wrong[name] = "Enter a whole number from 1 to 10,000."
        wishes[component] = units
    if wrong:
        raise Invalid(fields=wrong)
    if not wishes:
        raise Invalid(fields={"component": "Choose what is in the kit first."})
    return wishes


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _units(text: str) -> int | None:
    bare = text.strip()
    is_whole = bare.isascii() and bare.isdigit() and len(bare) <= 5
    return int(bare) if is_whole and 1 <= int(bare) <= 10_000 else None
