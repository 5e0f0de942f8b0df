"""The channel's side on its way in: read the current object, merge, and keep what it says.

Three doors lead here and all end in `intake.take_in`: a webhook or a person asks for single items
(tasks), a poll asks for what changed since a watermark, a full read asks for everything. A page is
one unit; a run keeps its cursor in the same unit, so after a kill one page at most is read again.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import Enum, auto
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.errors import AdapterError, Retryable, Unknown
from app.adapters.types import ChannelProduct, Cursor, Page
from app.connections.errors import NotOpen
from app.connections.models import Connection
from app.connections.wire import OpenConnection, open_connection, refuse_if_outdated
from app.core import db, faults
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.listings.models import Listing, ListingState
from app.sync import adopt, ahead, failing, intake, records, rules, runs, tasks
from app.sync.models import Direction, ReadCursor, RunKind, SyncRun, SyncTask
from app.sync.sieve import AlikeForAll, Sieve, with_suspects_last

log = logging.getLogger(__name__)

CHANGES: Final = "products"
_FULL: Final = frozenset((RunKind.FIRST, RunKind.FULL, RunKind.RECONCILE))


def pull_slice(
    actor: Actor,
    connection_id: UUID,
    *,
    worker: str,
    seconds: float = rules.SLICE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Read single items that were asked for; True: there is more, ring again."""
    until = clock() + seconds
    try:
        with tasks.kept_alive(actor, worker), open_connection(actor, connection_id) as opened:
            while clock() < until:
                if not _pull_batch(actor, opened, worker):
                    return False
                opened.save_exchanges(actor)
    except (NotOpen, AdapterError):
        return False
    return True


def _pull_batch(actor: Actor, opened: OpenConnection, worker: str) -> bool:
    with unit_of_work(actor) as work:
        refuse_if_outdated(work, opened)
        claimed = tasks.claim(work, opened.id, Direction.PULL, worker=worker, most=100)
        order = tasks.read_order(work)
    if not claimed:
        return False
    faults.point("pull.claimed")
    batch = list(claimed)
    products: list[ChannelProduct] = []

    def read(some: Sequence[SyncTask]) -> None:
        products.extend(opened.adapter.read_products([task.subject for task in some]))

    def refuse(task: SyncTask, error: AdapterError) -> None:
        batch.remove(task)
        failing.put_back(actor, [task], error, worker)

    sieve = Sieve(read, refuse)
    try:
        for some in with_suspects_last(claimed, lambda task: rules.is_suspect(task.error_key)):
            sieve.put(some)
    except AdapterError as error:
        failing.put_back(actor, batch, error, worker)
        raise
    except AlikeForAll as stop:
        failing.put_back(actor, batch, Retryable(str(stop)), worker)
        return False
    faults.point("pull.answered")
    with unit_of_work(actor) as work:
        terms = records.Terms(opened.row, opened.adapter.capabilities, opened.run_id, order=order)
        tally = intake.take_in(work, terms, products)
        tasks.finish(work, [task.id for task in batch], worker=worker)
        _note_pull(work, opened.id)
        _count_runs(work, batch, tally)
    faults.point("pull.recorded")
    adopt.adopt_new(actor, opened.id)
    return True


def _count_runs(work: Work, claimed: Sequence[SyncTask], tally: intake.Tally) -> None:
    for run_id in {task.run_id for task in claimed if task.run_id}:
        keys = [task.subject for task in claimed if task.run_id == run_id]
        mine = len(keys)
        runs.count(
            work,
            run_id,
            done=mine,
            changed=min(mine, tally.changed),
            conflicts=tally.conflicts,
            drifted=len(tally.differing & set(keys)),
        )
        runs.close_if_empty(work, run_id)


def _note_pull(work: Work, connection_id: UUID) -> None:
    work.session.execute(
        update(Connection)
        .where(Connection.id == connection_id)
        .values(last_pulled_at=work.now)
        .execution_options(synchronize_session=False)
    )
    work.touch(f"connection-{connection_id}")


