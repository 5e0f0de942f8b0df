"""The channel's side on its way in: read the current object, merge, and keep what it says.

Three doors lead here and all end in `take_in`: a webhook or a person asks for single items
(tasks), a poll asks for what changed since a watermark, a full read asks for everything. A page is
one unit; a run keeps its cursor in the same unit, so after a kill one page at most is read again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.errors import AdapterError, NeedsReauth, Retryable, Unknown
from app.adapters.types import ChannelProduct, Cursor, Page
from app.connections.errors import NotOpen
from app.connections.models import Connection
from app.connections.wire import OpenConnection, open_connection
from app.core import db, faults
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.listings.models import Listing, ListingState, Offer
from app.sync import adopt, apply, project, rules, runs, tasks
from app.sync.models import Direction, ReadCursor, RunKind, RunState, SyncRun, SyncTask

CHANGES: Final = "products"
_FULL: Final = frozenset((RunKind.FIRST, RunKind.FULL, RunKind.RECONCILE))


@dataclass(slots=True)
class Tally:
    """What a page came to."""

    done: int = 0
    changed: int = 0
    unchanged: int = 0
    created: int = 0
    failed: int = 0
    conflicts: int = 0
    drifted: int = 0

    def totals(self) -> dict[str, int]:
        """Return the figures a run counts."""
        return {name: by for name, by in asdict(self).items() if name != "drifted"}


def take_in(work: Work, terms: apply.Terms, products: Sequence[ChannelProduct]) -> Tally:
    """Merge a page of the channel's products into ours; unknown ones become unmapped listings."""
    tally = Tally(done=len(products))
    known = _known(work, terms.connection, products)
    fresh = [each for each in products if each.external_id not in known and not each.is_deleted]
    _add_listings(work, terms.connection, fresh)
    tally.created = len(fresh)
    late = [row.external_id for row in known.values() if row.read_order > terms.order]
    tasks.request_pulls(work, terms.connection.id, [key for key in late if key])
    moved = [
        (known[each.external_id], each)
        for each in products
        if each.external_id in known
        and each.external_id not in late
        and _is_worth_a_look(known[each.external_id], each, terms)
    ]
    tally.drifted = len(moved)
    pairs = apply.locked_pairs(work, terms.connection, [listing for listing, _ in moved])
    for listing, product in moved:
        _take_one(work, terms, tally, listing, pairs.get(listing.id), product)
    tally.unchanged = len(products) - len(fresh) - len(moved)
    still = [
        row.id for row in known.values() if row.external_id in {p.external_id for p in products}
    ]
    work.session.execute(
        update(Listing)
        .where(Listing.id.in_(still))
        .values(last_seen_at=work.now)
        .execution_options(synchronize_session=False)
    )
    return tally


def _known(
    work: Work, connection: Connection, products: Sequence[ChannelProduct]
) -> dict[str, Listing]:
    found = work.session.scalars(
        select(Listing)
        .where(
            Listing.connection_id == connection.id,
            Listing.external_id.in_([each.external_id for each in products]),
        )
        .order_by(Listing.id)
        .with_for_update()
    )
    return {row.external_id: row for row in found if row.external_id}


def _is_worth_a_look(listing: Listing, product: ChannelProduct, terms: apply.Terms) -> bool:
    """Skip what the channel still shows as we last saw or wrote it: an echo is no change."""
    if terms.is_forced or product.is_deleted:
        return True
    if listing.state in (ListingState.GONE, ListingState.NEEDS_YOU):
        return True
    return listing.remote_fingerprint != project.fingerprint(product)


def _take_one(
    work: Work,
    terms: apply.Terms,
    tally: Tally,
    listing: Listing,
    pair: project.Pair | None,
    product: ChannelProduct,
) -> None:
    if product.is_deleted:
        mark_gone(work, listing)
        tally.changed += 1
    elif pair is None:
        refresh(work, listing, product)
        tally.changed += 1
    else:
        meeting = apply.meet(work, terms, pair, product)
        tally.conflicts += meeting.conflicts
        tally.changed += 1 if meeting.pulled else 0
        if meeting.pushes and not pair.is_excluded:
            tasks.request_pushes(work, [(listing.id, terms.connection.id)])


