import pytest

from app.sync.mass import Change, MassSummary, guard_mass_change, summarise
from app.sync.planner import ListingPlan, plan_disappearance, plan_listing
from app.sync.policy import DEFAULTS, Direction, OnBoth, Policy
from app.sync.sides import Side
from tests.unit.sync.worlds import EVERYTHING, TWO_WAY, ruled


def priced(minor: int) -> Side:
    return Side(variants={"v": {"price": {"minor": minor, "currency": "USD"}}})


def repriced(minor: int) -> ListingPlan:
    return plan_listing(priced(minor), priced(1000), priced(1000), TWO_WAY, carries=EVERYTHING)


def hidden() -> ListingPlan:
    agreed = Side({"status": "active"})
    return plan_listing(Side({"status": "draft"}), agreed, agreed, TWO_WAY, carries=EVERYTHING)


def test_a_listing_counts_once_for_each_danger() -> None:
    gone = plan_disappearance(Side({"title": "Mug"}), Side(), TWO_WAY)

    summary = summarise([repriced(100), repriced(1100), hidden(), hidden(), gone], listings=50)

    assert summary == MassSummary(50, deleted=1, hidden=2, repriced=1)


@pytest.mark.parametrize(
    ("count", "listings", "is_held"),
    [
        (1, 1, False),  # a small shop's morning
        (5, 5, False),
        (6, 6, True),
        (6, 30, False),
        (7, 30, True),
        (100, 100_000, False),
        (101, 100_000, True),
    ],
)
def test_many_hidden_listings_wait_for_a_person(count: int, listings: int, is_held: bool) -> None:
    holds = guard_mass_change(MassSummary(listings, hidden=count), DEFAULTS)

    assert bool(holds) == is_held


def test_a_hold_says_what_and_how_many() -> None:
    (hold,) = guard_mass_change(MassSummary(1000, deleted=300), DEFAULTS)

    assert hold.change is Change.DELETED
    assert hold.sentence == "This deletes 300 listings of 1000. Look at it before it goes."


def test_following_the_shop_still_counts_deletions() -> None:
    policy = ruled(Direction.BOTH, OnBoth.ASK, mass_limit=10)
    plans = [plan_disappearance(Side(), Side(), policy) for _ in range(11)]

    assert guard_mass_change(summarise(plans, listings=10_000), policy)


def test_harmless_plans_are_never_held() -> None:
    agreed = Side({"title": "Mug"})
    plan = plan_listing(Side({"title": "Cup"}), agreed, agreed, TWO_WAY, carries=EVERYTHING)

    summary = summarise([plan] * 5000, listings=5000)

    assert guard_mass_change(summary, Policy(groups={}, mass_limit=0, mass_percent=0)) == []
