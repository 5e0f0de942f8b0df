"""The breaker of a connection: closed, open after failures in a row, one probe, closed again.

While it is open nobody calls the shop. When its time is over, one worker claims the probe by a
conditional update and makes one call; the outcome closes the breaker or keeps it open for longer.
An outage and its end are told by facts (`telling`), a long one again, louder.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, update

from app.connections import rules
from app.connections.events import ConnectionCameBack, ConnectionStateChanged, ConnectionWentDown
from app.connections.models import Connection, ConnectionState
from app.core.db import affected
from app.core.work import Work
from app.notices import service as notices
from app.notices.models import Severity

PROBE_LIFE: Final = timedelta(minutes=2)  # a dead prober's claim ends by itself


def note(work: Work, connection_id: UUID, outcome: rules.CallOutcome | None) -> None:
    """Write what a use of the connection showed: healthy again, resting, or needing a person."""
    if outcome is None:
        return
    row = work.session.get_one(Connection, connection_id, with_for_update=True)
    before, failures = row.state, row.failures
    if outcome.is_ok:
        _close(row)
    else:
        _count(work, row, outcome)
    work.touch(f"connection-{connection_id}", "connections")
    if failures < rules.DOWN_FAILURES <= row.failures and not outcome.needs_person:
        work.emit(ConnectionWentDown(connection_id, outcome.sentence or ""))
    elif outcome.is_ok and failures >= rules.DOWN_FAILURES:
        work.emit(ConnectionCameBack(connection_id))
    if row.state != before:
        work.emit(ConnectionStateChanged(connection_id, before, row.state, row.error))


def _close(row: Connection) -> None:
    row.failures, row.blocked_until, row.error, row.error_at = 0, None, None, None
    row.opened_at, row.probe_until, row.told = None, None, 0
    if row.state == ConnectionState.ERROR:
        row.state = ConnectionState.ACTIVE


def _count(work: Work, row: Connection, outcome: rules.CallOutcome) -> None:
    row.failures += 1 if outcome.is_outage or outcome.needs_person else 0
    row.error, row.error_at, row.probe_until = outcome.sentence, work.now, None
    row.blocked_until = rules.blocked_until(row.failures, outcome, now=work.now)
    if rules.opens_breaker(row.failures, outcome):
        row.opened_at = row.opened_at or work.now
    if outcome.needs_person and row.state == ConnectionState.ACTIVE:
        row.state = ConnectionState.ERROR
    _escalate(work, row)


def _escalate(work: Work, row: Connection) -> None:
    if row.opened_at is None:
        return
    due = rules.escalation(row.opened_at, row.told, now=work.now)
    if due == row.told:
        return
    row.told = due
    minutes = int((work.now - row.opened_at).total_seconds() // 60)
    _tell(
        work,
        row,
        f"{row.name} has not answered for {_long(minutes)}",
        f"{row.error or ''} Nothing is lost: what waits is sent when the shop answers.".strip(),
        Severity.ERROR,
    )


def _long(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours = minutes // 60
    return f"{hours} hour{'' if hours == 1 else 's'}"


def _tell(work: Work, row: Connection, title: str, body: str, severity: Severity) -> None:
    notices.notify(work, "connection", title, body, f"/connections/{row.id}", severity=severity)


def claim_probe(work: Work, connection_id: UUID) -> bool:
    """Become the only one who asks whether the shop answers again; False: somebody else is."""
    claimed = affected(
        work.session,
        update(Connection)
        .where(
            Connection.id == connection_id,
            Connection.opened_at.is_not(None),
            or_(Connection.blocked_until.is_(None), Connection.blocked_until <= work.now),
            or_(Connection.probe_until.is_(None), Connection.probe_until < work.now),
        )
        .values(probe_until=work.now + PROBE_LIFE),
    )
    return claimed == 1


def hurry(work: Work, row: Connection) -> bool:
    """Let a resting connection be tried at once; returns whether its breaker is open."""
    row.blocked_until, row.probe_until = None, None
    work.touch(f"connection-{row.id}", "connections")
    return row.opened_at is not None
