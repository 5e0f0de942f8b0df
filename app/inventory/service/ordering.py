"""Goods that are ordered again: a delivery from outside, begun with its lines."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from app.catalog.service.writing import among
from app.core.db import new_id
from app.core.errors import Invalid
from app.core.work import Work
from app.inventory.models import KitComponent, Level, TransferLine
from app.inventory.service.transfers import (
    MOST_LINES,
    MOST_UNITS,
    UNITS,
    TransferDraft,
    start_transfer,
)


def start_delivery(work: Work, draft: TransferDraft, units: Mapping[UUID, int]) -> UUID:
    """Begin a delivery of so many units by variant; nothing moves before it is sent.

    Raises Invalid at the lines that cannot be delivered there.
    """
    _check_units(work, draft.destination_id, units)
    transfer_id = start_transfer(work, draft)
    work.session.add_all(
        TransferLine(
            id=new_id(),
            organization_id=work.organization_id,
            transfer_id=transfer_id,
            variant_id=variant_id,
            quantity=quantity,
        )
        for variant_id, quantity in units.items()
    )
    work.session.flush()
    return transfer_id


def _check_units(work: Work, destination_id: UUID, units: Mapping[UUID, int]) -> None:
    if not units:
        raise Invalid("Tick what you order.")
    if len(units) > MOST_LINES:
        raise Invalid(f"A delivery holds at most {MOST_LINES:,} lines.")
    counted = select(Level.variant_id).where(
        Level.organization_id == work.organization_id,
        Level.location_id == destination_id,
        Level.is_counted,
        among(Level.variant_id, list(units)),
    )
    kits = select(KitComponent.kit_id).where(among(KitComponent.kit_id, list(units)))
    known = set(work.session.scalars(counted)) - set(work.session.scalars(kits))
    problems = {
        f"{UNITS}{each}": "Nobody counts this there any more."
        for each in units
        if each not in known
    }
    problems |= {
        f"{UNITS}{each}": f"Enter a whole number from 1 to {MOST_UNITS:,}."
        for each, quantity in units.items()
        if not 1 <= quantity <= MOST_UNITS
    }
    if problems:
        raise Invalid(fields=problems)
