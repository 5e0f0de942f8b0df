"""Programs get in for a person, go on by refreshing, and are out when somebody says so."""

from datetime import timedelta

import pytest

from app.core import clock, kv
from app.core.actor import NOBODY
from app.core.db import new_id, reading
from app.core.errors import Forbidden, Invalid, NotFound, TooMany
from app.core.settings import current
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.errors import RefreshRefused, SignInRefused
from app.team.origin import remember_origin
from app.team.permissions import Role, scopes_of
from app.team.service.accounts import change_password
from app.team.tokens import TokenKind, read_token
from tests.cast import CHEAP, PASSWORD, Cast, Person, membership_of
from tests.services.team.post import actions


@pytest.fixture(autouse=True)
def _own_address() -> None:
    key = new_id().hex
    remember_origin(f"2001:db8::{key[-4:]}:{key[-8:-4]}", "scanner/1.0")


def _enter(somebody: Person, **wishes: object) -> service.TokenPair:
    wanted = service.ApiSignIn(somebody.email, PASSWORD, "Scanner", **wishes)  # type: ignore[arg-type]  # names of fields
    return service.sign_in_api(NOBODY, wanted, cost=CHEAP)


def _who(token: str) -> service.Caller | None:
    return service.find_caller(NOBODY, token)


def _named(somebody: Person, *, scopes: tuple[str, ...] = ("catalog.read",), days: int = 30) -> str:
    with unit_of_work(somebody.actor) as work:
        return service.create_api_token(work, name="Books", days=days, scopes=scopes)


def test_a_password_gives_a_program_claims_for_fifteen_minutes(cast: Cast) -> None:
    pair = _enter(cast.bob)

    claims = read_token(TokenKind.ACCESS, pair.access, secret=current().secret_key, now=clock.now())

    assert claims is not None
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert {name: claims[name] for name in ("sub", "email", "name", "org", "tier", "type")} == {
        "sub": str(cast.bob.user_id),
        "email": cast.bob.email,
        "name": "Bob",
        "org": str(cast.bob.organization_id),
        "tier": "self_hosted",
        "type": "access",
    }
    assert tuple(claims["scopes"]) == scopes_of(Role.EDITOR)


def test_an_access_token_works_for_its_person_and_no_longer_than_its_time(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _enter(cast.bob).access
    now = clock.now()

    found = _who(token)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=15))

    assert found is not None
    assert (found.user_id, found.organization_id) == (cast.bob.user_id, cast.bob.place)
    assert _who(token) is None


def test_a_wrong_password_gives_nothing_and_too_many_shut_the_door(cast: Cast) -> None:
    wanted = service.ApiSignIn(cast.bob.email, "not the password")

    for _ in range(5):
        with pytest.raises(SignInRefused):
            service.sign_in_api(NOBODY, wanted, cost=CHEAP)

    with pytest.raises(TooMany):
        _enter(cast.bob)


def test_a_stranger_is_not_let_into_an_organization(cast: Cast) -> None:
    with pytest.raises(Invalid, match="not a member"):
        _enter(cast.mallory, organization=str(cast.alice.place))


def test_a_program_never_may_more_than_its_persons_role(cast: Cast) -> None:
    with pytest.raises(Invalid, match=r"does not include catalog\.write"):
        _enter(cast.carol, scopes=("catalog.write",))
    with pytest.raises(Invalid, match="not a scope"):
        _enter(cast.alice, scopes=("team.own",))

    token = _enter(cast.bob, scopes=("catalog.write", "catalog.read")).access
    with unit_of_work(cast.alice.actor) as work:
        service.change_role(work, membership_of(cast.bob), Role.VIEWER)
    found = _who(token)

    assert found is not None
    assert found.scopes == ("catalog.read",)


def test_refreshing_gives_a_new_pair_and_the_new_one_goes_on(cast: Cast) -> None:
    first = _enter(cast.bob)

    second = service.refresh_api(NOBODY, first.refresh)
    third = service.refresh_api(NOBODY, second.refresh)

    assert len({first.refresh, second.refresh, third.refresh}) == 3
    assert _who(third.access) is not None


def test_a_refresh_token_used_twice_ends_the_whole_family_and_tells_the_person(cast: Cast) -> None:
    first = _enter(cast.bob)
    second = service.refresh_api(NOBODY, first.refresh)

    with pytest.raises(RefreshRefused):
        service.refresh_api(NOBODY, first.refresh)

    with pytest.raises(RefreshRefused):
        service.refresh_api(NOBODY, second.refresh)
    assert _who(second.access) is None
    assert actions(cast.alice)[-1] == "api_client.copied"


