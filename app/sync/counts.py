"""A shop's own count coming in, where its orders come in, too: each unit is to count once.

The rules are `app.inventory.accounts`: what fell is kept back for its order; what rose is believed
once no open order explains it. Without orders, counts come in as movements like everything else.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from app.catalog import service as catalog
from app.core.work import Work
from app.inventory import service as inventory
from app.listings.models import Listing, Offer
from app.orders import service as orders
from app.sync import debts, order_reading, records, tasks, writing
from app.sync.planner import Intent, Way
from app.sync.project import Pair


def _moved(pair: Pair, intents: Sequence[Intent]) -> list[tuple[Intent, UUID, int]]:
    """Return the counts that come in, with their variants and by how much the shop moved."""
    return [
        (each, UUID(each.variant_key), each.new - each.old)
        for each in intents
        if each.way is Way.PULL
        and each.field == "quantity"
        and each.variant_key is not None
        and each.variant_key in pair.counted
        and isinstance(each.old, int)
        and isinstance(each.new, int)
    ]


def write_pulls(
    work: Work, terms: records.Terms, wished: Sequence[writing.Wish]
) -> list[writing.Wish]:
    """Write what came in; counts that fell are kept back instead, and freed where they rose."""
    if not order_reading.is_on(terms.connection, terms.capabilities):
        of_kits = [_of_kits(pair, pulls) for pair, pulls in wished]
        written = writing.write_pulls(work, terms, _less(wished, of_kits))
        return _with(work, written, of_kits)
    sold = [_sold_there(pair, pulls) for pair, pulls in wished]
    rest = _less(wished, sold)
    _free_risen(work, terms, rest)
    of_kits = [_of_kits(pair, pulls) for pair, pulls in rest]
    written = _with(work, writing.write_pulls(work, terms, _less(rest, of_kits)), of_kits)
    kept = _keep_back(work, terms, sold)
    return [(pair, [*taken, *gone]) for (pair, taken), gone in zip(written, kept, strict=True)]


def _less(
    wished: Sequence[writing.Wish], left_out: Sequence[Sequence[Intent]]
) -> list[writing.Wish]:
    return [
        (pair, [each for each in pulls if each not in gone])
        for (pair, pulls), gone in zip(wished, left_out, strict=True)
    ]


def _of_kits(pair: Pair, pulls: Sequence[Intent]) -> list[Intent]:
    """Return the counts of kits: what a shop says of them is never booked to their components."""
    return [each for each, _, _ in _moved(pair, pulls) if each.variant_key in pair.ours.kits]


def _with(
    work: Work, written: Sequence[writing.Wish], of_kits: Sequence[Sequence[Intent]]
) -> list[writing.Wish]:
    """Let counts of kits pass as seen, and our own go out again."""
    kits = {UUID(each.variant_key) for some in of_kits for each in some if each.variant_key}
    catalog.stock_moved(work, sorted(kits))
    return [(pair, [*taken, *some]) for (pair, taken), some in zip(written, of_kits, strict=True)]


def without_risen_kits(pair: Pair, passing: list[Intent]) -> list[Intent]:
    """Leave out what would be sent of a kit whose shop shows more: the join counts the rise in.

    Our own count goes out as soon as the rise was seen (`_with`).
    """
    risen = {
        each.variant_key
        for each, _, moved in _moved(pair, passing)
        if moved > 0 and each.variant_key in pair.ours.kits
    }
    return [
        each
        for each in passing
        if not (each.way is Way.PUSH and each.field == "quantity" and each.variant_key in risen)
    ]


def _sold_there(pair: Pair, pulls: Sequence[Intent]) -> list[Intent]:
    """Return the counts that fell: sales, whose orders will follow."""
    return [each for each, _, moved in _moved(pair, pulls) if moved < 0]


def _keep_back(
    work: Work, terms: records.Terms, sold: Sequence[Sequence[Intent]]
) -> list[list[Intent]]:
    """Keep the units of sales back until their orders come; both sides agree on those alone.

    What is sold beyond the stock cannot be kept back. Its order explains it, and must not find it
    agreed on before: the count would seem to rise by it.
    """
    units: Counter[UUID] = Counter()
    for each in (intent for gone in sold for intent in gone):
        if each.variant_key:
            units[UUID(each.variant_key)] += each.old - each.new
    if not units:
        return [list(gone) for gone in sold]
    until = work.now + order_reading.GRACE
    kept = inventory.keep_back(work, terms.connection.id, units, until=until)
    return [[_agreed(each, units, kept) for each in gone] for gone in sold]


def beyond(pulls: Sequence[Intent], taken: Sequence[Intent]) -> dict[str, int]:
    """Return the units a shop sold beyond what is there, by variant, as `write_pulls` took them."""
    planned = {each.variant_key: each.base_after for each in pulls if each.field == "quantity"}
    return {
        each.variant_key: each.base_after - planned[each.variant_key]
        for each in taken
        if each.field == "quantity"
        and each.variant_key is not None
        and isinstance(each.new, int)
        and isinstance(each.old, int)
        and each.new < each.old
    }


def pushed_beyond(pushes: Sequence[Intent], beyond: Mapping[str, int]) -> tuple[Intent, ...]:
    """Let a count that goes out be agreed on with what was sold beyond it, until its order came."""
    return tuple(
        replace(each, base_after=each.base_after + beyond[each.variant_key])
        if each.field == "quantity" and each.variant_key and beyond.get(each.variant_key)
        else each
        for each in pushes
    )


def _agreed(each: Intent, units: Mapping[UUID, int], kept: Mapping[UUID, int]) -> Intent:
    key = UUID(each.variant_key) if each.variant_key else None
    beyond = units[key] - min(units[key], kept.get(key, 0)) if key is not None else 0
    return replace(each, base_after=each.base_after + beyond) if beyond else each


def _free_risen(work: Work, terms: records.Terms, wished: Sequence[writing.Wish]) -> None:
    """Free what was kept back for sales that the shop counted up again."""
    risen: Counter[UUID] = Counter()
    for pair, pulls in wished:
        for _, variant_id, moved in _moved(pair, pulls):
            risen[variant_id] += max(0, moved)
    if risen := +risen:
        inventory.free_kept(work, terms.connection.id, risen)


def orders_first(
    work: Work, terms: records.Terms, pair: Pair, passing: list[Intent]
) -> tuple[list[Intent], bool]:
    """Leave out counts that rose while open orders may explain it, until those were read anew.

    Left out is, too, what the shop is to count up by news of ours that it has not heard of yet:
    both sides agreed on it already, and it would look like a sale. Returns, too, whether any was
    left out: the item is then to be looked at again.
    """
    if not order_reading.is_on(terms.connection, terms.capabilities):
        return passing, False
    moving = [variant_id for _, variant_id, moved in _moved(pair, passing) if moved]
    is_owed = terms.owes and bool(moving)
    owed = debts.owed_counts(work, terms.connection.id, moving) if is_owed else set()
    passing = _without(passing, owed)
    risen = {variant_id: moved for _, variant_id, moved in _moved(pair, passing) if moved > 0}
    waiting = _unexplained(work, terms, risen) if risen else set()
    asked = set() if pair.listing.id in terms.steady else _asked(work, pair.listing.id)
    _forget(work, pair.listing.id, asked - waiting)
    if not waiting:
        return passing, bool(owed)
    fresh = waiting - asked
    work.session.execute(
        update(Offer)
        .where(Offer.listing_id == pair.listing.id, Offer.variant_id.in_(fresh))
        .values(rise_at=work.now, rise_is_read=False)
        .execution_options(synchronize_session=False)
    )
    tasks.request_orders(work, terms.connection.id, [order_reading.CHANGED])
    return _without(passing, waiting), True


def _without(passing: list[Intent], variant_ids: set[UUID]) -> list[Intent]:
    keys = {str(variant_id) for variant_id in variant_ids}
    return [each for each in passing if not (each.field == "quantity" and each.variant_key in keys)]


def _unexplained(work: Work, terms: records.Terms, risen: dict[UUID, int]) -> set[UUID]:
    """Return the variants whose rise their shop's orders may explain."""
    kept = inventory.kept_back(work, terms.connection.id, list(risen))
    held = orders.held_there(work, terms.connection.id, list(risen))
    read = set(
        work.session.scalars(
            select(Offer.variant_id)
            .join(Listing, Listing.id == Offer.listing_id)
            .where(
                Listing.connection_id == terms.connection.id,
                Offer.variant_id.in_(risen),
                Offer.rise_is_read,
            )
        )
    )
    return {
        key
        for key, moved in risen.items()
        if moved > kept.get(key, 0) and key in held and key not in read
    }


