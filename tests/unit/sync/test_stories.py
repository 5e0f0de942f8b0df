"""A merchant's days, as tables: what was agreed, what each side has now, what the plan says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.adapters.values import Group
from app.sync.planner import (
    VARIANT,
    Action,
    ListingPlan,
    Risk,
    Way,
    Why,
    apply,
    plan_disappearance,
    plan_listing,
    rebase,
    to_draft,
    waits,
    with_removal,
)
from app.sync.policy import DEFAULTS, Direction, OnBoth, Origin, Policy, Rule
from app.sync.sides import MISSING, Side
from tests.unit.sync.worlds import EVERYTHING, TWO_WAY, ruled

CREATED, IMPORTED = DEFAULTS.of(Origin.CREATED), DEFAULTS.of(Origin.IMPORTED)
DIRTY = "(conflict)"


def usd(amount: float) -> dict[str, Any]:
    return {"minor": round(amount * 100), "currency": "USD"}


def met(ours: Side, theirs: Side, base: Side, policy: Policy = CREATED) -> ListingPlan:
    return plan_listing(ours, theirs, base, policy, carries=EVERYTHING)


def told(plan: ListingPlan) -> list[tuple[str, str, Any, str]]:
    """Return intents as (way, field, new value, why)."""
    return [(each.way, each.field, each.new, each.why) for each in plan.intents]


def one_variant(**values: Any) -> Side:
    return Side(variants={"v": values})


STORIES = [
    # who did what                     field  base   ours   theirs  plan
    ("you renamed it", "title", "Mug", "Cup", "Mug", [("push", "Cup", "changed_here")]),
    ("the shop renamed it", "title", "Mug", "Mug", "Cup", [("pull", "Cup", "changed_there")]),
    ("both renamed it alike", "title", "Mug", "Cup", " Cup", []),
    ("both renamed it", "title", "Mug", "Cup", "Beaker", DIRTY),
    ("the editor of the shop reformatted", "description", "a", "a", "<p>a</p>\n", []),
    ("you emptied it", "description", "a", None, "a", [("push", None, "changed_here")]),
    ("the shop emptied it", "description", "a", "a", "", [("pull", "", "changed_there")]),
    ("first meeting, only you have it", "brand", MISSING, "Acme", None,
     [("push", "Acme", "only_here")]),
    ("first meeting, only the shop has it", "brand", MISSING, None, "Acme",
     [("pull", "Acme", "only_there")]),
    ("first meeting, both differ", "brand", MISSING, "Acme", "ACME Inc", DIRTY),
    ("both tagged it", "tags", ["a"], ["a", "b"], ["a", "c"],
     [("pull", ["a", "b", "c"], "joined"), ("push", ["a", "b", "c"], "joined")]),
    ("you hid it", "status", "active", "inactive", "active",
     [("push", "inactive", "changed_here")]),
    ("the shop hid it", "status", "active", "active", "draft", []),
]  # fmt: skip


@pytest.mark.parametrize(("story", "field", "base", "ours", "theirs", "plan"), STORIES)
def test_the_plan_of_a_story(
    story: str, field: str, base: Any, ours: Any, theirs: Any, plan: Any
) -> None:
    agreed = Side() if base is MISSING else Side({field: base})

    made = met(Side({field: ours}), Side({field: theirs}), agreed)

    if plan == DIRTY:
        assert [each.field for each in made.conflicts] == [field], story
        assert made.intents == ()
    else:
        assert made.conflicts == ()
        assert told(made) == [(way, field, new, why) for way, new, why in plan], story


def test_edits_of_different_fields_both_arrive() -> None:
    base = Side({"title": "Mug", "description": "Good"})

    made = met(
        Side({"title": "Cup", "description": "Good"}),
        Side({"title": "Mug", "description": "Better"}),
        base,
    )

    assert told(made) == [
        (Way.PUSH, "title", "Cup", Why.CHANGED_HERE),
        (Way.PULL, "description", "Better", Why.CHANGED_THERE),
    ]
    assert made.agreed == Side({"title": "Cup", "description": "Better"})


def test_a_sale_in_the_shop_is_not_undone_by_a_count_here() -> None:
    made = met(one_variant(quantity=12), one_variant(quantity=9), one_variant(quantity=10))

    assert told(made) == [
        (Way.PULL, "quantity", 11, Why.JOINED),
        (Way.PUSH, "quantity", 11, Why.JOINED),
    ]


def test_stock_is_not_counted_twice_when_we_die_between_pull_and_push() -> None:
    ours, theirs, base = (one_variant(quantity=figure) for figure in (12, 9, 10))
    made = met(ours, theirs, base)
    ours = apply(ours, made.pulls)
    base = rebase(base, made.pulls, made.settled)

    again = met(ours, theirs, base)

    assert told(again) == [(Way.PUSH, "quantity", 11, Why.CHANGED_HERE)]


def test_more_sold_than_there_was_is_for_a_person() -> None:
    made = met(one_variant(quantity=1), one_variant(quantity=0), one_variant(quantity=3))

    assert [each.field for each in made.conflicts] == ["quantity"]


def test_the_price_of_a_running_shop_comes_in_and_is_not_sent() -> None:
    base = one_variant(price=usd(10))

    theirs_moved = met(base, one_variant(price=usd(11)), base, IMPORTED)
    ours_moved = met(one_variant(price=usd(12)), base, base, IMPORTED)

    assert told(theirs_moved) == [(Way.PULL, "price", usd(11), Why.CHANGED_THERE)]
    assert ours_moved.intents == ()
    assert [each.sentence for each in ours_moved.differences] == [
        "“Price” only comes from the shop; what you have here is not sent."
    ]


def test_the_price_of_a_listing_we_made_is_ours() -> None:
    base = one_variant(price=usd(10))

    made = met(base, one_variant(price=usd(9)), base, CREATED)

    assert told(made) == [(Way.PUSH, "price", usd(10), Why.OWNED_HERE)]
    assert made.intents[0].risk is Risk.OVERWRITES
    assert made.intents[0].sentence == "The sides differ, and for “Price” SyncStore wins."


def test_two_prices_that_never_agreed_are_asked_about_when_the_shop_was_first() -> None:
    made = met(one_variant(price=usd(10)), one_variant(price=usd(12)), one_variant(), IMPORTED)

    assert [each.field for each in made.conflicts] == ["price"]


@pytest.mark.parametrize(
    ("name", "old", "new", "risk"),
    [
        ("price", usd(10), usd(12.99), Risk.LOW),
        ("price", usd(10), usd(13.01), Risk.PRICE_MOVE),
        ("price", usd(10), usd(0.10), Risk.PRICE_MOVE),
        ("price", usd(10), None, Risk.PRICE_MOVE),
        ("price", usd(10), {"minor": 1000, "currency": "JPY"}, Risk.PRICE_MOVE),
        ("price", usd(0), usd(10), Risk.LOW),
        ("price", None, usd(10), Risk.LOW),
        ("sale_price", usd(8), None, Risk.LOW),
    ],
)
def test_a_large_move_of_a_price_waits_for_a_person(
    name: str, old: Any, new: Any, risk: Risk
) -> None:
    agreed = one_variant(**{name: old})

    (intent,) = met(one_variant(**{name: new}), agreed, agreed).intents

    assert intent.risk is risk
    assert (waits(intent, CREATED) is None) == (risk is Risk.LOW)


def test_hiding_a_product_is_marked() -> None:
    agreed = Side({"status": "active"})

    (intent,) = met(Side({"status": "archived"}), agreed, agreed).intents

    assert intent.risk is Risk.HIDES
    assert waits(intent, CREATED) is None


def test_nothing_leaves_by_itself_when_the_merchant_sends_by_hand() -> None:
    policy = ruled(Direction.BOTH, auto_push=False)
    agreed = Side({"title": "Mug"})

    (push,) = met(Side({"title": "Cup"}), agreed, agreed, policy).intents
    (pull,) = met(agreed, Side({"title": "Cup"}), agreed, policy).intents

    assert waits(push, policy) == "Changes made here wait until you send them."
    assert waits(pull, policy) is None


def test_the_newer_change_wins_when_that_is_the_rule() -> None:
    policy = ruled(Direction.BOTH, OnBoth.NEWEST)
    early, late = datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)
    base = Side({"title": "Mug"})

    here = met(Side({"title": "Cup"}, {}, late), Side({"title": "Jug"}, {}, early), base, policy)
    there = met(Side({"title": "Cup"}, {}, early), Side({"title": "Jug"}, {}, late), base, policy)
    unknown = met(Side({"title": "Cup"}), Side({"title": "Jug"}, {}, late), base, policy)
    tie = met(Side({"title": "Cup"}, {}, late), Side({"title": "Jug"}, {}, late), base, policy)

    assert told(here) == [(Way.PUSH, "title", "Cup", Why.NEWER_HERE)]
    assert told(there) == [(Way.PULL, "title", "Jug", Why.NEWER_THERE)]
    assert unknown.conflicts
    assert tie.conflicts


def test_an_owner_that_is_the_shop_never_takes_back_an_edit_made_here() -> None:
    policy = ruled(Direction.FROM_CHANNEL, OnBoth.THEIRS)
    agreed = Side({"title": "Mug"})

    made = met(Side({"title": "Cup"}), agreed, agreed, policy)

    assert made.intents == ()
    assert len(made.differences) == 1


def test_a_group_that_is_off_is_shown_and_never_written() -> None:
    policy = ruled(Direction.OFF)

    made = met(Side({"title": "Cup"}), Side({"title": "Mug"}), Side({"title": "Mug"}), policy)

    assert made.is_idle
    assert [each.field for each in made.differences] == ["title"]


def test_nothing_here_does_not_empty_the_shop_at_the_first_meeting() -> None:
    policy = ruled(Direction.TO_CHANNEL, OnBoth.OURS)

    made = met(Side({"description": None}), Side({"description": "Good"}), Side(), policy)

    assert made.intents == ()


def test_a_field_only_one_side_carries_is_left_alone() -> None:
    made = met(Side({"title": "Mug", "brand": "Acme"}), Side({"title": "Mug"}), Side())

    assert made.intents == ()
    assert made.settled == Side({"title": "Mug"})


def test_a_field_the_channel_does_not_take_is_left_alone() -> None:
    made = met(Side({"mood": "blue"}), Side({"mood": "red"}), Side({"mood": "red"}))

    assert made.is_idle


def test_a_variant_added_here_is_created_there() -> None:
    agreed = Side(variants={"v": {"sku": "A"}})
    ours = Side(variants={"v": {"sku": "A"}, "w": {"sku": "B", "price": usd(3), "gtin": None}})

    (intent,) = met(ours, agreed, agreed).intents

    assert (intent.way, intent.action, intent.variant_key) == (Way.PUSH, Action.CREATE, "w")
    assert intent.new == {"sku": "B", "price": usd(3)}


def test_a_variant_added_there_comes_in() -> None:
    agreed = Side(variants={"v": {"sku": "A"}})
    theirs = Side(variants={"v": {"sku": "A"}, "ext:9": {"sku": "C"}})

    assert told(met(agreed, theirs, agreed)) == [(Way.PULL, VARIANT, {"sku": "C"}, Why.ONLY_THERE)]


def test_a_variant_removed_on_one_side_waits_for_a_person() -> None:
    both = Side(variants={"v": {"sku": "A"}, "w": {"sku": "B"}})
    one = Side(variants={"v": {"sku": "A"}})

    (here,) = met(one, both, both).intents
    (there,) = met(both, one, both).intents

    assert (here.way, here.why, here.old) == (Way.PUSH, Why.REMOVED_HERE, {"sku": "B"})
    assert (there.way, there.why, there.old) == (Way.PULL, Why.REMOVED_THERE, {"sku": "B"})
    assert waits(here, CREATED) == "This deletes something. Look at it before it goes."
    assert waits(there, CREATED) is not None


def test_a_variant_both_sides_removed_is_forgotten() -> None:
    both = Side(variants={"v": {"sku": "A"}, "w": {"sku": "B"}})
    one = Side(variants={"v": {"sku": "A"}})

    made = met(one, one, both)

    assert made.is_idle
    assert made.agreed == one


def test_variants_stay_where_they_are_when_content_does_not_travel() -> None:
    policy = Policy(groups={Group.CONTENT: Rule(Direction.OFF, OnBoth.ASK)})
    both = Side(variants={"v": {}, "w": {}})

    made = met(Side(variants={"v": {}, "x": {}}), Side(variants={"v": {}, "w": {}}), both, policy)

    assert made.intents == ()
    assert {each.variant_key for each in made.differences} == {"w", "x"}


def test_a_listing_the_shop_deleted_stays_here() -> None:
    ours, base = Side({"title": "Mug"}), Side({"title": "Mug"})

    made = plan_disappearance(ours, base, TWO_WAY)

    (intent,) = made.intents
    assert waits(intent, TWO_WAY) is not None
    assert made.agreed == base


def test_a_product_deleted_here_leaves_the_shop_only_after_a_look() -> None:
    made = with_removal(ListingPlan(), Side({"title": "Mug"}))

    (intent,) = made.intents
    draft = to_draft(made, key="listing", external_id="7", variant_ids={})
    assert (intent.way, intent.action) == (Way.PUSH, Action.DELETE)
    assert waits(intent, TWO_WAY) is not None
    assert draft.is_removed
    assert draft.values == {}
