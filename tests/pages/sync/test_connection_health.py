"""The connection page says why a shop rests, when it is tried again, and how to hurry."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.adapters.memory import MEMORY, SHOPS, MemoryShop
from app.connections import schedules, service, wire
from app.connections.models import ApiUse
from app.core import clock
from app.core.actor import Actor, job_actor
from app.core.work import unit_of_work
from tests.cast import Cast, cast, csrf, enter

ADDRESS = "https://health.memory.test"


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def acme(people: Cast) -> Actor:
    return job_actor(people.alice.place)


@pytest.fixture
def store() -> Iterator[MemoryShop]:
    SHOPS[ADDRESS] = MemoryShop()
    wire.lend(MEMORY)
    yield SHOPS[ADDRESS]
    wire.take_back(MEMORY.key)
    del SHOPS[ADDRESS]


@pytest.fixture
def change(acme: Actor, store: MemoryShop) -> Callable[..., UUID]:
    """Connect the shop and set columns of its row."""
    with unit_of_work(acme) as work:
        row = service.add_connection(
            work,
            channel="memory",
            name="Sandbox",
            address=ADDRESS,
            credentials={"key": store.key},
            wire={},
        )
        service.activate(work, row.id)

    def changed(**values: object) -> UUID:
        with unit_of_work(acme) as work:
            found = service.get_connection(work, row.id)
            for name, value in values.items():
                setattr(found, name, value)
        return row.id

    return changed


def down(change: Callable[..., UUID]) -> UUID:
    return change(
        opened_at=clock.now() - timedelta(minutes=20),
        blocked_until=clock.now() + timedelta(minutes=3),
        failures=7,
        error="The shop does not answer right now.",
        error_at=clock.now(),
        told=1,
    )


def test_a_shop_that_is_down_shows_why_and_when_it_is_tried_again(
    client: FlaskClient, people: Cast, change: Callable[..., UUID]
) -> None:
    shop_id = down(change)
    enter(client, people.alice)

    text = client.get(f"/connections/{shop_id}").text

    assert "The shop does not answer right now." in text
    assert "7 failures" in text
    assert "Next try" in text
    assert "in 2 minutes" in text
    assert "Try now" in text


def test_try_now_asks_the_shop_and_takes_the_notice_away(
    client: FlaskClient, people: Cast, change: Callable[..., UUID]
) -> None:
    shop_id = down(change)
    enter(client, people.alice)

    answer = client.post(
        f"/connections/{shop_id}/try", data={"csrf_token": csrf(client)}, follow_redirects=True
    )

    assert "The shop answers. Work goes on." in answer.text
    assert "Next try" not in answer.text


def test_who_may_only_look_sees_it_and_cannot_hurry(
    client: FlaskClient, people: Cast, change: Callable[..., UUID], store: MemoryShop
) -> None:
    shop_id = down(change)
    enter(client, people.carol)

    text = client.get(f"/connections/{shop_id}").text
    answer = client.post(f"/connections/{shop_id}/try", data={"csrf_token": csrf(client)})

    assert "The shop does not answer right now." in text
    assert "Try now" not in text
    assert answer.status_code == 403
    assert store.calls == []


def test_an_approval_that_ends_soon_is_shown_with_its_day(
    client: FlaskClient, people: Cast, change: Callable[..., UUID]
) -> None:
    shop_id = change(grant_ends_at=clock.now() + timedelta(days=5))
    enter(client, people.alice)

    text = client.get(f"/connections/{shop_id}").text

    assert "The approval ends soon" in text
    assert "Approve again" in text


def test_the_next_runs_are_shown_in_the_zone_of_whoever_looks(
    client: FlaskClient, people: Cast, acme: Actor, change: Callable[..., UUID]
) -> None:
    shop_id = change(settings={"reconcile_cron": "15 3 * * *"})
    schedules.schedule(acme, [{"connection_id": str(shop_id)}])
    enter(client, people.alice)

    text = client.get(f"/connections/{shop_id}").text

    assert "Next runs" in text
    shown = text.split("<small>15 3 * * *</small>", 1)[1].split("</dd>", 1)[0]
    assert shown.count(", 03:15</time>") == 3


def test_cron_fields_that_make_no_sense_are_refused_at_their_field(
    client: FlaskClient, people: Cast, change: Callable[..., UUID]
) -> None:
    shop_id = change()
    enter(client, people.alice)
    page = client.get(f"/connections/{shop_id}/settings").text
    inputs = r'<input[^>]*name="([a-z_]+)"[^>]*value="([^"]*)"'
    selects = r'<select[^>]*name="([a-z_]+)".*?<option selected value="([^"]*)"'
    given = dict(re.findall(inputs, page))
    chosen = dict(re.findall(selects, page, re.DOTALL))

    answer = client.post(
        f"/connections/{shop_id}/settings",
        data={**given, **chosen, "csrf_token": csrf(client), "poll_cron": "61 * * * *"},
    )

    assert answer.status_code == 422
    assert "The minute “61” is not a number from 0 to 59." in answer.text


def test_how_much_of_the_allowed_calls_was_used_is_told(
    client: FlaskClient, people: Cast, acme: Actor, change: Callable[..., UUID]
) -> None:
    shop_id = change(settings={"requests_per_second": 2})
    with unit_of_work(acme) as work:
        hour = work.now.replace(minute=0, second=0, microsecond=0)
        work.session.add(
            ApiUse(
                organization_id=work.organization_id,
                connection_id=shop_id,
                hour=hour,
                calls=720,
                failed=0,
                throttled=0,
                milliseconds=7200,
            )
        )
    enter(client, people.alice)

    text = client.get(f"/connections/{shop_id}").text

    assert "The busiest hour used 10.0% of the 7,200 calls an hour that are allowed." in text
