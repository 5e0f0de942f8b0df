"""Variants by what they add up to: what was written down is walked, what moved since is added up.

A total counts while none of its variant's levels moved (`service.totals`); one statement sees both,
so every figure is that of one moment. What nobody counts has no figure and comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    exists,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)

from app.catalog.models import Product, Variant
from app.inventory.models import Level, StockTotal

FIGURES: Final = {  # what the list is sorted by → the total
    "on_hand": "on_hand",
    "committed": "committed",
    "reserved": "kept",  # by us or by a channel, as the column shows it
    "incoming": "incoming",
    "available": "available",
}
Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A list of variants: what narrows it, its order, which way, and how many are asked for."""

    organization_id: UUID
    where: Conditions
    state: str  # out, short, or neither
    sort_key: str
    is_down: bool
    limit: int

    def place(self, source: FromClause) -> Any:
        """Return what the list is in the order of."""
        if self.sort_key == "title":
            return Product.title_key
        if self.sort_key == "sku":
            return func.coalesce(Variant.sku_key, "")
        return source.c[FIGURES[self.sort_key]]


def totals(organization_id: UUID) -> tuple[FromClause, FromClause]:
    """Return the totals that were written down, and those of variants that moved since."""
    moved = (
        select(Level.variant_id)
        .where(Level.organization_id == organization_id, ~Level.is_summed)
        .distinct()
        .cte("moved")
        .prefix_with("MATERIALIZED")
    )
    names = (*FIGURES.values(), "is_short")
    written = select(StockTotal.variant_id, *(getattr(StockTotal, name) for name in names)).where(
        StockTotal.organization_id == organization_id,
        StockTotal.variant_id.not_in(select(moved.c.variant_id)),
    )
    added_up = (
        select(
            Level.variant_id,
            func.sum(Level.on_hand).label("on_hand"),
            func.sum(Level.committed).label("committed"),
            func.sum(Level.reserved + Level.locked).label("kept"),
            func.sum(Level.incoming).label("incoming"),
            func.sum(Level.available).label("available"),
            func.bool_or(Level.available < 0).label("is_short"),
        )
        .where(
            Level.organization_id == organization_id,
            Level.is_counted,
            Level.variant_id.in_(select(moved.c.variant_id)),
        )
        .group_by(Level.variant_id)
    )
    return written.subquery("written"), added_up.subquery("added_up")


def is_uncounted(organization_id: UUID) -> ColumnElement[bool]:
    """Ask for variants that nobody counts anywhere."""
    return ~exists().where(
        Level.organization_id == organization_id,
        Level.variant_id == Variant.id,
        Level.is_counted,
    )


def _arms(
    organization_id: UUID, where: Conditions, state: str
) -> Sequence[tuple[FromClause, Select[Any]]]:
    return [
        (
            source,
            select(source.c.variant_id)
            .join(Variant, Variant.id == source.c.variant_id)
            .join(Product, Product.id == Variant.product_id)
            .where(*where, *_of_state(state, source)),
        )
        for source in totals(organization_id)
    ]


def _of_state(state: str, source: FromClause) -> Conditions:
    if state == "out":
        return [source.c.available <= 0]
    return [source.c.is_short] if state == "short" else []


def every_counted(organization_id: UUID, where: Conditions, state: str) -> CompoundSelect[Any]:
    """Ask for all variants of a state, to count them."""
    return union_all(*(arm for _, arm in _arms(organization_id, where, state)))


def counted(asked: Asked, at: Sequence[Any] | None) -> CompoundSelect[Any]:
    """Ask for the next variants that have figures; `at` is the one before them."""
    found = []
    for source, arm in _arms(asked.organization_id, asked.where, asked.state):
        key = (asked.place(source), source.c.variant_id)
        some = arm.add_columns(key[0].label("place"))
        if at is not None:
            some = some.where(*beyond(key, at, is_down=asked.is_down))
        order = [each.desc() if asked.is_down else each.asc() for each in key]
        part = some.order_by(*order).limit(asked.limit).subquery()
        found.append(select(part.c.variant_id, part.c.place))
    return union_all(*found)


def uncounted(asked: Asked, at: Sequence[Any] | None) -> Select[*tuple[Any, ...]]:
    """Ask for the next variants that nobody counts, in the order of their ids."""
    question = (
        select(Variant.id.label("variant_id"), null().label("place"))
        .join(Product, Product.id == Variant.product_id)
        .where(*asked.where, is_uncounted(asked.organization_id))
    )
    if at is not None:
        question = question.where(Variant.id < at[1] if asked.is_down else Variant.id > at[1])
    return question.order_by(Variant.id.desc() if asked.is_down else Variant.id).limit(asked.limit)


def beyond(key: Sequence[Any], at: Sequence[Any], *, is_down: bool) -> Conditions:
    """Ask for what comes behind a row of this value and id, by both or by the id alone."""
    if len(key) == 1:
        return [key[0] < at[1] if is_down else key[0] > at[1]]
    here, there = tuple_(*key), tuple_(literal(at[0]), literal(at[1], Variant.id.type))
    # The first condition alone can be answered from an index.
    return [key[0] <= at[0], here < there] if is_down else [key[0] >= at[0], here > there]
