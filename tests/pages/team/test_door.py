"""Sign up, in and out, and the links we mail, through HTTP."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import clock
from app.core.actor import NOBODY
from app.core.db import new_id, reading
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.permissions import Role
from app.team.rules import token_hash
from tests.cast import PASSWORD, Cast, Person, csrf, membership_of
from tests.pages.team.conftest import Browse
from tests.services.team.post import counts, last_link

URL = "https://sync.example"


@pytest.fixture
def browser(app: Flask, client: FlaskClient) -> FlaskClient:
    """A browser at an address of its own, so that tests do not throttle each other."""
    key = new_id().hex
    client.environ_base["REMOTE_ADDR"] = f"2001:db8::{key[-4:]}:{key[-8:-4]}"
    return client


def _post(browser: FlaskClient, path: str, page: str = "", **form: str) -> TestResponse:
    token = csrf(browser, page or path)
    return browser.post(path, data={"csrf_token": token, **form})


def _sign_in(browser: FlaskClient, somebody: Person, **more: str) -> TestResponse:
    return _post(browser, "/signin", email=somebody.email, password=PASSWORD, **more)


def test_signing_up_leads_into_the_new_organization(browser: FlaskClient) -> None:
    email = f"alice-{new_id().hex}@acme.example"

    response = _post(
        browser,
        "/signup",
        name="Alice",
        organization_name="Acme Mugs",
        email=email,
        password=PASSWORD,
    )

    assert response.status_code == 303
    page = browser.get("/settings/team").text
    assert "Acme Mugs" in page
    assert email in page
    assert "Confirm your e-mail address" in page


def test_a_known_address_is_refused_kindly_at_the_field(browser: FlaskClient, cast: Cast) -> None:
    before = counts(cast.alice)

    response = _post(
        browser,
        "/signup",
        name="Alice",
        organization_name="Acme",
        email=cast.alice.email,
        password=PASSWORD,
    )

    assert response.status_code == 422
    assert "already has an account" in response.text
    assert counts(cast.alice) == before


def test_the_right_password_opens_and_leads_on(browser: FlaskClient, cast: Cast) -> None:
    response = _post(
        browser, "/signin?next=/settings/team", email=cast.bob.email, password=PASSWORD
    )

    assert (response.status_code, response.location) == (303, "/settings/team")
    assert browser.get("/settings/team").status_code == 200


def test_the_cookie_holds_nothing_but_a_fresh_token(browser: FlaskClient, cast: Cast) -> None:
    with browser.session_transaction() as cookie:
        cookie["planted"] = "by Mallory"

    response = _sign_in(browser, cast.bob)

    with browser.session_transaction() as cookie:
        assert "planted" not in cookie
        token = cookie["_user_id"]
    with reading(NOBODY) as session:
        assert queries.find_session(session, token)
    set_cookie = next(c for c in response.headers.getlist("Set-Cookie") if "session=" in c)
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    assert "Expires" not in set_cookie
    assert token_hash(token) not in set_cookie


def test_keeping_signed_in_keeps_the_cookie(browser: FlaskClient, cast: Cast) -> None:
    response = _sign_in(browser, cast.bob, is_remembered="y")

    assert any("Expires" in each for each in response.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    "bad", ["//other.example", "https://other.example", "/\\other.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(browser: FlaskClient, cast: Cast, bad: str) -> None:
    response = _sign_in(browser, cast.bob, next=bad)

    assert response.status_code == 303
    assert urlsplit(response.location).netloc == ""
    assert "other" not in response.location


def test_a_wrong_password_shows_one_sentence(browser: FlaskClient, cast: Cast) -> None:
    response = _post(browser, "/signin", email=cast.bob.email, password="not the password")

    assert response.status_code == 422
    assert "do not fit together" in response.text
    assert browser.get("/profile").status_code == 303


def test_too_many_tries_say_when_to_come_back(browser: FlaskClient, cast: Cast) -> None:
    for _ in range(5):
        _post(browser, "/signin", email=cast.bob.email, password="wrong")

    response = _sign_in(browser, cast.bob)

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def test_a_form_without_its_token_signs_nobody_in(browser: FlaskClient, cast: Cast) -> None:
    before = counts(cast.bob)

    response = browser.post("/signin", data={"email": cast.bob.email, "password": PASSWORD})

    assert response.status_code == 400
    assert counts(cast.bob) == before


def test_signing_out_ends_the_session_on_the_server(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.bob)
    with browser.session_transaction() as cookie:
        token = cookie["_user_id"]

    response = _post(browser, "/signout", "/profile")

    assert (response.status_code, response.location) == (303, "/signin")
    with reading(NOBODY) as session:
        assert queries.find_session(session, token) is None


def test_a_stolen_cookie_is_worthless_once_revoked(browse: Browse, cast: Cast) -> None:
    thief, alice = browse(cast.alice), browse(cast.alice)

    _post(alice, "/settings/sessions/end", "/settings/sessions")

    assert thief.get("/profile").status_code == 303
    assert alice.get("/profile").status_code == 200


def _main(page: str) -> str:
    return page.split("<main", 1)[1].split("</main>", 1)[0]


def test_forgot_says_the_same_for_known_and_unknown(browser: FlaskClient, cast: Cast) -> None:
    known = _post(browser, "/forgot", email=cast.alice.email)
    unknown = _post(browser, "/forgot", email="nobody@acme.example")

    assert known.status_code == unknown.status_code == 200
    assert _main(known.text).replace(cast.alice.email, "nobody@acme.example") == _main(unknown.text)


def test_a_mailed_link_sets_a_new_password_once(browser: FlaskClient, cast: Cast) -> None:
    _post(browser, "/forgot", email=cast.alice.email)
    path = f"/reset/{last_link(cast.alice.email)}"

    weak = _post(browser, path, password="short")
    good = _post(browser, path, password="another long sentence")

    assert (weak.status_code, good.status_code) == (422, 303)
    assert browser.get(path).status_code == 404
    again = _post(browser, "/signin", email=cast.alice.email, password="another long sentence")
    assert again.status_code == 303


def test_a_mail_scanner_that_opens_the_link_spends_nothing(
    browser: FlaskClient, cast: Cast
) -> None:
    with unit_of_work(cast.alice.actor) as work:
        user = queries.get_user(work.session, cast.alice.user_id)
        user.email_verified_at = None
    service.request_verification(cast.alice.actor, public_url=URL)
    path = f"/verify/{last_link(cast.alice.email, seen_by=cast.alice.actor)}"

    for _ in range(2):
        assert browser.get(path).status_code == 200
    response = _post(browser, path)

    assert response.status_code == 303
    assert browser.get(path).status_code == 404


def _invite(cast: Cast, email: str) -> str:
    with unit_of_work(cast.alice.actor) as work:
        service.invite(work, email, Role.EDITOR, public_url=URL)
    return f"/invitations/{last_link(email, seen_by=cast.alice.actor)}"


def test_an_invited_stranger_joins_with_name_and_password(browser: FlaskClient, cast: Cast) -> None:
    path = _invite(cast, f"dave-{new_id().hex}@acme.example")

    page = browser.get(path)
    response = _post(browser, f"{path}/join", path, name="Dave", password=PASSWORD)

    assert "Join Acme" in page.text
    assert response.status_code == 303
    assert "Dave" in browser.get("/settings/team").text
    assert browser.get(path).status_code == 404


def test_an_invited_user_signs_in_first_and_then_joins(browser: FlaskClient, cast: Cast) -> None:
    path = _invite(cast, cast.mallory.email)

    assert "Sign in to join" in browser.get(path).text
    _sign_in(browser, cast.mallory)
    response = _post(browser, f"{path}/accept", path)

    assert response.status_code == 303
    assert cast.alice.email in browser.get("/settings/team").text


def test_the_wrong_person_is_told_so(browse: Browse, cast: Cast) -> None:
    path = _invite(cast, f"dave-{new_id().hex}@acme.example")
    browser = browse(cast.mallory)

    page = browser.get(path)
    response = _post(browser, f"{path}/accept", "/profile")

    assert "another address" in page.text
    assert response.status_code == 409


@pytest.mark.parametrize("link", ["nonsense", "0.0", "00000000-0000-0000-0000-000000000000.x"])
def test_a_made_up_invitation_is_not_found(browser: FlaskClient, link: str) -> None:
    assert browser.get(f"/invitations/{link}").status_code == 404


def test_who_was_removed_is_out_at_the_next_request(browse: Browse, cast: Cast) -> None:
    browser, bobs = browse(cast.bob), membership_of(cast.bob)

    with unit_of_work(cast.alice.actor) as work:
        service.remove_member(work, bobs)

    assert browser.get("/settings/team").status_code == 403


def test_an_idle_session_ends(browse: Browse, cast: Cast) -> None:
    browser = browse(cast.bob)

    with clock.travelling(timedelta(hours=13)):
        assert browser.get("/profile").status_code == 303
