"""A listing the channel no longer has: it is marked, and the policy says what follows here."""

from typing import Final

from sqlalchemy import func, select

from app.catalog import service as catalog
from app.core.work import Work
from app.listings.models import Listing, ListingState
from app.sync import mass, records
from app.sync.models import ChangeState, Direction, SyncChange
from app.sync.planner import LISTING, plan_disappearance
from app.sync.policy import OnRemoved, Policy
from app.sync.sides import NOTHING

_GONE: Final = "This product no longer exists in the shop. List it again, or take the pair apart."
_AT_REST: Final = (ListingState.GONE, ListingState.IGNORED)


def mark_gone(work: Work, terms: records.Terms, listing: Listing) -> None:
    """Note that the channel no longer has a listing; an unpaired one is forgotten."""
    if listing.state in _AT_REST or listing.kept_off_at is not None:
        return
    if listing.product_id is None:
        work.session.delete(listing)
        return
    listing.state, listing.error = ListingState.GONE, _GONE
    listing.error_field, listing.error_code = None, "gone"
    if terms.policy(listing).on_removed is OnRemoved.FOLLOW:
        _follow(work, terms, listing)
    work.touch(f"listing-{listing.id}", "listings", f"product-{listing.product_id}")


def _follow(work: Work, terms: records.Terms, listing: Listing) -> None:
    """Archive what the shop deleted, unless another channel sells it or too much went at once."""
    if listing.product_id is None or _is_sold_elsewhere(work, listing):
        return
    if sentence := _objection(work, terms):
        listing.error = f"{_GONE} {sentence}"
        return
    catalog.archive_products(work, [listing.product_id], origin="sync")
    [intent] = plan_disappearance(NOTHING, NOTHING, terms.policy(listing)).intents
    work.session.add(
        SyncChange(
            organization_id=work.organization_id,
            run_id=terms.run_id,
            task_id=terms.task_id,
            connection_id=terms.connection.id,
            listing_id=listing.id,
            product_id=listing.product_id,
            direction=Direction.PULL,
            action=intent.action.value,
            field=intent.field,
            why=intent.sentence,
            risk=intent.risk.value,
            state=ChangeState.APPLIED,
            settled_at=work.now,
        )
    )


def _is_sold_elsewhere(work: Work, listing: Listing) -> bool:
    other = select(Listing.id).where(
        Listing.product_id == listing.product_id,
        Listing.id != listing.id,
        Listing.external_id.is_not(None),
        Listing.state.not_in(_AT_REST),
    )
    return work.session.scalar(select(other.exists())) or False


def _objection(work: Work, terms: records.Terms) -> str | None:
    """Say why a deletion is not followed: so many within the hour are an accident over there."""
    gone = select(func.count(SyncChange.id)).where(
        SyncChange.connection_id == terms.connection.id,
        SyncChange.field == LISTING,
        SyncChange.direction == Direction.PULL,
        SyncChange.state == ChangeState.APPLIED,
        SyncChange.at > work.now - records.FLOOD_WINDOW,
    )
    listings = select(func.count()).where(
        Listing.connection_id == terms.connection.id, Listing.product_id.is_not(None)
    )
    summary = mass.MassSummary(
        work.session.scalar(listings) or 0, deleted=(work.session.scalar(gone) or 0) + 1
    )
    policy = Policy.from_settings(terms.connection.settings)
    holds = mass.guard_mass_change(summary, policy)
    return holds[0].sentence if holds else None
