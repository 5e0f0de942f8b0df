"""Notices of what waits for a person: one per connection, gone when nothing waits any more."""

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from app.connections.models import Connection
from app.core.work import Work
from app.notices import service as notices
from app.sync.models import ChangeState, Conflict, ConflictState, SyncChange
from app.sync.plans import Risk
from app.sync.project import Pair

_TOLD: Final = frozenset((Risk.DELETES.value, Risk.HIDES.value, Risk.PRICE_MOVE.value))


def tell_of_conflict(work: Work, connection: Connection, pair: Pair) -> None:
    """Tell of new conflicts: one notice per connection, renewed until somebody has read it."""
    work.session.flush()
    waiting = select(func.count()).where(
        Conflict.connection_id == connection.id, Conflict.state == ConflictState.OPEN
    )
    count = work.session.scalar(waiting) or 0
    notices.renew(
        work,
        kind="conflict",
        title=f"“{pair.ours.values.get('title') or pair.listing.title}” was changed on both sides"
        if count == 1
        else f"{count} conflicts with {connection.name} wait for you",
        body=f"{connection.name} and SyncStore have different values. Both are kept; choose one.",
        link=_conflicts(connection.id),
    )


def tell_of_held(work: Work, connection: Connection, risks: Collection[str | None]) -> None:
    """Tell of changes too large to go by themselves: one notice, renewed until somebody read it."""
    if not risks:
        hush(work, [connection.id])
    if _TOLD.isdisjoint(risks):
        return
    waiting = select(func.count()).where(
        SyncChange.connection_id == connection.id, SyncChange.state == ChangeState.HELD
    )
    count = work.session.scalar(waiting) or 0
    notices.renew(
        work,
        kind="sync",
        title=f"{count:,} change{'' if count == 1 else 's'} for {connection.name}"
        f" wait{'s' if count == 1 else ''} for you",
        body="Large price moves, hidden products and deletions stop before they are written."
        " Send or decline them.",
        link=_plans(connection.id),
    )


def hush(work: Work, connection_ids: Iterable[UUID]) -> None:
    """Take notices back of which nothing is left to decide."""
    work.session.flush()
    for each in set(connection_ids):
        conflict = select(Conflict.id).where(
            Conflict.connection_id == each, Conflict.state == ConflictState.OPEN
        )
        held = select(SyncChange.id).where(
            SyncChange.connection_id == each, SyncChange.state == ChangeState.HELD
        )
        for waiting, kind, link in (
            (conflict, "conflict", _conflicts(each)),
            (held, "sync", _plans(each)),
        ):
            if work.session.scalar(select(waiting.exists())) is not True:
                notices.withdraw(work, kind, link)


def _conflicts(connection_id: UUID) -> str:
    return f"/sync/conflicts?connection={connection_id}"


def _plans(connection_id: UUID) -> str:
    return f"/sync/plans?connection={connection_id}"
