"""What was sent and never answered: where the shop shows it, it arrived and both sides agree on it.

Otherwise an edit made here before the next try would meet our own earlier value as if the shop had
written it: a conflict nobody made, an edit taken back, or a movement of stock counted twice.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from app.adapters.values import Kind
from app.core.work import Work
from app.sync import compare
from app.sync.models import ChangeState, Direction, SentCount, SyncChange
from app.sync.plans import Action
from app.sync.sides import MISSING, Side


class Sent(NamedTuple):
    """One value on its way, or lost on it."""

    variant_key: str | None
    field: str
    old: Any
    new: Any


def unanswered(work: Work, listing_ids: Sequence[UUID]) -> dict[UUID, list[Sent]]:
    """Return what was sent for listings and is not settled yet."""
    rows = work.session.execute(
        select(
            SyncChange.listing_id,
            SyncChange.variant_id,
            SyncChange.field,
            SyncChange.old,
            SyncChange.new,
        )
        .where(
            SyncChange.listing_id.in_(listing_ids),
            SyncChange.state == ChangeState.SENT,
            SyncChange.direction == Direction.PUSH,
            SyncChange.action == Action.UPDATE.value,
        )
        .order_by(SyncChange.id)
    )
    found: dict[UUID, list[Sent]] = {}
    counts = _counts(work, listing_ids)
    for listing_id, variant_id, name, old, new in rows:
        key = str(variant_id) if variant_id else None
        if name == "quantity":
            old, new = counts.get((listing_id, variant_id), (old, new))
        found.setdefault(listing_id, []).append(Sent(key, name, old, new))
    return found


def _counts(work: Work, listing_ids: Sequence[UUID]) -> dict[tuple[UUID, UUID | None], Any]:
    """Return counts on their way as they would show now: orders heard since moved them."""
    rows = work.session.execute(
        select(
            SentCount.listing_id, SentCount.variant_id, SentCount.expected, SentCount.quantity
        ).where(SentCount.listing_id.in_(listing_ids), SentCount.expected.is_not(None))
    )
    return {(row.listing_id, row.variant_id): (row.expected, row.quantity) for row in rows}


def agreed(base: Side, sent: Sequence[Sent], theirs: Side) -> Side:
    """Return the base once what the shop shows of ours counts as agreed on.

    Stock that is neither what was there nor what was sent moved meanwhile, and nobody knows from
    which of both: there is no base for it then, so that a person is asked.
    """
    values, variants = dict(base.values), {key: dict(held) for key, held in base.variants.items()}
    for each in sent:
        key, name = each.variant_key, each.field
        target = values if key is None else variants.get(key, {})
        now = theirs.value(name, key)
        if now is not MISSING and compare.equal(name, now, each.new):
            target[name] = each.new
        elif is_unsure(each, theirs):
            target.pop(name, None)
    return Side(values, variants, base.changed_at, base.is_complete)


def is_count(sent: Sent) -> bool:
    """Tell whether it is stock that is on its way."""
    return compare.kind_of(sent.field) is Kind.QUANTITY


def is_unsure(sent: Sent, theirs: Side) -> bool:
    """Tell whether stock moved while nobody knows whether our count arrived."""
    now = theirs.value(sent.field, sent.variant_key)
    return (
        is_count(sent)
        and now is not MISSING
        and not compare.equal(sent.field, now, sent.new)
        and not compare.equal(sent.field, now, sent.old)
    )
