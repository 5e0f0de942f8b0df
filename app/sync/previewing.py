"""What other rules would change now: every pair planned against the channel's last known answer.

Nothing is asked of the channel and nothing is written. What is compared is as old as the last read,
so the figures are a forecast, not a plan.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.adapters.values import FIELDS, PRODUCT_FIELDS, VARIANT_FIELDS, Group
from app.connections.models import Connection
from app.listings.models import Listing, ListingState
from app.sync import planner, project
from app.sync.planner import ListingPlan, Way
from app.sync.policy import Policy

AT_MOST: Final = 1_000  # pairs looked at; the newest
_ASLEEP: Final = (ListingState.IGNORED, ListingState.GONE, ListingState.UNMAPPED)


@dataclass(frozen=True, slots=True)
class Everything:
    """A channel's abilities do not matter here: what it does not carry is not in its answer."""

    product_fields: frozenset[str] = frozenset(PRODUCT_FIELDS)
    variant_fields: frozenset[str] = frozenset(VARIANT_FIELDS)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one field group would exchange and ask under some rules."""

    sends: int = 0
    takes: int = 0
    asks: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """Effects by field group, now and under other rules; only where they differ."""

    looked_at: int
    total: int
    groups: Mapping[Group, tuple[Effect, Effect]]


def preview(session: Session, connection: Connection, wished: Policy) -> Preview:
    """Return what a connection's open differences come to now and under other rules."""
    paired = (
        Listing.connection_id == connection.id,
        Listing.product_id.is_not(None),
        Listing.external_id.is_not(None),
        Listing.state.not_in(_ASLEEP),
    )
    total = session.scalar(select(func.count()).select_from(Listing).where(*paired)) or 0
    newest = select(Listing).where(*paired).order_by(Listing.id.desc()).limit(AT_MOST)
    listings = session.scalars(newest).all()
    pairs = project.load_pairs(session, connection, listings)
    present = Policy.from_settings(connection.settings)
    now, then = (_effects(list(pairs.values()), rules) for rules in (present, wished))
    moved = {
        group: (now.get(group, Effect()), then.get(group, Effect()))
        for group in Group
        if now.get(group) != then.get(group)
    }
    return Preview(len(listings), total, moved)


def _effects(pairs: Sequence[project.Pair], rules: Policy) -> dict[Group, Effect]:
    counts: Counter[tuple[Group, str]] = Counter()
    for pair in pairs:
        if not pair.is_excluded:
            counts.update(_counted(_plan(pair, rules)))
    groups = {group for group, _ in counts}
    return {
        group: Effect(counts[group, "sends"], counts[group, "takes"], counts[group, "asks"])
        for group in groups
    }


def _plan(pair: project.Pair, rules: Policy) -> ListingPlan:
    policy = project.rules_of(rules, pair.listing)
    theirs = project.remembered_side(pair)
    return planner.plan_listing(pair.ours, theirs, pair.base, policy, carries=Everything())


def _counted(plan: ListingPlan) -> list[tuple[Group, str]]:
    found = [
        (FIELDS[each.field].group, "sends" if each.way is Way.PUSH else "takes")
        for each in plan.intents
        if each.field in FIELDS
    ]
    return found + [(FIELDS[each.field].group, "asks") for each in plan.conflicts]
