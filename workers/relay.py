"""The outbox relay: facts that were committed reach their subscribers, and ring their bells.

A batch is claimed for a while, told, and marked sent only then: a crash in between, a lost Redis or
a failing subscriber means that the facts are told again. So subscribers are idempotent, and they
are short: they write rows (tasks, schedules, mails), never call a channel. Facts of one kind and
organization that wait together are told together.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, func, or_, select, true, update

from app.core.actor import SYSTEM, Actor, job_actor
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from workers import jobs, queues
from workers.subscriptions import SUBSCRIBERS, SUBSCRIPTIONS

log = logging.getLogger(__name__)

BATCH: Final = 1000
_CLAIM: Final = timedelta(seconds=30)
_TRIES_TOGETHER: Final = 3
_LONGEST_WAIT: Final = timedelta(minutes=10)

Payload = Mapping[str, Any]
# Facts that need no subscriber's thought: they ring for the subject they name. A bell that is lost
# is rung again by the scheduler, which looks for the rows these facts are about.
BELLS: Final[Mapping[str, tuple[Callable[[Payload], queues.Job], str]]] = {
    "PushRequested": (
        lambda fact: jobs.PUSH_URGENT if fact["is_urgent"] else jobs.PUSH,
        "connection_id",
    ),
    "PullRequested": (lambda _: jobs.PULL, "connection_id"),
    "OrdersRequested": (lambda _: jobs.ORDERS, "connection_id"),
    "TellRequested": (lambda _: jobs.TELL, "connection_id"),
    "RunRequested": (lambda _: jobs.RUN, "run_id"),
    "MailRequested": (lambda _: jobs.MAIL, "mail_id"),
    "ImportRequested": (lambda _: jobs.IMPORT, "import_id"),
    "BulkEditRequested": (lambda _: jobs.BULK, "bulk_edit_id"),
}
ORGANIZATION_BELLS: Final[Mapping[str, queues.Job]] = {"MediaAdded": jobs.MEDIA}


def relay() -> int:
    """Tell what waits in the outbox; returns how many facts were claimed."""
    return _tell_all(true())


def deliver_here(actor: Actor) -> bool:
    """Tell only the facts of one organization, in this process; False: there were none."""
    return _tell_all(OutboxMessage.organization_id == actor.organization_id) > 0


def _tell_all(which: ColumnElement[bool]) -> int:
    rows = _claim(which)
    in_groups = sorted(rows, key=lambda row: (str(row.organization_id), row.name, row.id))
    for (organization_id, name), group in groupby(
        in_groups, key=lambda row: (row.organization_id, row.name)
    ):
        if told := _told(organization_id, name, list(group)):
            _mark_sent(told)
    return len(rows)


def _told(organization_id: UUID | None, name: str, rows: Sequence[OutboxMessage]) -> list[int]:
    """Tell facts together; after some vain tries one by one, so that a bad one stands alone."""
    if _tell(organization_id, name, [row.payload for row in rows]):
        return [row.id for row in rows]
    if len(rows) == 1 or max(row.attempts for row in rows) <= _TRIES_TOGETHER:
        return []
    return [row.id for row in rows if _tell(organization_id, name, [row.payload])]


def _claim(which: ColumnElement[bool]) -> Sequence[OutboxMessage]:
    with unit_of_work(SYSTEM) as work:
        due = (
            select(OutboxMessage.id)
            .where(
                OutboxMessage.sent_at.is_(None),
                or_(
                    OutboxMessage.claimed_until.is_(None),
                    OutboxMessage.claimed_until < work.now,
                ),
                which,
            )
            .order_by(OutboxMessage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        found = work.session.scalars(due).all()
        if not found:
            return ()
        wait = OutboxMessage.attempts * _CLAIM
        claimed = (
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(found))
            .values(
                claimed_until=work.now + func.least(_CLAIM + wait, _LONGEST_WAIT),
                attempts=OutboxMessage.attempts + 1,
            )
            .returning(OutboxMessage)
        )
        return work.session.scalars(claimed).all()


def _tell(organization_id: UUID | None, name: str, facts: Sequence[Payload]) -> bool:
    """Tell subscribers and ring bells; False: a subscriber failed, and is told again later."""
    whose = str(organization_id) if organization_id else None
    actor = job_actor(organization_id) if organization_id else SYSTEM
    heard = [_hears(each, actor, name, facts) for each in SUBSCRIPTIONS.get(name, ())]
    if not all(heard):
        return False
    try:
        _ring(whose, name, facts)
    except RedisError:
        log.warning("Bells could not be rung; the scheduler finds the work by itself.")
    return True


def _hears(subscriber: str, actor: Actor, name: str, facts: Sequence[Payload]) -> bool:
    """Tell one subscriber; what it fails at holds up none of the others."""
    try:
        SUBSCRIBERS[subscriber](actor, facts)
    except Exception:
        log.exception("%s failed at %s; all are told again.", subscriber, name)
        return False
    return True


def _ring(whose: str | None, name: str, facts: Sequence[Payload]) -> None:
    if name in BELLS:
        choose, subject = BELLS[name]
        for fact in facts:
            queues.ring(choose(fact), whose, fact[subject])
    if name in ORGANIZATION_BELLS and whose:
        queues.ring(ORGANIZATION_BELLS[name], whose, whose)


def _mark_sent(ids: Sequence[int]) -> None:
    with unit_of_work(SYSTEM) as work:
        work.session.execute(
            update(OutboxMessage).where(OutboxMessage.id.in_(ids)).values(sent_at=work.now)
        )