def run_slice(
    actor: Actor,
    run_id: UUID,
    *,
    worker: str,
    seconds: float = rules.SLICE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Go on with a reading run for some seconds; True: there is more, ring again."""
    with unit_of_work(actor) as work:
        run = runs.claim_run(work, run_id, worker=worker)
    if run is None:
        return False
    until = clock() + seconds
    try:
        with (
            tasks.kept_alive(actor, worker),
            open_connection(actor, run.connection_id, run_id=run.id) as opened,
            ahead.reading(actor, opened) as pages,
        ):
            came_to, wait = PageRead.MORE, None
            while (
                came_to is PageRead.MORE and wait is None and (clock() < until or pages.has_begun)
            ):
                came_to, wait = _read_page(pages, run, goes_on=clock() < until)
                opened.save_exchanges(actor)
            if came_to is PageRead.LAST:
                _finish_run(actor, opened, run)
    except (NotOpen, AdapterError) as error:
        return _interrupt(actor, run, error)
    if came_to is not PageRead.LAST:
        with unit_of_work(actor) as work:
            runs.leave(work, run, rest=wait)
    return came_to is PageRead.MORE and wait is None


def _interrupt(actor: Actor, run: SyncRun, error: NotOpen | AdapterError) -> bool:
    """A run survives what passes; what needs a person ends it with the sentence."""
    with unit_of_work(actor) as work:
        if isinstance(error, AdapterError) and not isinstance(error, Retryable | Unknown):
            runs.close_run(work, run.id, error=error.sentence)
        else:
            runs.leave(work, run)
    return False


class PageRead(Enum):
    """What reading a page came to."""

    MORE = auto()
    LAST = auto()
    STOPPED = auto()  # the run was paused or cancelled meanwhile: nothing of the page was kept


def _read_page(
    pages: ahead.Pages, run: SyncRun, *, goes_on: bool
) -> tuple[PageRead, timedelta | None]:
    """Read one page into one unit; returns, too, how long the channel needs for the next."""
    actor, opened = pages.actor, pages.opened
    answer = pages.take(_cursor_of(actor, run))
    page = answer.page
    faults.point("read.answered")
    if goes_on and page.next is not None and page.check_after is None:
        pages.begin(page.next)
    with unit_of_work(actor) as work:
        following = _packed(page.next) if page.next else None
        if not runs.step(work, run, following):
            return PageRead.STOPPED, None
        terms = records.Terms(
            opened.row,
            opened.adapter.capabilities,
            run.id,
            order=answer.order,
            is_thorough=run.kind == RunKind.RECONCILE,
        )
        tally = intake.take_in(work, terms, page.items, page.sealed)
        tally.unreadable += page.unreadable
        tally.failed += len(tally.unreadable)  # never taken for deleted
        runs.count(work, run.id, **tally.totals())
        _note_total(work, run, page, tally)
        _note_pull(work, opened.id)
    run.cursor = following
    faults.point("read.recorded")
    return PageRead.LAST if page.next is None else PageRead.MORE, page.check_after


def _note_total(work: Work, run: SyncRun, page: Page[ChannelProduct], tally: intake.Tally) -> None:
    watermark = {"watermark": _packed(page.watermark)} if page.watermark else {}
    values: dict[str, Any] = {"drifted": SyncRun.drifted + tally.drifted}
    if page.total is not None:
        values["total"] = page.total
    if tally.unreadable:  # the run names the first; its count of failures says how many
        values["error"] = func.coalesce(SyncRun.error, tally.unreadable[0].sentence)
    if watermark:
        _keep_watermark(work, run.connection_id, watermark["watermark"])
    work.session.execute(
        update(SyncRun)
        .where(SyncRun.id == run.id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _packed(cursor: Cursor) -> dict[str, Any]:
    return {"kind": cursor.kind, "state": dict(cursor.state)}


def _cursor_of(actor: Actor, run: SyncRun) -> Cursor:
    if run.cursor:
        return Cursor(run.cursor["kind"], run.cursor["state"])
    kind: Literal["full", "changes"] = "full" if run.kind in _FULL else "changes"
    if kind == "full":
        return Cursor("full", expected=_expected(actor, run))
    with db.reading(actor) as session:
        kept = session.get(ReadCursor, (run.connection_id, CHANGES))
    return Cursor("changes", kept.state) if kept else Cursor("full")


def _expected(actor: Actor, run: SyncRun) -> int:
    """Return how many listings a comparison meets again; a first read shows some at once."""
    if run.kind != RunKind.RECONCILE:
        return 0
    with db.reading(actor) as session:
        listed = select(func.count()).where(
            Listing.connection_id == run.connection_id, Listing.external_id.is_not(None)
        )
        return session.scalar(listed) or 0


def _keep_watermark(work: Work, connection_id: UUID, packed: dict[str, Any]) -> None:
    row = insert(ReadCursor).values(
        organization_id=work.organization_id,
        connection_id=connection_id,
        name=CHANGES,
        kind=packed["kind"],
        state=packed["state"],
        at=work.now,
    )
    work.session.execute(
        row.on_conflict_do_update(
            index_elements=[ReadCursor.connection_id, ReadCursor.name],
            set_={"kind": row.excluded.kind, "state": row.excluded.state, "at": row.excluded.at},
        )
    )


def _finish_run(actor: Actor, opened: OpenConnection, run: SyncRun) -> None:
    """Close a read: what is missing is confirmed one by one, new items look for their pair."""
    error = None
    if run.kind in _FULL:
        error = _confirm_missing(actor, opened, run)
    adopt.adopt_new(actor, opened.id)
    with unit_of_work(actor) as work:
        if run.kind in _FULL:
            _note_compared(work, run)
        _note_pull(work, opened.id)
        runs.close_run(work, run.id, error=error)


def _note_compared(work: Work, run: SyncRun) -> None:
    row = runs.get_run(work, run.id)
    work.session.refresh(row)
    runs.note_drift(work, row, checked=row.done, last_reconciled_at=work.now)


def _confirm_missing(actor: Actor, opened: OpenConnection, run: SyncRun) -> str | None:
    """Ask for each listing a full read did not show; a partial answer deletes nothing."""
    with db.reading(actor) as session:
        rows = session.execute(
            select(Listing.id, Listing.external_id).where(
                Listing.connection_id == opened.id,
                Listing.external_id.is_not(None),
                Listing.state.not_in((ListingState.GONE, ListingState.IGNORED)),
                Listing.kept_off_at.is_(None),
                Listing.last_seen_at < run.started_at,
            )
        ).all()
        total = session.scalar(select(SyncRun.done).where(SyncRun.id == run.id)) or 0
    if not rows:
        return None
    if rules.is_suspicious(missing=len(rows), seen=total):
        return (
            f"The shop showed {total} products and {len(rows)} that SyncStore knows were missing."
            " Nothing was marked as deleted. Check the shop, then read it again."
        )
    keys = {external_id: listing_id for listing_id, external_id in rows if external_id}
    for start in range(0, len(keys), 100):
        some = list(keys)[start : start + 100]
        with unit_of_work(actor) as work:
            order = tasks.read_order(work)
        products: list[ChannelProduct] = []
        try:
            Sieve(_reader(opened, products), _leave_unread).put(some)
        except AlikeForAll as stop:
            return str(stop)
        terms = records.Terms(opened.row, opened.adapter.capabilities, run.id, order=order)
        with unit_of_work(actor) as work:
            intake.take_in(work, terms, products)
    return None


def _reader(opened: OpenConnection, into: list[ChannelProduct]) -> Callable[[Sequence[str]], None]:
    return lambda keys: into.extend(opened.adapter.read_products(keys))


def _leave_unread(external_id: str, error: AdapterError) -> None:
    """An item nobody can read is there; it is not marked as deleted."""
    log.warning("Item %s cannot be read: %s", external_id, error.sentence)
