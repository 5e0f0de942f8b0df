"""Promises to orders: units are committed before anybody says yes, and freed once, never twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.catalog import service as catalog
from app.core.work import Work
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level, Location, LocationKind, Reservation
from app.inventory.routing import route
from app.inventory.service.moving import locked_levels, post

Parts = Mapping[UUID, int]  # level id → units


@dataclass(slots=True)
class Promise:
    """What was promised of what was wanted; both by variant."""

    parts: dict[UUID, dict[UUID, int]] = field(default_factory=dict)  # level id → units
    held: dict[UUID, int] = field(default_factory=dict)  # of it, kept back for this very sale
    included: dict[UUID, int] = field(default_factory=dict)  # of it, never in our number
    uncounted: set[UUID] = field(default_factory=set)  # nobody counts them: always there

    def units(self, variant_id: UUID) -> int:
        """How many units of a variant were promised."""
        return sum(self.parts.get(variant_id, {}).values())


def promise(
    work: Work,
    wanted: Mapping[UUID, int],
    *,
    reference: str,
    connection_id: UUID | None = None,
    included: Mapping[UUID, int] | None = None,
) -> Promise:
    """Commit as much as there is of each variant; the rest is short.

    What was kept back because a shop showed the sale before its order came is used first. Units
    `included` lie on the shelf, and our number never held them: the shop that told it had promised
    them before; they come in and are promised in one.
    """
    made = Promise()
    wanted = {key: quantity for key, quantity in wanted.items() if quantity > 0}
    if not wanted:
        return made
    levels = locked_levels(work, list(wanted))
    made.uncounted = set(wanted) - {level.variant_id for level in levels}
    postings: dict[UUID, list[Posting]] = {}
    _take_included(levels, wanted, included or {}, made, postings)
    _take_kept_back(work, levels, wanted, connection_id, made, postings)
    rest = {key: quantity - made.units(key) for key, quantity in wanted.items()}
    for level, quantity in spread(work, levels, rest):
        postings.setdefault(level.id, []).append(Posting(PostingKind.COMMIT, quantity))
        _add(made, level, quantity)
    post(work, postings, reference=reference)
    return made


def _add(made: Promise, level: Level, quantity: int) -> None:
    parts = made.parts.setdefault(level.variant_id, {})
    parts[level.id] = parts.get(level.id, 0) + quantity


def _take_included(
    levels: Sequence[Level],
    wanted: Mapping[UUID, int],
    included: Mapping[UUID, int],
    made: Promise,
    postings: dict[UUID, list[Posting]],
) -> None:
    for level in levels:
        most = min(included.get(level.variant_id, 0), wanted[level.variant_id])
        if most <= 0 or level.variant_id in made.included:
            continue
        made.included[level.variant_id] = most
        postings.setdefault(level.id, []).extend(
            (Posting(PostingKind.SYNC, most), Posting(PostingKind.COMMIT, most))
        )
        _add(made, level, most)


def _take_kept_back(
    work: Work,
    levels: Sequence[Level],
    wanted: Mapping[UUID, int],
    connection_id: UUID | None,
    made: Promise,
    postings: dict[UUID, list[Posting]],
) -> None:
    if connection_id is None:
        return
    by_id = {level.id: level for level in levels}
    kept = work.session.scalars(
        select(Reservation)
        .where(Reservation.connection_id == connection_id, Reservation.level_id.in_(by_id))
        .order_by(Reservation.level_id)
        .with_for_update()
    ).all()
    for row in kept:
        level = by_id[row.level_id]
        most = min(row.quantity, wanted[level.variant_id] - made.units(level.variant_id))
        if most <= 0:
            continue
        postings.setdefault(level.id, []).append(Posting(PostingKind.TAKE, most))
        _add(made, level, most)
        made.held[level.variant_id] = made.held.get(level.variant_id, 0) + most
        lessen(work, row, most)


def lessen(work: Work, row: Reservation, quantity: int) -> None:
    if quantity < row.quantity:
        row.quantity -= quantity
    else:
        work.session.delete(row)


def spread(
    work: Work, levels: Sequence[Level], wanted: Mapping[UUID, int]
) -> list[tuple[Level, int]]:
    """Choose the levels that serve what is wanted, by the merchant's order of locations."""
    places = {level.location_id for level in levels}
    order = list(
        work.session.scalars(
            select(Location.id)
            .where(
                Location.id.in_(places),
                Location.is_active,
                Location.kind != LocationKind.CHANNEL,
            )
            .order_by(Location.rank, Location.is_default.desc(), Location.id)
        )
    )
    by_place = {(level.location_id, level.variant_id): level for level in levels}
    available: dict[UUID, dict[UUID, int]] = {}
    for level in levels:
        available.setdefault(level.location_id, {})[level.variant_id] = level.available
    parts = route(wanted, available, order)
    return [(by_place[part.place, part.good], part.quantity) for part in parts]


def release(work: Work, parts: Parts, *, reference: str) -> list[UUID]:
    """Take promises back; returns the variants."""
    return post(work, each_of(PostingKind.RELEASE, parts), reference=reference)


def ship(work: Work, parts: Parts, *, reference: str) -> list[UUID]:
    """Let promised units leave; what may be sold stays the same."""
    return post(work, each_of(PostingKind.SHIP, parts), reference=reference)


def put_back(work: Work, units: Mapping[UUID, int], *, reference: str) -> None:
    """Put returned units of variants on the shelf again, at the merchant's first location."""
    parts: dict[UUID, int] = {}
    for level in _first_levels(work, list(units)):
        parts[level.id] = units[level.variant_id]
    moved = post(work, each_of(PostingKind.RETURN, parts), reference=reference)
    catalog.stock_moved(work, moved)


def _first_levels(work: Work, variant_ids: Sequence[UUID]) -> list[Level]:
    """Return, per counted variant, its level at the merchant's first location that has one."""
    rows = work.session.scalars(
        select(Level)
        .join(Location, Location.id == Level.location_id)
        .where(Level.variant_id.in_(variant_ids), Level.is_counted, Location.is_active)
        .order_by(Location.rank, Location.is_default.desc(), Location.id)
    )
    first: dict[UUID, Level] = {}
    for level in rows:
        first.setdefault(level.variant_id, level)
    return list(first.values())


def each_of(kind: PostingKind, parts: Parts) -> dict[UUID, list[Posting]]:
    return {level_id: [Posting(kind, quantity)] for level_id, quantity in parts.items() if quantity}
