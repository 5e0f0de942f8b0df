"""Items of a channel found by its own id of a variant, as orders and news of stock name them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.service.writing import among
from app.listings.models import Listing, Offer


class Named(NamedTuple):
    """A variant on a channel: its ids there, and what stands for it here."""

    external_id: str
    variant_id: UUID | None
    listing_id: UUID
    product: str | None  # the channel's id of what it is a variant of
    created_at: datetime  # when we first looked at its listing


def offers_named(
    session: Session, organization_id: UUID, connection_id: UUID, external_ids: Collection[str]
) -> Sequence[Named]:
    """Return what a connection sells under these ids.

    Fenced: after a first read PostgreSQL knows nothing of the tables yet, and would look for the
    ids at each listing of the connection.
    """
    if not external_ids:
        return []
    found = (
        select(Offer.external_id, Offer.variant_id, Offer.listing_id)
        .where(Offer.organization_id == organization_id, among(Offer.external_id, external_ids))
        .cte("named")
        .prefix_with("MATERIALIZED")
    )
    rows = session.execute(
        select(found, Listing.external_id, Listing.created_at)
        .join(Listing, Listing.id == found.c.listing_id)
        .where(Listing.organization_id == organization_id, Listing.connection_id == connection_id)
    )
    return [Named(*row) for row in rows]
