"""Somebody else's dashboard keeps our rules: permission, token, no work by a link."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rq import Queue

from app.core import kv
from app.core.embedded import Urls
from app.web.job_dashboard import mount_job_dashboard
from tests.conftest import redis_database


@pytest.fixture(autouse=True)
def dashboard(app: Flask, servers: Urls, monkeypatch: pytest.MonkeyPatch) -> str:
    """Mount it on a Redis database of its own."""
    url = redis_database(servers, 2)
    monkeypatch.setattr(kv._Connected, "client", kv._Connected.client)
    kv.connect(url).flushdb()
    mount_job_dashboard(app, redis_url=url)
    return url


def test_it_opens_to_those_who_may(alice: FlaskClient) -> None:
    answer = alice.get("/system/jobs/")

    assert answer.status_code == 200
    assert "Queues" in answer.text
    assert "data-token=" in answer.text


def test_it_follows_the_theme(alice: FlaskClient) -> None:
    alice.set_cookie("theme", "dark")

    page = alice.get("/system/jobs/").text
    styles = re.findall(r'<link rel="stylesheet" href="(/static/[^"]+)"', page)

    assert '<html class="dark"' in page
    assert [alice.get(each, buffered=True).status_code for each in styles] == [200, 200]


@pytest.mark.parametrize("path", ["", "0/data/queues.json", "0/view/jobs"])
def test_it_is_closed_to_those_who_may_not(carol: FlaskClient, path: str) -> None:
    assert carol.get(f"/system/jobs/{path}").status_code in (403, 404)


def test_nobody_is_sent_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/system/jobs/").location.startswith("/sign-in")


def test_its_policy_lets_its_scripts_run_and_nothing_from_outside(alice: FlaskClient) -> None:
    policy = alice.get("/system/jobs/").headers["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-inline'" in policy
    assert "http" not in policy
    assert "unsafe" not in alice.get("/thing").headers["Content-Security-Policy"]


def test_a_button_without_the_token_does_nothing(alice: FlaskClient) -> None:
    queue = Queue("push", connection=kv.client())
    queue.enqueue("builtins.print", "hello")

    answer = alice.post("/system/jobs/queue/push/queued/empty")

    assert answer.status_code == 400
    assert queue.count == 1


def test_a_button_with_the_token_works(alice: FlaskClient) -> None:
    queue = Queue("push", connection=kv.client())
    queue.enqueue("builtins.print", "hello")
    token = alice.get("/system/jobs/").text.split('data-token="')[1].split('"')[0]

    answer = alice.post("/system/jobs/queue/push/queued/empty", headers={"X-CSRFToken": token})

    assert answer.status_code == 200
    assert queue.count == 0


def test_a_link_starts_no_work(alice: FlaskClient) -> None:
    assert alice.get("/system/jobs/requeue/push").status_code == 405
    assert alice.head("/system/jobs/requeue/push").status_code == 405
