"""Which levels serve what is wanted: what may still be promised of them, and in which order."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from app.core.work import Work
from app.inventory.models import Level, Location, LocationKind
from app.inventory.routing import route


def spread(
    work: Work, levels: Sequence[Level], wanted: Mapping[UUID, int]
) -> list[tuple[Level, int]]:
    """Choose the levels that serve what is wanted, by the merchant's order of locations."""
    by_place = {(level.location_id, level.variant_id): level for level in levels}
    stock = stock_of(levels, {})
    parts = route(wanted, stock, order_of(work, stock))
    return [(by_place[part.place, part.good], part.quantity) for part in parts]


def stock_of(levels: Sequence[Level], freed: Mapping[UUID, int]) -> dict[UUID, dict[UUID, int]]:
    """Return location → variant → available, with what is freed in the same posting."""
    stock: dict[UUID, dict[UUID, int]] = {}
    for level in levels:
        here = stock.setdefault(level.location_id, {})
        here[level.variant_id] = level.available + freed.get(level.id, 0)
    return stock


def order_of(work: Work, places: Collection[UUID]) -> list[UUID]:
    """Return those locations that serve orders, in the merchant's order."""
    return list(
        work.session.scalars(
            select(Location.id)
            .where(
                Location.id.in_(list(places)),
                Location.is_active,
                Location.kind != LocationKind.CHANNEL,
            )
            .order_by(Location.rank, Location.is_default.desc(), Location.id)
        )
    )
