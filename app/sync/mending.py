"""What a person decides about parked tasks: try them anew, or drop them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from app.core.outbox import Event
from app.core.work import Work
from app.listings.models import Listing, ListingState
from app.sync import tasks
from app.sync.events import OrdersRequested, PullRequested, PushRequested, TellRequested
from app.sync.models import Direction, SyncTask, TaskState
from app.team.service import record_audit

_BELLS: Final[Mapping[Direction, Callable[[UUID], Event]]] = {
    Direction.PULL: PullRequested,
    Direction.ORDER: OrdersRequested,
    Direction.TELL: TellRequested,
}


def retry_parked(work: Work, task_ids: Sequence[UUID]) -> int:
    """Let parked tasks be tried anew, as if they had never failed; returns how many."""
    rows = _locked(work, task_ids)
    waiting = _waiting_beside(work, rows)
    for task in rows:
        subject = (task.connection_id, task.direction, task.subject)
        task.state = TaskState.DONE if subject in waiting else TaskState.WAITING
        waiting.add(subject)  # one waits per subject, so an older one of the same simply ends
        task.attempts, task.error_key, task.run_id = 0, None, None
        task.due_at, task.finished_at = work.now, work.now if task.state == TaskState.DONE else None
    work.session.flush()
    _mark_waiting(work, [task.listing_id for task in rows if task.listing_id is not None])
    for connection_id, direction in sorted({(task.connection_id, task.direction) for task in rows}):
        if direction == Direction.PUSH:
            work.emit(PushRequested(connection_id, is_urgent=False))
        else:
            work.emit(_BELLS[direction](connection_id))
    work.touch("parked")
    return len(rows)


def _waiting_beside(work: Work, rows: Sequence[SyncTask]) -> set[tuple[UUID, Direction, str]]:
    """Return the subjects of these tasks that a newer wish waits for already."""
    found = work.session.execute(
        select(SyncTask.connection_id, SyncTask.direction, SyncTask.subject).where(
            SyncTask.state == TaskState.WAITING, tasks.same_subject([task.id for task in rows])
        )
    )
    return {(row.connection_id, row.direction, row.subject) for row in found}


def _mark_waiting(work: Work, listing_ids: Iterable[UUID]) -> None:
    changed = work.session.scalars(
        update(Listing)
        .where(Listing.id.in_(list(listing_ids)), Listing.state == ListingState.FAILED)
        .values(state=ListingState.WAITING)
        .returning(Listing.id)
        .execution_options(synchronize_session=False)
    )
    work.touch(*(f"listing-{key}" for key in changed), "listings")


def discard_parked(work: Work, task_ids: Sequence[UUID]) -> int:
    """Drop parked tasks: what they carried is not sent and not read; returns how many."""
    rows = _locked(work, task_ids)
    for task in rows:
        task.state, task.finished_at = TaskState.DONE, work.now
    for connection_id, count in Counter(task.connection_id for task in rows).items():
        reasons = Counter(task.error for task in rows if task.connection_id == connection_id)
        record_audit(
            work,
            "tasks.discarded",
            "connection",
            connection_id,
            f"Discarded {count:,} parked task{'' if count == 1 else 's'}",
            {"reasons": [reason for reason, _ in reasons.most_common(10)]},
        )
    work.touch("parked")
    return len(rows)


def _locked(work: Work, task_ids: Sequence[UUID]) -> Sequence[SyncTask]:
    return work.session.scalars(
        select(SyncTask)
        .where(
            SyncTask.id.in_(task_ids),
            SyncTask.organization_id == work.organization_id,
            SyncTask.state == TaskState.PARKED,
        )
        .order_by(SyncTask.id.desc())
        .with_for_update()
    ).all()
