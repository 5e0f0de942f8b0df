"""A worker's desk: what it holds while it pushes, and the book it writes down per batch.

Outcomes are noted one by one and written together at the end of their unit: a batch of a hundred
costs a handful of statements.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.adapters.types import ChannelProduct, ListingDraft
from app.connections.models import Connection
from app.connections.wire import OpenConnection
from app.core.actor import Actor
from app.core.work import Work
from app.sync import bases, pens, records, runs, tasks
from app.sync.models import ChangeState, SentCount, SyncChange, SyncTask
from app.sync.planner import Intent
from app.sync.project import Pair
from app.sync.sides import Side


@dataclass(frozen=True, slots=True)
class Errand:
    """One listing on its way out."""

    task: SyncTask
    pair: Pair
    draft: ListingDraft
    intents: tuple[Intent, ...]
    change_ids: tuple[int, ...]
    is_in_doubt: bool = False  # nobody knows yet what became of its counts; they are lowered only
    refusal: str | None = None  # why what the shop has could not be taken in here


@dataclass(slots=True)
class Book:
    """What the outcomes of one batch come to, written down together at the end of their unit."""

    tasks: list[SyncTask] = field(default_factory=list)
    counts: dict[UUID, Counter[str]] = field(default_factory=dict)  # by run
    applied: list[int] = field(default_factory=list)  # ids of changes that went through
    bases: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[UUID, ChannelProduct] = field(default_factory=dict)
    stored: dict[UUID, Side] = field(default_factory=dict)  # bases as they are now
    sent: dict[UUID, dict[UUID, SentCount]] = field(default_factory=dict)  # counts on their way
    order: int = 0  # number of these answers


@dataclass(slots=True)
class Desk:
    """One worker's hold on one connection for one slice."""

    actor: Actor
    opened: OpenConnection
    worker: str
    flood: records.Flood
    pen: pens.Pen = pens.Pen.USUAL
    is_over: Callable[[], bool] = lambda: False  # somebody else is to have this worker
    run_id: UUID | None = None
    order: int = 0  # number of the read the current batch plans against
    quiet: frozenset[UUID] = frozenset()
    book: Book = field(default_factory=Book)

    @property
    def terms(self) -> records.Terms:
        """The rules meetings take place under."""
        return records.Terms(
            self.opened.row,
            self.opened.adapter.capabilities,
            self.run_id,
            order=self.order,
            flood=self.flood,
            quiet=self.quiet,
        )


def close(desk: Desk, closed: Sequence[SyncTask], **counted: int) -> None:
    """Note tasks as finished, and what they add to the totals of their runs."""
    desk.book.tasks += closed
    for run_id in {task.run_id for task in closed if task.run_id}:
        mine = sum(1 for task in closed if task.run_id == run_id)
        share = {name: min(by, mine) for name, by in counted.items()}
        desk.book.counts.setdefault(run_id, Counter()).update(done=mine, **share)


def settle(work: Work, desk: Desk) -> None:
    """Write the book of a batch down."""
    book = desk.book
    bases.write_bases(work, book.bases)
    records.write_snapshots(work, book.answers)
    if book.applied:
        work.session.execute(
            update(SyncChange)
            .where(SyncChange.id.in_(book.applied))
            .values(state=ChangeState.APPLIED, sentence=None, settled_at=work.now)
            .execution_options(synchronize_session=False)
        )
    if book.tasks:
        tasks.finish(work, [task.id for task in book.tasks], worker=desk.worker)
    for run_id, counted in sorted(book.counts.items()):
        runs.count(work, run_id, **counted)
        runs.close_if_empty(work, run_id)
    if book.tasks:  # after the runs: two writers of one shop lock in one order
        work.session.execute(
            update(Connection)
            .where(Connection.id == desk.opened.id)
            .values(last_pushed_at=work.now)
            .execution_options(synchronize_session=False)
        )
    desk.book = Book()
