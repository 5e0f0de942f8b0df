"""What can be sold of variants is set, with a posting that tells by how much it moved."""

import json
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, null, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalog import service as catalog
from app.catalog.service.writing import among
from app.core.db import new_id
from app.core.work import Work
from app.inventory import ledger
from app.inventory.models import KitComponent, Level, Location, PostingKind
from app.inventory.service.kits import kit_quantities
from app.inventory.service.moving import post

DEFAULT_LOCATION: Final = "Main location"
KINDS: Final[Mapping[str, PostingKind]] = {
    "import": PostingKind.IMPORT,
    "sync": PostingKind.SYNC,
}

# One statement: the level moves and the posting tells by how much; nobody can come in between.
_SET: Final = text(
    """
    WITH moved AS (
        INSERT INTO inventory_levels
            (id, organization_id, variant_id, location_id, on_hand, allows_negative)
        SELECT w.id, :organization, w.variant_id, :location, w.quantity, w.quantity < 0
        FROM jsonb_to_recordset(CAST(:rows AS jsonb))
            AS w(id uuid, variant_id uuid, quantity integer)
        WHERE NOT EXISTS (SELECT FROM kit_components AS k WHERE k.kit_id = w.variant_id)
        ORDER BY w.variant_id
        ON CONFLICT (variant_id, location_id) DO UPDATE
            SET on_hand = excluded.on_hand + inventory_levels.committed
                    + inventory_levels.reserved + inventory_levels.locked,
                allows_negative = inventory_levels.allows_negative OR excluded.allows_negative,
                is_counted = true
        RETURNING new.id AS level_id, coalesce(old.on_hand, 0) AS before, new.on_hand AS after
    )
    INSERT INTO inventory_postings
        (organization_id, level_id, kind, quantity, reference, user_id, at)
    SELECT :organization, level_id, :kind, after - before, :reference, :user, :now
    FROM moved WHERE after <> before
    """
)


def default_location(work: Work) -> UUID:
    """Return the location that stock goes to unless said otherwise, made on first use."""
    found = work.session.scalar(
        select(Location.id).where(
            Location.organization_id == work.organization_id, Location.is_default
        )
    )
    if found is not None:
        return found
    work.session.execute(
        insert(Location)
        .values(
            id=new_id(),
            organization_id=work.organization_id,
            name=DEFAULT_LOCATION,
            is_default=True,
            created_at=work.now,
        )
        .on_conflict_do_nothing()
    )
    return work.session.scalars(
        select(Location.id).where(
            Location.organization_id == work.organization_id, Location.is_default
        )
    ).one()


def set_quantity(
    work: Work, variant_id: UUID, quantity: int | None, *, origin: str = "web", reference: str = ""
) -> None:
    """Set what can be sold of one variant; None stops counting its stock."""
    set_quantities(work, {variant_id: quantity}, origin=origin, reference=reference)


def set_quantities(
    work: Work,
    quantities: Mapping[UUID, int | None],
    *,
    origin: str = "web",
    reference: str = "",
    connection_id: UUID | None = None,
) -> None:
    """Set what can be sold of variants, tell their products and the channels."""
    move_levels(work, quantities, origin=origin, reference=reference)
    catalog.stock_moved(work, list(quantities), connection_id=connection_id)


def move_levels(
    work: Work, quantities: Mapping[UUID, int | None], *, origin: str, reference: str = ""
) -> None:
    """Set what can be sold, at the default location first, with postings, and nothing else.

    What lies at other locations counts: asked for less than they hold, the default location is
    emptied and the rest is taken from the others, the last in rank first. A kit has no stock of
    its own to set: what is wished of one is left out.
    """
    counted = {key: each for key, each in quantities.items() if each is not None}
    uncounted = [key for key, each in quantities.items() if each is None]
    if uncounted:
        work.session.execute(
            update(Level)
            .where(
                Level.organization_id == work.organization_id, among(Level.variant_id, uncounted)
            )
            .values(is_counted=False)
        )
    if not counted:
        return
    location = default_location(work)
    moved = KINDS.get(origin, PostingKind.ADJUST)
    counted = _less_elsewhere(work, location, counted, moved, reference=reference)
    # Ids are cheaper to make here than by uuidv7(), which asks for chance row by row.
    rows = [
        {"id": new_id().hex, "variant_id": key.hex, "quantity": each}
        for key, each in counted.items()
    ]
    work.session.execute(
        _SET,
        {
            "organization": work.organization_id,
            "location": location,
            "rows": json.dumps(rows),
            "kind": moved.value,
            "reference": reference[:100] or None,
            "user": work.actor.user_id,
            "now": work.now,
        },
    )


def _less_elsewhere(
    work: Work,
    location: UUID,
    counted: Mapping[UUID, int],
    kind: PostingKind,
    *,
    reference: str,
) -> dict[UUID, int]:
    """Return what is to be set at the default location, the other locations taken into account."""
    others: dict[UUID, list[Level]] = {}
    for level in work.session.scalars(
        select(Level)
        .join(Location, Location.id == Level.location_id)
        .where(
            among(Level.variant_id, list(counted)),
            Level.location_id != location,
            Level.is_counted,
            Location.is_active,
        )
        .order_by(Location.rank.desc(), Level.id)
    ):
        others.setdefault(level.variant_id, []).append(level)
    wanted = dict(counted)
    taken: dict[UUID, list[ledger.Posting]] = {}
    for variant_id, levels in others.items():
        quantity = counted[variant_id]
        wanted[variant_id] = quantity - sum(level.available for level in levels)
        if wanted[variant_id] >= 0 or quantity < 0:
            continue
        rest, wanted[variant_id] = -wanted[variant_id], 0
        for level in levels:
            part = min(rest, max(level.available, 0))
            rest -= part
            if part:
                taken[level.id] = [ledger.Posting(kind, -part)]
    post(work, taken, reference=reference or None)
    return wanted


class Keeper:
    """The stock keeper the catalog asks (app.catalog.stock)."""

    def quantities(self, session: Session, variant_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return the available quantity of each counted variant; of a kit, what it may give."""
        return self.counted(session, variant_ids)[0]

    def counted(
        self, session: Session, variant_ids: Sequence[UUID]
    ) -> tuple[dict[UUID, int], set[UUID]]:
        """Return the available quantities, and which of the variants are kits."""
        if not variant_ids:
            return {}, set()
        rows = session.execute(
            select(Level.variant_id, func.sum(Level.available))
            .where(among(Level.variant_id, variant_ids), Level.is_counted)
            .group_by(Level.variant_id)
            .union_all(
                select(KitComponent.kit_id, cast(null(), BigInteger))
                .where(among(KitComponent.kit_id, variant_ids))
                .distinct()
            )
        ).all()
        kits = {variant_id for variant_id, quantity in rows if quantity is None}
        found = {variant_id: int(quantity) for variant_id, quantity in rows if quantity is not None}
        if kits:
            of_kits = kit_quantities(session, kits)
            found |= {key: sets for key, sets in of_kits.items() if sets is not None}
        return found, kits

    def set_quantities(
        self, work: Work, quantities: Mapping[UUID, int | None], *, origin: str
    ) -> None:
        """Set the available quantity of variants; the catalog tells the channels itself."""
        move_levels(work, quantities, origin=origin)
