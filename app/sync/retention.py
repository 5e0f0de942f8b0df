"""What an organization's sync log forgets, and after how long: calls, webhooks, finished tasks.

Calls and webhooks hold what shops say, which may be about buyers, so they go after a month. Runs,
changes and history stay: they are what people look back at.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, select, true

from app.connections.models import ExchangeLog
from app.core import clock
from app.core.actor import Actor
from app.core.db import affected, first_id_of
from app.core.work import Work, in_unit
from app.sync.models import DeliveryState, InboundDelivery, SyncTask, TaskState

BATCH: Final = 5_000
Log = type[ExchangeLog] | type[InboundDelivery] | type[SyncTask]
KEPT: Final[Mapping[Log, timedelta]] = {
    ExchangeLog: timedelta(days=30),
    InboundDelivery: timedelta(days=30),
    SyncTask: timedelta(days=7),
}
# What still waits for somebody is never too old.
_SETTLED: Final[Mapping[Log, ColumnElement[bool]]] = {
    ExchangeLog: true(),
    InboundDelivery: InboundDelivery.state != DeliveryState.RECEIVED,
    SyncTask: SyncTask.state == TaskState.DONE,
}


def forget_old(actor: Actor) -> int:
    """Delete what is too old, some thousand rows at a time; returns how many rows went."""
    gone = 0
    for log, age in KEPT.items():
        while count := _forget_some(actor, log, clock.now() - age):
            gone += count
    return gone


@in_unit
def _forget_some(work: Work, log: Log, before: datetime) -> int:
    old = (
        select(log.id)
        .where(
            log.organization_id == work.organization_id,
            log.id < first_id_of(before),
            _SETTLED[log],
        )
        .limit(BATCH)
    )
    return affected(work.session, delete(log).where(log.id.in_(old)))
