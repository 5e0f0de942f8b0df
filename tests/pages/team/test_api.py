"""The API's door over HTTP, and the page where people look after it."""

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.work import unit_of_work
from app.team import service
from app.team.bearer import PER_MINUTE
from tests.cast import PASSWORD, Cast, Person, csrf
from tests.pages.team.conftest import Browse
from tests.services.team.post import counts

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def program(app: Flask, clean: None) -> FlaskClient:
    """A program without cookies."""
    return app.test_client(use_cookies=False)


def bearer(token: str) -> dict[str, str]:
    """Return the header a program sends its token in."""
    return {"Authorization": f"Bearer {token}"}


def named_token(somebody: Person, *scopes: str) -> str:
    """Make a named token for somebody."""
    with unit_of_work(somebody.actor) as work:
        return service.create_api_token(
            work, name="Books", days=30, scopes=scopes or ("catalog.read",)
        )


def _sign_in(program: FlaskClient, somebody: Person, password: str = PASSWORD) -> TestResponse:
    asked = {"email": somebody.email, "password": password, "client": "Scanner"}
    return program.post("/api/v1/auth/login", json=asked)


def _problem(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json()["detail"]


def test_a_program_signs_in_works_refreshes_and_signs_out(program: FlaskClient, cast: Cast) -> None:
    first = _sign_in(program, cast.bob)
    renewed = program.post(
        "/api/v1/auth/refresh", json={"refresh_token": first.get_json()["refresh_token"]}
    )
    token = renewed.get_json()["access_token"]

    me = program.get("/api/v1/me", headers=bearer(token))
    out = program.post("/api/v1/auth/logout", headers=bearer(token))
    after = program.get("/api/v1/auth/me", headers=bearer(token))

    assert first.status_code == renewed.status_code == 200
    assert first.headers["Cache-Control"] == "no-store"
    assert (first.get_json()["expires_in"], first.get_json()["token_type"]) == (900, "Bearer")
    assert me.get_json()["email"] == cast.bob.email
    assert me.get_json()["organization"]["id"] == str(cast.bob.place)
    assert out.status_code == 204
    assert after.status_code == 401
    assert after.headers["WWW-Authenticate"] == "Bearer"
    assert "Set-Cookie" not in first.headers


def test_a_wrong_password_is_a_problem_with_a_sentence(program: FlaskClient, cast: Cast) -> None:
    answer = _sign_in(program, cast.bob, "wrong")

    assert _problem(answer) == (422, "This e-mail and password do not fit together.")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], None),
        ("{", None),
        ({"email": "a@b.example"}, "password"),
        ({"email": ["a"], "password": "x"}, "email"),
        ({"email": "a@b.example", "password": "x" * 1001}, "password"),
        ({"email": "a@b.example", "password": "x", "scopes": "all"}, "scopes"),
        ({"email": "a@b.example", "password": "x", "scopes": [1]}, "scopes"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(
    program: FlaskClient, cast: Cast, body: object, field: str | None
) -> None:
    sent = body if isinstance(body, str) else json.dumps(body)

    answer = program.post("/api/v1/auth/login", data=sent, content_type="application/json")

    assert answer.status_code == 422
    assert list(answer.get_json().get("fields", {})) == ([field] if field else [])


def test_a_browsers_cookie_opens_nothing_of_the_api(cast: Cast, browse: Browse) -> None:
    browser = browse(cast.alice)

    status, sentence = _problem(browser.get("/api/v1/me"))

    assert status == 401
    assert "Authorization: Bearer" in sentence
    assert browser.post("/api/v1/auth/logout").status_code == 401


def test_a_token_opens_no_page(program: FlaskClient, cast: Cast) -> None:
    answer = program.get("/settings", headers=bearer(named_token(cast.alice)))

    assert answer.status_code == 303


def test_what_a_token_was_not_made_for_is_forbidden(program: FlaskClient, cast: Cast) -> None:
    token = named_token(cast.alice, "sync.read")

    assert program.get("/api/v1/products", headers=bearer(token)).status_code == 403
    assert program.get("/api/v1/me", headers=bearer(token)).get_json()["scopes"] == ["sync.read"]


def test_a_program_that_asks_too_often_waits(
    program: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.team.bearer.PER_MINUTE", 3)
    token = bearer(named_token(cast.alice))

    answers = [program.get("/api/v1/me", headers=token) for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert PER_MINUTE == 600


def test_somebody_makes_a_token_sees_it_once_and_ends_it(
    program: FlaskClient, cast: Cast, browse: Browse
) -> None:
    browser = browse(cast.bob)
    form = {
        "csrf_token": csrf(browser), "name": "Books", "days": "90", "scopes": "catalog.read",
    }  # fmt: skip

    made = browser.post("/settings/api/tokens", data=form)
    token = re.findall(r"sst_[\w-]+", made.text)[0]
    listed = browser.get("/settings/api").text
    grant = listed.split('id="grant-', 1)[1].split('"', 1)[0]
    works = program.get("/api/v1/me", headers=bearer(token)).status_code
    browser.post(f"/settings/api/{grant}/end", data={"csrf_token": csrf(browser)})

    assert made.headers["Cache-Control"] == "no-store"
    assert "Books" in listed
    assert token not in listed
    assert works == 200
    assert program.get("/api/v1/me", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"name": ""}, "Say what it is for"),
        ({"days": "9999"}, "Not a valid choice"),
        ({"scopes": []}, "Choose at least one thing"),
        ({"scopes": ["team.own"]}, "not a scope"),
        ({"scopes": ["catalog.delete"]}, "does not include"),
    ],
)
def test_a_token_that_cannot_be_is_not_made(
    cast: Cast, browse: Browse, wish: dict[str, object], sentence: str
) -> None:
    browser = browse(cast.bob)
    form = {"name": "Books", "days": "90", "scopes": ["catalog.read"], "csrf_token": csrf(browser)}
    before = counts(cast.alice)

    answer = browser.post("/settings/api/tokens", data=form | wish)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert counts(cast.alice) == before


def test_colleagues_programs_are_seen_by_who_manages_the_team(cast: Cast, browse: Browse) -> None:
    named_token(cast.carol)

    assert 'id="grant-' in browse(cast.alice).get("/settings/api").text
    assert 'id="grant-' not in browse(cast.bob).get("/settings/api").text
    assert 'id="grant-' not in browse(cast.mallory).get("/settings/api").text


def test_every_address_of_the_api_is_documented(app: Flask) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    addresses = {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }

    assert {each for each in addresses if f"`{each}`" not in page} == set()
