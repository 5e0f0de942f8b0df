"""Where a product sells: what shall differ on one connection."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from app.catalog import queries, values, variant_rows
from app.catalog.forms import split_list
from app.catalog.service.drafts import VariantState
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
BY_VARIANT: Final = ("price", "sale_price")
_LISTS: Final = frozenset({"tags"})


@bp.post("/products/<uuid:product_id>/listings/<uuid:listing_id>/override")
@requires("catalog.write")
def listing_override(product_id: UUID, listing_id: UUID) -> ResponseReturnValue:
    """Give a field another value on one connection, or let the product's value count again."""
    actor = current_actor()
    with reading(actor) as session:
        product = queries.product_detail(session, product_id)
        home = organization_currency(session, actor.organization)
    card = next((each for each in product.listings if each.badge.listing_id == listing_id), None)
    if card is None:
        raise NotFound
    field = request.form.get("field", "")
    if field not in (*OVERRIDABLE, *BY_VARIANT):
        raise Invalid("Choose the field that shall differ.")
    is_cleared = request.form.get("clear") == "yes"
    text = request.form.get("value", "")
    wished = None if is_cleared else _read(field, text, card.currency or home)
    variants: Sequence[VariantState] = ()
    if field in BY_VARIANT:
        variants = _chosen(product, request.form.get("variant", "").strip())
    with unit_of_work(actor) as work:
        if variants:
            ids = [each.id for each in variants]
            listings.set_variant_overrides(
                work, listing_id, ids, field, wished, is_cleared=is_cleared
            )
        else:
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


def _chosen(product: queries.ProductDetail, wanted: str) -> Sequence[VariantState]:
    """Return the variants somebody means: by id or SKU, without either all of them."""
    found = [
        each
        for each in product.variants
        if not wanted or wanted in (str(each.id), each.values.get("sku"))
    ]
    if not found:
        raise Invalid("This product has no such variant.", fields={"variant": "Choose a variant."})
    return found


def _read(field: str, text: str, currency: str) -> Any:
    if field == "price" and not text.strip():
        raise Invalid(fields={"value": "Type the price this channel shall show."})
    given: Any = split_list(text) if field in _LISTS else text
    try:
        if field in BY_VARIANT:
            given = variant_rows.read_amount(text, currency)
        return values.clean(field, given or None, currency=currency)
    except (values.NotTaken, variant_rows.NotTyped) as refusal:
        raise Invalid(fields={"value": str(refusal)}) from refusal
