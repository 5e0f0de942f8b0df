"""Orders on their way in: asked for by a webhook, a person or the clock, read as they stand now.

Each order is taken in in a unit of its own: a bad one keeps nobody back, and a kill in between
costs one reading. A read of what moved keeps its cursor page by page.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, IntegrityError

from app.adapters.errors import AdapterError, BadPayload, Retryable, Unknown
from app.adapters.orders import ChannelOrder, OrderChannel
from app.adapters.types import Cursor, Page
from app.connections import rules as connection_rules
from app.connections.errors import NotOpen
from app.connections.wire import OpenConnection, open_connection, refuse_if_outdated
from app.core import clock as wall
from app.core import faults
from app.core.actor import Actor
from app.core.work import Work, in_unit, unit_of_work
from app.inventory import service as inventory
from app.listings.models import Listing
from app.listings.offers import offers_named
from app.orders import service as orders
from app.sync import (
    counts,
    failing,
    known_orders,
    order_reading,
    pull,
    rules,
    sent_counts,
    shares,
    tasks,
)
from app.sync.models import Direction, ReadCursor, SyncTask, TaskState
from app.sync.order_reading import CHANGED
from app.sync.sieve import AlikeForAll, Sieve, with_suspects_last

CURSOR: Final = "orders"
BATCH: Final = 50


def order_slice(
    actor: Actor,
    connection_id: UUID,
    *,
    worker: str,
    seconds: float = rules.SLICE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Read orders that were asked for; True: there is more, ring again."""
    until = clock() + seconds
    try:
        with tasks.kept_alive(actor, worker), open_connection(actor, connection_id) as opened:
            if not order_reading.is_on(opened.row, opened.adapter.capabilities):
                return _forget(actor, opened, worker)
            if not _knows_the_shop(actor, connection_id):
                return False
            while clock() < until:
                if not _read_batch(actor, opened, worker, until=until, clock=clock):
                    return False
                opened.save_exchanges(actor)
    except (NotOpen, AdapterError):
        return False
    return True


def _forget(actor: Actor, opened: OpenConnection, worker: str) -> bool:
    """Orders of this connection do not come in: what was asked for is answered with nothing."""
    with unit_of_work(actor) as work:
        claimed = tasks.claim(work, opened.id, Direction.ORDER, worker=worker, most=1000)
        tasks.finish(work, [task.id for task in claimed], worker=worker)
    return bool(claimed)


def _knows_the_shop(actor: Actor, connection_id: UUID) -> bool:
    """Orders wait until the shop's products were read once: what they sold is known only then."""
    with unit_of_work(actor) as work:
        return work.session.get(ReadCursor, (connection_id, pull.CHANGES)) is not None


def _channel(opened: OpenConnection) -> OrderChannel:
    return cast("OrderChannel", opened.adapter)


def _read_batch(
    actor: Actor,
    opened: OpenConnection,
    worker: str,
    *,
    until: float,
    clock: Callable[[], float],
) -> bool:
    with unit_of_work(actor) as work:
        refuse_if_outdated(work, opened)
        claimed = tasks.claim(work, opened.id, Direction.ORDER, worker=worker, most=BATCH)
    if not claimed:
        return False
    faults.point("orders.claimed")
    singles = [task for task in claimed if task.subject != CHANGED]
    sweeps = [task for task in claimed if task.subject == CHANGED]
    try:
        _read_singles(actor, opened, singles, worker)
        for task in sweeps:
            if _read_changed(actor, opened, until=until, clock=clock):
                _finish(actor, [task], worker)
            else:
                _rest(actor, task, worker)
    except AdapterError as error:
        if not isinstance(error, Retryable | Unknown):
            # Nobody answers before a person did something; the clock asks again then.
            _finish(actor, sweeps, worker)
        failing.put_back(actor, claimed, error, worker)
        raise
    except AlikeForAll as stop:
        failing.put_back(actor, claimed, Retryable(str(stop)), worker)
        return False
    faults.point("orders.recorded")
    return True


def _read_singles(
    actor: Actor, opened: OpenConnection, claimed: Sequence[SyncTask], worker: str
) -> None:
    by_subject = {task.subject: task for task in claimed}
    opened.hurry(is_urgent=True)  # what was sold is to be known before it is sold once more

    def read(some: Sequence[SyncTask]) -> None:
        found = _channel(opened).read_orders([task.subject for task in some])
        faults.point("orders.answered")
        for each in found:
            task = by_subject.get(each.external_id)
            take_one(actor, opened, each, [task.id] if task else [], worker)
        _finish(actor, some, worker)

    def refuse(task: SyncTask, error: AdapterError) -> None:
        failing.put_back(actor, [task], error, worker)

    sieve = Sieve(read, refuse)
    for some in with_suspects_last(claimed, lambda task: rules.is_suspect(task.error_key)):
        sieve.put(some)


