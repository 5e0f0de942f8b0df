"""Activity: two weeks of runs, day by day."""

import html
import json
import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, text, update

from app.connections import service as connections
from app.core import clock, db
from app.core.actor import Actor, job_actor
from app.core.settings import Settings
from app.core.work import unit_of_work
from app.listings.models import Listing
from app.sync import queries
from app.sync.models import ChangeState, Direction, RunKind, RunState, SyncChange, SyncRun
from app.team.models import User
from tests.cast import Cast, cast, enter
from tests.conftest import analyze

BERLIN = ZoneInfo("Europe/Berlin")
_A_YEAR_OF_RUNS = """
    INSERT INTO sync_runs (id, created_at, organization_id, connection_id, kind, state, cause)
    SELECT uuidv7(-at * interval '2 hours'), now() - at * interval '2 hours',
        organization_id, connection_id, 'changes', 'done', ''
    FROM sync_runs, generate_series(1, 5000) at
"""


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def acme(people: Cast) -> Actor:
    return job_actor(people.alice.place)


def ran(actor: Actor, *runs: tuple[datetime, RunState]) -> None:
    """Leave runs that began at these moments and ended so."""
    with unit_of_work(actor) as work:
        row = connections.add_connection(
            work,
            channel="woocommerce",
            name="Acme outlet",
            address=f"https://{db.new_id().hex[-8:]}.test",
            credentials={"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40},
            wire={},
        )
        for began_at, state in runs:
            run = SyncRun(
                organization_id=work.organization_id,
                connection_id=row.id,
                kind=RunKind.CHANGES,
                state=state,
                created_at=began_at,
            )
            work.session.add(run)


def charts(page: str) -> list[dict[str, list[int]]]:
    """Return what the charts of a page draw: label → figures."""
    found = [json.loads(html.unescape(each)) for each in re.findall(r'data-chart="([^"]+)"', page)]
    return [{each["label"]: each["data"] for each in one["data"]["datasets"]} for one in found]


def test_activity_draws_two_weeks_of_runs_with_their_outcomes(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    now = clock.now()
    ended = [RunState.DONE, RunState.DONE, RunState.PARTIAL, RunState.FAILED, RunState.CANCELLED]
    ran(acme, *((now, state) for state in ended), (now - timedelta(days=40), RunState.FAILED))
    enter(client, people.carol)

    page = client.get("/sync/runs").text

    [drawn] = charts(page)
    assert drawn == {
        "Done": [0] * 13 + [2],
        "Partly done": [0] * 13 + [1],
        "Failed": [0] * 13 + [1],
    }
    assert "Partly done</th>" in page


def refuse(actor: Actor, *sentences: str | None) -> None:
    """Let the newest run have changes that its shop refused, or took (None)."""
    with unit_of_work(actor) as work:
        run = work.session.scalars(select(SyncRun).order_by(SyncRun.id.desc())).first()
        assert run is not None
        mug = Listing(
            organization_id=work.organization_id,
            connection_id=run.connection_id,
            external_id="1",
            title="Mug",
        )
        work.session.add(mug)
        work.session.flush()
        run.failed = sum(each is not None for each in sentences)
        work.session.add_all(
            SyncChange(
                organization_id=work.organization_id,
                run_id=run.id,
                connection_id=run.connection_id,
                listing_id=mug.id,
                direction=Direction.PUSH,
                field="title",
                new="Blue mug" if each is None else "Red mug",
                state=ChangeState.APPLIED if each is None else ChangeState.REJECTED,
                sentence=each,
            )
            for each in sentences
        )


def test_a_run_that_was_partly_done_says_why_and_leads_there(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    ran(acme, (clock.now(), RunState.PARTIAL))
    enter(client, people.carol)
    with unit_of_work(acme) as work:
        work.session.execute(update(SyncRun).values(conflicts=2, failed=1))

    gave_up = client.get("/sync/runs").text
    refuse(acme, None, "Another product uses the SKU “MUG”.")
    told = client.get("/sync/runs").text
    reasons = re.findall(r'href="(/sync/[^"]*)">([^<]*)</a></small>', told)
    refused = client.get(reasons[0][0]).text

    assert "1 gave up after several tries" in gave_up
    assert [words for _, words in reasons] == ["Another product uses the SKU “MUG”.", "2 conflicts"]
    assert client.get(reasons[1][0]).status_code == 200
    assert "Red mug" in refused
    assert "Blue mug" not in refused


def test_a_day_is_a_day_where_the_person_is(client: FlaskClient, people: Cast, acme: Actor) -> None:
    noon = datetime.combine(clock.now().date(), datetime.min.time(), BERLIN) + timedelta(hours=12)
    midnight = noon - timedelta(hours=12)  # an hour or two before it is one in UTC
    for minutes in (-30, 30):
        ran(acme, (midnight + timedelta(minutes=minutes), RunState.DONE))
    with unit_of_work(people.alice.actor) as work:
        work.session.execute(
            update(User)
            .where(User.id == people.alice.user_id)
            .values(preferences={"timezone": "Europe/Berlin"})
        )
        work.session.execute(update(SyncRun).values(done=3))
    enter(client, people.alice)

    with clock.frozen(noon):
        [drawn] = charts(client.get("/sync/runs").text)
        [items] = [each for each in charts(client.get("/").text) if "Confirmed" in each]

    assert drawn["Done"] == [0] * 12 + [1, 1]
    assert items["Confirmed"] == [0] * 12 + [3, 3]


def test_without_runs_there_is_no_chart_but_what_to_do(client: FlaskClient, people: Cast) -> None:
    enter(client, people.mallory)

    page = client.get("/sync/runs").text

    assert charts(page) == []
    assert "Nothing ran yet" in page


def test_other_organizations_runs_are_not_in_the_chart(
    client: FlaskClient, people: Cast, acme: Actor
) -> None:
    ran(acme, (clock.now(), RunState.DONE))
    enter(client, people.mallory)

    assert charts(client.get("/sync/runs").text) == []


def test_two_weeks_are_read_by_an_index(acme: Actor, settings: Settings) -> None:
    ran(acme, (clock.now(), RunState.DONE))
    with unit_of_work(acme) as work:
        work.session.execute(text(_A_YEAR_OF_RUNS))
    analyze(settings, "sync_runs")
    asked: list[tuple[str, Any]] = []

    with db.reading(acme) as session:
        connection = session.connection()
        listen = partial(event.listen, connection, "before_cursor_execute")
        listen(lambda _connection, _cursor, *told: asked.append((told[0], told[1])))
        queries.run_days(session, BERLIN)
        statement, values = asked[-1]
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars().all()

    assert any("Index Cond" in line and "id >=" in line for line in plan)
    assert not any("Seq Scan" in line for line in plan)
