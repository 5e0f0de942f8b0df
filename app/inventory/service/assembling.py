"""People say what a kit is made of: one lock, whole checks, and the channels hear of it."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.catalog import service as catalog
from app.catalog.models import Product, Variant
from app.catalog.service.writing import among
from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.work import Work
from app.inventory import kits
from app.inventory.ledger import Posting, PostingKind
from app.inventory.models import KitComponent
from app.inventory.service.kits import (
    Boms,
    boms_below,
    kit_quantities,
    kits_holding,
    levels_above,
)
from app.inventory.service.levels import move_levels
from app.inventory.service.moving import locked_levels, post

BECAME_KIT: Final = "It is a kit now: its stock follows from its components."


def set_components(work: Work, kit_id: UUID, wishes: Mapping[UUID, int | None]) -> None:
    """Say how many of each component one set of a kit holds; None or 0 takes it out.

    Other components stay. Raises Invalid at `quantity-<component>` or `component`, and NotFound.
    Under one lock per organization, so that two people cannot close a circle together.
    """
    db.lock(work.session, db.Locks.KITS, work.organization_id)
    names = _named(work, [kit_id, *wishes])
    _check_units(wishes, names)
    before = boms_below(work.session, [kit_id, *wishes])
    after = dict(before.get(kit_id, {}))
    for component, units in wishes.items():
        if units:
            after[component] = units
        else:
            after.pop(component, None)
    boms = {**before, kit_id: after}
    if not after:
        boms.pop(kit_id)
    _check_shape(work, kit_id, boms, wishes, names)
    was_counted = kit_quantities(work.session, [kit_id]).get(kit_id) is not None
    if kit_id not in before and after:
        _become_kit(work, kit_id)
    _write(work, kit_id, wishes, first=len(before.get(kit_id, {})))
    if kit_id in before and not after and was_counted:
        # Nothing of it lies anywhere: channels sell none until somebody counts it.
        move_levels(work, {kit_id: 0}, origin="web")
    # What was taken out may be sold alone again: no kit leads to it any more.
    gone = [key for key, units in wishes.items() if not units]
    catalog.stock_moved(work, [kit_id, *gone, *kits_holding(work.session, [kit_id])])


def forget_lost(work: Work, kit_id: UUID) -> None:
    """Take components that were deleted out of a kit: what is left is what a set holds."""
    db.lock(work.session, db.Locks.KITS, work.organization_id)
    _named(work, [kit_id])
    if None not in boms_below(work.session, [kit_id]).get(kit_id, {}):
        return
    work.session.execute(
        delete(KitComponent).where(
            KitComponent.kit_id == kit_id, KitComponent.component_id.is_(None)
        )
    )
    if kit_id not in boms_below(work.session, [kit_id]):
        move_levels(work, {kit_id: 0}, origin="web")
    catalog.stock_moved(work, [kit_id, *kits_holding(work.session, [kit_id])])


def _named(work: Work, variant_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of variants of ours; the first must be one, of others it is said."""
    rows = work.session.execute(
        select(Variant.id, Variant.sku, Product.title)
        .join(Product, Product.id == Variant.product_id)
        .where(
            Variant.organization_id == work.organization_id,
            among(Variant.id, list(variant_ids)),
        )
    )
    names = {row.id: row.sku or row.title for row in rows}
    if variant_ids[0] not in names:
        raise NotFound
    if set(variant_ids) - names.keys():
        raise Invalid(fields={"component": "This product is not there any more. Choose another."})
    return names


def _check_units(wishes: Mapping[UUID, int | None], names: Mapping[UUID, str]) -> None:
    wrong = {
        f"quantity-{key}": f"Enter how many {names[key]} are in one set, from 1 to 10,000."
        for key, units in wishes.items()
        if units is not None and not 0 <= units <= kits.MOST_UNITS
    }
    if wrong:
        raise Invalid(fields=wrong)


def _check_shape(
    work: Work,
    kit_id: UUID,
    boms: Boms,
    wishes: Mapping[UUID, int | None],
    names: Mapping[UUID, str],
) -> None:
    """Refuse circles, kits nested too deep, and sets too large, each with its sentence."""
    for component in (key for key, units in wishes.items() if units):
        if component == kit_id:
            raise Invalid(fields={"component": "A kit cannot hold itself. Choose another product."})
        if kits.is_above(kit_id, component, boms):
            raise Invalid(
                fields={
                    "component": f"{names[component]} holds {names[kit_id]} already, so it cannot"
                    " be in it. Choose another product."
                }
            )
    if len(boms.get(kit_id, {})) > kits.MOST_COMPONENTS:
        raise Invalid(
            fields={"component": f"A kit holds at most {kits.MOST_COMPONENTS} components."}
        )
    above = levels_above(work.session, kit_id)
    if above + kits.height(kit_id, boms) > kits.MOST_LEVELS:
        raise Invalid(
            fields={"component": f"Kits lie at most {kits.MOST_LEVELS} deep in each other."}
        )
    # A kit above multiplies what is in this one; its own edit bounds it again.
    if any(units > kits.MOST_GOODS for units in kits.contents(kit_id, boms).goods.values()):
        raise Invalid(
            fields={"component": "One set would hold over a million units of one product."}
        )


def _become_kit(work: Work, kit_id: UUID) -> None:
    """Write off what lay there of the variant itself; promised or kept back, it stays as it is."""
    levels = locked_levels(work, [kit_id])
    if any(each.committed or each.reserved or each.locked or each.incoming for each in levels):
        raise Invalid(
            fields={
                "component": "Orders or channels hold units of this product, or some are on their"
                " way. Ship or free them, then make it a kit."
            }
        )
    lying = {
        each.id: [Posting(PostingKind.ADJUST, -each.on_hand)] for each in levels if each.on_hand
    }
    post(work, lying, reference="reason:correction", note=BECAME_KIT)
    move_levels(work, {kit_id: None}, origin="web")


def _write(work: Work, kit_id: UUID, wishes: Mapping[UUID, int | None], *, first: int) -> None:
    gone = [key for key, units in wishes.items() if not units]
    if gone:
        work.session.execute(
            delete(KitComponent).where(
                KitComponent.kit_id == kit_id, among(KitComponent.component_id, gone)
            )
        )
    rows = [
        {
            "organization_id": work.organization_id,
            "kit_id": kit_id,
            "component_id": key,
            "quantity": units,
            "position": first + at,
        }
        for at, (key, units) in enumerate(wishes.items())
        if units
    ]
    if rows:
        asked = insert(KitComponent).values(rows)
        work.session.execute(
            asked.on_conflict_do_update(
                index_elements=[KitComponent.kit_id, KitComponent.component_id],
                set_={"quantity": asked.excluded.quantity},
            )
        )
