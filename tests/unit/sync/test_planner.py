from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from app.sync import compare
from app.sync.planner import (
    VARIANT,
    Action,
    ListingPlan,
    Risk,
    Way,
    apply,
    plan_creation,
    plan_listing,
    rebase,
    to_draft,
    waits,
)
from app.sync.policy import Direction, OnBoth, OnRemoved, Policy, decide
from app.sync.sides import MISSING, NOTHING, Side
from tests.unit.sync.worlds import (
    EVERYTHING,
    TWO_WAY,
    Carrier,
    any_sides,
    law,
    ruled,
    sides,
    uniform,
)


def plan(ours: Side, theirs: Side, base: Side, policy: Policy = TWO_WAY) -> ListingPlan:
    return plan_listing(ours, theirs, base, policy, carries=EVERYTHING)


def carried_out(made: ListingPlan, ours: Side, theirs: Side) -> tuple[Side, Side]:
    return apply(ours, made.pulls), apply(theirs, made.pushes)


@given(sides, sides, sides, uniform)
@law
def test_planning_again_after_everything_was_applied_finds_nothing_to_do(
    ours: Side, theirs: Side, base: Side, policy: Policy
) -> None:
    made = plan(ours, theirs, base, policy)

    ours_after, theirs_after = carried_out(made, ours, theirs)
    again = plan(ours_after, theirs_after, made.agreed, policy)

    assert again.intents == ()
    assert again.settled == NOTHING
    assert again.conflicts == made.conflicts


@given(sides, sides, sides)
@law
def test_applied_plans_leave_both_sides_equal_where_nobody_has_to_decide(
    ours: Side, theirs: Side, base: Side
) -> None:
    made = plan(ours, theirs, base)

    ours_after, theirs_after = carried_out(made, ours, theirs)

    undecided = {(each.variant_key, each.field) for each in made.conflicts}
    for key, name, value in ours_after.cells():
        there = theirs_after.value(name, key)
        if there is not MISSING and (key, name) not in undecided:
            assert compare.equal(name, value, there)
            assert compare.equal(name, value, made.agreed.value(name, key))


@given(sides, sides, sides, uniform)
@law
def test_no_policy_writes_against_its_direction(
    ours: Side, theirs: Side, base: Side, policy: Policy
) -> None:
    for intent in plan(ours, theirs, base, policy).intents:
        name = "options" if intent.field == VARIANT else intent.field
        direction = decide(name, policy).direction
        assert direction.goes_out if intent.way is Way.PUSH else direction.comes_in


@given(sides, sides, sides, uniform)
@law
def test_a_plan_crashed_at_any_step_ends_in_the_same_state(
    ours: Side, theirs: Side, base: Side, policy: Policy
) -> None:
    made = plan(ours, theirs, base, policy)
    ours_after, theirs_after = carried_out(made, ours, theirs)

    assume(ours_after.variants and theirs_after.variants)  # a product has at least one

    pulled = apply(ours, made.pulls)
    known = rebase(base, made.pulls, made.settled)
    second = plan(pulled, theirs, known, policy)
    ours_late, theirs_late = carried_out(second, pulled, theirs)

    assert second.pulls == ()
    assert _same(ours_late, ours_after)
    assert _same(theirs_late, theirs_after)


@given(sides, sides, sides, uniform)
@law
def test_a_push_whose_answer_was_lost_is_not_sent_again(
    ours: Side, theirs: Side, base: Side, policy: Policy
) -> None:
    made = plan(ours, theirs, base, policy)
    pulled = apply(ours, made.pulls)
    known = rebase(base, made.pulls, made.settled)

    arrived = apply(theirs, made.pushes)
    again = plan(pulled, arrived, known, policy)

    assert not [intent for intent in again.pushes if intent.action is not Action.DELETE]


@given(sides, sides, sides, uniform)
@law
def test_the_base_after_every_intent_is_the_agreed_base(
    ours: Side, theirs: Side, base: Side, policy: Policy
) -> None:
    made = plan(ours, theirs, base, policy)

    known = rebase(rebase(base, made.pulls, made.settled), made.pushes)

    for key, name, value in made.agreed.cells():
        assert compare.equal(name, known.value(name, key), value)


@given(sides, uniform)
@law
def test_equal_sides_plan_nothing(side: Side, policy: Policy) -> None:
    made = plan(side, side, side, policy)

    assert made.is_idle
    assert made.differences == ()
    assert made.settled == NOTHING


@given(sides, sides, uniform)
@law
def test_an_unchanged_channel_never_overwrites_us(ours: Side, base: Side, policy: Policy) -> None:
    made = plan(ours, base, base, policy)

    assert [intent for intent in made.pulls if intent.action is Action.UPDATE] == []


