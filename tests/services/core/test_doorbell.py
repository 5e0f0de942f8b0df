"""The scheduler hears what was to be heard at a moment: once, and never before."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask

from app.core import clock, kv, news
from workers import jobs, queues, scheduler

Advance = Callable[[timedelta], None]


@pytest.fixture
def advance(app: Flask) -> Iterator[Advance]:
    """A clock that stands until it is moved."""
    with clock.frozen(clock.now()) as move:
        yield move


def ringing(organization_id: str, subject_id: str) -> int:
    """Return how many bells a run has in its lane."""
    args = (organization_id, subject_id)
    return sum(tuple(job.args) == args for job in queues.queue(jobs.RUN.lane).jobs)


def test_a_resting_run_is_rung_for_when_its_rest_is_over(advance: Advance) -> None:
    organization_id, run_id = str(uuid4()), str(uuid4())
    rest = timedelta(seconds=1)
    news.ring_at(f"run {organization_id} {run_id}", clock.now() + rest)

    scheduler.wait_for_a_ring(0.01)
    assert ringing(organization_id, run_id) == 0

    advance(rest)
    scheduler.wait_for_a_ring(0.01)
    queues.answer([jobs.RUN], organization_id, run_id)
    scheduler.wait_for_a_ring(0.01)
    assert ringing(organization_id, run_id) == 1


def test_who_rests_again_is_heard_at_the_later_moment(advance: Advance) -> None:
    organization_id, run_id = str(uuid4()), str(uuid4())
    for seconds in (1, 2):
        news.ring_at(f"run {organization_id} {run_id}", clock.now() + timedelta(seconds=seconds))

    advance(timedelta(seconds=1))
    scheduler.wait_for_a_ring(0.01)
    assert ringing(organization_id, run_id) == 0

    advance(timedelta(seconds=1))
    scheduler.wait_for_a_ring(0.01)
    assert ringing(organization_id, run_id) == 1


def test_a_sleeping_scheduler_learns_of_an_earlier_moment(app: Flask) -> None:
    kv.client().delete(news.DOORBELL, news.LATER)
    asleep = threading.Thread(target=scheduler.wait_for_a_ring, args=(30,), daemon=True)
    asleep.start()

    news.ring_at(f"run {uuid4()} {uuid4()}", clock.now() + timedelta(hours=1))

    asleep.join(10)
    assert not asleep.is_alive()
