"""A table of stock is planned, shown, and posted only as it was shown."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalog import rules
from app.catalog import service as catalog
from app.catalog.models import Product, Variant
from app.catalog.service.writing import among
from app.core.work import Work
from app.inventory.errors import StockMoved
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import Level, Location, LocationKind
from app.inventory.service.adjusting import OF_KIT
from app.inventory.service.kits import kits_among
from app.inventory.service.moving import post
from app.inventory.sheet import Line, Refused, read_sheet

_Here = dict[tuple[UUID, UUID], Level]
REFERENCE: Final = "reason:correction"


@dataclass(frozen=True, slots=True)
class Step:
    """One row that can be followed: what lies there, and what will."""

    number: int
    variant_id: UUID
    location_id: UUID
    name: str
    sku: str
    location: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """What a table comes to."""

    steps: Sequence[Step]  # those that change something
    unchanged: int
    refused: Sequence[Refused]

    @property
    def mark(self) -> str:
        """Differs when anything this plan rests on has moved."""
        told = [(str(s.variant_id), str(s.location_id), s.before, s.after) for s in self.steps]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def plan_sheet(session: Session, organization_id: UUID, text: str) -> SheetPlan:
    """Return what a table comes to now; raises Invalid when it is none."""
    lines, refused = read_sheet(text)
    keys = {line: rules.sku_key(line.sku) for line in lines}
    variants = {
        row.sku_key: row
        for row in session.execute(
            select(Variant.id, Variant.sku, Variant.sku_key, Variant.choice, Product.title)
            .join(Product, Product.id == Variant.product_id)
            .where(
                Variant.organization_id == organization_id, among(Variant.sku_key, keys.values())
            )
        )
    }
    kits = kits_among(session, [row.id for row in variants.values()])
    places = session.scalars(
        select(Location).where(Location.organization_id == organization_id)
    ).all()
    found = session.scalars(
        select(Level)
        .where(among(Level.variant_id, [row.id for row in variants.values()]))
        .execution_options(populate_existing=True)
    )
    levels: _Here = {(each.variant_id, each.location_id): each for each in found}
    steps: dict[tuple[UUID, UUID], Step] = {}
    for line, key in keys.items():
        variant = variants.get(key)
        place = _place(line, places)
        if variant is None:
            refused.append(Refused(line.number, line.sku, "No variant has this SKU."))
        elif variant.id in kits:
            refused.append(Refused(line.number, line.sku, OF_KIT))
        elif place is None:
            refused.append(_nowhere(line))
        elif (variant.id, place.id) in steps:
            refused.append(
                Refused(line.number, line.sku, "An earlier row is about the same stock.")
            )
        else:
            level = levels.get((variant.id, place.id))
            before = level.on_hand if level is not None else 0
            after = _after(line, before)
            name = " / ".join([variant.title, *map(str, variant.choice.values())])
            if after < 0:
                sentence = f"Only {max(before, 0):,} on hand at {place.name}."
                refused.append(Refused(line.number, line.sku, sentence))
            else:
                steps[variant.id, place.id] = Step(
                    line.number, variant.id, place.id, name, variant.sku or "", place.name,
                    before, after,
                )  # fmt: skip
    moving = [step for step in steps.values() if step.before != step.after]
    return SheetPlan(
        sorted(moving, key=lambda step: step.number),
        len(steps) - len(moving),
        sorted(refused, key=lambda row: row.number),
    )


def _place(line: Line, places: Sequence[Location]) -> Location | None:
    for each in places:
        is_meant = (
            each.name.casefold() == line.location.casefold() if line.location else each.is_default
        )
        if is_meant and each.is_active and each.kind != LocationKind.CHANNEL:
            return each
    return None


def _nowhere(line: Line) -> Refused:
    sentence = (
        f"“{line.location[:100]}” is no location of yours that is in use."
        if line.location
        else "There is no default location yet."
    )
    return Refused(line.number, line.sku, sentence)


def _after(line: Line, before: int) -> int:
    if line.mode == "set":
        return line.quantity
    return before + (line.quantity if line.mode == "add" else -line.quantity)


def post_sheet(work: Work, text: str, mark: str, *, note: str = "") -> int:
    """Post a table as it was shown; returns how many levels moved.

    Raises StockMoved, and posts nothing, when the plan is another one by now.
    """
    first = plan_sheet(work.session, work.organization_id, text)
    rows = [
        {
            "organization_id": work.organization_id,
            "variant_id": step.variant_id,
            "location_id": step.location_id,
        }
        for step in sorted(first.steps, key=lambda each: (each.variant_id, each.location_id))
    ]
    if rows:
        work.session.execute(insert(Level).values(rows).on_conflict_do_nothing())
    variant_ids = {step.variant_id for step in first.steps}
    locked = work.session.scalars(
        select(Level)
        .where(among(Level.variant_id, variant_ids))
        .order_by(Level.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    plan = plan_sheet(work.session, work.organization_id, text)
    if plan.mark != mark:
        raise StockMoved
    by_place = {(each.variant_id, each.location_id): each for each in locked}
    postings: dict[UUID, list[Posting]] = {}
    for step in plan.steps:
        level = by_place[step.variant_id, step.location_id]
        level.is_counted = True
        postings[level.id] = [Posting(PostingKind.ADJUST, step.after - step.before)]
    work.session.flush()
    moved = post(work, postings, reference=REFERENCE, note=note or None)
    catalog.stock_moved(work, moved)
    return len(postings)
