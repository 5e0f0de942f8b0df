"""Counts tries per account and address, and refuses when there were too many."""

import math
from datetime import datetime

from sqlalchemy import case, delete
from sqlalchemy.dialects.postgresql import insert

from app.core.actor import Actor
from app.core.errors import TooMany
from app.core.work import Work, in_unit
from app.team.models import AttemptCount
from app.team.rules import LIMITS, attempt_key


def take_attempts(actor: Actor, *attempts: tuple[str, ...]) -> None:
    """Count one try for each (kind, who, …); raises TooMany, and the try counts all the same."""
    if (until := _count(actor, attempts)) is not None:
        raise TooMany(retry_after=until)


@in_unit
def _count(work: Work, attempts: tuple[tuple[str, ...], ...]) -> int | None:
    waits = []
    for kind, *who in sorted(attempts):
        tries, ends_at = _add_one(work, kind, attempt_key(kind, *who))
        if tries > LIMITS[kind].tries:
            waits.append(math.ceil((ends_at - work.now).total_seconds()))
    return max(waits, default=None)


def _add_one(work: Work, kind: str, key: str) -> tuple[int, datetime]:
    ends_at = work.now + LIMITS[kind].window
    first = insert(AttemptCount).values(key=key, tries=1, window_ends_at=ends_at)
    is_over = AttemptCount.window_ends_at <= work.now
    counted = work.session.execute(
        first.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "tries": case((is_over, 1), else_=AttemptCount.tries + 1),
                "window_ends_at": case((is_over, ends_at), else_=AttemptCount.window_ends_at),
            },
        ).returning(AttemptCount.tries, AttemptCount.window_ends_at)
    ).one()
    return counted.tries, counted.window_ends_at


def forget_attempts(work: Work, *attempts: tuple[str, ...]) -> None:
    """Start counting anew, because a try was right."""
    keys = [attempt_key(kind, *who) for kind, *who in attempts]
    work.session.execute(delete(AttemptCount).where(AttemptCount.key.in_(keys)))
