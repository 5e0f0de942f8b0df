"""Everything a view, a command or a job may ask of the sync engine."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update

from app.adapters.values import FIELDS, Group
from app.connections.errors import NotOpen
from app.connections.models import Connection, ConnectionState
from app.connections.service import get_connection
from app.core import db
from app.core.actor import Actor
from app.core.outbox import OutboxMessage
from app.core.work import Work, unit_of_work
from app.listings import service as listings
from app.listings.models import Listing, ListingState
from app.sync import order_reading, rules, runs, shares, tasks, undoing
from app.sync.errors import AlreadyRunning
from app.sync.events import RunRequested
from app.sync.models import (
    BaseValue,
    Haste,
    RunKind,
    RunState,
    SyncRun,
    SyncTask,
    TaskState,
)

_URGENT: Final = frozenset(
    name for name, field in FIELDS.items() if field.group in (Group.PRICE, Group.STOCK)
)
_STOCK: Final = frozenset(name for name, field in FIELDS.items() if field.group is Group.STOCK)
_WORKING: Final = (ConnectionState.ACTIVE, ConnectionState.ERROR, ConnectionState.PAUSED)
_AT_REST: Final = (ListingState.SYNCED,)
_ASLEEP: Final = (ListingState.IGNORED, ListingState.GONE, ListingState.UNMAPPED)


def product_changed(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Queue the listings of changed products, except on the connection a change came from."""
    with unit_of_work(actor) as work:
        undoing.let_pass(work, facts)
        wanted = _concerned(work, facts)
        for haste in Haste:
            some = [pair for pair, found in wanted.items() if found is haste]
            tasks.request_pushes(work, some, haste=haste)
            tasks.supersede_parked(work, [listing_id for listing_id, _ in some])
            _mark_waiting(work, [listing_id for listing_id, _ in some])
    moved = {
        UUID(key) for fact in facts if "quantity" in fact["fields"] for key in fact["variant_ids"]
    }
    if moved:
        with unit_of_work(actor) as work:  # of its own: products are locked before tasks are queued
            shares.ring_families(work, moved)


def _concerned(work: Work, facts: Sequence[Mapping[str, Any]]) -> dict[tuple[UUID, UUID], Haste]:
    """Return (listing, connection) → haste for every listing a change is news to."""
    by_product: dict[UUID, list[Mapping[str, Any]]] = {}
    for fact in facts:
        by_product.setdefault(UUID(fact["product_id"]), []).append(fact)
    rows = work.session.execute(
        select(Listing.id, Listing.connection_id, Listing.product_id)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            Listing.product_id.in_(by_product),
            Listing.state.not_in(_ASLEEP),
            Connection.state.in_(_WORKING),  # what a pause holds up goes out after it
        )
    )
    wanted: dict[tuple[UUID, UUID], Haste] = {}
    for listing_id, connection_id, product_id in rows:
        facts_here = by_product.get(product_id, []) if product_id else []
        news = [f for f in facts_here if f.get("connection_id") != str(connection_id)]
        if news:
            wanted[listing_id, connection_id] = _haste(news)
    return wanted


def _haste(news: Sequence[Mapping[str, Any]]) -> Haste:
    fields = {name for fact in news for name in fact.get("fields", ())}
    haste = Haste.USUAL
    if fields and fields <= _URGENT:
        haste = Haste.FIRST if fields & _STOCK else Haste.URGENT
    return Haste(haste - 1) if all(fact.get("is_mass") for fact in news) else haste


def _mark_waiting(
    work: Work, listing_ids: Sequence[UUID], *, states: Sequence[ListingState] = _AT_REST
) -> None:
    changed = work.session.scalars(
        update(Listing)
        .where(Listing.id.in_(listing_ids), Listing.state.in_(states))
        .values(state=ListingState.WAITING)
        .returning(Listing.id)
        .execution_options(synchronize_session=False)
    ).all()
    work.touch(*(f"listing-{key}" for key in changed))
    if changed:
        work.touch("listings")


