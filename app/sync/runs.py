"""Runs: the record of one piece of sync work, with totals that people watch."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from app.connections.models import Connection
from app.core import news
from app.core.db import Locks, affected, lock
from app.core.work import Work
from app.sync import rules
from app.sync.errors import AlreadyRunning, NotPausable, RunNotFound
from app.sync.events import PushRequested, RunRequested
from app.sync.models import RunKind, RunState, SyncRun, SyncTask, TaskState

_AFTER: Final = timedelta(milliseconds=20)  # … its lease, a resting run may be taken


def open_run(
    work: Work,
    connection_id: UUID,
    kind: RunKind,
    *,
    cause: str,
    total: int | None = None,
    state: RunState = RunState.WAITING,
) -> SyncRun:
    """Begin the record of a run."""
    run = SyncRun(
        organization_id=work.organization_id,
        connection_id=connection_id,
        kind=kind,
        state=state,
        user_id=work.actor.user_id,
        cause=cause[:100],
        total=total,
        started_at=work.now if state == RunState.RUNNING else None,
    )
    work.session.add(run)
    work.session.flush()
    _tell(work, run)
    return run


def get_run(work: Work, run_id: UUID) -> SyncRun:
    """Return a run of this organization; raises RunNotFound."""
    run = work.session.scalar(
        select(SyncRun).where(SyncRun.id == run_id, SyncRun.organization_id == work.organization_id)
    )
    if run is None:
        raise RunNotFound
    return run


def count(work: Work, run_id: UUID, **counted: int) -> None:
    """Add to the totals of a run in one statement."""
    moved = {name: getattr(SyncRun, name) + by for name, by in counted.items() if by}
    if moved:
        work.session.execute(
            update(SyncRun)
            .where(SyncRun.id == run_id)
            .values(moved)
            .execution_options(synchronize_session=False)
        )
    work.touch(f"sync_run-{run_id}", "sync_runs")


def claim_run(work: Work, run_id: UUID, *, worker: str) -> SyncRun | None:
    """Take a waiting or abandoned read; None: it is finished, or somebody has it."""
    taken = affected(
        work.session,
        update(SyncRun)
        .where(
            SyncRun.id == run_id,
            SyncRun.kind.in_(rules.READING),  # a push is worked by its tasks
            SyncRun.state.in_((RunState.WAITING, RunState.RUNNING)),
            or_(
                SyncRun.lease_until.is_(None),
                SyncRun.lease_until < work.now,
                SyncRun.worker == worker,
            ),
        )
        .values(state=RunState.RUNNING, worker=worker, lease_until=work.now + rules.LEASE),
    )
    if taken != 1:
        return None
    run = get_run(work, run_id)
    work.session.refresh(run)
    run.started_at = run.started_at or work.now
    _tell(work, run)
    return run


def step(work: Work, run: SyncRun, cursor: dict[str, Any] | None) -> bool:
    """Keep how far a run has come and its lease; False: it was stopped, or another has it."""
    kept = affected(
        work.session,
        update(SyncRun)
        .where(
            SyncRun.id == run.id,
            SyncRun.state == RunState.RUNNING,
            SyncRun.worker == run.worker,  # paused and resumed meanwhile, another may have it
        )
        .values(cursor=cursor, lease_until=work.now + rules.LEASE),
    )
    return kept == 1


def leave(work: Work, run: SyncRun, *, rest: timedelta | None = None) -> None:
    """Give a run back between two slices, for the next worker, who looks no sooner than `rest`."""
    work.session.execute(
        update(SyncRun)
        .where(
            SyncRun.id == run.id,
            SyncRun.state == RunState.RUNNING,
            SyncRun.worker == run.worker,
        )
        .values(lease_until=work.now + rest if rest else None, worker=None)
        .execution_options(synchronize_session=False)
    )
    if rest:
        moment = work.now + rest + _AFTER
        work.after_commit(partial(news.ring_at, f"run {work.organization_id} {run.id}", moment))


def close_run(work: Work, run_id: UUID, *, error: str | None = None) -> None:
    """End a run by its totals: done, partial or failed."""
    run = get_run(work, run_id)
    work.session.refresh(run)
    if run.state not in (RunState.WAITING, RunState.RUNNING):
        return
    run.state = rules.run_outcome(failed=run.failed, conflicts=run.conflicts, error=error)
    run.error, run.finished_at = error or run.error, work.now
    run.lease_until, run.worker = None, None
    if run.kind == RunKind.SAMPLE:
        note_drift(work, run, checked=run.done - run.failed)
    _tell(work, run)


def note_drift(work: Work, run: SyncRun, *, checked: int, **values: Any) -> None:
    """Keep on the connection how many of the listings a run compared had moved."""
    work.session.execute(
        update(Connection)
        .where(Connection.id == run.connection_id)
        .values(drift_listings=run.drifted, drift_checked=checked, **values)
        .execution_options(synchronize_session=False)
    )


def close_if_empty(work: Work, run_id: UUID) -> None:
    """End a push run whose last task was closed."""
    still = select(SyncTask.id).where(
        SyncTask.run_id == run_id, SyncTask.state.in_((TaskState.WAITING, TaskState.RUNNING))
    )
    if not work.session.scalar(select(still.exists())):
        close_run(work, run_id)


def close_emptied(work: Work, connection_id: UUID) -> None:
    """End push runs whose last task went to a newer run, or went away with its listing."""
    still = select(SyncTask.id).where(
        SyncTask.run_id == SyncRun.id, SyncTask.state.in_((TaskState.WAITING, TaskState.RUNNING))
    )
    emptied = select(SyncRun.id).where(
        SyncRun.connection_id == connection_id,
        SyncRun.kind.not_in(rules.READING),
        SyncRun.state.in_((RunState.WAITING, RunState.RUNNING)),
        ~still.exists(),
    )
    for run_id in work.session.scalars(emptied).all():
        close_run(work, run_id)


def is_reading(work: Work, connection_id: UUID) -> bool:
    """Tell whether a read of this connection is under way."""
    found = select(SyncRun.id).where(
        SyncRun.connection_id == connection_id,
        SyncRun.kind.in_(rules.READING),
        SyncRun.state.in_((RunState.WAITING, RunState.RUNNING)),
    )
    return work.session.scalar(select(found.exists())) or False


def _hold_run(work: Work, run_id: UUID) -> SyncRun:
    """Return a run as it is now, kept from ending meanwhile."""
    run = get_run(work, run_id)
    work.session.refresh(run, with_for_update=True)
    return run


def pause_run(work: Work, run_id: UUID) -> None:
    """Let a run rest where it is: what is on its way arrives, what waits stays for later."""
    run = _hold_run(work, run_id)
    if run.state not in (RunState.WAITING, RunState.RUNNING):
        raise NotPausable
    run.state, run.lease_until, run.worker = RunState.PAUSED, None, None
    _move(work, run_id, due_at=work.now + rules.RESTING, but=is_of_others(run))
    _tell(work, run)


def resume_run(work: Work, run_id: UUID) -> None:
    """Go on with a paused run where it rested; raises AlreadyRunning beside another read."""
    run = _hold_run(work, run_id)
    if run.state != RunState.PAUSED:
        raise NotPausable
    reads = run.kind in rules.READING
    if reads:
        lock(work.session, Locks.CONNECTION, run.connection_id)  # as who asks for a read does
    if reads and is_reading(work, run.connection_id):
        raise AlreadyRunning
    run.state = RunState.WAITING if reads else RunState.RUNNING
    _move(work, run_id, due_at=work.now)
    if reads:
        work.emit(RunRequested(run.id, run.connection_id))
    else:
        work.emit(PushRequested(run.connection_id, is_urgent=False))
        close_if_empty(work, run_id)
    _tell(work, run)


def is_of_others(run: SyncRun) -> ColumnElement[bool]:
    """Tell tasks of a run that somebody else waits for, too: asked for in more haste than its own.

    One task waits per listing, so the count of what was just sold may travel in any run, and
    stopping the run must not stop that.
    """
    own = rules.own_haste(run.kind, listings=run.total or 0)
    return SyncTask.haste > own


def _move(
    work: Work, run_id: UUID, *, due_at: datetime, but: ColumnElement[bool] | None = None
) -> None:
    work.session.execute(
        update(SyncTask)
        .where(
            SyncTask.run_id == run_id,
            SyncTask.state == TaskState.WAITING,
            *([] if but is None else [~but]),
        )
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )


def _tell(work: Work, run: SyncRun) -> None:
    work.touch(f"sync_run-{run.id}", "sync_runs", f"connection-{run.connection_id}")
