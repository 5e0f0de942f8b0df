"""Who may write to a connection: one worker, and beside it one that sends what cannot wait.

A stock change must not stand behind a batch of descriptions. Both claim their tasks in a unit that
took or kept a pen, so claims follow one another, and a listing is in one hand only (`tasks`).
"""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from app.connections.models import Connection, ConnectionState
from app.core.db import affected
from app.core.work import Work
from app.sync import rules, tasks
from app.sync.models import Direction, Haste


class Pen(StrEnum):
    """What lets a worker write to a connection."""

    USUAL = "usual"  # for everything
    URGENT = "urgent"  # while somebody has the other: for urgent work only


def take(work: Work, connection_id: UUID, *, worker: str) -> Pen | None:
    """Become a writer of a connection for a while; None: others are, or it is paused.

    Whoever has a pen claims in the unit that took or kept it: claims follow one another, then.
    """
    if keep(work, connection_id, Pen.USUAL, worker=worker):
        return Pen.USUAL
    haste = tasks.hastiest(work, connection_id, Direction.PUSH)
    if haste is None or haste < Haste.URGENT:
        return None
    return Pen.URGENT if keep(work, connection_id, Pen.URGENT, worker=worker) else None


def keep(work: Work, connection_id: UUID, pen: Pen, *, worker: str) -> bool:
    """Hold a pen for a while longer; False: another has it meanwhile, or the shop is paused."""
    holder, until = _lease_of(pen)
    kept = affected(
        work.session,
        update(Connection)
        .where(
            Connection.id == connection_id,
            Connection.state == ConnectionState.ACTIVE,
            or_(holder.is_(None), holder == worker, until < work.now),
        )
        .values({holder: worker, until: work.now + rules.LEASE}),
    )
    return kept == 1


def lay_down(work: Work, connection_id: UUID, pen: Pen, *, worker: str) -> None:
    """Let others write to the connection."""
    holder, until = _lease_of(pen)
    work.session.execute(
        update(Connection)
        .where(Connection.id == connection_id, holder == worker)
        .values({holder: None, until: None})
        .execution_options(synchronize_session=False)
    )


def is_left(work: Work, connection_id: UUID) -> bool:
    """Tell whether something is due to be sent by a pen that nobody holds."""
    haste = tasks.hastiest(work, connection_id, Direction.PUSH)
    if haste is None:
        return False
    pens = (Pen.USUAL,) if haste < Haste.URGENT else (Pen.USUAL, Pen.URGENT)
    is_free = (or_(holder.is_(None), until < work.now) for holder, until in map(_lease_of, pens))
    found = select(Connection.id).where(Connection.id == connection_id, or_(*is_free))
    return work.session.scalar(found) is not None


def _lease_of(pen: Pen) -> tuple[Any, Any]:
    if pen is Pen.USUAL:
        return Connection.writer, Connection.writer_until
    return Connection.urgent_writer, Connection.urgent_writer_until
