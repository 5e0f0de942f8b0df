"""People sign up, sign in, prove their address and get back in."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.core import clock, kv
from app.core.actor import NOBODY
from app.core.db import new_id, reading
from app.core.errors import Invalid, TooMany
from app.core.work import unit_of_work
from app.team import passwords, queries, service
from app.team.errors import EmailTaken, LinkSpent, SignInRefused, WrongPassword
from app.team.models import User
from app.team.origin import remember_origin
from app.team.permissions import Role
from tests.cast import CHEAP, PASSWORD, Cast, Person, person, session_token
from tests.services.team.post import actions, counts, last_link, mails_to

URL = "https://sync.example"


@pytest.fixture(autouse=True)
def _own_address() -> None:
    key = new_id().hex
    remember_origin(f"2001:db8::{key[-4:]}:{key[-8:-4]}", "Firefox/130 (Windows)")


def _sign_up(email: str, *, password: str = PASSWORD) -> str:
    wanted = service.SignUp(email, "Alice", password, "Acme")
    return service.sign_up(NOBODY, wanted, public_url=URL, cost=CHEAP)


def _sign_in(somebody: Person, password: str = PASSWORD) -> str:
    return service.sign_in(NOBODY, somebody.email, password, cost=CHEAP)


def _who(token: str) -> queries.FoundSession | None:
    with reading(NOBODY) as session:
        return queries.find_session(session, token)


def _user(somebody: Person) -> User:
    with reading(somebody.actor) as session:
        return queries.get_user(session, somebody.user_id)


def test_signing_up_makes_a_person_the_owner_of_a_new_organization(cast: Cast) -> None:
    email = f"Alice.{new_id().hex[-8:]}@Acme.Example "

    found = _who(_sign_up(email))

    assert found is not None
    assert found.user.email == email.strip().lower()
    assert found.user.email_verified_at is None
    owner = Person(
        found.user.id, found.session.current_organization_id, "", found.user.email, Role.OWNER
    )
    with reading(owner.actor) as session:
        assert [each.role for each in queries.standings(session, owner.user_id)] == [Role.OWNER]
    assert "/verify/" in mails_to(owner.email, seen_by=owner.actor)[0].text
    assert actions(owner) == ["organization.created"]


def test_a_known_address_cannot_sign_up_again(cast: Cast) -> None:
    before = counts(cast.alice)

    with pytest.raises(EmailTaken):
        _sign_up(cast.alice.email.upper())

    assert counts(cast.alice) == before


def test_two_organizations_may_have_one_name(cast: Cast) -> None:
    tokens = [_sign_up(f"twin{each}-{new_id().hex}@acme.example") for each in range(2)]

    found = [_who(token) for token in tokens]

    assert len({each.session.current_organization_id for each in found if each}) == 2


def test_the_right_password_opens_and_the_session_remembers_where(cast: Cast) -> None:
    found = _who(_sign_in(cast.bob))

    assert found is not None
    assert found.user.id == cast.bob.user_id
    assert found.session.current_organization_id == cast.bob.organization_id
    assert "session.began" in actions(cast.bob)


def test_a_wrong_password_and_an_unknown_address_sound_the_same(cast: Cast) -> None:
    before = counts(cast.alice)

    with pytest.raises(SignInRefused) as wrong:
        _sign_in(cast.alice, "not the password")
    with pytest.raises(SignInRefused) as unknown:
        service.sign_in(NOBODY, "nobody@acme.example", PASSWORD, cost=CHEAP)

    assert wrong.value.sentence == unknown.value.sentence
    assert counts(cast.alice)["UserSession"] == before["UserSession"]


def test_too_many_tries_close_the_door_even_for_the_right_password(cast: Cast) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            _sign_in(cast.bob, "not the password")

    with pytest.raises(TooMany) as refused:
        _sign_in(cast.bob)

    assert 0 < refused.value.retry_after <= 15 * 60


def test_a_flushed_redis_opens_no_door(cast: Cast) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            _sign_in(cast.bob, "not the password")

    kv.client().flushdb()

    with pytest.raises(TooMany):
        _sign_in(cast.bob)


def test_another_address_is_not_locked_out_and_the_window_ends(cast: Cast) -> None:
    for _ in range(6):
        with pytest.raises((SignInRefused, TooMany)):
            _sign_in(cast.bob, "not the password")

    with clock.travelling(timedelta(minutes=16)):
        assert _sign_in(cast.bob)
    remember_origin("192.0.2.77", "")
    assert _sign_in(cast.bob)


def test_a_cheap_hash_is_replaced_on_sign_in(cast: Cast) -> None:
    dearer = passwords.Cost(passes=2, memory_kib=16, lanes=1)

    service.sign_in(NOBODY, cast.carol.email, PASSWORD, cost=dearer)

    hashed = _user(cast.carol).password_hash
    assert not passwords.wants_rehash(hashed, cost=dearer)
    assert passwords.fits(PASSWORD, hashed, cost=dearer)


def test_a_reset_link_works_once_and_signs_every_browser_out(cast: Cast) -> None:
    open_session = session_token(cast.alice)
    service.request_reset(NOBODY, cast.alice.email, public_url=URL)
    token = last_link(cast.alice.email)

    service.reset_password(NOBODY, token, "another long sentence", cost=CHEAP)

    assert _who(open_session) is None
    assert _sign_in(cast.alice, "another long sentence")
    with pytest.raises(LinkSpent):
        service.reset_password(NOBODY, token, "a third long sentence", cost=CHEAP)
    assert _sign_in(cast.alice, "another long sentence")


def test_a_reset_link_ends_after_an_hour_and_when_a_newer_one_is_sent(cast: Cast) -> None:
    service.request_reset(NOBODY, cast.alice.email, public_url=URL)
    first = last_link(cast.alice.email)
    with clock.travelling(timedelta(minutes=1)):
        service.request_reset(NOBODY, cast.alice.email, public_url=URL)
        second = last_link(cast.alice.email)

    with pytest.raises(LinkSpent):
        service.reset_password(NOBODY, first, "another long sentence", cost=CHEAP)
    with clock.travelling(timedelta(minutes=62)), pytest.raises(LinkSpent):
        service.reset_password(NOBODY, second, "another long sentence", cost=CHEAP)
    assert _sign_in(cast.alice)


def test_a_weak_password_does_not_spend_the_link(cast: Cast) -> None:
    service.request_reset(NOBODY, cast.alice.email, public_url=URL)
    token = last_link(cast.alice.email)

    with pytest.raises(Invalid):
        service.reset_password(NOBODY, token, "short", cost=CHEAP)

    service.reset_password(NOBODY, token, "another long sentence", cost=CHEAP)


def test_a_reset_for_nobody_sends_nothing(cast: Cast) -> None:
    before = counts(cast.alice)

    service.request_reset(NOBODY, f"nobody-{new_id().hex}@acme.example", public_url=URL)

    assert counts(cast.alice) == before


def test_one_address_is_not_flooded_with_mails(cast: Cast) -> None:
    for _ in range(5):
        service.request_reset(NOBODY, cast.alice.email, public_url=URL)

    with pytest.raises(TooMany):
        service.request_reset(NOBODY, cast.alice.email, public_url=URL)

    assert len(mails_to(cast.alice.email)) == 5


def test_an_address_is_believed_once_its_link_is_opened(cast: Cast) -> None:
    newcomer = person("Newcomer", Role.OWNER, organization_name="New shop", is_verified=False)
    service.request_verification(newcomer.actor, public_url=URL)
    token = last_link(newcomer.email, seen_by=newcomer.actor)

    service.confirm_email(NOBODY, token)

    assert _user(newcomer).email_verified_at is not None
    with pytest.raises(LinkSpent):
        service.confirm_email(NOBODY, token)


def test_a_new_address_counts_once_it_is_proven(cast: Cast) -> None:
    new = f"alice-new-{new_id().hex[-8:]}@acme.example"
    service.request_new_email(cast.alice.actor, PASSWORD, new, public_url=URL, cost=CHEAP)
    assert _user(cast.alice).email == cast.alice.email

    service.confirm_email(NOBODY, last_link(new, seen_by=cast.alice.actor))

    assert _user(cast.alice).email == new
    assert new in mails_to(cast.alice.email)[-1].text


def test_an_address_taken_meanwhile_is_refused(cast: Cast) -> None:
    new = f"alice-new-{new_id().hex[-8:]}@acme.example"
    service.request_new_email(cast.alice.actor, PASSWORD, new, public_url=URL, cost=CHEAP)
    with unit_of_work(cast.bob.actor) as work:
        work.session.execute(update(User).where(User.id == cast.bob.user_id).values(email=new))

    with pytest.raises(EmailTaken):
        service.confirm_email(NOBODY, last_link(new, seen_by=cast.alice.actor))

    assert _user(cast.alice).email == cast.alice.email


def test_a_new_password_keeps_this_browser_and_ends_the_others(cast: Cast) -> None:
    here, elsewhere = session_token(cast.alice), session_token(cast.alice)
    found = _who(here)
    assert found is not None

    service.change_password(
        cast.alice.actor, PASSWORD, "another long sentence", keep=found.session.id, cost=CHEAP
    )

    assert _who(here) is not None
    assert _who(elsewhere) is None


def test_a_change_asks_for_the_present_password(cast: Cast) -> None:
    before = counts(cast.alice)

    with pytest.raises(WrongPassword):
        service.change_password(cast.alice.actor, "wrong", "another long sentence", cost=CHEAP)
    with pytest.raises(WrongPassword):
        service.request_new_email(
            cast.alice.actor, "wrong", "new@acme.example", public_url=URL, cost=CHEAP
        )

    assert counts(cast.alice) == before


def test_tokens_lie_in_the_database_as_hashes_only(cast: Cast) -> None:
    token = session_token(cast.alice)

    with reading(NOBODY) as session:
        found = queries.find_session(session, token)
        assert found is not None
        assert token not in str(vars(found.session))


def test_preferences_are_kept_with_the_person(cast: Cast) -> None:
    with unit_of_work(cast.bob.actor) as work:
        service.change_preferences(work, {"theme": "dark"})
    with unit_of_work(cast.bob.actor) as work:
        service.change_preferences(work, {"locale": "de_DE"})

    assert _user(cast.bob).preferences == {"theme": "dark", "locale": "de_DE"}


def test_leftovers_are_cleared_and_living_things_stay(cast: Cast) -> None:
    token = session_token(cast.alice)
    service.request_reset(NOBODY, cast.alice.email, public_url=URL)

    with unit_of_work(NOBODY) as work:
        service.clear_leftovers(work)
    assert _who(token) is not None

    with clock.travelling(timedelta(days=40)), unit_of_work(NOBODY) as work:
        service.clear_leftovers(work)
        assert work.session.scalar(select(User.id).where(User.id == cast.alice.user_id))
    assert _who(token) is None
