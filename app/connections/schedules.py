"""When a connection is read, compared and checked: by interval or by cron fields, per kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.connections import rules
from app.connections.models import Connection, ConnectionState
from app.connections.service import get_connection
from app.core.actor import Actor
from app.core.cron import next_times, read_cron
from app.core.schedule import Schedule, next_due, zone_of
from app.core.work import Work, unit_of_work
from app.team.models import Organization

LABELS: Final[Mapping[str, str]] = {
    "poll": "Ask for changes",
    "reconcile": "Compare everything",
    "check": "Check keys and webhooks",
}
_SHOWN: Final = 3  # coming runs


def schedule(actor: Actor, facts: Sequence[Mapping[str, Any]]) -> None:
    """Put the regular tasks of connections into the periodic table, as their settings say."""
    with unit_of_work(actor) as work:
        for connection_id in sorted({UUID(fact["connection_id"]) for fact in facts}):
            _schedule_one(work, get_connection(work, connection_id))


def keep_hours(actor: Actor, _facts: Sequence[Mapping[str, Any]]) -> None:
    """Let cron fields count in the zone the organization has now; intervals go on as they are."""
    with unit_of_work(actor) as work:
        zone = _zone(work)
        for row in work.session.scalars(
            select(Schedule)
            .where(Schedule.organization_id == work.organization_id, Schedule.zone != zone)
            .order_by(Schedule.key)
            .with_for_update()
        ):
            row.zone = zone
            if row.cron:
                row.next_at = next_due(row.cron, zone, row.every, after=work.now)
            work.touch(f"connection-{row.subject_id}")


def _zone(work: Work) -> str:
    named = work.session.scalar(
        select(Organization.timezone).where(Organization.id == work.organization_id)
    )
    return named or "UTC"


def intervals(settings: Mapping[str, Any]) -> dict[str, timedelta]:
    """Return how often each task of a connection is due without cron fields."""
    return {
        "poll": timedelta(minutes=int(rules.setting(settings, "poll_minutes"))),
        "reconcile": timedelta(hours=int(rules.setting(settings, "reconcile_hours"))),
        "check": timedelta(hours=1),
        "stale": timedelta(hours=1),
    }


def cron_of(settings: Mapping[str, Any], task: str) -> str | None:
    """Return the cron fields a task follows; None: its interval."""
    name = f"{task}_cron"
    return (rules.setting(settings, name) or None) if name in rules.DEFAULT_SETTINGS else None


def _schedule_one(work: Work, row: Connection) -> None:
    if row.state == ConnectionState.DISCONNECTED:
        return
    zone = _zone(work)
    for task, every in intervals(row.settings).items():
        cron = cron_of(row.settings, task)
        planned = insert(Schedule).values(
            key=f"{task}:{row.id}",
            task=task,
            organization_id=row.organization_id,
            subject_id=row.id,
            every=every,
            cron=cron,
            zone=zone,
            next_at=next_due(cron, zone, every, after=work.now),
        )
        changed = {name: planned.excluded[name] for name in ("every", "cron", "zone", "next_at")}
        work.session.execute(
            planned.on_conflict_do_update(index_elements=[Schedule.key], set_=changed)
        )


@dataclass(frozen=True, slots=True)
class Coming:
    """One regular task of a connection and when it comes next."""

    label: str
    cron: str | None
    every: timedelta
    zone: str
    times: tuple[datetime, ...]


def coming(session: Session, organization_id: UUID, connection_id: UUID) -> list[Coming]:
    """Return the regular tasks a person may plan, with their next runs."""
    rows = session.scalars(
        select(Schedule).where(
            Schedule.organization_id == organization_id, Schedule.subject_id == connection_id
        )
    )
    known = {row.task: row for row in rows}
    return [
        Coming(label, row.cron, row.every, row.zone, tuple(islice(_times(row), _SHOWN)))
        for task, label in LABELS.items()
        if (row := known.get(task)) is not None
    ]


def _times(row: Schedule) -> Iterator[datetime]:
    if row.cron:
        just_before = row.next_at - timedelta(seconds=1)
        yield from next_times(read_cron(row.cron), just_before, zone_of(row.zone))
    at = row.next_at
    while True:
        yield at
        at += row.every
