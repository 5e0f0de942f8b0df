"""Each person says how mails about stock come: at once, gathered once a day, or not."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import db
from app.notices import queries
from tests.cast import Cast, cast, csrf, enter


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    """Bob, who decides for himself."""
    return cast()


def test_the_pace_of_mails_is_chosen_per_kind(client: FlaskClient, people: Cast) -> None:
    page = enter(client, people.bob)
    sent = {"kinds": "team", "pace-low_stock": "daily", "pace-out_of_stock": "now"}

    answer = page.post(
        "/settings/preferences/mails",
        data={**sent, "pace-team": "daily", "csrf_token": csrf(page)},
        follow_redirects=True,
    )

    whose = people.bob.user_id, people.bob.place
    with db.reading(people.bob.actor) as session:
        mailed, daily = queries.mailed_kinds(session, *whose), queries.daily_kinds(session, *whose)
    assert mailed == {"team", "low_stock", "out_of_stock"}
    assert daily == {"low_stock"}
    assert '<option value="daily" selected>' in answer.text
