"""Changes on their way out: claim → read theirs → plan → record as sent → send → record outcome.

A crash between any two steps is harmless. Before `sent` nothing left; after it the task's lease
runs out, the next worker reads what the channel has now and plans again: what arrived is agreed on,
what did not is sent. Creating looks for our key and SKU first, so no step makes a second listing.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.adapters.errors import (
    OWN_LIMIT,
    AdapterError,
    NeedsPerson,
    Retryable,
    Throttled,
    Unknown,
)
from app.adapters.types import ChannelProduct, Problem
from app.catalog import addresses
from app.catalog.models import Media, MediaState
from app.connections.errors import NotOpen
from app.connections.models import Connection
from app.connections.wire import open_connection, refuse_if_outdated
from app.core import faults
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.listings.models import Listing, ListingState
from app.sync import (
    apply,
    drafting,
    followups,
    gone,
    outcomes,
    pens,
    project,
    reading,
    ready,
    records,
    rules,
    runs,
    sent_counts,
    tasks,
)
from app.sync.desk import Book, Desk, Errand, close, settle
from app.sync.models import Direction, Haste, RunKind, RunState, SyncTask
from app.sync.pens import Pen
from app.sync.planner import Intent, ListingPlan
from app.sync.project import Pair
from app.sync.rules import is_suspect
from app.sync.sieve import AlikeForAll, Sieve, with_suspects_last


def push_slice(
    actor: Actor,
    connection_id: UUID,
    *,
    worker: str,
    seconds: float = rules.SLICE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Send what waits for a connection for some seconds; True: there is more, ring again."""
    with unit_of_work(actor) as work:
        pen = pens.take(work, connection_id, worker=worker)
    if pen is None:
        return False
    until = clock() + seconds
    try:
        with tasks.kept_alive(actor, worker), open_connection(actor, connection_id) as opened:
            desk = Desk(
                actor, opened, worker, records.Flood(opened.row), pen, lambda: clock() >= until
            )
            while not desk.is_over():
                if not _push_batch(desk):
                    break
                opened.save_exchanges(actor)
    except (NotOpen, AdapterError):
        return False
    finally:
        with unit_of_work(actor) as work:
            runs.close_emptied(work, connection_id)
            pens.lay_down(work, connection_id, pen, worker=worker)
            has_more = pens.is_left(work, connection_id)
    return has_more


def _push_batch(desk: Desk) -> bool:
    """Send one batch; False: nothing was due, or this worker may no longer write."""
    most = desk.opened.adapter.capabilities.batch_size
    with unit_of_work(desk.actor) as work:
        if not pens.keep(work, desk.opened.id, desk.pen, worker=desk.worker):
            return False
        refuse_if_outdated(work, desk.opened)
        claimed = _claim(work, desk, most)
        external_ids = _external_ids(work, claimed)
        desk.opened.row.settings = _rules_now(work, desk.opened.id)
        desk.order = tasks.read_order(work)
    if not claimed:
        return False
    faults.point("push.claimed")
    try:
        batch = list(claimed)
        theirs = _read_theirs(desk, batch, external_ids)
        if theirs is None:
            with unit_of_work(desk.actor) as work:
                tasks.release(work, claimed, worker=desk.worker)
            return False
        errands = _prepare(desk, batch, theirs)
        sieve = Sieve(partial(_send, desk), lambda errand, error: _refuse(desk, errand, error))
        for some in with_suspects_last(errands, lambda each: is_suspect(each.task.error_key)):
            sieve.put(some)
    except AdapterError as error:
        _give_back(desk, claimed, error)
        raise
    except AlikeForAll as stop:
        _give_back(desk, claimed, Retryable(str(stop)))
        return False
    return True


def _rules_now(work: Work, connection_id: UUID) -> dict[str, Any]:
    """Read the rules after the claim: whoever changed them and then asked for a push is heard."""
    found = select(Connection.settings).where(Connection.id == connection_id)
    return work.session.scalars(found).one()


def _claim(work: Work, desk: Desk, most: int) -> Sequence[SyncTask]:
    """Take what is due; urgent work travels alone, so that only it draws on its kept share."""
    haste = tasks.hastiest(work, desk.opened.id, Direction.PUSH)
    if haste is None or (haste < Haste.URGENT and desk.pen is Pen.URGENT):
        return ()
    is_urgent = haste >= Haste.URGENT
    desk.opened.hurry(is_urgent=is_urgent)
    return tasks.claim(
        work,
        desk.opened.id,
        Direction.PUSH,
        worker=desk.worker,
        most=most,
        least=haste if is_urgent else Haste.MASS,
    )


def _external_ids(work: Work, claimed: Sequence[SyncTask]) -> dict[UUID, str]:
    """Return listing id → their id, of the listings the shop has."""
    found = work.session.execute(
        select(Listing.id, Listing.external_id).where(
            Listing.id.in_([task.listing_id for task in claimed]), Listing.external_id.is_not(None)
        )
    )
    return {listing_id: key for listing_id, key in found if key}


