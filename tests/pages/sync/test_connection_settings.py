"""Rules of a connection that two people edit at once."""

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.adapters.values import Group
from app.connections import queries
from app.core.db import reading
from tests.cast import Cast, cast, csrf, enter
from tests.pages.things import make_things

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def connection_id(people: Cast) -> UUID:
    return make_things(people)["connection_id"]


def _form(client: FlaskClient, url: str, **changed: str) -> dict[str, str]:
    """Return what the form on a page would send, with some boxes changed."""
    page = client.get(url).text
    form = {
        "name": "Sandbox",
        "version": page.split('name="version" type="hidden" value="')[1].split('"')[0],
        "auto_push": "y",
        "on_first": "ask",
        "on_removed": "ask",
        "buffer": "0",
        "price_move_limit_percent": "30",
        "mass_limit": "50",
        "order_days": "30",
        "poll_minutes": "15",
        "reconcile_hours": "24",
    }
    for group in Group:
        form |= {f"direction_{group}": "both", f"winner_{group}": "ask"}
    return {**form, "csrf_token": csrf(client), **changed}


def test_a_stale_save_shows_both_sides_and_keeps_theirs(
    client: FlaskClient, people: Cast, connection_id: UUID
) -> None:
    url = f"/connections/{connection_id}/settings"
    enter(client, people.alice)
    mine = _form(client, url, buffer="7")
    first = client.post(url, data=_form(client, url, buffer="3", poll_minutes="5"))

    stale = client.post(url, data=mine, headers=PARTIAL)

    assert (first.status_code, stale.status_code) == (303, 409)
    assert "Somebody else saved these rules" in stale.text
    rows = stale.text.replace("\n", "")
    assert 'data-label="Yours">7</td><td data-label="Saved meanwhile">3<' in rows
    assert 'data-label="Yours">15</td><td data-label="Saved meanwhile">5<' in rows
    with reading(people.alice.actor) as session:
        row = queries.get_connection(session, people.alice.place, connection_id)
    assert row.settings["buffer"] == 3

    newest = stale.text.split('name="version" type="hidden" value="')[1].split('"')[0]
    again = client.post(url, data={**mine, "version": newest})

    assert again.status_code == 303
    with reading(people.alice.actor) as session:
        row = queries.get_connection(session, people.alice.place, connection_id)
    assert row.settings["buffer"] == 7


def test_rules_say_whether_and_how_orders_come_in(
    client: FlaskClient, people: Cast, connection_id: UUID
) -> None:
    enter(client, people.alice)
    url = f"/connections/{connection_id}/settings"
    form = _form(client, url, order_days="7", order_prefix=" DE- ")

    saved = client.post(url, data=form)
    odd = client.post(url, data=_form(client, url, order_days="-1"))

    assert (saved.status_code, odd.status_code) == (303, 422)
    with reading(people.alice.actor) as session:
        kept = queries.get_connection(session, people.alice.place, connection_id).settings
    told = {name: kept[name] for name in ("auto_import_orders", "order_days", "order_prefix")}
    assert told == {"auto_import_orders": False, "order_days": 7, "order_prefix": "DE-"}
    assert 'value="DE-"' in client.get(url).text
