"""What nobody confirmed for a day: listings of active products, neither read nor sent since."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Product
from app.connections.models import ConnectionState
from app.connections.service import get_connection
from app.core import clock
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.listings.models import Listing, ListingState
from app.sync import tasks

STALE_AFTER: Final = timedelta(hours=24)
MOST: Final = 500  # of one connection at a time: the rest is due within the hour
_RESTING: Final = (ListingState.SYNCED, ListingState.WAITING, ListingState.RUNNING)


def _stale(connection_id: UUID, now: datetime) -> "Select[UUID, str | None]":
    """The stale listings of a connection."""
    confirmed_at = func.coalesce(
        func.greatest(Listing.last_synced_at, Listing.last_seen_at), Listing.created_at
    )
    return (
        select(Listing.id, Listing.external_id)
        .join(Product, Product.id == Listing.product_id)
        .where(
            Listing.connection_id == connection_id,
            Listing.state.in_(_RESTING),
            Product.status == "active",
            Product.archived_at.is_(None),
            ~Product.is_excluded,
            confirmed_at < now - STALE_AFTER,
        )
    )


def stale_count(session: Session, connection_id: UUID) -> int:
    """Return how many listings nobody confirmed for a day."""
    found = _stale(connection_id, clock.now()).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def sweep_stale(actor: Actor, connection_id: UUID) -> int:
    """Read stale listings again, and send those the shop does not have yet; returns how many."""
    with unit_of_work(actor) as work:
        row = get_connection(work, connection_id)
        if row.state != ConnectionState.ACTIVE:
            return 0
        wanted = _stale(connection_id, work.now).order_by(Listing.id).limit(MOST)
        rows = work.session.execute(wanted).all()
        tasks.request_pulls(work, connection_id, [key for _, key in rows if key])
        unlisted = [(listing_id, connection_id) for listing_id, key in rows if not key]
        tasks.request_pushes(work, unlisted)
        return len(rows)
