"""Listings, locked for a write, and the pages that show them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.core.work import Work
from app.listings.errors import ListingNotFound
from app.listings.models import Listing


def get_listing(work: Work, listing_id: UUID) -> Listing:
    """Return a listing of this organization, locked; raises ListingNotFound."""
    found = work.session.scalar(
        select(Listing)
        .where(Listing.id == listing_id, Listing.organization_id == work.organization_id)
        .with_for_update()
    )
    if found is None:
        raise ListingNotFound
    return found


def get_listings(work: Work, listing_ids: Sequence[UUID]) -> list[Listing]:
    """Return listings of this organization, locked in the order of their ids."""
    found = work.session.scalars(
        select(Listing)
        .where(Listing.id.in_(listing_ids), Listing.organization_id == work.organization_id)
        .order_by(Listing.id)
        .with_for_update()
    ).all()
    if len(found) != len(set(listing_ids)):
        raise ListingNotFound
    return list(found)


def tell(work: Work, listing: Listing) -> None:
    """Let every open page that shows a listing draw it anew."""
    work.touch(f"listing-{listing.id}", f"connection-{listing.connection_id}", "listings")
    if listing.product_id:
        work.touch(f"product-{listing.product_id}")