def mark_gone(work: Work, listing: Listing) -> None:
    """Note that the channel no longer has a listing; nothing of ours is touched."""
    if listing.state in (ListingState.GONE, ListingState.IGNORED):
        return
    if listing.product_id is None:
        work.session.delete(listing)
        return
    listing.state = ListingState.GONE
    listing.error = "This product no longer exists in the shop. List it again, or unmap it."
    work.touch(f"listing-{listing.id}", f"product-{listing.product_id}")


def refresh(work: Work, listing: Listing, product: ChannelProduct) -> None:
    """Keep the newest answer of the channel for an item that is not paired."""
    listing.title = str(product.values.get("title") or "")[:255]
    listing.first_sku = _first_sku(product)
    listing.remote, listing.url = project.snapshot(product), product.url
    listing.remote_fingerprint = project.fingerprint(product)
    listing.remote_modified_at, listing.is_writable = product.modified_at, product.is_writable
    apply.write_snapshot(work, listing.id, product)
    _write_offers(work, {product.external_id: listing.id}, [product])
    work.touch(f"listing-{listing.id}")


def _first_sku(product: ChannelProduct) -> str | None:
    found = (str(each.values["sku"]) for each in product.variants if each.values.get("sku"))
    return next(found, None)


def _add_listings(work: Work, connection: Connection, products: Sequence[ChannelProduct]) -> None:
    """Give new items of the channel their listings; an item of another unit stays as it is."""
    if not products:
        return
    rows = [_listing_row(work, connection, each) for each in products]
    added = work.session.execute(
        insert(Listing)
        .on_conflict_do_nothing(
            index_elements=[Listing.connection_id, Listing.external_id],
            index_where=Listing.external_id.is_not(None),
        )
        .returning(Listing.external_id, Listing.id),
        rows,
    )
    ids = {external_id: key for external_id, key in added if external_id}
    mine = [each for each in products if each.external_id in ids]
    for each in mine:
        apply.write_snapshot(work, ids[each.external_id], each)
    _write_offers(work, ids, mine)
    work.touch("listings", f"connection-{connection.id}")


def _listing_row(work: Work, connection: Connection, product: ChannelProduct) -> dict[str, Any]:
    return {
        "id": db.new_id(),
        "created_at": work.now,
        "organization_id": work.organization_id,
        "connection_id": connection.id,
        "external_id": product.external_id,
        "state": ListingState.UNMAPPED,
        "kind": product.kind,
        "is_writable": product.is_writable,
        "title": str(product.values.get("title") or "")[:255],
        "first_sku": _first_sku(product),
        "url": product.url,
        "remote": project.snapshot(product),
        "remote_fingerprint": project.fingerprint(product),
        "remote_modified_at": product.modified_at,
        "last_seen_at": work.now,
        "version": 1,
        "overrides": {},
        "error_count": 0,
    }


def _write_offers(
    work: Work, listing_ids: dict[str, UUID], products: Sequence[ChannelProduct]
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": db.new_id(),
            "created_at": work.now,
            "organization_id": work.organization_id,
            "listing_id": listing_ids[product.external_id],
            "external_id": variant.external_id,
            "external_sku": variant.values.get("sku"),
            "overrides": {},
        }
        for product in products
        for variant in product.variants
    ]
    if rows:
        asked = insert(Offer)
        work.session.execute(
            asked.on_conflict_do_update(
                index_elements=[Offer.listing_id, Offer.external_id],
                set_={"external_sku": asked.excluded.external_sku},
            ),
            rows,
        )


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
        claimed = tasks.claim(work, opened.id, Direction.PULL, worker=worker, most=100)
        order = tasks.read_order(work)
    if not claimed:
        return False
    faults.point("pull.claimed")
    try:
        products = opened.adapter.read_products([task.subject for task in claimed])
    except AdapterError as error:
        _put_all_back(actor, claimed, error, worker)
        raise
    faults.point("pull.answered")
    with unit_of_work(actor) as work:
        terms = apply.Terms(opened.row, opened.adapter.capabilities, opened.run_id, order=order)
        tally = take_in(work, terms, products)
        tasks.finish(work, [task.id for task in claimed], worker=worker)
        _note_pull(work, opened.id)
        _count_runs(work, claimed, tally)
    faults.point("pull.recorded")
    adopt.adopt_new(actor, opened.id)
    return True


def _count_runs(work: Work, claimed: Sequence[SyncTask], tally: Tally) -> None:
    for run_id in {task.run_id for task in claimed if task.run_id}:
        mine = sum(1 for task in claimed if task.run_id == run_id)
        runs.count(
            work, run_id, done=mine, changed=min(mine, tally.changed), conflicts=tally.conflicts
        )
        runs.close_if_empty(work, run_id)


