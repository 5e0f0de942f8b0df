"""What channels are owed about orders: parcels, cancellations and refunds, told until it is heard.

A failure never blocks shipping: the parcel left, and the debt stays visible until it is paid. Every
word may be said twice, because adapters look for what they said before.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from app.adapters.errors import AdapterError, Retryable, Unknown
from app.adapters.orders import (
    CancelDraft,
    OrderAct,
    OrderChannel,
    RefundDraft,
    ShipmentDraft,
    UnshipDraft,
)
from app.adapters.types import Applied, Outcome, Problem, Rejected, Unanswered
from app.connections.errors import NotOpen
from app.connections.wire import OpenConnection, open_connection, refuse_if_outdated
from app.core import faults
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.orders import service as orders
from app.orders.service.telling import Draft, Owed
from app.sync import debts, failing, rules, tasks
from app.sync.models import Direction, SyncTask

BATCH: Final = 20
SOON: Final = 3.0  # seconds
_LATER: Final = "The shop is to hear of a cancelled parcel of this order first."
_ACTS: Final = {
    "ship": OrderAct.SHIP,
    "unship": OrderAct.UNSHIP,
    "cancel": OrderAct.CANCEL,
    "refund": OrderAct.REFUND,
}


def channel_owed(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Queue what channels are owed."""
    with unit_of_work(actor) as work:
        for fact in facts:
            subject = f"{fact['kind']}:{fact['subject_id']}"
            tasks.request_tells(work, UUID(fact["connection_id"]), [subject])


def tell_slice(
    actor: Actor,
    connection_id: UUID,
    *,
    worker: str,
    seconds: float = rules.SLICE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Tell a channel what it is owed; True: there is more, ring again."""
    until = clock() + seconds
    try:
        with tasks.kept_alive(actor, worker), open_connection(actor, connection_id) as opened:
            while clock() < until:
                if not _tell_batch(actor, opened, worker):
                    return False
                opened.save_exchanges(actor)
    except (NotOpen, AdapterError):
        return False
    return True


def _tell_batch(actor: Actor, opened: OpenConnection, worker: str) -> bool:
    with unit_of_work(actor) as work:
        refuse_if_outdated(work, opened)
        claimed = tasks.claim(work, opened.id, Direction.TELL, worker=worker, most=BATCH)
        later = [task for task in claimed if orders.must_wait(work, Owed.read(task.subject))]
        drafts = _drafts(work, [task for task in claimed if task not in later], worker)
    if not claimed:
        return False
    opened.hurry(is_urgent=True)
    faults.point("tell.claimed")
    for task, draft in drafts:
        _tell(actor, opened, task, draft, worker)
    for task in later:
        for draft in _in_turn(actor, task, worker):
            _tell(actor, opened, task, draft, worker)
    return True


def _drafts(work: Work, claimed: Sequence[SyncTask], worker: str) -> list[tuple[SyncTask, Draft]]:
    """Return what is to be said; of what is said already the task is done."""
    drafts = [(task, orders.draft_of(work, Owed.read(task.subject))) for task in claimed]
    tasks.finish(work, [task.id for task, draft in drafts if draft is None], worker=worker)
    return [(task, draft) for task, draft in drafts if draft is not None]


def _in_turn(actor: Actor, task: SyncTask, worker: str) -> list[Draft]:
    """Return what is to be said once the channel heard what goes before it; else let it wait."""
    with unit_of_work(actor) as work:
        if orders.must_wait(work, Owed.read(task.subject)):
            tasks.put_back(work, task, _LATER, worker=worker, is_retryable=True, retry_after=SOON)
            return []
        return [draft for _, draft in _drafts(work, [task], worker)]


def _tell(actor: Actor, opened: OpenConnection, task: SyncTask, draft: Draft, worker: str) -> None:
    """Say one thing; what fails as a call waits, and whatever follows on this channel with it."""
    owed = Owed.read(task.subject)
    try:
        outcome = _said(opened, owed, draft)
    except AdapterError as error:
        failing.put_back(actor, [task], error, worker)
        if isinstance(error, Retryable | Unknown):
            return
        raise
    faults.point("tell.answered")
    with unit_of_work(actor) as work:
        orders.note_answer(work, owed, outcome, draft)
        _close(work, task, outcome, worker)
        if isinstance(outcome, Applied | Rejected):
            debts.look_again(work, opened.id, owed)
    faults.point("tell.recorded")


def _said(opened: OpenConnection, owed: Owed, draft: Draft) -> Outcome:
    if _ACTS[owed.kind] not in opened.adapter.capabilities.orders:
        sentence = "This channel takes no such news from us. Do it in the channel itself."
        return Rejected(draft.key, (Problem(sentence, code="not_offered"),))
    channel = cast("OrderChannel", opened.adapter)
    if isinstance(draft, ShipmentDraft):
        return channel.ship_orders([draft])[0]
    if isinstance(draft, UnshipDraft):
        return channel.unship_orders([draft])[0]
    if isinstance(draft, CancelDraft):
        return channel.cancel_orders([draft])[0]
    assert isinstance(draft, RefundDraft)  # noqa: S101 (the last of four)
    return channel.refund_orders([draft])[0]


def _close(work: Work, task: SyncTask, outcome: Outcome, worker: str) -> None:
    if isinstance(outcome, Applied):
        tasks.finish(work, [task.id], worker=worker)
        return
    if isinstance(outcome, Rejected):
        sentence = outcome.problems[0].sentence if outcome.problems else "The channel refused it."
        tasks.put_back(work, task, sentence, worker=worker, is_retryable=False)
        work.touch("parked")
        return
    sentence = outcome.sentence if isinstance(outcome, Unanswered) else "The channel answers later."
    tasks.put_back(work, task, sentence, worker=worker, is_retryable=True)
