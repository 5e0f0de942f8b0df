"""Pure decisions of the team."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.core.actor import Actor
from app.core.errors import Forbidden, Invalid
from app.team import passwords, rules
from app.team.permissions import OPERATOR, ROLES, SENTENCES, Role, permissions_of
from tests.cast import CHEAP

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _actor(role: Role) -> Actor:
    return Actor(uuid4(), uuid4(), ROLES[role])


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "Password123", "alice@acme.example"])
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_password(password, email="alice@acme.example")

    assert "password" in refused.value.fields


def test_a_sentence_is_a_good_password() -> None:
    rules.check_password("blue mugs sell best in May", email="alice@acme.example")


def test_a_password_fits_its_own_hash_and_no_other() -> None:
    hashed = passwords.hash_password("blue mugs sell best", cost=CHEAP)

    assert passwords.fits("blue mugs sell best", hashed, cost=CHEAP)
    assert not passwords.fits("blue mugs sell worst", hashed, cost=CHEAP)
    assert not passwords.fits("the password of nobody", None, cost=CHEAP)
    assert hashed.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_tries_are_counted_under_what_one_subscriber_holds(address: str, network: str) -> None:
    assert rules.network_of(address) == network


def test_a_hash_of_lower_cost_wants_a_new_one() -> None:
    hashed = passwords.hash_password("blue mugs sell best", cost=CHEAP)

    assert passwords.wants_rehash(hashed)
    assert not passwords.wants_rehash(hashed, cost=CHEAP)


def test_each_role_may_all_that_the_next_one_may() -> None:
    chain = [ROLES[role] for role in Role]

    assert all(upper >= lower for upper, lower in itertools.pairwise(chain))
    assert set().union(*chain, OPERATOR) == set(SENTENCES)


def test_an_operator_keeps_an_own_role_and_visits_as_an_owner() -> None:
    assert "team.own" not in permissions_of(Role.VIEWER, is_operator=True)
    assert "team.own" in permissions_of(None, is_operator=True)
    assert "system.operate" not in permissions_of(Role.OWNER)
    assert permissions_of(None) == frozenset()


@pytest.mark.parametrize(
    ("who", "before", "after"),
    [
        (Role.ADMIN, None, Role.OWNER),
        (Role.ADMIN, Role.OWNER, Role.VIEWER),
        (Role.MANAGER, None, Role.VIEWER),
        (Role.VIEWER, Role.EDITOR, None),
    ],
)
def test_a_role_beyond_the_own_rights_is_refused(
    who: Role, before: Role | None, after: Role | None
) -> None:
    with pytest.raises(Forbidden):
        rules.check_may_assign(_actor(who), before=before, after=after)


def test_an_admin_decides_below_owner_and_an_owner_about_all() -> None:
    rules.check_may_assign(_actor(Role.ADMIN), before=Role.EDITOR, after=Role.ADMIN)
    rules.check_may_assign(_actor(Role.OWNER), before=Role.OWNER, after=None)


def test_a_session_lives_on_while_used_but_not_for_ever() -> None:
    later = NOON + timedelta(days=80)

    assert rules.session_end(NOON, began=NOON, is_remembered=False) == NOON + timedelta(hours=12)
    assert rules.session_end(later, began=NOON, is_remembered=True) == NOON + timedelta(days=90)


def test_a_name_in_any_script_gives_a_short_name() -> None:
    assert rules.slug_of("Müller & Söhne GmbH") == "muller-sohne-gmbh"
    assert rules.slug_of("ร้านค้า") == "shop"


def test_a_preference_that_does_not_exist_is_refused() -> None:
    assert rules.checked_preferences({"theme": "dark", "unknown": "x"}) == {"theme": "dark"}
    with pytest.raises(Invalid):
        rules.checked_preferences({"timezone": "Mars/Olympus"})


def test_a_browser_is_named_in_words() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/130.0 Safari/537"

    assert rules.device_name(chrome) == "Chrome on Windows"
    assert rules.device_name("") == "Unknown browser"
