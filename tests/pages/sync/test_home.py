"""The dashboard: what each person wants to see of it, and syncing everything from it."""

from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.connections import service as connections
from app.connections.models import ConnectionState
from app.core.actor import Actor, job_actor
from app.core.db import reading
from app.core.work import Work, unit_of_work
from app.sync.models import SyncRun
from tests.cast import Cast, cast, csrf, enter


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def acme(people: Cast) -> Actor:
    return job_actor(people.alice.place)


def connect(work: Work, name: str) -> UUID:
    row = connections.add_connection(
        work,
        channel="woocommerce",
        name=name,
        address=f"https://{uuid4().hex[:8]}.test",
        credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
        wire={},
    )
    row.state = ConnectionState.ACTIVE
    return row.id


def runs(actor: Actor) -> set[UUID]:
    with reading(actor) as session:
        return set(session.scalars(select(SyncRun.connection_id)))


def test_each_person_chooses_what_the_dashboard_shows(client: FlaskClient, people: Cast) -> None:
    enter(client, people.carol)
    before = client.get("/").text

    client.post("/home/parts", data={"csrf_token": csrf(client), "parts": ["activity", "gossip"]})

    shown = client.get("/").text
    assert "Listings by channel</h2>" in before
    assert "Listings by channel</h2>" not in shown
    assert "Recent activity</h2>" in shown
    assert "Needs you</h2>" in shown
    assert "Listings by channel</h2>" in enter(client, people.alice).get("/").text


def test_all_channels_are_synced_at_once(client: FlaskClient, people: Cast, acme: Actor) -> None:
    with unit_of_work(acme) as work:
        places = {connect(work, "Acme outlet"), connect(work, "Acme web shop")}
    enter(client, people.alice)

    first = client.post("/sync/all", data={"csrf_token": csrf(client)}, follow_redirects=True)
    again = client.post("/sync/all", data={"csrf_token": csrf(client)}, follow_redirects=True)

    assert "Sync started on 2 channels." in first.text
    assert "Every channel is at it." in again.text
    assert runs(acme) == places


def test_who_may_only_look_is_offered_no_sync(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    with unit_of_work(acme) as work:
        connect(work, "Acme outlet")
    enter(client, people.carol)

    answer = client.post("/sync/all", data={"csrf_token": csrf(client)})

    assert "Sync all" not in client.get("/").text
    assert answer.status_code == 403
    assert runs(acme) == set()


def test_settings_stay_marked_on_pages_that_lie_elsewhere(
    client: FlaskClient, people: Cast
) -> None:
    enter(client, people.alice)

    for path in ("/connections/keys", "/profile", "/settings/audit"):
        html = client.get(path).text
        here = html.split('class="nav-link"', 1)[1].split('aria-current="page"', 1)
        assert 'class="nav-label">Settings' in here[1].split("</a>", 1)[0], path


def test_the_menu_and_the_live_bar_are_sent_anew(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    with unit_of_work(acme) as work:
        place = connect(work, "Acme outlet")
    enter(client, people.alice)
    client.post("/sync/all", data={"csrf_token": csrf(client)})

    page, moving = client.get("/products").text, client.get("/shell").text

    assert "sync_runs from:body throttle:2s" in page
    assert f'id="nav-{place}-dot"' in page
    assert f'hx-target="#nav-{place}-dot"' in moving
    assert 'hx-target="#nav-conflicts"' in moving
    assert 'id="nav-conflicts-short"' in page
    assert 'hx-target="#nav-conflicts-short"' in moving
    assert 'hx-target="#live-bar"' in moving
    assert "Acme outlet: Sync now" in moving


def test_a_channel_that_is_being_read_says_so_on_its_page(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    with unit_of_work(acme) as work:
        place = connect(work, "Acme outlet")
    enter(client, people.alice)
    form = {"csrf_token": csrf(client), "what": "changes"}

    answers = [
        client.post(f"/connections/{place}/sync", data=form, follow_redirects=True)
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Sync started." in answers[0].text
    assert "This connection is being read already." in answers[1].text
    assert "Recent runs" in answers[1].text
