"""A worker: takes jobs by lane and runs each in a process of its own, with a hard time limit.

`python -m workers.worker [--lanes urgent,push,…]`. The parent never touches the database; each
job's process connects for itself, and a job that overruns is killed with it. Nothing is lost by
that: the work is rows with leases in PostgreSQL.
"""

import argparse
import gc
import os
from typing import Any

from rq import Worker
from rq.job import Job
from rq.queue import Queue
from sqlalchemy.orm import configure_mappers

from app.core import db, hosts, kv
from app.core.settings import current
from workers import jobs  # noqa: F401 (RQ loads it by name, else once per job)
from workers.queues import Lane, queue
from workers.start import start


class LaneWorker(Worker):
    """Forks a process per job; the process gets connections of its own."""

    def main_work_horse(self, job: Job, queue: Queue) -> Any:
        """Connect anew: sockets of the parent must not be shared."""
        settings = current()
        db.connect(settings.database_url, pool_size=4)
        kv.connect(settings.redis_url)
        return super().main_work_horse(job, queue)


def _lanes() -> list[Lane]:
    parser = argparse.ArgumentParser(description="Run jobs of some lanes, the first ones first.")
    parser.add_argument("--lanes", default=",".join(Lane))
    named = [name.strip() for name in parser.parse_args().lanes.split(",")]
    if unknown := [name for name in named if name not in set(Lane)]:
        parser.error(f"“{unknown[0]}” is no lane. There are: {', '.join(Lane)}.")
    return [Lane(name) for name in named]


def _get_ready() -> None:
    """Do once what each job's process would do anew before it begins."""
    configure_mappers()
    hosts.trusted()
    # What is loaded by now lives as long as the program. A process that counts through it once
    # copies it all, which takes longer than most jobs.
    gc.collect()
    gc.freeze()


def main() -> None:
    """Work until told to stop; the job in hand is finished first."""
    lanes = _lanes()
    start()
    db.dispose()
    _get_ready()
    worker = LaneWorker(
        [queue(lane) for lane in lanes],
        connection=kv.client(),
        name=f"worker-{os.getpid()}-{os.urandom(3).hex()}",
        job_monitoring_interval=5,
        maintenance_interval=60,
    )
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    main()
