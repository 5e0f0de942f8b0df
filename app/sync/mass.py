"""The mass-change guard: many listings deleted, hidden or repriced at once wait for a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.sync.plans import LISTING, Action, Intent, ListingPlan, Risk
from app.sync.policy import Policy

# A share means little in a tiny shop: two of five products hidden is a morning's work.
FEW: Final = 5


class Change(StrEnum):
    """What is counted; one listing counts once for each."""

    DELETED = "deleted"
    HIDDEN = "hidden"
    REPRICED = "repriced"


@dataclass(frozen=True, slots=True)
class MassSummary:
    """How many listings a plan deletes, hides and moves in price beyond the limit."""

    listings: int  # all of the connection
    deleted: int = 0
    hidden: int = 0
    repriced: int = 0

    def count(self, change: Change) -> int:
        """Return the figure of one kind of change."""
        figures = {
            Change.DELETED: self.deleted,
            Change.HIDDEN: self.hidden,
            Change.REPRICED: self.repriced,
        }
        return figures[change]


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a whole plan waits for a person."""

    change: Change
    count: int
    listings: int
    sentence: str


_WORDS: Final = {
    Change.DELETED: "deletes",
    Change.HIDDEN: "hides",
    Change.REPRICED: "changes the price of",
}


def change_of(intent: Intent) -> Change | None:
    """Return what an intent counts as, if anything."""
    if intent.action is Action.DELETE and intent.field == LISTING:
        return Change.DELETED
    return {Risk.HIDES: Change.HIDDEN, Risk.PRICE_MOVE: Change.REPRICED}.get(intent.risk)


def summarise(plans: Iterable[ListingPlan], *, listings: int) -> MassSummary:
    """Count the dangerous changes of many plans; `listings` is how many the connection has."""
    counts = dict.fromkeys(Change, 0)
    for plan in plans:
        for change in {change_of(intent) for intent in plan.intents}:
            if change is not None:
                counts[change] += 1
    return MassSummary(
        listings, counts[Change.DELETED], counts[Change.HIDDEN], counts[Change.REPRICED]
    )


def guard_mass_change(summary: MassSummary, policy: Policy) -> Sequence[Hold]:
    """Return a hold for each kind of change that goes beyond the policy's limits."""
    return [
        Hold(change, count, summary.listings, _sentence(change, count, summary.listings))
        for change in Change
        if _is_mass(count := summary.count(change), summary.listings, policy)
    ]


def _is_mass(count: int, listings: int, policy: Policy) -> bool:
    if count > policy.mass_limit:
        return True
    return count > FEW and count * 100 > policy.mass_percent * max(listings, 1)


def _sentence(change: Change, count: int, listings: int) -> str:
    things = "listing" if count == 1 else "listings"
    return f"This {_WORDS[change]} {count} {things} of {listings}. Look at it before it goes."
