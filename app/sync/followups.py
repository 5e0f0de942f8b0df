"""What a push leaves to do: lost answers cleared up, changed items looked at again, a parting."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select

from app.core.work import Work
from app.listings import service as listings
from app.listings.models import Listing
from app.sync import tasks
from app.sync.models import BaseValue, ChangeState, Haste, SyncChange, SyncTask
from app.sync.planner import Intent


def settle_lost(
    work: Work, planned: Mapping[UUID, Sequence[Intent]], listing_ids: Iterable[UUID]
) -> None:
    """Close lines of earlier tries whose answer was lost: what is planned again did not arrive."""
    lines = work.session.scalars(
        select(SyncChange).where(
            SyncChange.listing_id.in_(list(listing_ids)), SyncChange.state == ChangeState.SENT
        )
    )
    for line in lines:
        key = str(line.variant_id) if line.variant_id else None
        is_left = any(
            (each.variant_key, each.field) == (key, line.field)
            for each in planned.get(line.listing_id, ())
        )
        line.state = ChangeState.CANCELLED if is_left else ChangeState.APPLIED
        line.sentence = "The answer was lost; it is sent again." if is_left else None
        line.settled_at = work.now


def look_again(work: Work, listing: Listing, task: SyncTask) -> None:
    """Plan a listing anew that the shop changed between our look and our write."""
    wanted = [(listing.id, listing.connection_id)]
    tasks.request_pushes(
        work, wanted, run_id=task.run_id, haste=Haste.URGENT, is_forced=task.is_forced
    )


def part(work: Work, listing: Listing) -> None:
    """Part a product from a listing that left the channel; it may be listed there anew."""
    work.session.execute(delete(BaseValue).where(BaseValue.listing_id == listing.id))
    listings.unmap_listing(work, listing.id)
    listings.ignore_listing(work, listing.id)
