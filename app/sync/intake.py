"""A page of the channel's products taken in: known ones merge, new ones wait to be paired."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.types import ChannelProduct
from app.connections.models import Connection
from app.core import db
from app.core.work import Work
from app.listings.models import Listing, ListingState, Offer, Pairing
from app.sync import apply, gone, project, records, tasks


@dataclass(slots=True)
class Tally:
    """What a page came to."""

    done: int = 0
    changed: int = 0
    unchanged: int = 0
    created: int = 0
    failed: int = 0
    conflicts: int = 0
    drifted: int = 0

    def totals(self) -> dict[str, int]:
        """Return the figures a run counts."""
        return {name: by for name, by in asdict(self).items() if name != "drifted"}


def take_in(work: Work, terms: records.Terms, products: Sequence[ChannelProduct]) -> Tally:
    """Merge a page of the channel's products into ours; unknown ones become unmapped listings."""
    tally = Tally(done=len(products))
    known = _known(work, terms.connection, products)
    fresh = [each for each in products if each.external_id not in known and not each.is_deleted]
    _add_listings(work, terms.connection, fresh)
    tally.created = len(fresh)
    late = [row.external_id for row in known.values() if row.read_order > terms.order]
    tasks.request_pulls(work, terms.connection.id, [key for key in late if key])
    moved = [
        (known[each.external_id], each)
        for each in products
        if each.external_id in known
        and each.external_id not in late
        and (terms.is_thorough or _has_news(known[each.external_id], each, terms))
    ]
    pairs = apply.locked_pairs(work, terms.connection, [listing for listing, _ in moved])
    terms = replace(terms, quiet=records.quiet(work, [listing.id for listing, _ in moved]))
    for listing, product in moved:
        pair = pairs.get(listing.id)
        if _has_news(listing, product, terms) or apply.differs(terms, pair, product):
            tally.drifted += 1
            _take_one(work, terms, tally, listing, pair, product)
    tally.unchanged = len(products) - len(fresh) - tally.drifted
    still = [
        row.id for row in known.values() if row.external_id in {p.external_id for p in products}
    ]
    work.session.execute(
        update(Listing)
        .where(Listing.id.in_(still))
        .values(last_seen_at=work.now)
        .execution_options(synchronize_session=False)
    )
    return tally


def _known(
    work: Work, connection: Connection, products: Sequence[ChannelProduct]
) -> dict[str, Listing]:
    found = work.session.scalars(
        select(Listing)
        .where(
            Listing.connection_id == connection.id,
            Listing.external_id.in_([each.external_id for each in products]),
        )
        .order_by(Listing.id)
        .with_for_update()
    )
    return {row.external_id: row for row in found if row.external_id}


def _has_news(listing: Listing, product: ChannelProduct, terms: records.Terms) -> bool:
    """Skip what the channel still shows as we last saw or wrote it: an echo is no change."""
    if terms.is_forced or product.is_deleted:
        return True
    if listing.state in (ListingState.GONE, ListingState.NEEDS_YOU):
        return True
    return listing.remote_fingerprint != project.fingerprint(product)


def _take_one(
    work: Work,
    terms: records.Terms,
    tally: Tally,
    listing: Listing,
    pair: project.Pair | None,
    product: ChannelProduct,
) -> None:
    if product.is_deleted:
        gone.mark_gone(work, terms, listing)
        tally.changed += 1
    elif pair is None or listing.kept_off_at is not None:
        refresh(work, listing, product)
        tally.changed += 1
    else:
        meeting = apply.meet(work, terms, pair, product)
        tally.conflicts += meeting.conflicts
        tally.changed += 1 if meeting.pulled else 0
        if meeting.pushes and not pair.is_excluded:
            tasks.request_pushes(work, [(listing.id, terms.connection.id)])


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
    found = (str(each.values["sku"]) for each in product.variants if each.values.get("sku"))
    return next(found, None)


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
        "kind": product.kind,
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
            "external_sku": variant.values.get("sku"),
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
