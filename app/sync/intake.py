"""A page of the channel's products taken in: known ones merge, new ones wait to be paired."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.errors import BadPayload
from app.adapters.types import ChannelProduct, ChannelVariant, Problem, Sealed
from app.catalog.service.writing import among
from app.connections.models import Connection
from app.core import db
from app.core.work import Work
from app.listings.models import Listing, ListingState, Offer, Pairing
from app.sync import (
    answers,
    apply,
    counts,
    gone,
    order_reading,
    project,
    records,
    rest,
    tasks,
    unanswered,
)

_LONGEST_SKU: Final = 255
_NO_FIGURES: Final = frozenset(("differing", "unreadable"))


@dataclass(slots=True)
class Tally:
    """What a page came to."""

    done: int = 0
    changed: int = 0
    unchanged: int = 0
    created: int = 0
    failed: int = 0
    conflicts: int = 0
    differing: set[str] = field(default_factory=set)  # their ids of what had moved
    unreadable: list[Problem] = field(default_factory=list)

    @property
    def drifted(self) -> int:
        """How many listings had moved."""
        return len(self.differing)

    def totals(self) -> dict[str, int]:
        """Return the figures a run counts."""
        return {name: by for name, by in asdict(self).items() if name not in _NO_FIGURES}


def take_in(
    work: Work,
    terms: records.Terms,
    products: Sequence[ChannelProduct],
    sealed: Sequence[Sealed] = (),
) -> Tally:
    """Merge a page of the channel's products into ours; unknown ones become unmapped listings.

    Of sealed ones only those are opened that may have to be merged.
    """
    tally = Tally()
    shown = [*(each.external_id for each in products), *(each.external_id for each in sealed)]
    known = rest.known(work, terms, shown)
    opened = _opened(terms, tally, known, sealed)
    tally.done = len(products) + len(sealed) - len(tally.unreadable)
    products = [*products, *(product for _, product in opened)]
    prints = {each.external_id: project.fingerprint(each) for each in products}
    fresh = [each for each in products if each.external_id not in known and not each.is_deleted]
    _add_listings(work, terms.connection, fresh)
    tally.created = len(fresh)
    late = [row.external_id for row in known.values() if row.read_order > terms.order]
    tasks.request_pulls(work, terms.connection.id, late)
    current = known.keys() - set(late)
    asked = [each for each in products if each.external_id in current]
    news, still = _sorted(terms, known, asked, prints)
    _compare(work, terms, tally, known, news, still)
    tally.unchanged = tally.done - len(fresh) - tally.drifted
    marks = {each.external_id: answers.mark(each, prints[each.external_id]) for each, _ in opened}
    answers.remember(work, terms.connection.id, marks)
    work.session.execute(
        update(Listing)
        .where(among(Listing.id, [row.id for row in known.values()]))
        .values(last_seen_at=work.now)
        .execution_options(synchronize_session=False)
    )
    return tally


def _opened(
    terms: records.Terms,
    tally: Tally,
    known: dict[str, rest.Known],
    sealed: Sequence[Sealed],
) -> list[tuple[Sealed, ChannelProduct]]:
    """Open the answers that are not known to show what was there; what cannot be read is told."""
    opened = []
    for each in sealed:
        row = known.get(each.external_id)
        if row is not None and row.spells(each) and (row.is_at_rest or not terms.is_thorough):
            continue
        try:
            opened.append((each, each.open()))
        except BadPayload as error:
            tally.unreadable.append(Problem(error.sentence, error.path, "unreadable"))
            known.pop(each.external_id, None)  # it was not seen, and is asked for by itself
    return opened


Products = Sequence[ChannelProduct]


def _sorted(
    terms: records.Terms,
    known: Mapping[str, rest.Known],
    products: Products,
    prints: Mapping[str, str],
) -> tuple[Products, Products]:
    """Return what has news, and what is to be compared although the channel shows nothing new."""
    news, still = [], []
    for each in products:
        row = known[each.external_id]
        # What the channel still shows as we last saw or wrote it is skipped: an echo is no change.
        if terms.is_forced or each.is_deleted or not row.shows(prints[each.external_id]):
            news.append(each)
        elif terms.is_thorough and not row.is_at_rest:
            still.append(each)
    return news, still


def _compare(
    work: Work,
    terms: records.Terms,
    tally: Tally,
    known: Mapping[str, rest.Known],
    news: Products,
    still: Products,
) -> None:
    """Merge what differs, all of a page together, and mark what agrees."""
    ids = {each.external_id: known[each.external_id].id for each in (*news, *still)}
    if not ids:
        return
    found = work.session.scalars(
        select(Listing).where(Listing.id.in_(ids.values())).order_by(Listing.id)
    )
    listings = {row.id: row for row in found}
    pairs = apply.locked_pairs(work, terms.connection, list(listings.values()))
    terms = replace(terms, quiet=records.quiet(work, list(listings)))
    terms = counts.asked_once(work, terms, list(listings))
    differing = [
        each for each in still if apply.differs(terms, pairs.get(ids[each.external_id]), each)
    ]
    meeting: list[tuple[project.Pair, ChannelProduct]] = []
    for each in (*news, *differing):
        listing, pair = listings[ids[each.external_id]], pairs.get(ids[each.external_id])
        tally.differing.add(each.external_id)
        if each.is_deleted:
            gone.mark_gone(work, terms, listing)
            tally.changed += 1
        elif pair is None or listing.kept_off_at is not None:
            refresh(work, listing, each)
            tally.changed += 1
        elif _is_unsure(terms, pair, each):
            tasks.request_pushes(work, [(listing.id, terms.connection.id)])
        else:
            meeting.append((pair, each))
    agree = [ids[each.external_id] for each in still if each not in differing]
    rest.mark(work, terms, [*agree, *_meet(work, terms, tally, meeting)])


def _meet(
    work: Work,
    terms: records.Terms,
    tally: Tally,
    met: Sequence[tuple[project.Pair, ChannelProduct]],
) -> list[UUID]:
    """Let pairs meet the channel's answers; returns the listings nothing is left to do for."""
    wanted, settled = [], []
    for meeting in apply.meet_all(work, terms, met):
        listing = meeting.pair.listing
        tally.conflicts += meeting.conflicts
        tally.changed += 1 if meeting.pulled else 0
        if meeting.pushes and not meeting.pair.is_excluded:
            wanted.append((listing.id, terms.connection.id))
        if meeting.is_settled:
            settled.append(listing.id)
    tasks.request_pushes(work, wanted)
    return settled


