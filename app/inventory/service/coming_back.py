"""Units that come back, and units that are not there any more: each is one posting."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.catalog import service as catalog
from app.core.errors import Invalid
from app.core.work import Work
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level, Location, LocationKind
from app.inventory.service.moving import locked_levels, post
from app.inventory.service.promising import Parts, first_levels

WRITTEN_OFF = "Taken off the stock together with the promise: it cannot be sold again."
UNPACKED = "A refund had put it back; it was unpacked now."


def unpack(
    work: Work,
    restocked: Mapping[UUID, int],
    seen: Mapping[UUID, int],
    *,
    location_id: UUID | None,
    reference: str,
) -> None:
    """Put unpacked units of variants on the shelf of a location.

    Of them, `seen` were put back before by the word of a refund, at the merchant's first location:
    there they are taken off, so that no unit lies in two places. Raises Invalid when they are not
    there any more, or the location is none of ours.
    """
    place = _place(work, location_id) if restocked else None
    first = {each.variant_id: each for each in first_levels(work, sorted({*restocked, *seen}))}
    moves: dict[UUID, int] = {}
    for variant_id, level in first.items():
        if place is not None and (units := restocked.get(variant_id, 0)):
            there = _level(work, variant_id, place)
            moves[there] = moves.get(there, 0) + units
        moves[level.id] = moves.get(level.id, 0) - seen.get(variant_id, 0)
    _refuse_what_is_gone(work, list(first), moves)
    postings = {level_id: [_posting(units)] for level_id, units in moves.items() if units}
    moved = post(work, postings, reference=reference, note=UNPACKED if any(seen.values()) else None)
    catalog.stock_moved(work, moved)


def come_back(work: Work, units: Mapping[UUID, int], *, reference: str) -> None:
    """Take a channel's word for units of variants at the merchant's first location.

    Below zero: they were taken for whole and are not. What is not there any more stays so.
    """
    firsts = {level.id: level.variant_id for level in first_levels(work, sorted(units))}
    postings = {
        level.id: [_posting(max(units[level.variant_id], -max(0, level.on_hand)))]
        for level in locked_levels(work, sorted(units))
        if level.id in firsts
    }
    moves = {key: some for key, some in postings.items() if some[0].quantity}
    catalog.stock_moved(work, post(work, moves, reference=reference))


def _posting(units: int) -> Posting:
    return Posting(PostingKind.RETURN if units > 0 else PostingKind.ADJUST, units)


def _place(work: Work, location_id: UUID | None) -> UUID:
    found = work.session.scalar(
        select(Location.id).where(
            Location.id == location_id,
            Location.organization_id == work.organization_id,
            Location.is_active,
            Location.kind != LocationKind.CHANNEL,
        )
    )
    if found is None:
        raise Invalid(fields={"location": "Choose a location of yours that is in use."})
    return found


def _level(work: Work, variant_id: UUID, location_id: UUID) -> UUID:
    made = insert(Level).values(
        organization_id=work.organization_id, variant_id=variant_id, location_id=location_id
    )
    work.session.execute(made.on_conflict_do_nothing())
    level = work.session.scalars(
        select(Level)
        .where(Level.variant_id == variant_id, Level.location_id == location_id)
        .execution_options(populate_existing=True)
    ).one()
    level.is_counted = True
    work.session.flush()
    return level.id


def _refuse_what_is_gone(work: Work, variants: list[UUID], moves: Mapping[UUID, int]) -> None:
    for level in locked_levels(work, variants):
        if level.on_hand + moves.get(level.id, 0) < 0 and not level.allows_negative:
            raise Invalid(
                "A refund put these units back into stock before, and they are not on hand any"
                " more. Correct the stock, then receive the return."
            )


def write_off(work: Work, parts: Parts, *, reference: str) -> None:
    """Take promised units back and off the shelf: they are lost or damaged; by level."""
    postings = {
        level_id: [Posting(PostingKind.RELEASE, units), Posting(PostingKind.ADJUST, -units)]
        for level_id, units in parts.items()
        if units
    }
    moved = post(work, postings, reference=reference, note=WRITTEN_OFF)
    catalog.stock_moved(work, moved)
