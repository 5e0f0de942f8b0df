"""Lines of kits: promised by what is in a set, and held to it until nothing of it is promised.

A kit may be changed while orders are open. What a line holds follows the contents it was first
promised by (`OrderLine.parts`); a line that holds nothing yet takes the kit as it is now.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.core.work import Work
from app.inventory import kits
from app.inventory import service as inventory
from app.inventory.models import Level
from app.inventory.service import SetsWish
from app.orders.models import Allocation, Order, OrderLine
from app.orders.rules import OPEN, OrderState


def remember(work: Work, growing: Sequence[tuple[OrderLine, int]]) -> list[tuple[OrderLine, int]]:
    """Write down what is in the kits of lines; a kit that cannot be built is left out."""
    ids = {line.variant_id for line, _ in growing if line.variant_id is not None}
    known = inventory.kits_among(work.session, ids)
    possible = []
    for line, more in growing:
        made_of = known.get(line.variant_id) if line.variant_id is not None else None
        if not line.allocated and not line.shipped:
            is_kit = made_of is not None and made_of.is_whole
            line.parts = _parts(made_of.goods) if made_of is not None and is_kit else None
        if line.parts is not None or made_of is None:
            possible.append((line, more))
    return possible


def _parts(goods: Mapping[UUID, int]) -> dict[str, int]:
    return {str(good): units for good, units in goods.items()}


def parts_of(line: OrderLine) -> dict[UUID, int]:
    """Return what is in one set of a line; empty for what is no kit."""
    return {UUID(good): int(units) for good, units in (line.parts or {}).items()}


def goods_in(line: OrderLine) -> set[UUID]:
    """Return the components a line is promised; none for what is no kit."""
    return set(parts_of(line))


def goods_of(line: OrderLine, units: int) -> dict[UUID, int]:
    """Return what so many of a line are on the shelf: of a kit, its components."""
    if not units:
        return {}
    if line.parts is not None:
        return {good: each * units for good, each in parts_of(line).items()}
    return {} if line.variant_id is None else {line.variant_id: units}


def wishes(growing: Sequence[tuple[OrderLine, int]]) -> dict[UUID, SetsWish]:
    """Return the sets that lines of kits want, by line."""
    return {
        line.id: SetsWish(line.variant_id, parts_of(line), more)
        for line, more in growing
        if line.parts is not None and line.variant_id is not None
    }


def drawn(
    work: Work, line: OrderLine, rows: Sequence[Allocation], sets: int
) -> list[tuple[Allocation, int]]:
    """Return which promised components go with so many sets; with the last, whatever is left."""
    if sets >= line.allocated:
        return [(row, row.quantity) for row in rows]
    levels = {
        level_id: (place, good)
        for level_id, place, good in work.session.execute(
            select(Level.id, Level.location_id, Level.variant_id).where(
                Level.id.in_([row.level_id for row in rows])
            )
        )
    }
    held = [kits.Held(row.level_id, *levels[row.level_id], row.quantity) for row in rows]
    gone = kits.given_up(held, parts_of(line), sets)
    return [(row, gone[row.level_id]) for row in rows if gone.get(row.level_id)]


def waits_for(work: Work, goods: Sequence[UUID]) -> ColumnElement[bool]:
    """Ask for lines of kits that are promised any of these components."""
    return and_(
        OrderLine.organization_id == work.organization_id,
        OrderLine.parts.is_not(None),
        OrderLine.parts.has_any(literal([str(good) for good in goods], ARRAY(Text))),
    )


def waiting_units(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return, by variant, how many units open orders wait for."""
    short = OrderLine.quantity - OrderLine.shipped - OrderLine.allocated
    rows = session.execute(
        select(OrderLine.variant_id, func.sum(short))
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.variant_id.in_(list(variant_ids)),
            OrderLine.needs_stock,
            OrderLine.quantity > OrderLine.shipped + OrderLine.allocated,
            Order.state.in_([state.value for state in OPEN - {OrderState.ON_HOLD}]),
            Order.cancelled_at.is_(None),
        )
        .group_by(OrderLine.variant_id)
    )
    return {variant_id: int(units) for variant_id, units in rows if variant_id}