def _is_unsure(terms: records.Terms, pair: project.Pair, product: ChannelProduct) -> bool:
    """Tell whether stock moved before we heard what became of our own count: that comes first.

    Where the shop's orders come in, what it shows proves nothing before those were read.
    """
    theirs = project.their_side(pair, product)
    if order_reading.is_on(terms.connection, terms.capabilities):
        return any(unanswered.is_count(each) for each in pair.sent)
    return any(unanswered.is_unsure(each, theirs) for each in pair.sent)


def refresh(work: Work, listing: Listing, product: ChannelProduct) -> None:
    """Keep the newest answer of the channel for an item that is not paired, or kept off."""
    listing.title = str(product.values.get("title") or "")[:255]
    listing.first_sku = _first_sku(product)
    if listing.pairing == Pairing.DONE:
        listing.pairing = Pairing.DUE
    listing.remote, listing.url = project.snapshot(product), product.url
    listing.remote_fingerprint = project.fingerprint(product)
    listing.remote_modified_at, listing.is_writable = product.modified_at, product.is_writable
    records.write_snapshot(work, listing.id, product)
    _write_offers(work, {product.external_id: listing.id}, [product])
    work.touch(f"listing-{listing.id}")


def _first_sku(product: ChannelProduct) -> str | None:
    return next((sku for each in product.variants if (sku := _sku(each))), None)


def _sku(variant: ChannelVariant) -> str | None:
    """Return an SKU as far as rows beside the answer keep it; the answer itself has it whole."""
    return str(variant.values["sku"])[:_LONGEST_SKU] if variant.values.get("sku") else None


def _add_listings(work: Work, connection: Connection, products: Sequence[ChannelProduct]) -> None:
    """Give new items of the channel their listings; an item of another unit stays as it is."""
    if not products:
        return
    rows = [_listing_row(work, connection, each) for each in products]
    added = work.session.execute(
        insert(Listing)
        .on_conflict_do_nothing(
            index_elements=[Listing.connection_id, Listing.external_id],
            index_where=Listing.external_id.is_not(None),
        )
        .returning(Listing.external_id, Listing.id),
        rows,
    )
    ids = {external_id: key for external_id, key in added if external_id}
    mine = [each for each in products if each.external_id in ids]
    records.write_snapshots(work, {ids[each.external_id]: each for each in mine})
    _write_offers(work, ids, mine)
    work.touch("listings", f"connection-{connection.id}")


def _listing_row(work: Work, connection: Connection, product: ChannelProduct) -> dict[str, Any]:
    return {
        "id": db.new_id(),
        "created_at": work.now,
        "organization_id": work.organization_id,
        "connection_id": connection.id,
        "external_id": product.external_id,
        "state": ListingState.UNMAPPED,
        "kind": project.kind_of(product),
        "is_writable": product.is_writable,
        "title": str(product.values.get("title") or "")[:255],
        "first_sku": _first_sku(product),
        "url": product.url,
        "remote": project.snapshot(product),
        "remote_fingerprint": project.fingerprint(product),
        "remote_modified_at": product.modified_at,
        "last_seen_at": work.now,
        "version": 1,
        "overrides": {},
        "error_count": 0,
    }


def _write_offers(
    work: Work, listing_ids: dict[str, UUID], products: Sequence[ChannelProduct]
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": db.new_id(),
            "created_at": work.now,
            "organization_id": work.organization_id,
            "listing_id": listing_ids[product.external_id],
            "external_id": variant.external_id,
            "external_sku": _sku(variant),
            "overrides": {},
        }
        for product in products
        for variant in product.variants
    ]
    if rows:
        asked = insert(Offer)
        work.session.execute(
            asked.on_conflict_do_update(
                index_elements=[Offer.listing_id, Offer.external_id],
                set_={"external_sku": asked.excluded.external_sku},
            ),
            rows,
        )
