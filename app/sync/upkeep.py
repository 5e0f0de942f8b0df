"""What of a connection's past is forgotten: recorded calls, finished webhooks, closed tasks.

Runs, changes and conflicts are the merchant's and stay.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, select

from app.connections.models import ApiUse, ConnectionRequest, ExchangeLog
from app.core.actor import Actor
from app.core.db import affected
from app.core.work import unit_of_work
from app.sync.models import DeliveryState, InboundDelivery, SyncTask, TaskState

BATCH: Final = 5_000  # rows per transaction: nobody waits long for a lock

_OLD: Final[tuple[tuple[type[Any], Callable[[datetime], ColumnElement[bool]]], ...]] = (
    (ExchangeLog, lambda before: ExchangeLog.created_at < before),
    (ConnectionRequest, lambda before: ConnectionRequest.expires_at < before),
    (
        InboundDelivery,
        lambda before: (
            (InboundDelivery.processed_at < before)
            & (InboundDelivery.state != DeliveryState.RECEIVED)
        ),
    ),
    (
        SyncTask,
        lambda before: (SyncTask.finished_at < before) & (SyncTask.state == TaskState.DONE),
    ),
)


def forget(actor: Actor, *, days: int, batch: int = BATCH) -> int:
    """Forget what is older than so many days, in small steps; returns how many rows went."""
    gone = _forget_figures(actor, days)
    for model, is_old in _OLD:
        step = batch
        while step == batch:
            with unit_of_work(actor) as work:
                before = work.now - timedelta(days=days)
                mine = model.organization_id == actor.organization
                some = select(model.id).where(mine, is_old(before)).limit(batch)
                step = affected(work.session, delete(model).where(model.id.in_(some)))
            gone += step
    return gone


def _forget_figures(actor: Actor, days: int) -> int:
    with unit_of_work(actor) as work:
        before = work.now - timedelta(days=days)
        old = (ApiUse.organization_id == actor.organization) & (ApiUse.hour < before)
        return affected(work.session, delete(ApiUse).where(old))