def _read_theirs(
    desk: Desk, batch: list[SyncTask], external_ids: Mapping[UUID, str]
) -> dict[str, ChannelProduct] | None:
    """Read what the shop has of a batch; a task whose item cannot be read leaves the batch.

    None: reading has to wait for its turn, and somebody else is to have this worker meanwhile.
    """
    theirs: dict[str, ChannelProduct] = {}

    def read(some: Sequence[SyncTask]) -> None:
        keys = [external_ids[task.listing_id] for task in some if task.listing_id]
        theirs.update({each.external_id: each for each in desk.opened.adapter.read_products(keys)})

    def refuse(task: SyncTask, error: AdapterError) -> None:
        batch.remove(task)
        _give_back(desk, [task], error)

    sieve = Sieve(read, refuse)
    known = [task for task in batch if task.listing_id in external_ids]
    try:
        with desk.opened.giving_way(desk.is_over):
            for some in with_suspects_last(known, lambda task: is_suspect(task.error_key)):
                sieve.put(some)
    except Throttled as error:
        if error.code != OWN_LIMIT or not desk.is_over():
            raise
        return None
    return theirs


def _prepare(
    desk: Desk, claimed: Sequence[SyncTask], theirs: dict[str, ChannelProduct]
) -> list[Errand]:
    """Plan every claimed listing and write down what is about to leave, in one unit."""
    with unit_of_work(desk.actor) as work:
        listings = _locked(work, claimed)
        pairs = apply.locked_pairs(work, desk.opened.row, list(listings.values()))
        errands: list[Errand] = []
        idle: list[SyncTask] = []
        desk.quiet, desk.book = records.quiet(work, list(listings)), Book()
        for task in claimed:
            pair = pairs.get(task.listing_id) if task.listing_id else None
            product = theirs.get(pair.listing.external_id or "") if pair else None
            if pair is not None and product is not None and not product.is_deleted:
                side = project.their_side(pair, product)
                if doubted := sent_counts.doubts(work, desk.terms, pair, side):
                    del pairs[pair.listing.id]
                    lowered = sent_counts.lowered(pair, side, doubted)
                    if lowered:
                        errands.append(_in_doubt(task, pair, product, lowered))
                    else:
                        idle.append(task)
                    continue
                pair = sent_counts.settled(work, desk.terms, pair, side)
            errand = _errand(work, desk, task, pair, theirs) if pair else None
            if errand is None:
                idle.append(task)
            else:
                errands.append(errand)
        followups.settle_lost(work, {each.pair.listing.id: each.intents for each in errands}, pairs)
        leaving = [(each.pair, each.intents) for each in errands if not each.is_in_doubt]
        sent_counts.write_down(work, list(pairs), leaving)
        _assign_run(work, desk, errands)
        errands = _written_down(work, desk, errands)
        close(desk, idle, unchanged=len(idle))
        settle(work, desk)
    faults.point("push.sent")
    return errands


def _locked(work: Work, claimed: Sequence[SyncTask]) -> dict[UUID, Listing]:
    ids = [task.listing_id for task in claimed if task.listing_id]
    found = work.session.scalars(
        select(Listing).where(Listing.id.in_(ids)).order_by(Listing.id).with_for_update()
    )
    return {row.id: row for row in found}


def _in_doubt(
    task: SyncTask, pair: Pair, product: ChannelProduct, lowered: tuple[Intent, ...]
) -> Errand:
    """Lower counts before it is known what became of the last ones; nothing else travels."""
    draft = drafting.change(pair, ListingPlan(intents=lowered))
    return Errand(task, pair, replace(draft, seen=product), lowered, (), is_in_doubt=True)


def _errand(
    work: Work,
    desk: Desk,
    task: SyncTask,
    pair: Pair,
    theirs: dict[str, ChannelProduct],
) -> Errand | None:
    """Plan one listing; None: there is nothing to send for it."""
    listing = pair.listing
    terms = replace(desk.terms, run_id=task.run_id, task_id=task.id, is_forced=task.is_forced)
    if pair.is_excluded or not listing.is_writable:
        outcomes.set_state(work, listing, ListingState.PAUSED)
        return None
    if listing.external_id is None:
        gap = ready.obstacle(desk.opened.row, pair)
        if gap is not None:
            outcomes.refuse_unready(work, listing, gap)
            return None
        return _creation(desk, task, pair)
    product = theirs.get(listing.external_id)
    if listing.read_order > desk.order:  # a newer answer was taken in while ours was on its way
        tasks.request_pushes(work, [(listing.id, desk.opened.id)], run_id=task.run_id)
        return None
    if product is None or product.is_deleted:
        gone.mark_gone(work, desk.terms, listing)
        return None
    meeting = apply.meet(work, terms, pair, product)
    if not meeting.pushes:
        return None
    outcomes.set_state(work, listing, ListingState.RUNNING)
    plan = meeting.plan.only(lambda each: each in meeting.pushes)
    draft = replace(drafting.change(meeting.pair, plan), seen=product)
    refusal = listing.error if meeting.is_refused else None
    return Errand(task, meeting.pair, draft, meeting.pushes, (), refusal=refusal)


