"""What kits are made of, and how many sets may be sold of them."""

from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.catalog import service as catalog
from app.catalog.service.writing import among
from app.core.work import Work
from app.inventory import kits
from app.inventory.kits import Contents
from app.inventory.models import KitComponent, Level, Location, LocationKind

Boms = dict[UUID, dict[UUID | None, int]]

_IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
_DOWN: Final = text(
    """
    WITH RECURSIVE down AS (
        SELECT kit_id, component_id, quantity, position
        FROM kit_components WHERE kit_id = ANY(:ids)
        UNION
        SELECT k.kit_id, k.component_id, k.quantity, k.position
        FROM kit_components AS k JOIN down ON k.kit_id = down.component_id
    )
    SELECT kit_id, component_id, quantity FROM down ORDER BY kit_id, position, component_id
    """
).bindparams(_IDS)
_UP: Final = text(
    """
    WITH RECURSIVE up AS (
        SELECT kit_id, component_id FROM kit_components WHERE component_id = ANY(:ids)
        UNION
        SELECT k.kit_id, k.component_id
        FROM kit_components AS k JOIN up ON k.component_id = up.kit_id
    )
    SELECT kit_id, component_id FROM up ORDER BY kit_id
    """
).bindparams(_IDS)
# From kit to component and back, until nothing new is found: whatever may share a good. Both ask
# for an array of what was found: PostgreSQL cannot know how few it is, and would read whole tables.
_LINKED: Final = """
    UNION
    SELECT beside.id
    FROM linked CROSS JOIN LATERAL (
        SELECT component_id AS id FROM kit_components
            WHERE kit_id = linked.id AND component_id IS NOT NULL
        UNION ALL
        SELECT kit_id FROM kit_components WHERE component_id = linked.id
    ) AS beside
"""
_AROUND: Final = text(
    f"""
    WITH RECURSIVE linked AS (SELECT id FROM unnest(:ids) AS id {_LINKED})
    SELECT kit_id, component_id, quantity FROM kit_components
    WHERE kit_id = ANY(ARRAY(SELECT id FROM linked))
    ORDER BY kit_id, position, component_id
    """  # noqa: S608 (a part of our own)
).bindparams(_IDS)
_PRODUCTS_AROUND: Final = text(
    f"""
    WITH RECURSIVE linked AS (
        SELECT id FROM variants WHERE product_id = ANY(:products) OR id = ANY(:ids) {_LINKED}
    )
    SELECT DISTINCT product_id FROM variants WHERE id = ANY(ARRAY(SELECT id FROM linked))
    """  # noqa: S608 (a part of our own)
).bindparams(_IDS, bindparam("products", type_=ARRAY(Uuid())))


def boms_below(session: Session, variant_ids: Collection[UUID]) -> Boms:
    """Return what these variants, and whatever they hold, are made of; what is no kit is absent."""
    return _boms(session.execute(_DOWN, {"ids": list(variant_ids)}))


def boms_around(session: Session, variant_ids: Collection[UUID]) -> Boms:
    """Return what all kits are made of that are linked with these variants by what they hold.

    Nothing: no kit touches them.
    """
    return _boms(session.execute(_AROUND, {"ids": list(variant_ids)}))


def products_around(
    session: Session, product_ids: Collection[UUID], variant_ids: Collection[UUID] = ()
) -> list[UUID]:
    """Return these products, those of these variants, and all that kits link with them."""
    told = {"products": list(product_ids), "ids": list(variant_ids)}
    return list(session.scalars(_PRODUCTS_AROUND, told))


def _boms(rows: Iterable[Any]) -> Boms:
    found: Boms = {}
    for row in rows:
        parts = found.setdefault(row.kit_id, {})
        parts[row.component_id] = parts.get(row.component_id, 0) + row.quantity
    return found


def kits_among(session: Session, variant_ids: Collection[UUID]) -> dict[UUID, Contents[UUID]]:
    """Return, for those variants that are kits, what one set holds of goods."""
    if not variant_ids:
        return {}
    boms = boms_below(session, variant_ids)
    return {key: kits.contents(key, boms) for key in variant_ids if key in boms}


def levels_above(session: Session, variant_id: UUID) -> int:
    """Return how many kits lie around a variant, one in the other."""
    above: dict[UUID, dict[UUID | None, int]] = {}
    for row in session.execute(_UP, {"ids": [variant_id]}):
        above.setdefault(row.component_id, {})[row.kit_id] = 1
    return kits.height(variant_id, above)


def kits_holding(session: Session, variant_ids: Collection[UUID]) -> list[UUID]:
    """Return the kits that hold any of these variants, through other kits too."""
    if not variant_ids:
        return []
    rows = session.execute(_UP, {"ids": list(variant_ids)})
    return list(dict.fromkeys(row.kit_id for row in rows))


def goods_stock(
    session: Session, goods: Collection[UUID], places: Collection[UUID] = ()
) -> tuple[dict[UUID, dict[UUID, int]], set[UUID]]:
    """Return location → good → available, where sets may be built, and which goods are counted.

    Of these locations alone; none named: of all.
    """
    rows = session.execute(
        select(Level.variant_id, Level.location_id, Level.available, Location.is_active,
               Location.kind)
        .join(Location, Location.id == Level.location_id)
        .where(among(Level.variant_id, goods), Level.is_counted)
    )  # fmt: skip
    stock: dict[UUID, dict[UUID, int]] = {}
    counted: set[UUID] = set()
    for good, place, available, is_active, kind in rows:
        counted.add(good)
        if is_active and kind != LocationKind.CHANNEL and (not places or place in places):
            stock.setdefault(place, {})[good] = available
    return stock, counted


def kit_quantities(
    session: Session, variant_ids: Collection[UUID], places: Collection[UUID] = ()
) -> dict[UUID, int | None]:
    """Return, for those variants that are kits, how many sets may be sold; None: not counted.

    Built at these locations alone; none named: at all.
    """
    found = kits_among(session, variant_ids)
    if not found:
        return {}
    goods = {good for each in found.values() for good in each.goods}
    stock, counted = goods_stock(session, goods, places)
    return {
        key: kits.available(each.goods, stock, counted) if each.is_whole else 0
        for key, each in found.items()
    }


def follow_components(work: Work, variant_ids: Collection[UUID]) -> None:
    """Tell the channels of the kits that hold any of these, whose stock moved.

    Kits themselves are left out: whoever moved what is in them told of all that hold it.
    """
    holding = kits_holding(work.session, variant_ids)
    if not holding:
        return
    goods = set(variant_ids) - kits_among(work.session, variant_ids).keys()
    catalog.stock_moved(work, kits_holding(work.session, goods))


def follow_lost(work: Work) -> None:
    """Tell of kits a component of which was deleted: no set of them can be built."""
    lost = select(KitComponent.kit_id).where(
        KitComponent.organization_id == work.organization_id, KitComponent.component_id.is_(None)
    )
    found = list(work.session.scalars(lost.distinct()))
    if not found:
        return
    catalog.stock_moved(work, [*found, *kits_holding(work.session, found)])