def products_created(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Let what channels have and nobody paired look among the new products.

    What was made from the items of one channel is news to the other channels only.
    """
    origins = {fact.get("connection_id") for fact in facts}
    only = origins.pop() if len(origins) == 1 else None
    with unit_of_work(actor) as work:
        listings.look_again(work, but_on=UUID(only) if only else None)


def listing_mapped(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Read newly paired listings, so that both sides meet."""
    by_connection: dict[UUID, list[UUID]] = {}
    for fact in facts:
        by_connection.setdefault(UUID(fact["connection_id"]), []).append(UUID(fact["listing_id"]))
    with unit_of_work(actor) as work:
        for connection_id, listing_ids in by_connection.items():
            keys = work.session.scalars(
                select(Listing.external_id).where(
                    Listing.id.in_(listing_ids), Listing.external_id.is_not(None)
                )
            )
            tasks.request_pulls(work, connection_id, [key for key in keys if key])


def listing_wanted(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Queue listings whose wishes changed."""
    with unit_of_work(actor) as work:
        pairs = {(UUID(fact["listing_id"]), UUID(fact["connection_id"])) for fact in facts}
        tasks.request_pushes(work, pairs)


def request_run(work: Work, connection_id: UUID, kind: RunKind, *, cause: str) -> SyncRun:
    """Ask for a read of a connection; raises AlreadyRunning while one is under way."""
    _refuse_closed(work, connection_id)
    db.lock(work.session, db.Locks.CONNECTION, connection_id)
    if runs.is_reading(work, connection_id):
        raise AlreadyRunning
    run = runs.open_run(work, connection_id, kind, cause=cause)
    work.emit(RunRequested(run.id, connection_id))
    return run


def _refuse_closed(work: Work, connection_id: UUID) -> None:
    """Raise NotOpen when a connection is paused, broken or disconnected: nothing would happen."""
    if get_connection(work, connection_id).state != ConnectionState.ACTIVE:
        raise NotOpen


def request_runs(work: Work) -> int:
    """Ask for what changed in every active connection not being read now; returns how many."""
    ids = work.session.scalars(
        select(Connection.id).where(
            Connection.organization_id == work.organization_id,
            Connection.state == ConnectionState.ACTIVE,
        )
    ).all()
    count = 0
    for connection_id in sorted(ids):  # locks are taken in one order
        with suppress(AlreadyRunning):
            request_run(work, connection_id, RunKind.CHANGES, cause="Sync now")
            count += 1
    return count


def connection_activated(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Begin the first read of a new connection."""
    for fact in facts:
        with unit_of_work(actor) as work:
            connection_id = UUID(fact["connection_id"])
            is_open = get_connection(work, connection_id).state == ConnectionState.ACTIVE
            if is_open and not runs.is_reading(work, connection_id):
                request_run(work, connection_id, RunKind.FIRST, cause="First sync")


def poll(actor: Actor, connection_id: UUID) -> UUID | None:
    """Ask for what changed since the last read; None: the connection rests or is being read."""
    return _scheduled(actor, connection_id, RunKind.CHANGES, "Regular check for changes")


def reconcile(actor: Actor, connection_id: UUID) -> UUID | None:
    """Ask for a full comparison; None: the connection rests or is being read."""
    return _scheduled(actor, connection_id, RunKind.RECONCILE, "Daily comparison")


def _scheduled(actor: Actor, connection_id: UUID, kind: RunKind, cause: str) -> UUID | None:
    with unit_of_work(actor) as work:
        connection = get_connection(work, connection_id)
        if connection.state != ConnectionState.ACTIVE:
            return None
        tasks.request_orders(work, connection_id, [order_reading.CHANGED])
        if runs.is_reading(work, connection_id):
            return None
        return request_run(work, connection_id, kind, cause=cause).id


def sync_products(
    work: Work, product_ids: Sequence[UUID], *, cause: str = "Sync now"
) -> list[UUID]:
    """Send and read everything of these products now; returns one run per connection."""
    rows = work.session.execute(
        select(Listing.id, Listing.connection_id)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            Listing.organization_id == work.organization_id,
            Listing.product_id.in_(product_ids),
            Listing.state.not_in(_ASLEEP),
            Connection.state == ConnectionState.ACTIVE,
        )
    ).all()
    return _push_now(work, [(row.id, row.connection_id) for row in rows], cause)


def sync_listings(
    work: Work, listing_ids: Sequence[UUID], *, cause: str = "Sync now"
) -> list[UUID]:
    """Send and read these listings now; returns one run per connection."""
    rows = work.session.execute(
        select(Listing.id, Listing.connection_id).where(
            Listing.organization_id == work.organization_id,
            Listing.id.in_(listing_ids),
            Listing.product_id.is_not(None),
        )
    ).all()
    return _push_now(work, [(row.id, row.connection_id) for row in rows], cause)


def push_connection(work: Work, connection_id: UUID, *, cause: str = "Sync now") -> list[UUID]:
    """Send every paired listing of a connection whose sides may differ."""
    _refuse_closed(work, connection_id)
    ids = work.session.scalars(
        select(Listing.id).where(
            Listing.connection_id == connection_id,
            Listing.product_id.is_not(None),
            Listing.state.not_in(_ASLEEP),
        )
    )
    return _push_now(work, [(key, connection_id) for key in ids], cause)


def _push_now(work: Work, pairs: Sequence[tuple[UUID, UUID]], cause: str) -> list[UUID]:
    made = []
    for connection_id in sorted({connection for _, connection in pairs}):
        mine = [pair for pair in pairs if pair[1] == connection_id]
        run = runs.open_run(
            work,
            connection_id,
            RunKind.MANUAL,
            cause=cause,
            total=len(mine),
            state=RunState.RUNNING,
        )
        haste = rules.own_haste(RunKind.MANUAL, listings=len(mine))
        tasks.request_pushes(work, mine, run_id=run.id, haste=haste, is_forced=True)
        ids = [listing_id for listing_id, _ in mine]
        tasks.supersede_parked(work, ids)
        _mark_waiting(work, ids, states=(*_AT_REST, ListingState.FAILED))
        made.append(run.id)
    return made


def cancel_run(work: Work, run_id: UUID) -> None:
    """Stop a run; what was sent stays sent, what waits for it is dropped."""
    run = runs.get_run(work, run_id)
    if run.state not in (RunState.WAITING, RunState.RUNNING, RunState.PAUSED):
        return
    run.state, run.finished_at = RunState.CANCELLED, work.now
    waiting = update(SyncTask).where(SyncTask.run_id == run_id, SyncTask.state == TaskState.WAITING)
    work.session.execute(waiting.where(runs.is_of_others(run)).values(run_id=None, is_forced=False))
    work.session.execute(
        waiting.values(state=TaskState.DONE, finished_at=work.now, error="Cancelled.")
    )
    work.touch(f"sync_run-{run_id}", "sync_runs")


def retry_listings(work: Work, listing_ids: Sequence[UUID]) -> int:
    """Try failed listings again, and list those anew that are gone; returns how many."""
    rows = work.session.execute(
        select(Listing.id, Listing.title, Listing.state)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            Listing.id.in_(listing_ids),
            Listing.organization_id == work.organization_id,
            Connection.state != ConnectionState.DISCONNECTED,
        )
    ).all()
    gone = [row.id for row in rows if row.state == ListingState.GONE]
    for listing_id in sorted(gone):
        work.session.execute(delete(BaseValue).where(BaseValue.listing_id == listing_id))
        listings.list_again(work, listing_id)
    ids = [row.id for row in rows if row.state != ListingState.GONE]
    if not ids:
        return len(gone)
    others = f" and {len(ids) - 1:,} more" if len(ids) > 1 else ""
    sync_listings(work, ids, cause=f"Retry of {rows[0].title}{others}")
    return len(rows)


_TOLD_IN_VAIN: Final = 3


def has_quiet(work: Work, connection_id: UUID) -> bool:
    """Tell whether nothing of a connection waits or runs (for commands that wait)."""
    busy = select(SyncTask.id).where(
        SyncTask.connection_id == connection_id,
        SyncTask.state.in_((TaskState.WAITING, TaskState.RUNNING)),
        SyncTask.due_at < work.now + timedelta(minutes=10),
    )
    reading = select(SyncRun.id).where(
        SyncRun.connection_id == connection_id,
        SyncRun.state.in_((RunState.WAITING, RunState.RUNNING)),
    )
    # What happened and was not told yet may become work; what cannot be told is not waited for.
    untold = select(OutboxMessage.id).where(
        OutboxMessage.organization_id == work.organization_id,
        OutboxMessage.sent_at.is_(None),
        OutboxMessage.attempts < _TOLD_IN_VAIN,
    )
    return not work.session.scalar(select(busy.exists() | reading.exists() | untold.exists()))
