"""How runs ended, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, cast, func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import first_id_of
from app.sync.models import RunState, SyncRun

DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class RunDay:
    """The runs that began on one day, by how they ended."""

    at: date
    done: int = 0
    partly: int = 0
    failed: int = 0


def begun_since(moment: datetime) -> ColumnElement[bool]:
    """Return the runs that began at a moment or later: their ids are in order of time."""
    return (SyncRun.id >= first_id_of(moment)) & (SyncRun.created_at >= moment)


def run_days(session: Session, zone: ZoneInfo) -> Sequence[RunDay]:
    """Return the last DAYS in a zone, the oldest first; none when no run ended in them."""
    first = clock.now().astimezone(zone).date() - timedelta(days=DAYS - 1)
    day = cast(func.timezone(zone.key, SyncRun.created_at), Date)
    wanted = (
        select(day, _ended(RunState.DONE), _ended(RunState.PARTIAL), _ended(RunState.FAILED))
        .where(begun_since(datetime.combine(first, time.min, zone)))
        .group_by(day)
    )
    rows = session.execute(wanted)
    found = {at: RunDay(at, done, partly, failed) for at, done, partly, failed in rows}
    if not any(each.done or each.partly or each.failed for each in found.values()):
        return ()
    dates = [first + timedelta(days=at) for at in range(DAYS)]
    return [found.get(at, RunDay(at)) for at in dates]


def _ended(state: RunState) -> ColumnElement[int]:
    return func.count().filter(SyncRun.state == state)
