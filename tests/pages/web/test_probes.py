"""Probes are open, figures are not."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.logging import JsonLines
from app.core.settings import Settings
from app.team.permissions import Role
from tests.cast import cast, enter, person
from tests.conftest import app, client, settings  # the whole application, not only the furniture

__all__ = ["app", "client", "settings"]
TOKEN = "figures-" + "x" * 32


@pytest.fixture
def token(app: Flask) -> Iterator[str]:
    """A token for /metrics, for the time of one test."""
    before: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, metrics_token=TOKEN)
    yield TOKEN
    app.config["SETTINGS"] = before


def test_anybody_may_ask_whether_the_process_lives_and_is_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").get_json() == {"status": "ok", "database": True, "redis": True}


def test_figures_are_for_operators(app: Flask, client: FlaskClient) -> None:
    alice = cast().alice
    operator = person("Operator", Role.OWNER, organization_name="Install", is_operator=True)

    assert client.get("/metrics").status_code == 404
    assert enter(app.test_client(), alice).get("/metrics").status_code == 404
    seen = enter(app.test_client(), operator).get("/metrics")

    assert seen.status_code == 200
    assert 'syncstore_server_up{server="database"} 1.0' in seen.text


def test_made_up_methods_and_addresses_fill_no_figures(client: FlaskClient, token: str) -> None:
    for number in range(3):
        client.open(f"/nowhere/{number}", method=f"MADEUP{number}")

    figures = client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).text

    assert 'method="other"' in figures
    assert "MADEUP" not in figures
    assert "nowhere" not in figures


def test_each_request_leaves_a_line_that_says_who_asked_for_what(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    alice = cast().alice
    browser = enter(app.test_client(), alice)

    with caplog.at_level(logging.INFO, logger="app.web.probes"):
        browser.get("/profile?q=nobody+reads+this", headers={"X-Request-Id": "abcdef-123456"})
        line = json.loads(JsonLines().format(caplog.records[-1]))

    assert (line["message"], line["status"], line["endpoint"]) == (
        "GET /profile",
        200,
        "team.profile",
    )
    assert line["correlation_id"] == "abcdef-123456"
    assert line["user_id"] == str(alice.user_id)
    assert line["organization_id"] == str(alice.place)
    assert line["milliseconds"] >= 0


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Bearer caf\xe9", "Basic x"])
def test_figures_are_kept_from_a_wrong_token(client: FlaskClient, token: str, given: str) -> None:
    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_figures_are_for_the_bearer_of_the_token(client: FlaskClient, token: str) -> None:
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200
