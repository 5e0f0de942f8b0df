"""Bells: at most one unanswered per lane, and urgent work never behind a slower one."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core import kv
from app.core.db import new_id
from workers import jobs, queues
from workers.queues import Lane


@pytest.fixture
def connection(app: Flask, clean: None) -> Iterator[str]:
    """Empty queues, and the id of a connection nobody has."""
    for lane in Lane:
        queues.queue(lane).empty()
    yield str(new_id())
    for lane in Lane:
        queues.queue(lane).empty()


def waiting() -> dict[str, int]:
    return {lane: queues.queue(lane).count for lane in Lane if queues.queue(lane).count}


def test_a_bell_rung_twice_is_one_job(connection: str) -> None:
    queues.ring(jobs.PUSH, connection, connection)
    queues.ring(jobs.PUSH, connection, connection)

    assert waiting() == {"push": 1}


def test_a_bell_that_fell_while_its_job_waits_is_not_rung_again(connection: str) -> None:
    for _ in range(3):  # all workers are away, and the scheduler goes on looking
        queues.ring(jobs.PUSH, connection, connection)
        kv.client().delete(queues._bell(jobs.PUSH, [connection, connection]))

    assert waiting() == {"push": 1}


def test_a_bell_whose_job_was_lost_is_rung_again(connection: str) -> None:
    queues.ring(jobs.PUSH, connection, connection)
    queues.queue(Lane.PUSH).empty()
    kv.client().delete(queues._bell(jobs.PUSH, [connection, connection]))

    queues.ring(jobs.PUSH, connection, connection)

    assert waiting() == {"push": 1}


def test_urgent_work_does_not_wait_behind_a_bell_of_a_slower_lane(connection: str) -> None:
    queues.ring(jobs.PUSH, connection, connection)
    queues.ring(jobs.PUSH_URGENT, connection, connection)

    assert waiting() == {"urgent": 1, "push": 1}


def test_whoever_begins_answers_every_bell_of_the_same_work(connection: str) -> None:
    queues.ring(jobs.PUSH, connection, connection)
    queues.ring(jobs.PUSH_URGENT, connection, connection)

    jobs.push_connection(connection, connection)
    queues.ring(jobs.PUSH_URGENT, connection, connection)
    queues.ring(jobs.PUSH, connection, connection)

    assert waiting() == {"urgent": 2, "push": 2}


def test_long_work_ends_after_a_step_once_something_urgent_waits(connection: str) -> None:
    watch = jobs.Patience()
    until = watch() + 60
    is_begun = watch() < until
    goes_on = watch() < until
    queues.ring(jobs.ORDERS, connection, connection)

    assert (is_begun, goes_on) == (True, True)
    assert watch() > until
    anew = jobs.Patience()
    assert anew() + 60 > anew()