def asked_once(work: Work, terms: records.Terms, listing_ids: Sequence[UUID]) -> records.Terms:
    """Ask for all of a batch what `orders_first` would ask for each of its listings."""
    if not order_reading.is_on(terms.connection, terms.capabilities):
        return terms
    rising = select(Offer.listing_id).where(
        Offer.listing_id.in_(listing_ids), Offer.rise_at.is_not(None)
    )
    steady = frozenset(listing_ids) - set(work.session.scalars(rising))
    return replace(terms, steady=steady, owes=debts.are_there(work, terms.connection.id))


def _asked(work: Work, listing_id: UUID) -> set[UUID]:
    found = select(Offer.variant_id).where(
        Offer.listing_id == listing_id, Offer.rise_at.is_not(None)
    )
    return {key for key in work.session.scalars(found) if key is not None}


def _forget(work: Work, listing_id: UUID, settled: set[UUID]) -> None:
    """Forget rises that are over."""
    if settled:
        work.session.execute(
            update(Offer)
            .where(Offer.listing_id == listing_id, Offer.variant_id.in_(settled))
            .values(rise_at=None, rise_is_read=False)
            .execution_options(synchronize_session=False)
        )


def look_again(work: Work, connection_id: UUID, *, read_since: datetime) -> None:
    """Orders were read: items whose count rose before are looked at again, and believed."""
    rows = work.session.execute(
        select(Listing.external_id, Offer.id)
        .join(Offer, Offer.listing_id == Listing.id)
        .where(
            Listing.connection_id == connection_id,
            Offer.rise_at <= read_since,
            Offer.rise_is_read.is_(False),
        )
    ).all()
    if not rows:
        return
    work.session.execute(
        update(Offer)
        .where(Offer.id.in_([row.id for row in rows]))
        .values(rise_is_read=True)
        .execution_options(synchronize_session=False)
    )
    tasks.request_pulls(work, connection_id, [row.external_id for row in rows if row.external_id])
