"""Undo of a run: what it changed is taken back here, and every channel hears of it.

A run that read wrote history of our catalog; a run that sent wrote its changes down. Both become a
bulk edit that is previewed first (`catalog.bulk.undoing`). What goes back to a value that was there
before is not asked about again for its size: somebody saw it in the preview.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.values import FIELDS, Group
from app.catalog import bulk
from app.catalog.bulk import Step
from app.catalog.models import BulkEdit
from app.connections.models import Connection
from app.core.work import Work
from app.listings.models import Listing
from app.sync import project, runs
from app.sync.models import ChangeState, Direction, RunKind, SyncChange
from app.sync.plans import NEW_THERE, Action, Risk
from app.sync.policy import Policy

_SENDING: Final = frozenset((RunKind.PUSH, RunKind.MANUAL))
_PRICES: Final = frozenset(n for n, each in FIELDS.items() if each.group is Group.PRICE)


def undo_run(work: Work, run_id: UUID) -> BulkEdit:
    """Prepare to take a run back; raises RunNotFound, or Conflicting when nothing is left of it."""
    run = runs.get_run(work, run_id)
    words = f"“{run.cause or 'Sync'}”"
    if run.kind in _SENDING:
        return bulk.start_undo(work, _sent(work, run_id), words=words)
    return bulk.undo_cause(work, run_id, words=words)


def _sent(work: Work, run_id: UUID) -> dict[UUID, list[Step]]:
    rows = work.session.execute(
        select(
            SyncChange.product_id,
            SyncChange.field,
            SyncChange.variant_id,
            SyncChange.old,
            SyncChange.new,
            SyncChange.why,
        )
        .where(
            SyncChange.organization_id == work.organization_id,
            SyncChange.run_id == run_id,
            SyncChange.direction == Direction.PUSH,
            SyncChange.state == ChangeState.APPLIED,
            SyncChange.action == Action.UPDATE.value,
            SyncChange.product_id.is_not(None),
        )
        .order_by(SyncChange.id)
    )
    found: dict[UUID, list[Step]] = {}
    for product_id, name, variant_id, old, new, why in rows:
        step = Step(name, variant_id, old, new)
        if why == NEW_THERE:  # the shop had no product to go back to
            step = Step("listed", None, None, new)
        if product_id is not None:
            found.setdefault(product_id, []).append(step)
    return found


def let_pass(work: Work, facts: Sequence[Mapping[str, Any]]) -> None:
    """Let prices that an undo brought back go out, however far they move; and no others.

    It is their size that nobody asks about again: where everything waits for a person, they wait.
    """
    back: dict[UUID, set[tuple[UUID, str]]] = {}
    for fact in facts:
        names = sorted(_PRICES.intersection(fact.get("fields", ())))
        if fact.get("is_undo") and names:
            variants = [UUID(key) for key in fact.get("variant_ids", ())]
            back.setdefault(UUID(fact["product_id"]), set()).update(product(variants, names))
    if not back:
        return
    values = project.our_values(work.session, work.organization_id, sorted(back))
    listings = work.session.execute(
        select(Listing.id, Listing.connection_id, Listing.product_id, Connection.settings)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(Listing.organization_id == work.organization_id, Listing.product_id.in_(back))
    ).all()
    rows = [
        {
            "organization_id": work.organization_id,
            "connection_id": connection_id,
            "listing_id": listing_id,
            "product_id": product_id,
            "variant_id": variant_id,
            "direction": Direction.PUSH,
            "field": name,
            "new": held[name],
            "why": "You took a change back.",
            "risk": Risk.PRICE_MOVE.value,
            "state": ChangeState.PLANNED,
            "at": work.now,
        }
        for listing_id, connection_id, product_id, settings in listings
        if product_id in values and Policy.from_settings(settings).auto_push
        for variant_id, held in values[product_id].variants.items()
        for name in sorted(_PRICES & held.keys())
        if (variant_id, name) in back[product_id]
    ]
    if rows:
        work.session.execute(insert(SyncChange), rows)