@given(any_sides, any_sides, any_sides)
@law
def test_nothing_is_removed_without_a_person(ours: Side, theirs: Side, base: Side) -> None:
    for intent in plan(ours, theirs, base).intents:
        if intent.action is Action.DELETE:
            assert intent.risk is Risk.DELETES
            assert waits(intent, TWO_WAY)
            assert intent.variant_key in base.variants


@given(sides, sides, sides)
@law
def test_an_unfinished_read_removes_nothing(ours: Side, theirs: Side, base: Side) -> None:
    made = plan(replace(ours, is_complete=False), replace(theirs, is_complete=False), base)

    assert not [intent for intent in made.intents if intent.action is Action.DELETE]


@given(sides, sides)
@law
def test_a_channel_that_suddenly_shows_no_variants_removes_none(ours: Side, base: Side) -> None:
    made = plan(ours, Side(values=base.values), base)

    assert not [intent for intent in made.intents if intent.action is Action.DELETE]


@given(sides)
@law
def test_a_creation_sends_everything_the_channel_takes(ours: Side) -> None:
    few = Carrier(frozenset({"title"}), frozenset({"sku", "price"}))

    made = plan_creation(ours, carries=few)
    draft = to_draft(made, key="listing", external_id=None, variant_ids={})

    assert set(draft.values) <= few.product_fields
    assert [variant.key for variant in draft.variants] == list(ours.variants)
    for variant in draft.variants:
        for name, value in ours.variants[variant.key].items():
            is_sent = name in few.variant_fields and not compare.is_empty(name, value)
            assert (variant.values.get(name) == value) if is_sent else name not in variant.values


@given(sides, sides, sides, uniform)
@law
def test_a_draft_holds_what_the_plan_pushes_and_nothing_else(
    ours: Side, theirs: Side, base: Side, policy: Policy
) -> None:
    made = plan(ours, theirs, base, policy)
    draft = to_draft(made, key="listing", external_id="7", variant_ids={"v1": "71"})

    fields: set[tuple[str | None, str]] = {(None, name) for name in draft.values}
    fields |= {(each.key, name) for each in draft.variants for name in each.values}
    removed = {each.key for each in draft.variants if each.is_removed}

    updates = [each for each in made.pushes if each.action is Action.UPDATE]
    assert {(each.variant_key, each.field) for each in updates} <= fields
    assert removed == {each.variant_key for each in made.pushes if each.action is Action.DELETE}
    assert all(each.external_id == ("71" if each.key == "v1" else None) for each in draft.variants)


@given(sides, sides, sides, st.sampled_from([True, False]))
@law
def test_a_decision_ends_its_conflict(
    ours: Side, theirs: Side, base: Side, keep_ours: bool
) -> None:
    made = plan(ours, theirs, base)
    ours_after, theirs_after = carried_out(made, ours, theirs)
    values = dict(made.agreed.values)
    variants = {key: dict(held) for key, held in made.agreed.variants.items()}
    for each in made.conflicts:
        held = values if each.variant_key is None else variants[each.variant_key]
        held[each.field] = each.base_for(keep_ours=keep_ours)

    decided = plan(ours_after, theirs_after, Side(values, variants))

    assert decided.conflicts == ()
    for each in made.conflicts:
        ours_late, theirs_late = carried_out(decided, ours_after, theirs_after)
        chosen = each.ours if keep_ours else each.theirs
        assert compare.equal(each.field, ours_late.value(each.field, each.variant_key), chosen)
        assert compare.equal(each.field, theirs_late.value(each.field, each.variant_key), chosen)


@given(sides, sides, sides)
@law
def test_a_channel_is_never_asked_for_fields_it_does_not_carry(
    ours: Side, theirs: Side, base: Side
) -> None:
    few = Carrier(frozenset({"title"}), frozenset({"price"}))

    made = plan_listing(ours, theirs, base, ruled(Direction.BOTH, OnBoth.OURS), carries=few)

    for intent in made.pushes:
        names = intent.new or {} if intent.field == VARIANT else {intent.field: None}
        carried = few.product_fields if intent.variant_key is None else few.variant_fields
        if intent.action is not Action.DELETE:
            assert set(names) <= carried


@given(sides, sides, sides)
@law
def test_following_the_shop_removes_here_and_never_there(
    ours: Side, theirs: Side, base: Side
) -> None:
    policy = ruled(Direction.BOTH, on_removed=OnRemoved.FOLLOW)

    for intent in plan(ours, theirs, base, policy).intents:
        if intent.action is Action.DELETE:
            assert (waits(intent, policy) is None) == (intent.way is Way.PULL)


def _same(a: Side, b: Side) -> bool:
    return _print(a) == _print(b)


def _print(side: Side) -> tuple[str, dict[str, str]]:
    variants = {key: compare.fingerprint(values) for key, values in side.variants.items()}
    return compare.fingerprint(side.values), variants
