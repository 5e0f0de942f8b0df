"""Tasks whose call failed as a whole: they wait for their next try, or are parked."""

from collections.abc import Sequence

from app.adapters.errors import AdapterError, NeedsPerson, Retryable, Unknown
from app.core.actor import Actor
from app.core.work import unit_of_work
from app.sync import runs, tasks
from app.sync.models import SyncTask


def put_back(actor: Actor, claimed: Sequence[SyncTask], error: AdapterError, worker: str) -> None:
    """Give claimed tasks back after a failed call; their runs count what was parked."""
    with unit_of_work(actor) as work:
        for task in tasks.still_mine(work, claimed, worker=worker):
            is_parked = tasks.put_back(
                work,
                task,
                error.sentence,
                worker=worker,
                is_retryable=isinstance(error, Retryable | Unknown | NeedsPerson),
                retry_after=error.retry_after if isinstance(error, Retryable) else None,
            )
            if is_parked:
                work.touch("parked")
            if is_parked and task.run_id:
                runs.count(work, task.run_id, done=1, failed=1)
                runs.close_if_empty(work, task.run_id)
