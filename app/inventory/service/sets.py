"""Sets of kits kept back for a shop's sale whose order is on its way: kept, taken, freed.

A shop shows one kit less; what is kept back are units of its components. When no order comes, the
units are freed and our count goes out again: a count of a kit is never booked to its components.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.core.db import new_id
from app.core.work import Work
from app.inventory import kits
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import KitReservation
from app.inventory.service.moving import locked_levels
from app.inventory.service.serving import lane_of, stock_of


@dataclass(frozen=True, slots=True)
class SetsWish:
    """So many sets of a kit, by what one set holds: good → units."""

    kit_id: UUID
    parts: Mapping[UUID, int]
    sets: int


@dataclass(slots=True)
class SetsPromise:
    """Whole sets that were promised, and the units of levels they are made of."""

    sets: int = 0
    parts: dict[UUID, int] = field(default_factory=dict)  # level id → units


def keep_back_sets(
    work: Work, connection_id: UUID, wanted: Mapping[UUID, SetsWish], *, until: datetime
) -> tuple[dict[UUID, int], dict[UUID, list[Posting]]]:
    """Keep back as many whole sets as there are; returns kit → sets, and what is to be posted."""
    goods = {good for wish in wanted.values() for good in wish.parts}
    levels = locked_levels(work, list(goods))
    counted = {level.variant_id for level in levels}
    by_place = {(level.location_id, level.variant_id): level for level in levels}
    wishes = {key: kits.Wish(wish.parts, wish.sets) for key, wish in wanted.items()}
    stock = stock_of(levels, {})
    split = kits.split(
        {key: wish for key, wish in wishes.items() if counted & wish.parts.keys()},
        {},
        stock,
        lane_of(work, stock),
        counted=counted,
    )
    postings: dict[UUID, list[Posting]] = {}
    for key, places in split.sets.items():
        for place, some in places.items():
            parts = {
                by_place[place, good].id: units
                for good, units in wishes[key].parts.items()
                if good in counted
            }
            for level_id, units in parts.items():
                reserve = Posting(PostingKind.RESERVE, units * some)
                postings.setdefault(level_id, []).append(reserve)
            work.session.add(
                KitReservation(
                    id=new_id(),
                    organization_id=work.organization_id,
                    connection_id=connection_id,
                    kit_id=wanted[key].kit_id,
                    sets=some,
                    parts={str(level_id): units for level_id, units in parts.items()},
                    expires_at=until,
                )
            )
    kept = {wanted[key].kit_id: sum(places.values()) for key, places in split.sets.items()}
    return kept, postings


def take_kept_sets(
    work: Work, connection_id: UUID | None, most: Mapping[UUID, int]
) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """Take up to so many sets of kits out of what is kept back; posts nothing.

    Returns kit → sets, and level id → units that are to be freed.
    """
    sets: dict[UUID, int] = {}
    freed: dict[UUID, int] = {}
    if connection_id is None or not most:
        return sets, freed
    rows = work.session.scalars(
        select(KitReservation)
        .where(KitReservation.connection_id == connection_id, KitReservation.kit_id.in_(list(most)))
        .order_by(KitReservation.id)
        .with_for_update()
    ).all()
    for row in rows:
        some = min(row.sets, most[row.kit_id] - sets.get(row.kit_id, 0))
        if some <= 0:
            continue
        sets[row.kit_id] = sets.get(row.kit_id, 0) + some
        for level_id, units in row.parts.items():
            freed[UUID(level_id)] = freed.get(UUID(level_id), 0) + units * some
        if some < row.sets:
            row.sets -= some
        else:
            work.session.delete(row)
    return sets, freed


def kept_sets(work: Work, connection_id: UUID, kit_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many sets of kits are kept back for a shop's sales."""
    found = work.session.execute(
        select(KitReservation.kit_id, func.sum(KitReservation.sets))
        .where(KitReservation.connection_id == connection_id, KitReservation.kit_id.in_(kit_ids))
        .group_by(KitReservation.kit_id)
    )
    return {kit_id: int(sets) for kit_id, sets in found}


def expired_sets(work: Work, connection_id: UUID, *, before: datetime) -> dict[UUID, int]:
    """Let go of sets that no order explained in time; returns level id → units to be freed."""
    rows = work.session.scalars(
        select(KitReservation)
        .where(KitReservation.connection_id == connection_id, KitReservation.expires_at <= before)
        .order_by(KitReservation.id)
        .with_for_update()
    ).all()
    freed: dict[UUID, int] = {}
    for row in rows:
        for level_id, units in row.parts.items():
            freed[UUID(level_id)] = freed.get(UUID(level_id), 0) + units * row.sets
        work.session.delete(row)
    return freed