def _read_changed(
    actor: Actor, opened: OpenConnection, *, until: float, clock: Callable[[], float]
) -> bool:
    """Read what moved since the last time; False: there is more, and the time is over."""
    began = wall.now()
    cursor = _cursor(actor, opened)
    opened.hurry(is_urgent=cursor.kind == "changes")  # a history may take its time
    while True:
        page = _channel(opened).pull_orders(cursor)
        faults.point("orders.answered")
        bad = _take_page(actor, opened, page)
        following = page.next or page.watermark or cursor
        with unit_of_work(actor) as work:
            _keep_cursor(work, opened.id, following)
            _ask_apart(work, opened.id, bad)
            if page.next is None:
                counts.look_again(work, opened.id, read_since=began)
                sent_counts.orders_were_read(work, opened.id, read_since=began)
                settled = inventory.settle_kept_back(work, opened.id, before=began)
                if settled:
                    work.touch(f"connection-{opened.id}")
        if page.next is None:
            return True
        cursor = page.next
        if clock() >= until or page.check_after is not None:
            return False


def _take_page(actor: Actor, opened: OpenConnection, page: Page[ChannelOrder]) -> list[str]:
    """Take in the orders of a page that are news; returns those that nobody can read, or keep."""
    marks: dict[str, str] = {}
    bad = [each.external_id for each in page.unreadable if each.external_id]
    for each in known_orders.unknown(actor, opened.id, page.items):
        try:
            taken = take_one(actor, opened, each, [], "")
        except BadPayload:
            bad.append(each.external_id)
            continue
        if taken is not None:
            marks[each.external_id] = known_orders.mark_of(each, taken.version)
    known_orders.remember(opened.id, marks)
    return bad


def _ask_apart(work: Work, connection_id: UUID, external_ids: Sequence[str]) -> None:
    """Ask for orders one by one that cannot be read: each that fails again is parked, and seen."""
    parked = select(SyncTask.subject).where(
        SyncTask.connection_id == connection_id,
        SyncTask.direction == Direction.ORDER,
        SyncTask.state == TaskState.PARKED,
        SyncTask.subject.in_(external_ids),
    )
    known = set(work.session.scalars(parked)) if external_ids else set()
    tasks.request_orders(work, connection_id, set(external_ids) - known)


def _cursor(actor: Actor, opened: OpenConnection) -> Cursor:
    with unit_of_work(actor) as work:
        kept = work.session.get(ReadCursor, (opened.id, CURSOR))
    if kept is not None:
        return Cursor(kept.kind, kept.state)  # type: ignore[arg-type]  # what we stored
    days = int(connection_rules.setting(opened.row.settings, "order_days"))
    return Cursor("full", {"since": _days_ago(days).isoformat()})


def _days_ago(days: int) -> datetime:
    return wall.now() - timedelta(days=days)


def _keep_cursor(work: Work, connection_id: UUID, cursor: Cursor) -> None:
    row = insert(ReadCursor).values(
        organization_id=work.organization_id,
        connection_id=connection_id,
        name=CURSOR,
        kind=cursor.kind,
        state=dict(cursor.state),
        at=work.now,
    )
    work.session.execute(
        row.on_conflict_do_update(
            index_elements=[ReadCursor.connection_id, ReadCursor.name],
            set_={"kind": row.excluded.kind, "state": row.excluded.state, "at": row.excluded.at},
        )
    )


def take_one(
    actor: Actor,
    opened: OpenConnection,
    seen: ChannelOrder,
    task_ids: Sequence[UUID],
    worker: str,
) -> orders.Taken | None:
    """Take one order in, with what it explains of the shop's count, in one unit.

    Raises BadPayload for one that the database does not keep, such as with a number beyond all.
    """
    try:
        return _take(actor, opened, seen, task_ids, worker)
    except (DataError, IntegrityError) as error:
        raise BadPayload(f"order {seen.external_id}", "an order SyncStore can keep") from error


@in_unit
def _take(
    work: Work,
    opened: OpenConnection,
    seen: ChannelOrder,
    task_ids: Sequence[UUID],
    worker: str,
) -> orders.Taken | None:
    _lock(work, opened.id, seen)
    taken = orders.take_order(work, opened.row, seen)
    tasks.finish(work, task_ids, worker=worker)
    return taken


def _lock(work: Work, connection_id: UUID, seen: ChannelOrder) -> None:
    """Take the locks in the order of every flow: listings, products, then orders and levels."""
    sold = [each.variant_external_id for each in seen.lines if each.variant_external_id]
    rows = offers_named(work.session, work.organization_id, connection_id, sold)
    work.session.execute(
        select(Listing.id)
        .where(Listing.id.in_([row.listing_id for row in rows]))
        .order_by(Listing.id)
        .with_for_update()
    )
    variants = [row.variant_id for row in rows if row.variant_id]
    kits = inventory.kits_among(work.session, variants)
    shares.hold(
        work, variants=[*variants, *(good for each in kits.values() for good in each.goods)]
    )


def _finish(actor: Actor, claimed: Sequence[SyncTask], worker: str) -> None:
    with unit_of_work(actor) as work:
        tasks.finish(work, [task.id for task in claimed], worker=worker)


def _rest(actor: Actor, task: SyncTask, worker: str) -> None:
    """Let a long read go on in the next slice."""
    with unit_of_work(actor) as work:
        tasks.finish(work, [task.id], worker=worker)
        tasks.request_orders(work, task.connection_id, [task.subject])
