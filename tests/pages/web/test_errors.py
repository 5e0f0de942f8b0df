"""Every failure is a page, a toast or problem JSON, with a sentence and never a trace."""

from collections.abc import Callable

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.web.guards import public

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
STATUSES = ["403", "404", "409", "422", "429", "500", "503"]


@pytest.mark.parametrize("status", STATUSES)
def test_a_browser_gets_a_page_inside_the_shell(alice: FlaskClient, status: str) -> None:
    answer = alice.get(f"/fail/{status}")

    assert answer.status_code == int(status)
    assert '<aside class="side"' in answer.text
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("status", STATUSES)
def test_nobody_gets_a_bare_page(client: FlaskClient, status: str) -> None:
    answer = client.get(f"/fail/{status}")

    assert answer.status_code == int(status)
    assert '<body class="bare"' in answer.text


@pytest.mark.parametrize("status", STATUSES)
def test_htmx_gets_a_toast(alice: FlaskClient, status: str) -> None:
    answer = alice.get(f"/fail/{status}", headers=PARTIAL)

    assert answer.status_code == int(status)
    assert answer.headers["HX-Retarget"] == "#toasts"
    assert answer.headers["HX-Reswap"] == "beforeend"
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("status", STATUSES)
def test_the_api_gets_problem_json(client: FlaskClient, status: str) -> None:
    answer = client.get(f"/api/v1/fail/{status}")

    assert answer.status_code == int(status)
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["correlation_id"] == answer.headers["X-Request-Id"]


def test_invalid_input_names_the_fields(client: FlaskClient) -> None:
    answer = client.get("/api/v1/fail/422")

    assert answer.json is not None
    assert answer.json["fields"] == {"price": "The price must be above 0."}


def test_too_many_says_when_to_come_back(client: FlaskClient) -> None:
    assert client.get("/fail/429").headers["Retry-After"] == "60"


def test_an_unknown_address_and_a_wrong_method_have_pages(client: FlaskClient) -> None:
    assert client.get("/no/such/page").status_code == 404
    wrong = client.post("/me")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]


def test_a_defect_shows_the_number_that_is_in_the_log(
    alice: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = alice.get("/fail/500", headers={"X-Request-Id": "abcdef123456"})

    assert "abcdef123456" in answer.text
    assert "a defect" not in answer.text
    assert "RuntimeError" in caplog.text


def test_every_answer_carries_the_security_headers(alice: FlaskClient) -> None:
    for url in ("/thing", "/fail/500", "/static/img/mark.svg"):
        with alice.get(url) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_crafted_request_id_is_not_taken_over(alice: FlaskClient) -> None:
    answer = alice.get("/thing", headers={"X-Request-Id": "<script>alert(1)</script>"})

    assert "script" not in answer.headers["X-Request-Id"]


def _asks_the_database() -> str:
    create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none").connect()
    return "connected"


def _asks_redis() -> str:
    return str(redis.Redis(port=1).ping())


def _waits_for_a_connection() -> str:
    raise PoolTimeout("QueuePool limit of size 10 overflow 20 reached")


@pytest.mark.parametrize("asks", [_asks_the_database, _asks_redis, _waits_for_a_connection])
def test_a_server_that_is_away_is_told_as_what_it_is(app: Flask, asks: Callable[[], str]) -> None:
    app.add_url_rule("/away", view_func=public(asks))
    app.add_url_rule("/api/v1/away", "api_away", public(asks))
    client = app.test_client()

    page, answer = client.get("/away"), client.get("/api/v1/away")

    assert (page.status_code, answer.status_code) == (503, 503)
    assert "SyncStore is out of reach" in page.text
    assert answer.headers["Retry-After"] == "10"
    assert answer.json is not None
    assert answer.json["code"] == "unavailable"
