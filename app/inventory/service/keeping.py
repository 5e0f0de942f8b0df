"""Units kept back because a shop's own count fell before the order behind it was heard of.

The rules are `app.inventory.accounts`; the units of one shop and level are one reservation.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.catalog import service as catalog
from app.core.db import new_id
from app.core.work import Work
from app.inventory import ledger
from app.inventory.ledger import PostingKind
from app.inventory.models import Level, Reservation
from app.inventory.service import sets
from app.inventory.service.kits import kits_among
from app.inventory.service.moving import locked_levels, post
from app.inventory.service.promising import each_of, lessen
from app.inventory.service.serving import spread

SEEN_SOLD: Final = "The shop shows less; its order is on its way."
COUNTED_UP: Final = "The shop counts these up again."
NO_ORDER_CAME: Final = "The shop shows less, and no order explains it."


def keep_back(
    work: Work, connection_id: UUID, seen: Mapping[UUID, int], *, until: datetime
) -> dict[UUID, int]:
    """Keep units back that a shop shows as sold while their order is still on its way.

    As much as is available; a sale beyond that is for its order to tell. Returns how many of each.
    """
    kept = _keep_sets(work, connection_id, seen, until)
    parts: Counter[UUID] = Counter()
    for level, quantity in spread(work, locked_levels(work, list(seen)), seen):
        parts[level.id] += quantity
        kept[level.variant_id] = kept.get(level.variant_id, 0) + quantity
    _reserve(work, connection_id, parts, until)
    postings = each_of(PostingKind.RESERVE, parts)
    moved = post(work, postings, reference=f"connection:{connection_id}", note=SEEN_SOLD)
    catalog.stock_moved(work, moved, connection_id=connection_id)
    return kept


def _keep_sets(
    work: Work, connection_id: UUID, seen: Mapping[UUID, int], until: datetime
) -> dict[UUID, int]:
    """Of a kit its components are kept back; that shop, too, is to show fewer of those."""
    wanted = {
        kit_id: sets.SetsWish(kit_id, each.goods, seen[kit_id])
        for kit_id, each in kits_among(work.session, list(seen)).items()
        if each.is_whole
    }
    if not wanted:
        return {}
    kept, postings = sets.keep_back_sets(work, connection_id, wanted, until=until)
    moved = post(work, postings, reference=f"connection:{connection_id}", note=SEEN_SOLD)
    catalog.stock_moved(work, moved)
    return kept


def _reserve(work: Work, connection_id: UUID, parts: Mapping[UUID, int], until: datetime) -> None:
    if not parts:
        return
    rows = [
        {
            "id": new_id(),
            "created_at": work.now,
            "organization_id": work.organization_id,
            "level_id": level_id,
            "connection_id": connection_id,
            "quantity": quantity,
            "reason": SEEN_SOLD,
            "expires_at": until,
        }
        for level_id, quantity in sorted(parts.items())
    ]
    asked = insert(Reservation)
    kept = asked.on_conflict_do_update(
        index_elements=[Reservation.connection_id, Reservation.level_id],
        index_where=Reservation.connection_id.is_not(None),
        set_={
            "quantity": Reservation.quantity + asked.excluded.quantity,
            "expires_at": asked.excluded.expires_at,
        },
    ).returning(Reservation)
    # What the session holds of these rows is read anew.
    work.session.scalars(kept, rows, execution_options={"populate_existing": True}).all()


def settle_kept_back(work: Work, connection_id: UUID, *, before: datetime) -> int:
    """Let go of what was kept back for a shop's sale that no order explained in time.

    The shop's merchant changed the count there, so the units are gone here, too; returns how many.
    Components of a kit are not: they are freed, and our count of the kit goes out again.
    """
    _free_parts(work, connection_id, sets.expired_sets(work, connection_id, before=before))
    found = select(Reservation.level_id).where(
        Reservation.connection_id == connection_id, Reservation.expires_at <= before
    )
    level_ids = list(work.session.scalars(found))
    if not level_ids:
        return 0
    # Levels before reservations, as everywhere.
    levels = work.session.scalars(
        select(Level)
        .where(Level.id.in_(level_ids))
        .order_by(Level.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    by_id = {
        level.id: ledger.Level(level.on_hand, allows_negative=level.allows_negative)
        for level in levels
    }
    gone = work.session.execute(
        delete(Reservation)
        .where(
            Reservation.connection_id == connection_id,
            Reservation.level_id.in_(level_ids),
            Reservation.expires_at <= before,
        )
        .returning(Reservation.level_id, Reservation.quantity)
    ).all()
    parts = {row.level_id: row.quantity for row in gone}
    post(
        work,
        {key: ledger.let_go(by_id[key], units) for key, units in parts.items()},
        reference=f"connection:{connection_id}",
        note=NO_ORDER_CAME,
    )
    return sum(parts.values())


def kept_back(work: Work, connection_id: UUID, variant_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many units of variants, or sets of kits, are kept back for a shop's sales."""
    found = work.session.execute(
        select(Level.variant_id, func.sum(Reservation.quantity))
        .join(Level, Level.id == Reservation.level_id)
        .where(Reservation.connection_id == connection_id, Level.variant_id.in_(variant_ids))
        .group_by(Level.variant_id)
    )
    kept = {variant_id: int(units) for variant_id, units in found}
    return kept | sets.kept_sets(work, connection_id, variant_ids)


def _free_parts(work: Work, connection_id: UUID, parts: Mapping[UUID, int]) -> None:
    if parts:
        moved = post(
            work,
            each_of(PostingKind.FREE, parts),
            reference=f"connection:{connection_id}",
            note=COUNTED_UP,
        )
        catalog.stock_moved(work, moved)


def free_kept(work: Work, connection_id: UUID, most: Mapping[UUID, int]) -> dict[UUID, int]:
    """Free up to so many units of variants that were kept back; returns how many of each.

    The shop counted them up again: the sale was taken back before its order was heard of.
    """
    freed, of_sets = sets.take_kept_sets(work, connection_id, most)
    _free_parts(work, connection_id, of_sets)
    by_id = {level.id: level for level in locked_levels(work, list(most))}
    rows = work.session.scalars(
        select(Reservation)
        .where(Reservation.connection_id == connection_id, Reservation.level_id.in_(by_id))
        .order_by(Reservation.level_id)
        .with_for_update()
    ).all()
    parts: dict[UUID, int] = {}
    for row in rows:
        variant_id = by_id[row.level_id].variant_id
        units = min(row.quantity, most[variant_id] - freed.get(variant_id, 0))
        if units > 0:
            parts[row.level_id] = units
            freed[variant_id] = freed.get(variant_id, 0) + units
            lessen(work, row, units)
    moved = post(
        work,
        each_of(PostingKind.FREE, parts),
        reference=f"connection:{connection_id}",
        note=COUNTED_UP,
    )
    catalog.stock_moved(work, moved, connection_id=connection_id)
    return freed
