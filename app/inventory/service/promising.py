"""Promises to orders: units are committed before anybody says yes, and freed once, never twice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select

from app.catalog import service as catalog
from app.catalog.models import Variant
from app.core.work import Work
from app.inventory import kits
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level, Location, Reservation
from app.inventory.models import Posting as Posted
from app.inventory.routing import Lane, Spot
from app.inventory.service.moving import locked_levels, post
from app.inventory.service.serving import lane_of, stock_of
from app.inventory.service.sets import SetsPromise, SetsWish, take_kept_sets

Parts = Mapping[UUID, int]  # level id → units


@dataclass(slots=True)
class Promise:
    """What was promised of what was wanted; both by variant."""

    parts: dict[UUID, dict[UUID, int]] = field(default_factory=dict)  # level id → units
    held: dict[UUID, int] = field(default_factory=dict)  # of it, kept back for this very sale
    included: dict[UUID, int] = field(default_factory=dict)  # of it, never in our number
    uncounted: set[UUID] = field(default_factory=set)  # nobody counts them: always there
    sets: dict[UUID, SetsPromise] = field(default_factory=dict)  # by the key of the wish
    moved: list[UUID] = field(default_factory=list)  # variants whose levels moved

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
    sets: Mapping[UUID, SetsWish] | None = None,
    to: Callable[[], Spot | None] | None = None,
) -> Promise:
    """Commit as much as there is of each variant; the rest is short.

    What was kept back because a shop showed the sale before its order came is used first. Units
    `included` lie on the shelf, and our number never held them: the shop that told it had promised
    them before; they come in and are promised in one. `sets` of kits are promised whole or not.
    `to` says where the parcel goes, should the merchant's rule ask.
    """
    made = Promise()
    wanted = {key: quantity for key, quantity in wanted.items() if quantity > 0}
    wishes = {key: wish for key, wish in (sets or {}).items() if wish.sets > 0}
    if not wanted and not wishes:
        return made
    goods = {good for wish in wishes.values() for good in wish.parts}
    levels = locked_levels(work, list({*wanted, *goods}))
    made.uncounted = (set(wanted) | goods) - {level.variant_id for level in levels}
    postings: dict[UUID, list[Posting]] = {}
    lane = lane_of(work, {level.location_id for level in levels}, to)
    plain = [level for level in levels if level.variant_id in wanted]
    _take_included(_served(plain, lane), wanted, included or {}, made, postings)
    freed = _free_kept_sets(work, wishes, connection_id, made, postings)
    _take_kept_back(work, plain, wanted, connection_id, made, postings)
    rest = {key: quantity - made.units(key) for key, quantity in wanted.items()}
    _promise_rest(work, levels, lane, rest, wishes, freed, made, postings)
    made.moved = post(work, postings, reference=reference)
    return made


def _promise_rest(
    work: Work,
    levels: Sequence[Level],
    lane: Lane[UUID],
    rest: Mapping[UUID, int],
    wishes: Mapping[UUID, SetsWish],
    freed: Mapping[UUID, int],
    made: Promise,
    postings: dict[UUID, list[Posting]],
) -> None:
    """Promise what is available; sets are taken first, because half a set is none."""
    counted = {level.variant_id for level in levels}
    gone = _gone(work, {good for wish in wishes.values() for good in wish.parts} - counted)
    possible = {key: wish for key, wish in wishes.items() if not gone & wish.parts.keys()}
    for key, wish in possible.items():
        made.sets[key] = SetsPromise()
        if not counted & wish.parts.keys():
            made.sets[key].sets = wish.sets
    made_of = {
        key: kits.Wish(wish.parts, wish.sets)
        for key, wish in possible.items()
        if not made.sets[key].sets
    }
    wanted = {key: units for key, units in rest.items() if key in counted}
    by_place = {(level.location_id, level.variant_id): level for level in levels}
    stock = stock_of(levels, freed)
    split = kits.split(made_of, wanted, stock, lane, counted=counted)
    for key, places in split.sets.items():
        for place, some in places.items():
            made.sets[key].sets += some
            for good, units in made_of[key].parts.items():
                if good in counted:
                    level = by_place[place, good]
                    parts = made.sets[key].parts
                    parts[level.id] = parts.get(level.id, 0) + units * some
                    _commit(postings, level, units * some)
    for part in split.goods:
        level = by_place[part.place, part.good]
        _commit(postings, level, part.quantity)
        _add(made, level, part.quantity)


def _commit(postings: dict[UUID, list[Posting]], level: Level, quantity: int) -> None:
    postings.setdefault(level.id, []).append(Posting(PostingKind.COMMIT, quantity))


def _gone(work: Work, goods: set[UUID]) -> set[UUID]:
    """Return those goods that were deleted since an order was promised by them."""
    if not goods:
        return goods
    there = select(Variant.id).where(
        Variant.organization_id == work.organization_id, Variant.id.in_(goods)
    )
    return goods - set(work.session.scalars(there))


def _free_kept_sets(
    work: Work,
    wishes: Mapping[UUID, SetsWish],
    connection_id: UUID | None,
    made: Promise,
    postings: dict[UUID, list[Posting]],
) -> dict[UUID, int]:
    """Free what was kept back for exactly these sets; returns level id → units to promise anew."""
    wanted: dict[UUID, int] = {}
    for wish in wishes.values():
        wanted[wish.kit_id] = wanted.get(wish.kit_id, 0) + wish.sets
    sets, freed = take_kept_sets(work, connection_id, wanted)
    for level_id, units in freed.items():
        postings.setdefault(level_id, []).append(Posting(PostingKind.FREE, units))
    for kit_id, units in sets.items():
        made.held[kit_id] = made.held.get(kit_id, 0) + units
    return freed


def _add(made: Promise, level: Level, quantity: int) -> None:
    parts = made.parts.setdefault(level.variant_id, {})
    parts[level.id] = parts.get(level.id, 0) + quantity


def _served(levels: Sequence[Level], lane: Lane[UUID]) -> list[Level]:
    """Return levels by where orders are served, the first place first; other places come last."""
    order = {place: at for at, place in enumerate(lane.places)}
    return sorted(levels, key=lambda level: order.get(level.location_id, len(order)))


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


def release(work: Work, parts: Parts, *, reference: str) -> list[UUID]:
    """Take promises back; returns the variants."""
    return post(work, each_of(PostingKind.RELEASE, parts), reference=reference)


def ship(work: Work, parts: Parts, *, reference: str) -> list[UUID]:
    """Let promised units leave; what may be sold stays the same."""
    return post(work, each_of(PostingKind.SHIP, parts), reference=reference)


def left_from(
    work: Work, variant_ids: Collection[UUID], *, reference: str
) -> dict[UUID, dict[UUID, int]]:
    """Return, by variant and level, how many units this reference shipped."""
    rows = work.session.execute(
        select(Level.variant_id, Posted.level_id, -func.sum(Posted.quantity))
        .join(Level, Level.id == Posted.level_id)
        .where(
            Posted.organization_id == work.organization_id,
            Posted.reference == reference,
            Posted.kind.in_((PostingKind.SHIP, PostingKind.UNSHIP)),
            Level.variant_id.in_(variant_ids),
        )
        .group_by(Level.variant_id, Posted.level_id)
        .order_by(Posted.level_id)
    )
    found: dict[UUID, dict[UUID, int]] = {}
    for variant_id, level_id, units in rows:
        found.setdefault(variant_id, {})[level_id] = int(units)
    return found


def unship(work: Work, parts: Parts, *, reference: str) -> None:
    """Put units that did not leave back where they lay, promised; what may be sold stays."""
    post(work, each_of(PostingKind.UNSHIP, parts), reference=reference)


def put_back(work: Work, units: Mapping[UUID, int], *, reference: str) -> None:
    """Put returned units of variants on the shelf again, at the merchant's first location."""
    parts: dict[UUID, int] = {}
    for level in first_levels(work, list(units)):
        parts[level.id] = units[level.variant_id]
    moved = post(work, each_of(PostingKind.RETURN, parts), reference=reference)
    catalog.stock_moved(work, moved)


def first_levels(work: Work, variant_ids: Sequence[UUID]) -> list[Level]:
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
