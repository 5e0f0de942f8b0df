"""Stock on its way to a channel, written down before it leaves: the most a shop may still sell.

A row is there from before a write is sent until its answer is known. Orders heard meanwhile move it
like what both sides agree on: the shop counted down by them, before or after our write arrived.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.work import Work
from app.listings.models import Listing
from app.sync import bases, order_reading, records, tasks
from app.sync.models import SentCount
from app.sync.planner import VARIANT, Action, Intent, Way, Why
from app.sync.project import Pair
from app.sync.sides import Side

_COUNTED: Final = ("quantity", VARIANT)


def counts_in(intents: Iterable[Intent]) -> dict[UUID, int]:
    """Return what is agreed on once counts on their way out arrived, by variant."""
    found: dict[UUID, int] = {}
    for each in intents:
        value = each.new
        if each.field == VARIANT and each.action is Action.CREATE and isinstance(value, Mapping):
            value = value.get("quantity")
        elif each.field == "quantity":
            value = each.base_after
        else:
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
    """Return what is agreed on if a count does not arrive."""
    for each in intents:
        is_count = (each.variant_key, each.field) == (str(variant_id), "quantity")
        if is_count and isinstance(each.old, int):
            return each.old + int(each.base_after) - int(each.new)
    return None


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
    or not. So it is looked at again.
    """
    mine = select(Listing.id).where(Listing.connection_id == connection_id)
    doubted: set[UUID] = set()
    for variant_id in sorted(moved):
        doubted |= set(
            work.session.scalars(
                update(SentCount)
                .where(SentCount.variant_id == variant_id, SentCount.listing_id.in_(mine))
                .values(
                    quantity=SentCount.quantity + moved[variant_id],
                    expected=SentCount.expected + moved[variant_id],
                    seen=None,
                    seen_at=None,
                    is_read=False,
                )
                .returning(SentCount.listing_id),
                execution_options={"synchronize_session": False},
            )
        )
    tasks.request_pushes(work, {(listing_id, connection_id) for listing_id in doubted})


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


def doubts(work: Work, terms: records.Terms, pair: Pair, theirs: Side) -> list[SentCount]:
    """Return counts of a listing of which nobody knows if they arrived; asks for the orders.

    What the shop shows is what it was, or what we sent, less what it sold since. It tells one from
    the other once it showed the same before and after its orders were read: every sale in it was
    heard then. Without orders, looking is all there is.
    """
    if not order_reading.is_on(terms.connection, terms.capabilities):
        return []
    left = []
    for row in read(work, [pair.listing.id]).get(pair.listing.id, {}).values():
        now = theirs.value("quantity", str(row.variant_id))
        if not isinstance(now, int) or row.expected is None or (row.is_read and row.seen == now):
            continue
        left.append(row)
        if row.seen != now or row.seen_at is None:
            row.seen, row.seen_at, row.is_read = now, work.now, False
    if left:
        work.session.flush()
        tasks.request_orders(work, terms.connection.id, [order_reading.CHANGED])
    return left


def lowered(pair: Pair, theirs: Side, doubted: Sequence[SentCount]) -> tuple[Intent, ...]:
    """Return what is lowered at once, in doubt as it is: showing less is safe at any time.

    The shop may have sold up to the difference to the most it may have shown, unheard of yet.
    """
    found = []
    for row in doubted:
        key = str(row.variant_id)
        ours, now = pair.ours.value("quantity", key), theirs.value("quantity", key)
        base = pair.base.value("quantity", key)
        if not (isinstance(ours, int) and isinstance(now, int) and isinstance(base, int)):
            continue
        wanted = max(0, ours - max(0, _most(row) - now))
        if wanted < now:
            after = base + wanted - now
            why = Why.CHANGED_HERE
            found.append(Intent(Way.PUSH, "quantity", key, now, wanted, why, base_after=after))
    return tuple(found)


def settled(work: Work, terms: records.Terms, pair: Pair, theirs: Side) -> Pair:
    """Return a pair whose counts are out of doubt: every sale was heard, so both sides agree.

    What is neither what was there nor what was sent was put there by somebody, and a person is
    asked; only after several lost answers it may be ours in between. What is known is kept at once:
    what is sent next may not arrive, and what is agreed on by then would look like sales.
    """
    if not order_reading.is_on(terms.connection, terms.capabilities):
        return pair
    variants = {key: dict(values) for key, values in pair.base.variants.items()}
    known = set()
    for row in read(work, [pair.listing.id]).get(pair.listing.id, {}).values():
        key = str(row.variant_id)
        now = theirs.value("quantity", key)
        tries = sum((each.variant_key, each.field) == (key, "quantity") for each in pair.sent)
        if not isinstance(now, int) or row.expected is None or key not in variants:
            continue
        if now in (row.quantity, row.expected) or (tries > 1 and now < _most(row)):
            variants[key]["quantity"] = now
            known.add((key, "quantity"))
    sent = [each for each in pair.sent if (each.variant_key, each.field) not in known]
    base = replace(pair.base, variants=variants)
    bases.write_base(work, pair, base)
    return replace(pair, base=base, sent=sent)


def _most(row: SentCount) -> int:
    return row.quantity if row.expected is None else max(row.quantity, row.expected)


def shift(work: Work, terms: records.Terms, listing_id: UUID, intents: Sequence[Intent]) -> None:
    """A count in doubt was lowered: whatever was agreed on before is lower by as much."""
    rows = read(work, [listing_id]).get(listing_id, {})
    for each in intents:
        row = rows.get(UUID(each.variant_key or ""))
        if row is None or row.expected is None:
            continue
        by = int(each.new) - int(each.old)
        row.quantity, row.expected = row.quantity + by, row.expected + by
        row.seen, row.seen_at, row.is_read = each.new, work.now, False
    work.session.flush()
    tasks.request_orders(work, terms.connection.id, [order_reading.CHANGED])


def agreed(
    base: Side,
    stored: Side,
    through: Sequence[Intent],
    sent: Mapping[UUID, SentCount],
    *,
    in_doubt: bool,
) -> Side:
    """Agree on counts that arrived as they stand now: orders heard meanwhile moved them on."""
    variants = {key: dict(values) for key, values in base.variants.items()}
    for each in through:
        key = each.variant_key or ""
        row = sent.get(UUID(key)) if key in variants and each.field in _COUNTED else None
        if row is None:
            continue
        before = stored.value("quantity", key)
        if not in_doubt:
            variants[key]["quantity"] = row.quantity
        elif isinstance(before, int):
            variants[key]["quantity"] = before + int(each.new) - int(each.old)
    return replace(base, variants=variants)
