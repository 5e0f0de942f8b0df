"""The scheduler: relays the outbox, rings for work that waits, and starts what is due.

Two of them do no harm: outbox rows are taken with SKIP LOCKED, a due row of the periodic table is
claimed by moving it on, and a bell rung twice is one bell. `python -m workers.scheduler`.
"""

import logging
import signal
import time
from datetime import datetime, timedelta
from types import FrameType
from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, db, kv, news
from app.core.actor import SYSTEM
from app.core.db import affected
from app.core.schedule import Schedule, next_due
from app.core.work import unit_of_work
from workers import jobs, queues, relay
from workers.start import start

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 2.0  # seconds between two looks when nobody rings
SWEEP_EVERY: Final = 5.0
_SHORTEST: Final = 0.01  # Redis waits for ever when asked to wait no time at all
# What the doorbell says of a subject → the job that looks after it.
_HEARD: Final = {"deliveries": jobs.DELIVERIES, "run": jobs.RUN}
_WAITING: Final = text("SELECT task, organization_id, subject_id FROM waiting_work(:moment)")
_INSTALL_TASKS: Final = {
    "clean": timedelta(hours=24),
    "levels": timedelta(hours=24),
    "reservations": timedelta(minutes=5),
    "totals": timedelta(minutes=1),
    "digests": timedelta(minutes=15),
}


def sweep() -> int:
    """Ring for everything that waits for a worker; returns how many bells."""
    with db.open_session(SYSTEM) as session:
        rows = session.execute(_WAITING, {"moment": clock.now()}).all()
    for row in rows:
        whose = str(row.organization_id) if row.organization_id else None
        queues.ring(jobs.BY_WORK[row.task], whose, str(row.subject_id))
    return len(rows)


def start_due() -> int:
    """Start tasks of the periodic table that are due; returns how many this process claimed."""
    now = clock.now()
    with db.open_session(SYSTEM) as session:
        due = session.scalars(select(Schedule).where(Schedule.next_at <= now).limit(200)).all()
    return sum(1 for row in due if _claim_and_start(row))


def _claim_and_start(row: Schedule) -> bool:
    with unit_of_work(SYSTEM) as work:
        claimed = affected(
            work.session,
            update(Schedule)
            .where(Schedule.key == row.key, Schedule.next_at == row.next_at)
            .values(next_at=_next(row, work.now), last_at=work.now),
        )
        if claimed != 1:
            return False
        # Nothing but this bell tells of it: without Redis the row stays due.
        whose = str(row.organization_id) if row.organization_id else None
        subject = str(row.subject_id) if row.subject_id else None
        queues.ring(jobs.BY_TASK[row.task], whose, subject)
    return True


def _next(row: Schedule, now: datetime) -> datetime:
    return next_due(row.cron, row.zone, row.every, after=now)


def keep_install_tasks() -> None:
    """Put the install's own tasks into the periodic table."""
    with unit_of_work(SYSTEM) as work:
        for task, every in _INSTALL_TASKS.items():
            row = insert(Schedule).values(
                key=task, task=task, every=every, next_at=work.now + every
            )
            work.session.execute(row.on_conflict_do_nothing())


def wait_for_a_ring(seconds: float = LOOK_EVERY) -> None:
    """Sleep until somebody rings, or wanted to by now; who rang for a subject gets its bell."""
    first = news.next_due()
    until = (first - clock.now()).total_seconds() if first is not None else seconds
    rung = kv.client().brpop([news.DOORBELL], timeout=min(seconds, max(until, _SHORTEST)))
    waiting = kv.client().lpop(news.DOORBELL, 1000) or []
    heard = {*(waiting if isinstance(waiting, list) else [waiting]), *([rung[1]] if rung else [])}
    said = [each.decode() if isinstance(each, bytes) else each for each in heard]
    for words in sorted(each.split() for each in {*said, *news.due(clock.now())}):
        if words and words[0] in _HEARD and len(words) == 3:
            queues.ring(_HEARD[words[0]], words[1], words[2])


class Scheduler:
    """The loop, until it is asked to end."""

    def __init__(self) -> None:
        self.is_ending = False
        self._swept_at = 0.0

    def end(self, _signal: int, _frame: FrameType | None) -> None:
        """Finish the current turn and stop."""
        self.is_ending = True

    def run(self) -> None:
        """Turn until ended; a server that is away for a while is waited for."""
        while not self.is_ending:
            try:
                self.turn()
                wait_for_a_ring()
            except Exception:  # one odd row must not keep everybody's facts and schedules back
                log.exception("A turn of the scheduler failed; the next one follows.")
                time.sleep(LOOK_EVERY)

    def turn(self) -> None:
        """Relay, and every few seconds sweep and start what is due."""
        while relay.relay() == relay.BATCH:
            pass
        if time.monotonic() - self._swept_at >= SWEEP_EVERY:
            self._swept_at = time.monotonic()
            sweep()
            start_due()


def main() -> None:
    """Run the scheduler of this install."""
    start()
    scheduler = Scheduler()
    signal.signal(signal.SIGTERM, scheduler.end)
    signal.signal(signal.SIGINT, scheduler.end)
    keep_install_tasks()
    scheduler.run()


if __name__ == "__main__":
    main()
