import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.values import FIELDS, Group
from app.sync.policy import (
    DEFAULTS,
    Direction,
    OnBoth,
    Origin,
    Policy,
    Rule,
    decide,
    describe,
    first_winner,
)
from tests.unit.sync.worlds import law, policies


@given(policies)
@law
def test_a_policy_survives_being_stored(policy: Policy) -> None:
    stored = json.loads(json.dumps(policy.to_settings()))

    known = Policy.from_settings(stored)

    assert known.groups == policy.groups
    assert {**known.imported, **policy.imported} == known.imported
    assert known.to_settings() == Policy.from_settings(known.to_settings()).to_settings()


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(
            st.sampled_from(["groups", "imported", "price", "direction", "on_first", "mass_limit"]),
            inner,
            max_size=3,
        )),
        max_leaves=8,
    )
)  # fmt: skip
@law
def test_stored_nonsense_falls_back_to_the_defaults(stored: object) -> None:
    policy = Policy.from_settings(stored if isinstance(stored, dict) else None)

    assert set(policy.groups) == set(Group)
    assert policy.mass_limit >= 0


def test_nothing_stored_is_the_default() -> None:
    assert Policy.from_settings(None) == DEFAULTS
    assert Policy.from_settings({}) == DEFAULTS


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_has_a_default_rule(name: str) -> None:
    assert decide(name, DEFAULTS) == DEFAULTS.groups[FIELDS[name].group]


def test_a_field_we_do_not_know_is_never_written() -> None:
    assert decide("colour_of_the_sky", DEFAULTS).direction is Direction.OFF


def test_prices_of_a_listing_the_shop_had_first_come_in_and_do_not_go_out() -> None:
    found_there = decide("price", DEFAULTS.of(Origin.IMPORTED))
    made_by_us = decide("price", DEFAULTS.of(Origin.CREATED))

    assert not found_there.direction.goes_out
    assert found_there.direction.comes_in
    assert made_by_us.direction.goes_out
    assert not made_by_us.direction.comes_in


def test_other_fields_do_not_ask_where_a_listing_came_from() -> None:
    assert decide("title", DEFAULTS.of(Origin.IMPORTED)) == decide("title", DEFAULTS)


def test_a_shop_that_hides_a_product_does_not_hide_it_everywhere() -> None:
    rule = decide("status", DEFAULTS)

    assert rule == Rule(Direction.TO_CHANNEL, OnBoth.ASK)


def test_the_first_meeting_has_a_rule_of_its_own_unless_the_group_decides() -> None:
    policy = Policy(groups={}, on_first=OnBoth.THEIRS)

    assert first_winner(Rule(Direction.BOTH, OnBoth.ASK), policy) is OnBoth.THEIRS
    assert first_winner(Rule(Direction.BOTH, OnBoth.OURS), policy) is OnBoth.OURS


@given(policies)
@law
def test_a_policy_is_told_in_whole_sentences(policy: Policy) -> None:
    lines = describe(policy)

    assert len(lines) >= len(Group) + 6
    assert all(line.endswith(".") and "{" not in line and "_" not in line for line in lines)
    assert not any(word in line for line in lines for word in ("successfully", "please", "!"))


def test_the_default_policy_reads_like_this() -> None:
    lines = describe(DEFAULTS)

    assert "Stock goes both ways. When both sides changed, SyncStore asks you." in lines
    assert "Prices go from SyncStore to the shop. When both sides changed, SyncStore wins." in lines
    assert (
        "For products that were in the shop first: prices come from the shop. "
        "When both sides changed, SyncStore asks you." in lines
    )
    assert "A price that moves by more than 30 % waits for you." in lines


def test_a_group_that_is_off_says_so() -> None:
    policy = Policy(groups={Group.MEDIA: Rule(Direction.OFF, OnBoth.ASK)})

    assert describe(policy)[0] == "Pictures are left alone."


def test_a_policy_with_a_winner_keeps_its_directions() -> None:
    policy = Policy.from_settings({}).with_winner(Group.PRICE, OnBoth.THEIRS)

    assert policy.groups[Group.PRICE] == (Direction.TO_CHANNEL, OnBoth.THEIRS)
    assert policy.of(Origin.IMPORTED).groups[Group.PRICE] == (
        Direction.FROM_CHANNEL,
        OnBoth.THEIRS,
    )


@given(policies, st.sampled_from(Origin), st.booleans())
@law
def test_the_switch_of_a_listing_outranks_every_rule_about_prices(
    policy: Policy, origin: Origin, is_on: bool
) -> None:
    rules = policy.of(origin, sends_prices=is_on)

    assert decide("price", rules).direction.goes_out is is_on
    assert decide("title", rules) == decide("title", policy.of(origin))


@given(policies, st.sampled_from(Origin))
@law
def test_a_switch_that_asks_for_what_the_rules_say_changes_nothing(
    policy: Policy, origin: Origin
) -> None:
    usual = decide("price", policy.of(origin))

    assert decide("price", policy.of(origin, sends_prices=usual.direction.goes_out)) == usual
