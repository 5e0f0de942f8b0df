"""Logs are forgotten in time; what waits for somebody, and what others own, is not."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.connections.models import ExchangeLog
from app.core import clock, db
from app.core.actor import job_actor
from app.core.db import first_id_of, new_id
from app.core.work import unit_of_work
from app.sync import retention
from app.sync.models import DeliveryState, Direction, InboundDelivery, SyncTask, TaskState
from tests.cast import Cast, cast
from tests.pages.things import make_things
from workers import jobs


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


def _aged(days: int) -> UUID:
    """Return an id as a row of so many days ago has one."""
    return UUID(int=first_id_of(clock.now() - timedelta(days=days)).int | new_id().int & 0xFFFF)


def _logs(people: Cast, *, days: int) -> UUID:
    """Keep a call, two webhooks and two tasks of so many days ago; returns the waiting webhook."""
    connection_id = make_things(people)["connection_id"]
    with unit_of_work(job_actor(people.alice.place)) as work:
        whose = {"organization_id": work.organization_id, "connection_id": connection_id}
        hook = {**whose, "topic": "product.updated", "kind": "product", "headers": {}, "body": b""}
        task = {**whose, "direction": Direction.PULL}
        waiting = InboundDelivery(
            id=_aged(days), **hook, event_key="a", state=DeliveryState.RECEIVED
        )
        work.session.add_all(
            [
                ExchangeLog(
                    id=_aged(days), **whose, method="GET", url="https://shop.test/",
                    status=200, milliseconds=1, request="", response="",
                ),
                waiting,
                InboundDelivery(
                    id=_aged(days), **hook, event_key="b", state=DeliveryState.PROCESSED
                ),
                SyncTask(id=_aged(days), **task, subject="1", state=TaskState.DONE),
                SyncTask(id=_aged(days), **task, subject="2", state=TaskState.PARKED),
            ]
        )  # fmt: skip
        work.session.flush()
        return waiting.id


def _left(people: Cast) -> dict[str, int]:
    with db.reading(job_actor(people.alice.place)) as session:
        return {
            log.__tablename__: len(session.scalars(select(log.id)).all()) for log in retention.KEPT
        }


def test_old_logs_go_and_what_waits_for_somebody_stays(people: Cast) -> None:
    waiting = _logs(people, days=31)

    jobs.clean(None, None)

    # One webhook of today is among the things of the cast.
    assert _left(people) == {"exchanges": 0, "deliveries": 2, "sync_tasks": 1}
    with db.reading(job_actor(people.alice.place)) as session:
        assert session.get(InboundDelivery, waiting) is not None


def test_young_logs_stay(people: Cast) -> None:
    _logs(people, days=6)

    assert retention.forget_old(job_actor(people.alice.place)) == 0
    assert _left(people) == {"exchanges": 1, "deliveries": 3, "sync_tasks": 2}


def test_one_organization_forgets_nothing_of_another(people: Cast) -> None:
    _logs(people, days=40)

    assert retention.forget_old(job_actor(people.mallory.place)) == 0
    assert _left(people) == {"exchanges": 1, "deliveries": 3, "sync_tasks": 2}
