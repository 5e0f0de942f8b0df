"""The queue in the database: at most one task waits per listing and direction.

A task is claimed by a conditional update with SKIP LOCKED and a lease; whoever dies loses the
lease and the task is taken over. Asking again while one waits changes nothing; asking while one
runs makes a second one wait, because the running one may have read the older state.
"""

import logging
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from app.connections.models import Connection
from app.core.actor import Actor
from app.core.db import affected, new_id
from app.core.work import Work, unit_of_work
from app.listings.models import READ_ORDER
from app.sync import rules
from app.sync.events import OrdersRequested, PullRequested, PushRequested, TellRequested
from app.sync.models import Direction, Haste, RunState, SyncRun, SyncTask, TaskState

log = logging.getLogger(__name__)

FEW: Final = rules.FEW
_WAITING: Final = SyncTask.state == TaskState.WAITING


def request_pushes(
    work: Work,
    listings: Iterable[tuple[UUID, UUID]],
    *,
    run_id: UUID | None = None,
    haste: Haste = Haste.USUAL,
    is_forced: bool = False,
) -> int:
    """Queue listings (listing id, connection id) for sending; returns how many were asked for."""
    rows = [
        _row(work, connection_id, Direction.PUSH, str(listing_id), listing_id=listing_id)
        | {"run_id": run_id, "haste": haste, "is_forced": is_forced}
        for listing_id, connection_id in sorted(listings)
    ]
    _queue(work, rows)
    for connection_id in {row["connection_id"] for row in rows}:
        work.emit(PushRequested(connection_id, haste >= Haste.URGENT))
    return len(rows)


def request_pulls(
    work: Work, connection_id: UUID, external_ids: Iterable[str], *, run_id: UUID | None = None
) -> int:
    """Queue items of a channel to be read as they stand now."""
    rows = [
        _row(work, connection_id, Direction.PULL, key) | {"run_id": run_id}
        for key in sorted(set(external_ids))
    ]
    _queue(work, rows)
    if rows:
        work.emit(PullRequested(connection_id))
    return len(rows)


def request_orders(
    work: Work, connection_id: UUID, subjects: Iterable[str], *, run_id: UUID | None = None
) -> int:
    """Queue orders of a channel to be read: by their ids, or `orders.CHANGED` for what moved."""
    rows = [
        _row(work, connection_id, Direction.ORDER, key) | {"run_id": run_id}
        for key in sorted(set(subjects))
    ]
    _queue(work, rows)
    if rows:
        work.emit(OrdersRequested(connection_id))
    return len(rows)


def request_tells(work: Work, connection_id: UUID, subjects: Iterable[str]) -> int:
    """Queue what a channel is to hear of orders: `ship:<id>`, `cancel:<id>`, `refund:<id>`."""
    rows = [
        _row(work, connection_id, Direction.TELL, key) | {"haste": Haste.URGENT}
        for key in sorted(set(subjects))
    ]
    _queue(work, rows)
    if rows:
        work.emit(TellRequested(connection_id))
    return len(rows)


def _row(
    work: Work,
    connection_id: UUID,
    direction: Direction,
    subject: str,
    *,
    listing_id: UUID | None = None,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "created_at": work.now,
        "organization_id": work.organization_id,
        "connection_id": connection_id,
        "direction": direction,
        "subject": subject,
        "listing_id": listing_id,
        "state": TaskState.WAITING,
        "haste": Haste.USUAL,
        "is_forced": False,
        "due_at": work.now,
        "attempts": 0,
    }


