"""What differs on one connection on purpose: values of its own, and whether prices go there."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.catalog import values
from app.catalog.service.loading import load_products, organization_currency
from app.connections.models import Connection
from app.core.errors import Invalid
from app.core.work import Work
from app.listings import pricing
from app.listings.events import ListingWanted
from app.listings.models import Listing, Offer
from app.listings.service.rows import get_listing, tell
from app.team.service import record_audit


def set_override(
    work: Work, listing_id: UUID, field: str, value: Any, *, is_cleared: bool = False
) -> Listing:
    """Give a field another value on this connection only, or let the master's value count again."""
    listing = get_listing(work, listing_id)
    if is_cleared:
        listing.overrides.pop(field, None)
    else:
        listing.overrides[field] = value
    listing.version += 1
    work.emit(ListingWanted(listing.id, listing.connection_id))
    tell(work, listing)
    return listing


def set_variant_overrides(
    work: Work,
    listing_id: UUID,
    variant_ids: Sequence[UUID],
    field: str,
    value: Any,
    *,
    is_cleared: bool = False,
) -> Listing:
    """Give a field of variants another value on this connection only, or the master's again.

    A price is in what the shop sells in. Raises Invalid where price and sale price contradict.
    """
    listing = get_listing(work, listing_id)
    offers = _offers_of(work, listing, variant_ids)
    for variant_id in variant_ids:
        offer = offers.get(variant_id)
        if is_cleared and offer is not None:
            offer.overrides.pop(field, None)
        elif not is_cleared:
            offers[variant_id] = offer or _unbound(work, listing, variant_id)
            offers[variant_id].overrides[field] = value
    if not is_cleared:
        _check(work, listing, offers)
    listing.version += 1
    work.emit(ListingWanted(listing.id, listing.connection_id))
    tell(work, listing)
    return listing


def _offers_of(work: Work, listing: Listing, variant_ids: Sequence[UUID]) -> dict[UUID, Offer]:
    """Return the row of each variant that holds, or is to hold, what differs here."""
    rows = work.session.scalars(
        select(Offer)
        .where(Offer.listing_id == listing.id, Offer.variant_id.in_(variant_ids))
        .order_by(Offer.overrides != {}, Offer.id)
    )
    return {row.variant_id: row for row in rows if row.variant_id is not None}


def _check(work: Work, listing: Listing, offers: Mapping[UUID, Offer]) -> None:
    """Refuse prices that contradict each other, as this channel would show them."""
    connection = work.session.get_one(Connection, listing.connection_id)
    home = organization_currency(work.session, work.organization_id)
    currency = pricing.foreign(connection.facts.get("currency"), home)
    keys = [listing.product_id] if listing.product_id else []
    for product in load_products(work.session, work.organization_id, keys).values():
        for variant_id, offer in offers.items():
            known = product.variants.get(variant_id)
            shown = pricing.shown(known.values, currency) if known is not None else {}
            problems = values.check_variant({**shown, **offer.overrides})
            if sentence := problems.get("sale_price") or problems.get("price"):
                raise Invalid(fields={"value": sentence})


def _unbound(work: Work, listing: Listing, variant_id: UUID) -> Offer:
    """A variant the channel does not have yet."""
    offer = Offer(
        organization_id=work.organization_id,
        listing_id=listing.id,
        variant_id=variant_id,
        overrides={},
    )
    work.session.add(offer)
    return offer


def send_prices(work: Work, listing_id: UUID, *, is_sent: bool) -> Listing:
    """Send prices to one listing from now on, or leave them to the shop, whatever the rules say."""
    listing = get_listing(work, listing_id)
    if listing.sends_prices is is_sent:
        return listing
    listing.sends_prices = is_sent
    listing.version += 1
    name = work.session.get_one(Connection, listing.connection_id).name
    does = "are sent" if is_sent else "are not sent"
    sentence = f"Prices of {listing.title or 'a listing'} {does} to {name}."
    record_audit(work, "listing.prices", "listing", listing.id, sentence)
    work.emit(ListingWanted(listing.id, listing.connection_id))
    tell(work, listing)
    return listing
