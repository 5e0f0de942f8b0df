"""The outbox relay: facts that were committed become jobs and bells.

Rows are taken with SKIP LOCKED, handed to Redis, and marked sent in the same transaction; a crash
in between hands them over again under the same job id. Facts of one kind and organization that
wait together travel together, so ten thousand changed products are a few jobs.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select, update

from app.core.actor import SYSTEM, Actor
from app.core.outbox import OutboxMessage
from app.core.work import unit_of_work
from workers import jobs, queues
from workers.subscriptions import SUBSCRIBERS, SUBSCRIPTIONS

BATCH: Final = 1000
PER_JOB: Final = 500

Payload = Mapping[str, Any]
# Facts that need no subscriber's thought: they ring for the subject they name.
BELLS: Final[Mapping[str, tuple[Callable[[Payload], queues.Job], str]]] = {
    "PushRequested": (
        lambda fact: jobs.PUSH_URGENT if fact["is_urgent"] else jobs.PUSH,
        "connection_id",
    ),
    "PullRequested": (lambda _: jobs.PULL, "connection_id"),
    "RunRequested": (lambda _: jobs.RUN, "run_id"),
    "MailRequested": (lambda _: jobs.MAIL, "mail_id"),
    "ImportRequested": (lambda _: jobs.IMPORT, "import_id"),
    "BulkEditRequested": (lambda _: jobs.BULK, "bulk_edit_id"),
}
ORGANIZATION_BELLS: Final[Mapping[str, queues.Job]] = {"MediaAdded": jobs.MEDIA}


def relay() -> int:
    """Hand over what waits in the outbox; returns how many facts."""
    with unit_of_work(SYSTEM) as work:
        rows = work.session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.sent_at.is_(None))
            .order_by(OutboxMessage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        in_groups = sorted(rows, key=lambda row: (str(row.organization_id), row.name, row.id))
        for _, group in groupby(in_groups, key=lambda row: (row.organization_id, row.name)):
            _hand_over(list(group))
        work.session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_([row.id for row in rows]))
            .values(sent_at=work.now)
        )
    return len(rows)


def _hand_over(rows: Sequence[OutboxMessage]) -> None:
    name, organization_id = rows[0].name, rows[0].organization_id
    whose = str(organization_id) if organization_id else None
    for subscriber in SUBSCRIPTIONS.get(name, ()):
        for start in range(0, len(rows), PER_JOB):
            some = rows[start : start + PER_JOB]
            queues.enqueue(
                jobs.FACTS,
                whose,
                subscriber,
                [row.payload for row in some],
                job_id=f"{subscriber.replace('.', '-')}-{some[0].id}-{some[-1].id}",
            )
    if name in BELLS:
        choose, subject = BELLS[name]
        for row in rows:
            queues.ring(choose(row.payload), whose, row.payload[subject])
    if name in ORGANIZATION_BELLS and whose:
        queues.ring(ORGANIZATION_BELLS[name], whose, whose)


def deliver_here(actor: Actor) -> bool:
    """Let subscribers hear an organization's facts in this process; False: there were none."""
    with unit_of_work(actor) as work:
        rows = work.session.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.sent_at.is_(None),
                OutboxMessage.organization_id == actor.organization_id,
                OutboxMessage.name.in_(SUBSCRIPTIONS),
            )
            .order_by(OutboxMessage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        work.session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_([row.id for row in rows]))
            .values(sent_at=work.now)
        )
    for row in rows:
        for subscriber in SUBSCRIPTIONS[row.name]:
            SUBSCRIBERS[subscriber](actor, [row.payload])
    return bool(rows)
