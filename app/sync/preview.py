"""What sending everything of a connection would do, planned by the code that sends it.

Nothing is written and nobody is called: the shop's side is what it last showed. The worker plans
again against what the shop shows then, so a preview may be older than what is sent, never other
in kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters.port import Capabilities
from app.adapters.types import ChannelProduct, ListingDraft
from app.connections.models import Connection
from app.connections.wire import channel
from app.listings.models import Listing, ListingState
from app.sync import drafting, planner, project
from app.sync.cost import Cost, Planned, batched, cost
from app.sync.cost import shown as last_shown
from app.sync.mass import guard_mass_change, summarise
from app.sync.plans import Intent, ListingPlan, Risk, price_move
from app.sync.policy import Policy

SLICE: Final = 500
NOWHERE: Final = "https://pictures.invalid/"
SHOWN: Final = 100  # listings shown whole; the rest is counted
_ASLEEP: Final = (ListingState.IGNORED, ListingState.GONE, ListingState.UNMAPPED)


@dataclass(frozen=True, slots=True)
class PlannedListing:
    """One listing and what would be written for it; `waits` has the reason beside its intent."""

    listing_id: UUID
    product_id: UUID
    title: str
    intents: tuple[Intent, ...]
    waits: Mapping[int, str]  # position in intents → why it waits
    is_new: bool

    @property
    def rank(self) -> tuple[int, float]:
        """Sort key: what is dangerous first, then the largest price move."""
        danger = min((_RANK[each.risk] for each in self.intents), default=9)
        return danger, -max(
            (abs(price_move(each.old, each.new) or 0.0) for each in self.intents), default=0.0
        )


_RANK: Final = {
    Risk.DELETES: 0,
    Risk.HIDES: 1,
    Risk.PRICE_MOVE: 2,
    Risk.OVERWRITES: 3,
    Risk.LOW: 4,
}


@dataclass(slots=True)
class Preview:
    """What a whole connection comes to."""

    listings: int = 0
    changing: int = 0
    going: int = 0  # … of them with something that goes when a person says so for all
    new: int = 0
    writes: int = 0
    comes_in: int = 0
    waiting: int = 0
    conflicts: int = 0
    by_field: dict[str, int] = field(default_factory=dict)
    holds: Sequence[str] = ()
    rows: list[PlannedListing] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)

    def count(self, name: str) -> None:
        """Count one write of a field."""
        self.by_field[name] = self.by_field.get(name, 0) + 1


def preview(session: Session, connection: Connection) -> Preview:
    """Plan every paired listing of a connection; a handful of queries per five hundred."""
    can = channel(connection.channel).capabilities
    rules = Policy.from_settings(connection.settings)
    found, plans, parts = Preview(), [], []
    for listings in _slices(session, connection.id):
        pairs = project.load_pairs(session, connection, listings)
        for listing in listings:
            pair, part = pairs.get(listing.id), Planned([listing.id])
            parts.append(part)  # everything is read, even where nothing is written
            if pair is None or pair.is_excluded or not listing.is_writable:
                continue
            plan = _plan(pair, rules, can)
            _count(found, listing, plan, rules)
            plans.append(ListingPlan(intents=plan.pushes))
            if plan.pushes:
                part.drafts.append(draft(pair, plan, can))
        session.expunge_all()
    summary = summarise(plans, listings=found.listings)
    found.holds = [hold.sentence for hold in guard_mass_change(summary, rules)]
    found.rows.sort(key=lambda row: row.rank)
    del found.rows[SHOWN:]
    found.cost = cost(session, connection, batched(can, parts)) if found.changing else Cost()
    return found


def draft(pair: project.Pair, plan: ListingPlan, can: Capabilities) -> ListingDraft:
    """Return what a channel would be asked for; where new pictures lie does not matter here."""
    if pair.listing.external_id is None:
        wanted, _ = drafting.creation(pair, can)
    else:
        wanted = drafting.change(pair, ListingPlan(intents=plan.pushes))
    fresh = drafting.fresh_pictures(pair, wanted)
    return drafting.supplied(pair, wanted, {key: f"{NOWHERE}{key}" for key in fresh})


def _slices(session: Session, connection_id: UUID) -> Iterator[Sequence[Listing]]:
    after: UUID | None = None
    while True:
        wanted = select(Listing).where(
            Listing.connection_id == connection_id,
            Listing.product_id.is_not(None),
            Listing.state.not_in(_ASLEEP),
        )
        if after is not None:
            wanted = wanted.where(Listing.id > after)
        some = session.scalars(wanted.order_by(Listing.id).limit(SLICE)).all()
        if not some:
            return
        after = some[-1].id
        yield some


def _plan(pair: project.Pair, rules: Policy, can: Capabilities) -> ListingPlan:
    listing = pair.listing
    if listing.external_id is None:
        return planner.plan_creation(pair.ours, carries=can)
    policy = project.rules_of(rules, listing)
    theirs = project.their_side(pair, shown(listing))
    return planner.plan_listing(pair.ours, theirs, pair.base, policy, carries=can)


def shown(listing: Listing) -> ChannelProduct:
    """Return what the channel last showed of a listing."""
    found = last_shown(listing.external_id or "", listing.kind, listing.remote)
    return replace(found, modified_at=listing.remote_modified_at)


def _count(found: Preview, listing: Listing, plan: ListingPlan, rules: Policy) -> None:
    found.listings += 1
    found.conflicts += len(plan.conflicts)
    found.comes_in += len(plan.pulls)
    is_new = listing.external_id is None
    waits = {}
    for at, each in enumerate(plan.pushes):
        found.count(each.field)
        sentence = None if is_new else planner.waits(each, rules)
        if sentence is not None:
            waits[at] = sentence
    found.writes += len(plan.pushes)
    found.waiting += len(waits)
    if not plan.pushes or listing.product_id is None:
        return
    found.changing += 1
    found.going += any(each.risk not in planner.WAITING_RISKS for each in plan.pushes)
    found.new += is_new
    found.rows.append(
        PlannedListing(
            listing.id, listing.product_id, listing.title, plan.pushes, waits, is_new=is_new
        )
    )
    if len(found.rows) > 4 * SHOWN:
        found.rows.sort(key=lambda row: row.rank)
        del found.rows[SHOWN:]
