"""One template, whole or in part; toasts ride on whatever answer there is."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.ui import macros

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def test_a_browser_gets_the_whole_page(alice: FlaskClient) -> None:
    answer = alice.get("/thing")

    assert answer.status_code == 200
    assert "<!doctype html>" in answer.text
    assert "<title>Thing · SyncStore</title>" in answer.text


def test_htmx_gets_only_the_named_blocks(alice: FlaskClient) -> None:
    answer = alice.get("/thing", headers=PARTIAL)

    assert "<html" not in answer.text
    assert "<p>hello" in answer.text
    assert "<i>hello</i>" in answer.text


def test_the_block_named_like_the_target_comes_alone(alice: FlaskClient) -> None:
    answer = alice.get("/thing", headers={**PARTIAL, "HX-Target": "div#side"})

    assert "<i>hello</i>" in answer.text
    assert "<p>hello" not in answer.text


def test_a_target_the_view_did_not_declare_gets_what_it_did_declare(alice: FlaskClient) -> None:
    answer = alice.get("/thing", headers={**PARTIAL, "HX-Target": "div#secrets"})

    assert "<p>hello" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true", "HX-Request-Type": "full", "HX-Boosted": "true"},
        {**PARTIAL, "HX-History-Restore-Request": "true"},
    ],
)
def test_a_boosted_visit_and_a_history_restore_get_the_whole_page(
    alice: FlaskClient, headers: dict[str, str]
) -> None:
    assert "<!doctype html>" in alice.get("/thing", headers=headers).text


def test_caches_are_told_that_one_url_has_two_shapes(alice: FlaskClient) -> None:
    vary = alice.get("/thing").headers["Vary"]

    assert "HX-Request-Type" in vary


def test_a_fragment_with_watched_rows_renews_the_stream(alice: FlaskClient) -> None:
    answer = alice.get("/thing", headers=PARTIAL)

    assert '<hx-partial hx-target="#live" hx-swap="outerHTML">' in answer.text


def test_a_post_sends_a_browser_to_the_view(alice: FlaskClient) -> None:
    answer = alice.post("/thing", data={"title": "Mug"})

    assert (answer.status_code, answer.location) == (303, "/thing")


def test_a_post_runs_the_view_again_for_htmx(alice: FlaskClient) -> None:
    answer = alice.post("/thing", data={"title": "Mug"}, headers=PARTIAL)

    assert answer.status_code == 200
    assert "<p>hello" in answer.text


def test_a_refused_form_keeps_its_status(alice: FlaskClient) -> None:
    answer = alice.post("/thing", headers=PARTIAL)

    assert answer.status_code == 422
    assert "<p>empty" in answer.text


def test_a_toast_rides_on_the_fragment(alice: FlaskClient) -> None:
    answer = alice.post("/thing", data={"title": "Mug"}, headers=PARTIAL)

    assert '<hx-partial hx-target="#toasts" hx-swap="beforeend">' in answer.text
    assert "Renamed" in answer.text
    assert 'action="/undo"' in answer.text


def test_a_toast_waits_for_the_page_after_a_redirect_and_shows_once(alice: FlaskClient) -> None:
    alice.post("/thing", data={"title": "Mug"})

    assert "Renamed" in alice.get("/thing").text
    assert "Renamed" not in alice.get("/thing").text


def test_an_action_that_leads_elsewhere_opens_the_page_in_htmx(alice: FlaskClient) -> None:
    answer = alice.post("/things", headers=PARTIAL)

    assert answer.headers["HX-Location"] == "/thing"
    assert "Created" in alice.get("/thing").text


def test_text_in_a_macro_is_escaped(app: Flask) -> None:
    with app.test_request_context("/"):
        assert "<script>" not in macros.badge("<script>")
        assert "<script>" not in macros.toast("<script>")
