"""Levels move in one statement, each with its postings; what a level may not do is refused.

The statement is made from the table of the ledger. Levels are locked in the order of their ids, so
that two orders for the same goods wait for each other instead of for the database's patience. The
ids are told beside the rows, so that levels are found by their key: PostgreSQL cannot know how many
rows there are, and would read all levels of an organization of middling size.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.core.work import Work
from app.inventory import ledger
from app.inventory.errors import ImpossibleStock, NotEnoughStock
from app.inventory.models import Level

_BUCKETS: Final = ledger.Move._fields
_POST: Final = text(
    f"""
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS w(
            level_id uuid, kind text, is_promise boolean,
            {", ".join(f"{name} integer" for name in _BUCKETS)})
    ), sums AS (
        SELECT level_id, bool_or(is_promise) AS is_promise,
            {", ".join(f"sum({name})::integer AS {name}" for name in _BUCKETS)}
        FROM wanted GROUP BY level_id
    ), locked AS (
        SELECT id FROM inventory_levels WHERE id = ANY(CAST(:ids AS uuid[]))
        ORDER BY id FOR UPDATE
    ), moved AS (
        UPDATE inventory_levels AS l
        SET {", ".join(f"{name} = l.{name} + s.{name}" for name in _BUCKETS)}
        FROM sums AS s JOIN locked ON locked.id = s.level_id
        WHERE l.id = s.level_id AND l.id = ANY(CAST(:ids AS uuid[]))
            AND (NOT s.is_promise OR l.available
                + s.on_hand - s.committed - s.reserved - s.locked >= 0)
        RETURNING l.id, l.variant_id
    ), posted AS (
        INSERT INTO inventory_postings
            (organization_id, level_id, kind, quantity, committed, reserved, locked, incoming,
             reference, note, user_id, at)
        SELECT :organization, w.level_id, w.kind, w.on_hand, w.committed, w.reserved, w.locked,
            w.incoming, :reference, :note, :user, :now
        FROM wanted AS w JOIN moved ON moved.id = w.level_id
    )
    SELECT id, variant_id FROM moved
    """  # noqa: S608 (the names of our own buckets)
)


# One posting to one level, as most are: nothing to gather, to add up or to put in order.
_POST_ONE: Final = f"""
    WITH moved AS (
        UPDATE inventory_levels
        SET {", ".join(f"{name} = {name} + %({name})s" for name in _BUCKETS)}
        WHERE id = %(level)s AND (%(least)s::integer IS NULL OR available >= %(least)s)
        RETURNING id, variant_id
    ), posted AS (
        INSERT INTO inventory_postings
            (organization_id, level_id, kind, quantity, committed, reserved, locked, incoming,
             reference, note, user_id, at)
        SELECT %(organization)s, id, %(kind)s, %(on_hand)s, %(committed)s, %(reserved)s,
            %(locked)s, %(incoming)s, %(reference)s, %(note)s, %(user)s, %(now)s
        FROM moved
    )
    SELECT variant_id FROM moved
    """  # noqa: S608 (the names of our own buckets)


def post(
    work: Work,
    postings: Mapping[UUID, Sequence[ledger.Posting]],
    *,
    reference: str | None = None,
    note: str | None = None,
) -> list[UUID]:
    """Post to levels, all or none; returns the variants that moved. `reference` names the cause.

    Raises NotEnoughStock when a promise finds less than it takes, and ImpossibleStock when a bucket
    would fall below zero; the unit of work is then to be left by that error.
    """
    wanted = [(level_id, each) for level_id, some in postings.items() for each in some]
    if not wanted:
        return []
    told = {
        "organization": work.organization_id,
        "reference": reference,
        "note": note[:200] if note else None,
        "user": work.actor.user_id,
        "now": work.now,
    }
    try:
        if len(wanted) == 1:
            moved = _post_one(work, *wanted[0], told)
        else:
            moved = _post_all(work, wanted, told)
    except IntegrityError as error:
        raise ImpossibleStock from error
    if len(moved) != len({level_id for level_id, _ in wanted}):
        raise NotEnoughStock
    return list(dict.fromkeys(moved))


def _post_one(
    work: Work, level_id: UUID, posting: ledger.Posting, told: dict[str, Any]
) -> list[UUID]:
    move = posting.move
    told |= move._asdict()
    told["level"] = level_id
    told["kind"] = posting.kind.value
    told["least"] = -move.available if posting.needs_available else None
    return [variant_id for (variant_id,) in work.rows(_POST_ONE, told)]


def _post_all(
    work: Work, wanted: Sequence[tuple[UUID, ledger.Posting]], told: Mapping[str, Any]
) -> list[UUID]:
    rows = [
        {
            "level_id": str(level_id),
            "kind": each.kind.value,
            "is_promise": each.needs_available,
            **each.move._asdict(),
        }
        for level_id, each in wanted
    ]
    ids = list({level_id for level_id, _ in wanted})
    moved = work.session.execute(_POST, {"ids": ids, "rows": json.dumps(rows), **told})
    return [row.variant_id for row in moved]


def locked_levels(work: Work, variant_ids: Sequence[UUID]) -> Sequence[Level]:
    """Return the counted levels of variants, locked until the unit ends, in the order of ids."""
    return work.session.scalars(
        select(Level)
        .where(
            Level.organization_id == work.organization_id,
            Level.variant_id.in_(variant_ids),
            Level.is_counted,
        )
        .order_by(Level.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
