"""Stock on its way to a channel, written down before it leaves: the most a shop may still sell.

A row is there from before a write is sent until its answer is known. Orders heard meanwhile move it
like what both sides agree on: the shop counted down by them, before or after our write arrived.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.work import Work
from app.listings.models import Listing
from app.sync import order_reading, records, tasks
from app.sync.models import SentCount
from app.sync.planner import VARIANT, Action, Intent
from app.sync.project import Pair
from app.sync.sides import MISSING, Side

UNSURE: Final = "It is not known yet whether the last count arrived. Its orders are read first."


def counts_in(intents: Iterable[Intent]) -> dict[UUID, int]:
    """Return the counts among changes on their way out, by variant."""
    found: dict[UUID, int] = {}
    for each in intents:
        value = each.new
        if each.field == VARIANT and each.action is Action.CREATE and isinstance(value, Mapping):
            value = value.get("quantity")
        elif each.field != "quantity":
            continue
        if each.variant_key is not None and isinstance(value, int):
            found[UUID(each.variant_key)] = value
    return found


def write_down(
    work: Work, planned: Sequence[UUID], leaving: Sequence[tuple[Pair, Sequence[Intent]]]
) -> None:
    """Note what is about to leave; what was planned anew stands for what was sent before."""
    forget(work, planned)
    rows: list[dict[str, Any]] = [
        {
            "listing_id": pair.listing.id,
            "variant_id": variant_id,
            "organization_id": work.organization_id,
            "quantity": quantity,
            "expected": _expected(intents, variant_id),
            "at": work.now,
        }
        for pair, intents in leaving
        for variant_id, quantity in counts_in(intents).items()
    ]
    if rows:
        work.session.execute(insert(SentCount), rows)


def _expected(intents: Sequence[Intent], variant_id: UUID) -> int | None:
    old = [
        each.old
        for each in intents
        if (each.variant_key, each.field) == (str(variant_id), "quantity")
    ]
    return old[0] if old and isinstance(old[0], int) else None


def read(work: Work, listing_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, SentCount]]:
    """Return what is on its way, by listing and variant."""
    rows = work.session.scalars(
        select(SentCount).where(SentCount.listing_id.in_(listing_ids)),
        execution_options={"populate_existing": True},
    )
    found: dict[UUID, dict[UUID, SentCount]] = {}
    for row in rows:
        found.setdefault(row.listing_id, {})[row.variant_id] = row
    return found


def forget(work: Work, listing_ids: Sequence[UUID]) -> None:
    """The answers about these listings are known."""
    if listing_ids:
        work.session.execute(
            delete(SentCount)
            .where(SentCount.listing_id.in_(listing_ids))
            .execution_options(synchronize_session=False)
        )


def explain(work: Work, connection_id: UUID, moved: Mapping[UUID, int]) -> None:
    """An order moved the shop's own count: whether our write arrived or not, it moves by as much.

    What the shop showed when the answer was lost does not count any more: that order may be in it,
    or not.
    """
    mine = select(Listing.id).where(Listing.connection_id == connection_id)
    for variant_id in sorted(moved):
        work.session.execute(
            update(SentCount)
            .where(SentCount.variant_id == variant_id, SentCount.listing_id.in_(mine))
            .values(
                quantity=SentCount.quantity + moved[variant_id],
                expected=SentCount.expected + moved[variant_id],
                seen=None,
                seen_at=None,
                is_read=False,
            )
            .execution_options(synchronize_session=False)
        )


def orders_were_read(work: Work, connection_id: UUID, *, read_since: Any) -> None:
    """Orders were read: what a shop showed before that holds no sale that we have not heard of."""
    mine = select(Listing.id).where(Listing.connection_id == connection_id)
    rows = work.session.execute(
        update(SentCount)
        .where(
            SentCount.listing_id.in_(mine),
            SentCount.seen_at <= read_since,
            SentCount.is_read.is_(False),
        )
        .values(is_read=True)
        .returning(SentCount.listing_id)
        .execution_options(synchronize_session=False)
    ).all()
    tasks.request_pushes(work, {(row.listing_id, connection_id) for row in rows})


def is_unsure(work: Work, terms: records.Terms, pair: Pair, theirs: Side) -> bool:
    """Tell whether nobody knows yet if a count arrived; asks for the orders that will tell.

    What the shop shows is what it was, or what we sent, less what it sold since. It tells one from
    the other once it showed the same before and after its orders were read: all it sold until then
    is taken off already.
    """
    if not order_reading.is_on(terms.connection, terms.capabilities):
        return False
    is_left = False
    for row in read(work, [pair.listing.id]).get(pair.listing.id, {}).values():
        now = theirs.value("quantity", str(row.variant_id))
        if now is MISSING or row.expected is None or (row.is_read and row.seen == now):
            continue
        is_left = True
        if row.seen != now or row.seen_at is None:
            row.seen, row.seen_at, row.is_read = now, work.now, False
    if is_left:
        work.session.flush()
        tasks.request_orders(work, terms.connection.id, [order_reading.CHANGED])
    return is_left
