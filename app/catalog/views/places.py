"""Where a product sells: what shall differ on one connection."""

from typing import Any, Final
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.catalog import queries, values
from app.catalog.forms import split_list
from app.catalog.service.loading import organization_currency
from app.catalog.views.blueprint import bp
from app.catalog.views.product import product_detail
from app.core.db import reading
from app.core.errors import Invalid, NotFound
from app.core.work import unit_of_work
from app.listings import service as listings
from app.web.fragments import then
from app.web.guards import requires
from app.web.identity import current_actor

OVERRIDABLE: Final = ("title", "description", "short_description", "brand", "tags", "status")
_LISTS: Final = frozenset({"tags"})


@bp.post("/products/<uuid:product_id>/listings/<uuid:listing_id>/override")
@requires("catalog.write")
def listing_override(product_id: UUID, listing_id: UUID) -> ResponseReturnValue:
    """Give a field another value on one connection, or let the product's value count again."""
    actor = current_actor()
    with reading(actor) as session:
        cards = queries.listing_cards(session, product_id)
        currency = organization_currency(session, actor.organization)
    if listing_id not in {card.badge.listing_id for card in cards}:
        raise NotFound
    field = request.form.get("field", "")
    if field not in OVERRIDABLE:
        raise Invalid("Choose the field that shall differ.")
    is_cleared = request.form.get("clear") == "yes"
    wished = None if is_cleared else _read(field, request.form.get("value", ""), currency)
    with unit_of_work(actor) as work:
        listings.set_override(work, listing_id, field, wished, is_cleared=is_cleared)
    return then(product_detail, product_id=product_id)


@bp.post("/products/<uuid:product_id>/listings/<uuid:listing_id>/prices")
@requires("listings.map")
def listing_prices(product_id: UUID, listing_id: UUID) -> ResponseReturnValue:
    """Send prices to one listing from now on, or leave them to the shop."""
    actor = current_actor()
    with reading(actor) as session:
        cards = queries.listing_cards(session, product_id)
    if listing_id not in {card.badge.listing_id for card in cards}:
        raise NotFound
    with unit_of_work(actor) as work:
        listings.send_prices(work, listing_id, is_sent=request.form.get("sent") == "yes")
    return then(product_detail, product_id=product_id)


def _read(field: str, text: str, currency: str) -> Any:
    given: Any = split_list(text) if field in _LISTS else text
    try:
        return values.clean(field, given or None, currency=currency)
    except values.NotTaken as refusal:
        raise Invalid(str(refusal)) from refusal