def _queue(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    asked = insert(SyncTask)
    again = asked.on_conflict_do_update(
        index_elements=[SyncTask.connection_id, SyncTask.direction, SyncTask.subject],
        index_where=text("state = 'waiting'"),  # a constant: a parameter would match no index
        set_={
            "haste": func.greatest(SyncTask.haste, asked.excluded.haste),
            "is_forced": SyncTask.is_forced | asked.excluded.is_forced,
            "run_id": func.coalesce(asked.excluded.run_id, SyncTask.run_id),
            "due_at": func.least(SyncTask.due_at, asked.excluded.due_at),
        },
    )
    work.session.execute(again, rows)


def _free(work: Work, connection_id: UUID, direction: Direction) -> ColumnElement[bool]:
    """What may be claimed now: due tasks, and those whose worker is dead."""
    is_free = or_(
        and_(_WAITING, SyncTask.due_at <= work.now),
        and_(SyncTask.state == TaskState.RUNNING, SyncTask.lease_until < work.now),
    )
    return and_(is_free, _of(work, connection_id, direction))


def _of(work: Work, connection_id: UUID, direction: Direction) -> ColumnElement[bool]:
    """Tasks of a connection, without those for a listing somebody is sending at this moment."""
    these = and_(SyncTask.connection_id == connection_id, SyncTask.direction == direction)
    if direction is not Direction.PUSH:
        return these
    other = aliased(SyncTask)
    under_way = select(other.subject).where(
        other.connection_id == connection_id,
        other.direction == direction,
        other.state == TaskState.RUNNING,
        other.lease_until >= work.now,
    )
    return and_(these, SyncTask.subject.not_in(under_way))


def hastiest(work: Work, connection_id: UUID, direction: Direction) -> Haste | None:
    """Return how hasty the next task of a connection is; None: nothing is due."""
    found = work.session.scalar(
        select(func.max(SyncTask.haste)).where(_free(work, connection_id, direction))
    )
    return None if found is None else Haste(found)


def claim(
    work: Work,
    connection_id: UUID,
    direction: Direction,
    *,
    worker: str,
    most: int,
    least: Haste = Haste.MASS,
) -> Sequence[SyncTask]:
    """Take due tasks of a connection, the hastiest first; abandoned ones are taken over.

    Tasks less hasty than `least` are left for later.
    """
    due = (
        select(SyncTask.id)
        .where(_free(work, connection_id, direction), SyncTask.haste >= least)
        .order_by(SyncTask.haste.desc(), SyncTask.due_at, SyncTask.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")  # computed once; a plain subquery may be run again and exceed the limit
    )
    taken = (
        update(SyncTask)
        .where(SyncTask.id.in_(select(due.c.id)))
        .values(
            state=TaskState.RUNNING,
            worker=worker,
            lease_until=work.now + rules.LEASE,
            attempts=SyncTask.attempts + 1,
        )
        .returning(SyncTask)
    )
    found = work.session.scalars(taken, execution_options={"populate_existing": True}).all()
    return sorted(found, key=lambda each: (-each.haste, each.id))


def _mine(task_ids: Sequence[UUID], worker: str) -> ColumnElement[bool]:
    return and_(
        SyncTask.id.in_(task_ids),
        SyncTask.state == TaskState.RUNNING,
        SyncTask.worker == worker,
    )


def still_mine(work: Work, claimed: Sequence[SyncTask], *, worker: str) -> list[SyncTask]:
    """Return which of these tasks were neither finished nor put back nor lost meanwhile."""
    ids = work.session.scalars(
        select(SyncTask.id).where(_mine([task.id for task in claimed], worker))
    )
    held = set(ids)
    return [task for task in claimed if task.id in held]


def finish(work: Work, task_ids: Sequence[UUID], *, worker: str) -> None:
    """Close tasks whose outcome is recorded."""
    if task_ids:
        work.session.execute(
            update(SyncTask)
            .where(_mine(task_ids, worker))
            .values(state=TaskState.DONE, finished_at=work.now, lease_until=None, error=None)
        )
        _end_parked(work, same_subject(task_ids))


def same_subject(task_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Return the tasks that stand for the same as these."""
    these = aliased(SyncTask)
    subjects = select(these.connection_id, these.direction, these.subject)
    key = tuple_(SyncTask.connection_id, SyncTask.direction, SyncTask.subject)
    return key.in_(subjects.where(these.id.in_(task_ids)))


def _end_parked(work: Work, which: ColumnElement[bool]) -> None:
    """Close parked tasks that something newer stands for."""
    ended = affected(
        work.session,
        update(SyncTask)
        .where(SyncTask.state == TaskState.PARKED, which)
        .values(state=TaskState.DONE, finished_at=work.now)
        .execution_options(synchronize_session=False),
    )
    if ended:
        work.touch("parked")


def supersede_parked(work: Work, listing_ids: Iterable[UUID]) -> None:
    """Close the parked tasks of listings that are tried anew."""
    if ids := list(listing_ids):
        _end_parked(work, SyncTask.listing_id.in_(ids))


def release(work: Work, claimed: Sequence[SyncTask], *, worker: str) -> None:
    """Let tasks of which nothing was begun wait as they did before they were claimed."""
    work.session.execute(
        update(SyncTask)
        .where(_mine([task.id for task in claimed], worker))
        .values(
            state=_unless_newer_waits(TaskState.WAITING),
            lease_until=None,
            attempts=SyncTask.attempts - 1,
        )
        .execution_options(synchronize_session=False)
    )


def _unless_newer_waits(state: TaskState) -> ColumnElement[str]:
    """A newer wish may wait already; two may not, so the older one then simply ends."""
    newer = aliased(SyncTask)
    found = select(newer.id).where(
        newer.connection_id == SyncTask.connection_id,
        newer.direction == SyncTask.direction,
        newer.subject == SyncTask.subject,
        newer.state == TaskState.WAITING,
        newer.id != SyncTask.id,
    )
    return case((found.exists(), TaskState.DONE.value), else_=state.value)


def put_back(
    work: Work,
    task: SyncTask,
    sentence: str,
    *,
    worker: str,
    is_retryable: bool,
    retry_after: float | None = None,
) -> bool:
    """Let a failed task wait for its next try, or park it; returns whether it was parked."""
    key = rules.error_key(sentence, is_retryable=is_retryable)
    equal = task.attempts if task.error_key in (None, key) else 1
    failures = work.session.get_one(Connection, task.connection_id).failures
    failing = rules.Failing(task.attempts, equal, work.now - task.created_at, failures)
    if rules.is_poison(failing, is_retryable=is_retryable):
        _end_parked(work, same_subject([task.id]))
        state = TaskState.PARKED
        values: dict[str, Any] = {"finished_at": work.now}
    else:
        jitter = secrets.randbelow(1000) / 1000
        delay = rules.retry_delay(task.attempts, retry_after, jitter=jitter)
        state = TaskState.WAITING
        values = {"due_at": work.now + delay}
    values |= {"error": sentence, "error_key": key, "lease_until": None}
    work.session.execute(
        update(SyncTask)
        .where(_mine([task.id], worker))
        .values(state=_unless_newer_waits(state), **values)
    )
    return state is TaskState.PARKED


def extend(work: Work, *, worker: str) -> None:
    """Prolong every lease of a living worker: tasks, runs and pens.

    What another unit of this worker is writing at the moment needs no prolonging, and waiting for
    it could end in a deadlock: such rows are skipped.
    """
    leases: tuple[tuple[type[Any], ColumnElement[bool], str], ...] = (
        (
            SyncTask,
            and_(SyncTask.worker == worker, SyncTask.state == TaskState.RUNNING),
            "lease_until",
        ),
        (SyncRun, and_(SyncRun.worker == worker, SyncRun.state == RunState.RUNNING), "lease_until"),
        (Connection, Connection.writer == worker, "writer_until"),
        (Connection, Connection.urgent_writer == worker, "urgent_writer_until"),
    )
    for model, mine, column in leases:
        free = select(model.id).where(mine).with_for_update(skip_locked=True)
        work.session.execute(
            update(model)
            .where(model.id.in_(free))
            .values({column: work.now + rules.LEASE})
            .execution_options(synchronize_session=False)
        )


@contextmanager
def kept_alive(actor: Actor, worker: str) -> Iterator[None]:
    """Prolong this worker's leases from a second thread while a slow call goes on."""
    is_over = threading.Event()

    def prolong() -> None:
        while not is_over.wait(rules.LEASE.total_seconds() / 3):
            try:
                with unit_of_work(actor) as work:
                    extend(work, worker=worker)
            except SQLAlchemyError:
                log.warning("A lease could not be prolonged; the next try is due soon.")

    thread = threading.Thread(target=prolong, name="leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def read_order(work: Work) -> int:
    """Return the number of a read about to begin, or of a write just answered."""
    return int(work.session.scalar(select(READ_ORDER.next_value())) or 0)