def test_a_refresh_token_lives_seven_days(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = _enter(cast.bob)
    now = clock.now()
    key = f"api_refresh:{pair.caller.grant_id}"

    assert 604_700 < int(kv.client().ttl(key)) <= 604_800
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=7))
    with pytest.raises(RefreshRefused):
        service.refresh_api(NOBODY, pair.refresh)


def test_after_redis_was_lost_a_program_signs_in_again(cast: Cast) -> None:
    pair = _enter(cast.bob)
    kv.client().flushdb()

    with pytest.raises(RefreshRefused):
        service.refresh_api(NOBODY, pair.refresh)

    assert _who(pair.access) is not None
    assert _who(_enter(cast.bob).access) is not None


def test_neither_kind_of_token_is_taken_for_the_other(cast: Cast) -> None:
    pair = _enter(cast.bob)

    assert _who(pair.refresh) is None
    with pytest.raises(RefreshRefused):
        service.refresh_api(NOBODY, pair.access)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "sst_", "sst_x_y", "é.é.é", "sst_" + "0" * 32])
def test_what_was_not_ours_is_nobody(cast: Cast, token: str) -> None:
    assert _who(token) is None


def test_ending_a_program_stops_both_of_its_tokens(cast: Cast) -> None:
    pair = _enter(cast.bob)

    with unit_of_work(cast.bob.actor) as work:
        service.end_grant(work, pair.caller.grant_id)

    assert _who(pair.access) is None
    with pytest.raises(RefreshRefused):
        service.refresh_api(NOBODY, pair.refresh)


def test_only_who_manages_the_team_ends_a_colleagues_program(cast: Cast) -> None:
    pair = _enter(cast.bob)

    with pytest.raises(Forbidden), unit_of_work(cast.carol.actor) as work:
        service.end_grant(work, pair.caller.grant_id)
    with pytest.raises(NotFound), unit_of_work(cast.mallory.actor) as work:
        service.end_grant(work, pair.caller.grant_id)
    assert _who(pair.access) is not None

    with unit_of_work(cast.alice.actor) as work:
        service.end_grant(work, pair.caller.grant_id)
    assert _who(pair.access) is None


def test_a_new_password_signs_programs_out_and_leaves_named_tokens(cast: Cast) -> None:
    pair, named = _enter(cast.bob), _named(cast.bob)

    change_password(cast.bob.actor, PASSWORD, "another long sentence", cost=CHEAP)

    assert _who(pair.access) is None
    with pytest.raises(RefreshRefused):
        service.refresh_api(NOBODY, pair.refresh)
    assert _who(named) is not None


def test_whoever_leaves_takes_every_program_along(cast: Cast) -> None:
    pair, named = _enter(cast.bob), _named(cast.bob)

    with unit_of_work(cast.alice.actor) as work:
        service.remove_member(work, membership_of(cast.bob))

    assert _who(pair.access) is None
    assert _who(named) is None


def test_a_named_token_works_for_what_it_was_made_for_until_it_ends(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _named(cast.alice, scopes=("sync.read", "catalog.read"))
    now = clock.now()

    found = _who(token)
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=30))

    assert found is not None
    assert found.scopes == ("catalog.read", "sync.read")
    assert _who(token) is None


def test_a_token_copied_to_another_organization_is_nobody(cast: Cast) -> None:
    token = _named(cast.alice)

    assert _who(token.replace(cast.alice.place.hex, cast.mallory.place.hex)) is None


def test_the_list_shows_programs_that_still_have_access(cast: Cast) -> None:
    ended, _ = _enter(cast.bob), _named(cast.alice)
    with unit_of_work(cast.alice.actor) as work:
        service.end_grant(work, ended.caller.grant_id)
    _enter(cast.bob)

    with reading(cast.alice.actor) as session:
        everybody = queries.grant_list(session, cast.alice.place)
        bobs = queries.grant_list(session, cast.alice.place, user_id=cast.bob.user_id)
    with reading(cast.mallory.actor) as session:
        others = queries.grant_list(session, cast.alice.place)

    assert [(row.user_name, row.is_token) for row in everybody] == [("Bob", False), ("Alice", True)]
    assert len(bobs) == 1
    assert others == []
