"""By which rule locations serve orders, and what would come of one."""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from app.core.db import reading
from app.core.errors import Invalid
from app.core.work import unit_of_work
from app.inventory import queries, service
from app.inventory.routing import Routing
from app.inventory.serving_forms import WhatIfForm
from app.inventory.views.blueprint import bp
from app.web.fragments import page, then
from app.web.guards import requires
from app.web.identity import current_actor

_WORDS: Final[Mapping[Routing, str]] = {
    Routing.FEWEST: "A location that has everything serves alone; otherwise as few as can be.",
    Routing.NEAREST: "The location nearest to the buyer gives what it has, then the next one."
    " Compared are country, region and postcode.",
    Routing.RANK: "The first of your locations gives what it has, then the next one.",
}
RULES: Final = [(rule, service.SAID[rule], words) for rule, words in _WORDS.items()]


@bp.get("/inventory/routing")
@requires("inventory.read")
def routing() -> ResponseReturnValue:
    """Show the rule, and what each rule would make of an order."""
    is_asked = "items" in request.args
    form = WhatIfForm(request.args if is_asked else None)
    outcomes: Sequence[queries.Outcome] = ()
    with reading(current_actor()) as session:
        rule = queries.current_routing(session)
        places = queries.locations(session)
        if is_asked and form.is_said():
            wanted = form.wanted()
            known = queries.variants_by_sku(session, list(wanted))
            if strange := [sku for sku in wanted if sku not in known]:
                form.refuse_fields(
                    {"items": f"You have no variant with the SKU {strange[0][:80]}."}
                )
            else:
                outcomes = queries.what_if(session, wanted, known, form.goes_to())
    return page(
        "inventory/routing.html",
        blocks=("outcome", "rule"),
        status=422 if is_asked and form.errors else 200,
        form=form,
        rule=rule,
        rules=RULES,
        said=service.SAID,
        has_places=len(places) > 1,
        outcomes=outcomes,
    )


@bp.post("/inventory/routing")
@requires("inventory.locations")
def routing_change() -> ResponseReturnValue:
    """Let orders be served by another rule from now on."""
    chosen = request.form.get("rule", "")
    if chosen not in list(Routing):
        raise Invalid("Choose a rule of the list.")
    with unit_of_work(current_actor()) as work:
        service.set_routing(work, Routing(chosen))
    return then(routing)
