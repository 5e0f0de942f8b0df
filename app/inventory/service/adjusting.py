"""People move stock by hand: one posting with its reason, and the channels hear of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.dialects.postgresql import insert

from app.catalog import service as catalog
from app.catalog.models import Variant
from app.core.db import affected
from app.core.errors import Invalid, NotFound
from app.core.work import Work
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level, Location, LocationKind
from app.inventory.service.kits import kits_among
from app.inventory.service.moving import post

OF_KIT: Final = "The stock of a kit follows from its components. Adjust those."
MOST_UNITS: Final = 10_000_000


class Mode(StrEnum):
    """What a quantity is to do."""

    ADD = "add"
    TAKE = "take"
    SET = "set"


class Reason(StrEnum):
    """Why a person moves stock."""

    RECEIVED = "received"
    DAMAGED = "damaged"
    FOUND = "found"
    LOST = "lost"
    CORRECTION = "correction"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a person wants to happen to the stock of one variant at one location."""

    mode: Mode
    quantity: int
    reason: Reason
    note: str = ""


def adjust(work: Work, variant_id: UUID, location_id: UUID, wish: Adjustment) -> int:
    """Move what lies at a location; returns by how much, 0 when it lay so already.

    Raises Invalid at the field that cannot be followed, NotFound for a variant of nobody here.
    """
    _check(work, variant_id, location_id, wish)
    level = _level(work, variant_id, location_id)
    change = _change(level, wish)
    was_counted, level.is_counted = level.is_counted, True
    if change == 0:
        if not was_counted:
            catalog.stock_moved(work, [variant_id])
        return 0
    is_receipt = wish.reason is Reason.RECEIVED and change > 0
    kind = PostingKind.RECEIVE if is_receipt else PostingKind.ADJUST
    work.session.flush()
    moved = post(
        work,
        {level.id: [Posting(kind, change)]},
        reference=f"reason:{wish.reason}",
        note=wish.note or None,
    )
    catalog.stock_moved(work, moved)
    return change


def _check(work: Work, variant_id: UUID, location_id: UUID, wish: Adjustment) -> None:
    mine = Variant.organization_id == work.organization_id
    if kits_among(work.session, [variant_id]):
        raise Invalid(fields={"quantity": OF_KIT})
    if work.session.scalar(select(Variant.id).where(Variant.id == variant_id, mine)) is None:
        raise NotFound
    place = work.session.scalar(
        select(Location).where(
            Location.id == location_id,
            Location.organization_id == work.organization_id,
            Location.is_active,
            Location.kind != LocationKind.CHANNEL,
        )
    )
    if place is None:
        raise Invalid(fields={"location": "Choose a location of yours that is in use."})
    least = 0 if wish.mode is Mode.SET else 1
    if not least <= wish.quantity <= MOST_UNITS:
        raise Invalid(fields={"quantity": f"Enter a whole number from {least} to 10,000,000."})


def _level(work: Work, variant_id: UUID, location_id: UUID) -> Level:
    """Return the level, made if need be, locked until the unit ends."""
    made = insert(Level).values(
        organization_id=work.organization_id, variant_id=variant_id, location_id=location_id
    )
    work.session.execute(made.on_conflict_do_nothing())
    return work.session.scalars(
        select(Level)
        .where(Level.variant_id == variant_id, Level.location_id == location_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _change(level: Level, wish: Adjustment) -> int:
    if wish.mode is Mode.SET:
        return wish.quantity - level.on_hand
    if not level.is_counted:
        raise Invalid(
            fields={"mode": "Nobody counts what lies there. Choose “Set to” and say how many."}
        )
    change = wish.quantity if wish.mode is Mode.ADD else -wish.quantity
    if change < 0 and level.on_hand + change < 0 and not level.allows_negative:
        held = max(level.on_hand, 0)
        raise Invalid(
            fields={"quantity": f"Only {held:,} on hand there. Take away {held:,} or less."}
        )
    if level.on_hand + change > MOST_UNITS:
        raise Invalid(
            fields={"quantity": "A location holds at most 10,000,000 units of a variant."}
        )
    return change


@dataclass(frozen=True, slots=True)
class Reorder:
    """At or below how many somebody should buy, and how many then."""

    point: int | None
    quantity: int | None = None


def set_reorder(work: Work, variant_id: UUID, wishes: Mapping[UUID, Reorder]) -> None:
    """Keep when to reorder a variant, by location; who says so knows what is low already."""
    for location_id in sorted(wishes):
        wish = wishes[location_id]
        changed = affected(
            work.session,
            update(Level)
            .where(
                Level.variant_id == variant_id,
                Level.location_id == location_id,
                Level.organization_id == work.organization_id,
            )
            .values(
                reorder_point=wish.point,
                reorder_quantity=wish.quantity,
                low_told_at=case((Level.available <= wish.point, work.now), else_=None)
                if wish.point is not None
                else None,
            ),
        )
        if changed != 1:
            raise NotFound