def _creation(desk: Desk, task: SyncTask, pair: Pair) -> Errand:
    draft, plan = drafting.creation(pair, desk.opened.adapter.capabilities)
    return Errand(task, pair, draft, plan.pushes, ())


def _written_down(work: Work, desk: Desk, errands: Sequence[Errand]) -> list[Errand]:
    """Record the changes of errands as sent, and give their drafts pictures and SKUs."""
    leaving = [
        (
            replace(desk.terms, run_id=errand.task.run_id, task_id=errand.task.id),
            errand.pair,
            errand.intents,
        )
        for errand in errands
    ]
    ids = records.log_sent(work, leaving)
    fresh = [key for each in errands for key in drafting.fresh_pictures(each.pair, each.draft)]
    sources = _picture_addresses(work, fresh)
    return [
        replace(
            errand,
            draft=replace(
                drafting.supplied(errand.pair, errand.draft, sources), errand=str(errand.task.id)
            ),
            change_ids=change_ids,
        )
        for errand, change_ids in zip(errands, ids, strict=True)
    ]


def _picture_addresses(work: Work, keys: Sequence[str]) -> dict[str, str]:
    """Return where the channel may fetch pictures: from us, or from where we know them."""
    known: dict[str, str] = {}
    if not keys:
        return known
    found = work.session.scalars(select(Media).where(Media.id.in_([UUID(key) for key in keys])))
    for row in found:
        if row.state == MediaState.READY:
            known[str(row.id)] = addresses.public_url(
                work.organization_id, row.id, row.content_type
            )
        elif row.source_url:
            known[str(row.id)] = row.source_url
    return known


def _assign_run(work: Work, desk: Desk, errands: Sequence[Errand]) -> None:
    """Give errands without a run one of this slice, opened only when something really leaves."""
    loose = [each for each in errands if each.task.run_id is None]
    if not loose:
        return
    if desk.run_id is None:
        cause = loose[0].pair.listing.title or "Changes made here"
        run = runs.open_run(
            work, desk.opened.id, RunKind.PUSH, cause=cause, total=0, state=RunState.RUNNING
        )
        desk.run_id = desk.opened.run_id = run.id
    runs.count(work, desk.run_id, total=len(loose))
    ids = [each.task.id for each in loose]
    work.session.execute(
        update(SyncTask)
        .where(SyncTask.id.in_(ids))
        .values(run_id=desk.run_id)
        .execution_options(synchronize_session="fetch")
    )
    for each in loose:
        each.task.run_id = desk.run_id


def _send(desk: Desk, errands: Sequence[Errand]) -> None:
    if not errands:
        return
    answers = reading.push_each(desk.opened.adapter, [each.draft for each in errands])
    faults.point("push.answered")
    with unit_of_work(desk.actor) as work:
        outcomes.record_all(work, desk, errands, answers)
    faults.point("push.recorded")


def _refuse(desk: Desk, errand: Errand, error: AdapterError) -> None:
    """Note that one listing alone makes the whole call fail."""
    with unit_of_work(desk.actor) as work:
        problem = Problem(error.sentence, code=error.code)
        outcomes.settle_changes(work, desk, errand, (problem,))
    _give_back(desk, [errand.task], error)


def _give_back(desk: Desk, claimed: Sequence[SyncTask], error: AdapterError) -> None:
    """Let a batch wait after a call failed as a whole; what may have arrived is read back then."""
    with unit_of_work(desk.actor) as work:
        is_retryable = isinstance(error, Retryable | Unknown | NeedsPerson)
        retry_after = error.retry_after if isinstance(error, Retryable) else None
        for task in tasks.still_mine(work, claimed, worker=desk.worker):
            is_parked = tasks.put_back(
                work,
                task,
                error.sentence,
                worker=desk.worker,
                is_retryable=is_retryable,
                retry_after=retry_after,
            )
            state = ListingState.FAILED if is_parked else ListingState.WAITING
            work.session.execute(
                update(Listing)
                .where(Listing.id == task.listing_id)
                .values(
                    state=state,
                    error=error.sentence,
                    error_field=None,
                    error_code=error.code,
                    error_count=Listing.error_count + 1,
                )
            )
            work.touch(f"listing-{task.listing_id}")
            if is_parked:
                work.touch("parked")
            if is_parked and task.run_id:
                runs.count(work, task.run_id, done=1, failed=1)
                runs.close_if_empty(work, task.run_id)
