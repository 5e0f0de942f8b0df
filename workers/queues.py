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
RUNG_SECONDS: Final = 24 * 3600
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


def enqueue(job: Job, *args: Any, job_id: str | None = None) -> str | None:
    """Queue a job and return its id; a second one with the same id is dropped while the first one
    lives.
    """
    try:
        queued = queue(job.lane).enqueue(
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
        return job_id
    return queued.id


def has_waiting(lane: Lane) -> bool:
    """Tell whether a job of a lane waits for a worker; without Redis none is known of."""
    try:
        return queue(lane).count > 0
    except redis.RedisError:
        return False


def _bell(job: Job, args: Sequence[Any]) -> str:
    return "bell:" + ":".join([job.lane, job.function, *map(str, args)])


def _rung(bell: str) -> str:
    return f"rung:{bell}"


def _still_waits(lane: Lane, bell: str) -> bool:
    """Tell whether the job a bell was last rung for is still in its lane."""
    last = kv.client().get(_rung(bell))
    return last is not None and kv.client().lpos(queue(lane).key, last) is not None  # type: ignore[arg-type]  # bytes, from a sync client


def ring(job: Job, *args: Any) -> None:
    """Queue a job for a subject unless one is queued in its lane and has not begun.

    Each lane has a bell of its own: urgent work does not wait behind a bell of a slower lane. A
    bell falls after a while, lest one whose job was lost hang for ever; while workers are away for
    longer than that, the job itself is looked for, so that they do not come back to thousands.
    """
    bell = _bell(job, args)
    if not kv.client().set(bell, "1", nx=True, ex=BELL_SECONDS) or _still_waits(job.lane, bell):
        return
    if queued := enqueue(job, *args):
        kv.client().set(_rung(bell), queued, ex=RUNG_SECONDS)


def answer(jobs: Sequence[Job], *args: Any) -> None:
    """Take the bells down that ring for the same work; the first act of a job."""
    try:
        bells = [_bell(job, args) for job in jobs]
        kv.client().delete(*bells, *map(_rung, bells))
    except redis.RedisError:
        log.warning("A bell could not be taken down; it falls by itself.")