def _put_all_back(
    actor: Actor, claimed: Sequence[SyncTask], error: AdapterError, worker: str
) -> None:
    with unit_of_work(actor) as work:
        for task in claimed:
            tasks.put_back(
                work,
                task,
                error.sentence,
                worker=worker,
                is_retryable=isinstance(error, Retryable | Unknown),
                retry_after=error.retry_after if isinstance(error, Retryable) else None,
            )


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
        ):
            is_done = False
            while not is_done and clock() < until:
                is_done = _read_page(actor, opened, run)
                opened.save_exchanges(actor)
            if is_done:
                _finish_run(actor, opened, run)
    except (NotOpen, AdapterError) as error:
        return _interrupt(actor, run, error)
    if not is_done:
        with unit_of_work(actor) as work:
            runs.leave(work, run.id)
    return not is_done


def _interrupt(actor: Actor, run: SyncRun, error: NotOpen | AdapterError) -> bool:
    """A run survives what passes; what needs a person ends it with the sentence."""
    with unit_of_work(actor) as work:
        if isinstance(error, NeedsReauth) or (
            isinstance(error, AdapterError) and not isinstance(error, Retryable | Unknown)
        ):
            runs.close_run(work, run.id, error=error.sentence)
        else:
            runs.leave(work, run.id)
    return False


def _read_page(actor: Actor, opened: OpenConnection, run: SyncRun) -> bool:
    """Read one page into one unit; True: that was the last one."""
    cursor = _cursor_of(actor, run)
    with unit_of_work(actor) as work:
        order = tasks.read_order(work)
    page = opened.adapter.pull_products(cursor)
    faults.point("read.answered")
    with unit_of_work(actor) as work:
        following = _packed(page.next) if page.next else None
        if not runs.step(work, run, following):
            return True
        terms = apply.Terms(opened.row, opened.adapter.capabilities, run.id, order=order)
        tally = take_in(work, terms, page.items)
        runs.count(work, run.id, **tally.totals())
        _note_total(work, run, page, tally)
        _note_pull(work, opened.id)
    run.cursor = following
    faults.point("read.recorded")
    return page.next is None


def _note_total(work: Work, run: SyncRun, page: Page[ChannelProduct], tally: Tally) -> None:
    watermark = {"watermark": _packed(page.watermark)} if page.watermark else {}
    values: dict[str, Any] = {"drifted": SyncRun.drifted + tally.drifted}
    if page.total is not None:
        values["total"] = page.total
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
        return Cursor("full")
    with db.reading(actor) as session:
        kept = session.get(ReadCursor, (run.connection_id, CHANGES))
    return Cursor("changes", kept.state) if kept else Cursor("full")


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
            _note_drift(work, run)
        _note_pull(work, opened.id)
        runs.close_run(work, run.id, error=error)


def _note_drift(work: Work, run: SyncRun) -> None:
    row = runs.get_run(work, run.id)
    work.session.refresh(row)
    work.session.execute(
        update(Connection)
        .where(Connection.id == run.connection_id)
        .values(drift_listings=row.drifted, drift_checked=row.done, last_reconciled_at=work.now)
        .execution_options(synchronize_session=False)
    )


def _confirm_missing(actor: Actor, opened: OpenConnection, run: SyncRun) -> str | None:
    """Ask for each listing a full read did not show; a partial answer deletes nothing."""
    with db.reading(actor) as session:
        rows = session.execute(
            select(Listing.id, Listing.external_id).where(
                Listing.connection_id == opened.id,
                Listing.external_id.is_not(None),
                Listing.state.not_in((ListingState.GONE, ListingState.IGNORED)),
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
        products = opened.adapter.read_products(some)
        terms = apply.Terms(opened.row, opened.adapter.capabilities, run.id, order=order)
        with unit_of_work(actor) as work:
            take_in(work, terms, products)
    return None


def is_reading(work: Work, connection_id: UUID) -> bool:
    """Tell whether a read of this connection is under way."""
    found = select(SyncRun.id).where(
        SyncRun.connection_id == connection_id,
        SyncRun.kind.not_in((RunKind.PUSH, RunKind.MANUAL)),
        SyncRun.state.in_((RunState.WAITING, RunState.RUNNING)),
    )
    return work.session.scalar(select(found.exists())) or False
