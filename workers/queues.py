"""Queues by lane, and the two ways into them: a job per fact, and a bell per subject.

A job made from a fact carries an id made from it, so a fact sent twice is one job. A bell says
only "look, there may be work for this connection"; at most one unanswered bell hangs per subject,
and the job takes it down before it looks, so that work arriving meanwhile rings again. Whatever
Redis loses is found again by the scheduler, because the work itself is rows in PostgreSQL.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import redis
from rq import Queue
from rq.exceptions import DuplicateJobError

from app.core import kv
from app.core.logging import correlation_id

log = logging.getLogger(__name__)

PREFIX: Final = "syncstore-"
BELL_SECONDS: Final = 20
FAILURES_KEPT_SECONDS: Final = 7 * 24 * 3600


class Lane(StrEnum):
    """First to last: a worker always takes from the first lane that holds a job."""

    URGENT = "urgent"  # stock, prices, order acknowledgements
    PUSH = "push"  # and mails
    PULL = "pull"
    BULK = "bulk"  # imports, full reads, feeds
    LOW = "low"  # pictures, cleaning


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of job: its function in workers.jobs, its lane and its hard time limit in seconds."""

    function: str
    lane: Lane
    seconds: int = 120


def queue(lane: Lane) -> Queue:
    """Return the queue of a lane."""
    return Queue(PREFIX + lane, connection=kv.client())


def enqueue(job: Job, *args: Any, job_id: str | None = None) -> None:
    """Queue a job; a second one with the same id is dropped while the first one lives."""
    try:
        queue(job.lane).enqueue(
            f"workers.jobs.{job.function}",
            *args,
            job_id=job_id,
            unique=job_id is not None,
            job_timeout=job.seconds,
            result_ttl=0,
            failure_ttl=FAILURES_KEPT_SECONDS,
            meta={"correlation_id": correlation_id.get()},
        )
    except DuplicateJobError:
        log.debug("Job %s is already queued.", job_id)


def has_waiting(lane: Lane) -> bool:
    """Tell whether a job of a lane waits for a worker; without Redis none is known of."""
    try:
        return queue(lane).count > 0
    except redis.RedisError:
        return False


def _bell(job: Job, args: Sequence[Any]) -> str:
    return "bell:" + ":".join([job.lane, job.function, *map(str, args)])


def ring(job: Job, *args: Any) -> None:
    """Queue a job for a subject unless one is queued in its lane and has not begun.

    Each lane has a bell of its own: urgent work does not wait behind a bell of a slower lane.
    """
    if kv.client().set(_bell(job, args), "1", nx=True, ex=BELL_SECONDS):
        enqueue(job, *args)


def answer(jobs: Sequence[Job], *args: Any) -> None:
    """Take the bells down that ring for the same work; the first act of a job."""
    try:
        kv.client().delete(*(_bell(job, args) for job in jobs))
    except redis.RedisError:
        log.warning("A bell could not be taken down; it falls by itself.")
