"""Nothing is open by accident; each refusal has the shape its caller understands."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.guards import guard_of

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def test_a_route_without_a_mark_is_refused_even_to_the_owner(alice: FlaskClient) -> None:
    assert alice.get("/unmarked").status_code == 404


def test_nobody_is_sent_to_sign_in_and_comes_back(client: FlaskClient) -> None:
    answer = client.get("/thing?sort=title")

    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/thing?sort%3Dtitle"


def test_a_head_request_is_answered_as_a_get_is(client: FlaskClient) -> None:
    answer = client.head("/thing")

    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/thing")


def test_a_character_no_column_keeps_is_refused_in_addresses_and_forms(alice: FlaskClient) -> None:
    token = alice.get("/thing").text.split('"X-CSRFToken": "')[1].split('"')[0]

    in_address = alice.get("/thing?q=a%00b")
    in_form = alice.post("/thing", data={"title": "a\x00b"}, headers={"X-CSRFToken": token})

    assert (in_address.status_code, in_form.status_code) == (400, 400)


def test_a_partial_request_of_nobody_reloads_into_sign_in(client: FlaskClient) -> None:
    answer = client.get("/thing", headers=PARTIAL)

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_a_member_without_the_permission_is_refused(carol: FlaskClient, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False

    assert carol.get("/thing").status_code == 200
    assert carol.post("/thing", data={"title": "x"}).status_code == 403


def test_a_form_without_its_token_is_refused_with_a_way_on(alice: FlaskClient) -> None:
    answer = alice.post("/thing", data={"title": "x"}, headers=PARTIAL)

    assert answer.status_code == 400
    assert answer.headers["HX-Retarget"] == "#toasts"
    assert "data-reload" in answer.text


def test_the_token_of_the_page_is_accepted_from_the_header(alice: FlaskClient) -> None:
    page = alice.get("/thing").text
    token = page.split('"X-CSRFToken": "')[1].split('"')[0]

    answer = alice.post("/thing", data={"title": "x"}, headers={"X-CSRFToken": token})

    assert answer.status_code == 303


def test_a_caller_with_a_bearer_token_needs_no_csrf_token(client: FlaskClient) -> None:
    answer = client.post("/api/v1/thing", headers={"Authorization": "Bearer x"})

    assert answer.json == {"ok": True}


def test_a_cookie_alone_does_not_write_through_the_api(alice: FlaskClient) -> None:
    answer = alice.post("/api/v1/thing")

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["code"] == "csrf_failed"


def test_a_signed_hook_needs_neither_person_nor_token(client: FlaskClient) -> None:
    assert client.post("/hooks/x").text == "taken"


def test_too_large_a_form_is_refused(alice: FlaskClient) -> None:
    answer = alice.post("/thing", data={"title": "x" * (2 * 1024 * 1024 + 1)})

    assert answer.status_code == 413


def test_every_route_of_the_furniture_is_marked(app: Flask) -> None:
    unmarked = [e for e in app.view_functions if guard_of(app, e) is None]

    assert unmarked == ["unmarked"]


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test",
        "https://evil.test",
        "/\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        "\t//evil.test",
    ],
)
def test_a_preference_never_leads_to_another_site(
    app: Flask, alice: FlaskClient, target: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False

    answer = alice.post("/preferences/theme", data={"value": "dark", "next": target})

    assert answer.location == "/start"


def test_the_theme_is_on_the_page_before_any_script(app: Flask, alice: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False

    answer = alice.post("/preferences/theme", data={"value": "dark", "next": "/thing"})

    assert answer.location == "/thing"
    assert '<html lang="en" class="dark">' in alice.get("/thing").text
