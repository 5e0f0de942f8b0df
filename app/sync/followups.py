"""What a push leaves to do: a place taken, lost answers cleared up, a second look, a parting."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from app.core.work import Work
from app.listings import service as listings
from app.listings.models import Listing, Offer
from app.sync import parting, tasks
from app.sync.models import (
    ChangeState,
    Direction,
    Haste,
    SyncChange,
    SyncTask,
    TaskState,
)
from app.sync.planner import Intent
from app.sync.rules import PARK_AFTER_EQUAL


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


def is_held_up(work: Work, listing: Listing, task: SyncTask, owners: Iterable[str | None]) -> bool:
    """Tell whether what was wanted may soon be free: its holder has changes of its own to send.

    So an SKU moves from one product to another whichever is sent first. After some tries it is the
    merchant's to know.
    """
    wanted = [key for key in owners if key is not None]
    if not wanted or task.attempts >= PARK_AFTER_EQUAL:
        return False
    holders = (
        select(Listing.id)
        .outerjoin(Offer, Offer.listing_id == Listing.id)
        .where(
            Listing.connection_id == listing.connection_id,
            Listing.id != listing.id,
            or_(Listing.external_id.in_(wanted), Offer.external_id.in_(wanted)),
        )
    )
    moving = select(SyncTask.id).where(
        SyncTask.listing_id.in_(holders),
        SyncTask.direction == Direction.PUSH,
        SyncTask.state.in_((TaskState.WAITING, TaskState.RUNNING)),
    )
    return work.session.scalar(select(moving.exists())) or False


def part(work: Work, listing: Listing) -> None:
    """Part a product from a listing that left the channel; it may be listed there anew."""
    parting.take_apart(work, listing.id)
    listings.ignore_listing(work, listing.id)


def takes_place(work: Work, listing: Listing, external_id: str) -> bool:
    """Become the listing of an item just made; False: it is paired with another product.

    A read may have met the item before its maker wrote it down, as one that nobody paired; that
    entry gives way. One that is being written this moment is found by the second try.
    """
    try:
        return _gives_way(work, listing, external_id)
    except IntegrityError:
        return _gives_way(work, listing, external_id)


def _gives_way(work: Work, listing: Listing, external_id: str) -> bool:
    met = work.session.scalar(
        select(Listing)
        .where(Listing.connection_id == listing.connection_id, Listing.external_id == external_id)
        .with_for_update()
    )
    if met is not None and met.product_id is not None:
        return False
    with work.session.begin_nested():
        if met is not None:
            work.session.delete(met)
            work.session.flush()
        listing.external_id = external_id
        work.session.flush()
    return True
