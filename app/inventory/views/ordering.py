"""What to order again, by location; what is ticked becomes a delivery that is expected."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import in_unit
from app.inventory import queries, service
from app.inventory.views.blueprint import bp
from app.inventory.views.transfers import transfer_detail
from app.inventory.views.words import places_of
from app.inventory.warehouse_forms import OrderForm
from app.web.fragments import go_to, page, toast
from app.web.guards import requires
from app.web.identity import current_actor
from app.web.payload import whole_number
from app.web.wishes import cursors

AHEAD: Final = {14: "14 days", 28: "28 days", 56: "8 weeks", 91: "a quarter"}  # to sell from
USUAL_AHEAD: Final = 28


def _ahead() -> int:
    found = whole_number(request.args.get("ahead", ""))
    return found if found in AHEAD else USUAL_AHEAD


@bp.get("/inventory/reorder")
@requires("inventory.read")
def reorder(form: OrderForm | None = None, status: int = 200) -> ResponseReturnValue:
    """Show what came down to its reorder point at a location, with what to order of it."""
    ahead = _ahead()
    with reading(current_actor()) as session:
        places = places_of(session)
        low = queries.low_by_location(session)
        here = _here(places, low)
        found = None
        if here is not None:
            total = low.get(here, 0)
            found = queries.low_page(session, here, total=total, ahead=ahead, **cursors())
        has_points = queries.has_reorder_points(session)
    shown = form or OrderForm(formdata=None)
    if form is None and found is not None:
        for row in found.rows:
            shown.typed[f"{service.UNITS}{row.variant_id}"] = str(row.quantity or "")
        shown.ticked = {row.variant_id for row in found.rows if row.quantity}
    return page(
        "inventory/reorder.html",
        blocks=("results",),
        status=status,
        page=found,
        form=shown,
        here=str(here),
        place=dict(places).get(str(here), ""),
        tabs=_tabs(places, low, here, ahead),
        ahead=ahead,
        ahead_words=AHEAD[ahead],
        ahead_tabs=[
            (
                f"For {word}",
                url_for("inventory.reorder", location=here, ahead=key),
                key == ahead,
                None,
            )
            for key, word in AHEAD.items()
        ],
        looked_at=queries.LOOKED_AT,
        has_points=has_points,
    )


def _here(places: Sequence[tuple[str, str]], low: Any) -> UUID | None:
    """Return the location that is asked for, else the first at which something is low."""
    ids = [UUID(key) for key, _ in places]
    asked = next((key for key in ids if str(key) == request.args.get("location")), None)
    return asked or next((key for key in ids if low.get(key)), ids[0] if ids else None)


def _tabs(
    places: Sequence[tuple[str, str]], low: Any, here: UUID | None, ahead: int
) -> list[tuple[str, str, bool, int | None]]:
    return [
        (name, _url(UUID(key), ahead), UUID(key) == here, low.get(UUID(key), 0))
        for key, name in places
    ]


def _url(location: UUID | None, ahead: int) -> str:
    wished = None if ahead == USUAL_AHEAD else ahead
    return url_for("inventory.reorder", location=location, ahead=wished)


@bp.post("/inventory/reorder")
@requires("inventory.write")
def reorder_start() -> ResponseReturnValue:
    """Make a draft of a delivery from what is ticked."""
    actor = current_actor()
    form = OrderForm()
    units = form.read_order(request.form)
    with reading(actor) as session:
        form.offer(places_of(session))
    if not form.validate() or form.problems:
        return reorder(form, 422)
    try:
        transfer_id = in_unit(service.start_delivery)(actor, form.draft(), units)
    except Invalid as refusal:
        form.refuse(refusal)
        return reorder(form, 422)
    toast("Drafted. Say that you expect it once you have ordered.")
    return go_to(transfer_detail, transfer_id=transfer_id)
