"""People keep units back until a day, with a note; what runs out, or is let go, is free again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select

from app.catalog import service as catalog
from app.core.db import new_id
from app.core.errors import Invalid, NotFound
from app.core.work import Work
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level, Location, LocationKind, Reservation
from app.inventory.service.moving import post

MOST_DAYS: Final = 366
EXPIRED: Final = "Kept back until then."


def reserve(
    work: Work,
    variant_id: UUID,
    location_id: UUID,
    quantity: int,
    *,
    until: datetime,
    note: str = "",
) -> UUID:
    """Keep units of a variant back until a moment, no more than are available there.

    Raises Invalid at the field that cannot be followed, NotFound for a level of nobody here.
    """
    level = work.session.scalar(
        select(Level)
        .join(Location, Location.id == Level.location_id)
        .where(
            Level.variant_id == variant_id,
            Level.location_id == location_id,
            Level.organization_id == work.organization_id,
            Level.is_counted,
            Location.kind != LocationKind.CHANNEL,  # there, a channel keeps its own books
        )
        .with_for_update(of=Level)
        .execution_options(populate_existing=True)
    )
    if level is None:
        raise NotFound
    days = (until - work.now).days
    if until <= work.now or days > MOST_DAYS:
        raise Invalid(fields={"until": "Choose a day from today to a year from now."})
    available = max(level.available, 0)
    if not 1 <= quantity <= available:
        sentence = f"Enter a whole number from 1 to {available:,}." if available else ""
        raise Invalid(fields={"units": sentence or "Nothing is available there."})
    row = Reservation(
        id=new_id(),
        organization_id=work.organization_id,
        level_id=level.id,
        quantity=quantity,
        reason=note,
        user_id=work.actor.user_id,
        expires_at=until,
    )
    work.session.add(row)
    work.session.flush()
    _post(work, {level.id: [Posting(PostingKind.RESERVE, quantity)]}, note)
    return row.id


def _post(work: Work, postings: dict[UUID, list[Posting]], note: str) -> None:
    moved = post(work, postings, reference="reason:reserved", note=note or None)
    catalog.stock_moved(work, moved)


def free_reservation(work: Work, reservation_id: UUID) -> int:
    """Let go of what a person kept back; returns how many units, 0 when it was let go before."""
    level_id = work.session.scalar(
        select(Reservation.level_id).where(
            Reservation.id == reservation_id,
            Reservation.organization_id == work.organization_id,
            Reservation.connection_id.is_(None),
        )
    )
    if level_id is None:
        return 0
    _lock(work, [level_id])
    gone = work.session.execute(
        delete(Reservation)
        .where(Reservation.id == reservation_id)
        .returning(Reservation.quantity, Reservation.reason)
    ).first()
    if gone is None:
        return 0
    _post(work, {level_id: [Posting(PostingKind.FREE, gone.quantity)]}, gone.reason)
    return int(gone.quantity)


def _lock(work: Work, level_ids: Sequence[UUID]) -> None:
    """Take levels before reservations, as everywhere."""
    work.session.execute(
        select(Level.id).where(Level.id.in_(level_ids)).order_by(Level.id).with_for_update()
    )


def free_expired(work: Work) -> int:
    """Let go of what people kept back until now; returns how many reservations ended."""
    over = (
        Reservation.organization_id == work.organization_id,
        Reservation.connection_id.is_(None),
        Reservation.expires_at <= work.now,
    )
    level_ids = list(work.session.scalars(select(Reservation.level_id).where(*over).distinct()))
    if not level_ids:
        return 0
    _lock(work, level_ids)
    gone = work.session.execute(
        delete(Reservation)
        .where(*over, Reservation.level_id.in_(level_ids))
        .returning(Reservation.level_id, Reservation.quantity)
    ).all()
    postings: dict[UUID, list[Posting]] = {}
    for row in gone:
        postings.setdefault(row.level_id, []).append(Posting(PostingKind.FREE, row.quantity))
    _post(work, postings, EXPIRED)
    return len(gone)
