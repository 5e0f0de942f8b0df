"""Writes on listings: pairing, unpairing, ignoring, listing here and there, overrides."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update

from app.catalog import service as catalog
from app.catalog.models import Product, Variant
from app.catalog.service.loading import organization_currency
from app.connections.models import Connection
from app.core.db import new_id
from app.core.errors import AppError, NotFound
from app.core.work import Work
from app.listings import pricing
from app.listings.errors import AlreadyListed, AlreadyMapped, ListingNotFound
from app.listings.events import ListingMapped, ListingWanted
from app.listings.matching import Item, ItemVariant, pair_variants
from app.listings.models import Listing, ListingState, Offer, Pairing, Proposal
from app.team.service import record_audit

_FREE: Final = frozenset((ListingState.UNMAPPED, ListingState.IGNORED))


def get_listing(work: Work, listing_id: UUID) -> Listing:
    """Return a listing of this organization, locked; raises ListingNotFound."""
    found = work.session.scalar(
        select(Listing)
        .where(Listing.id == listing_id, Listing.organization_id == work.organization_id)
        .with_for_update()
    )
    if found is None:
        raise ListingNotFound
    return found


def item_of(listing: Listing) -> Item:
    """Return what the channel showed of a listing, as matching wants it."""
    values = listing.remote.get("values", {})
    return Item(
        id=listing.external_id or str(listing.id),
        title=values.get("title") or listing.title,
        brand=values.get("brand"),
        attributes=values.get("attributes") or {},
        variants=tuple(
            ItemVariant(key, each.get("sku"), each.get("gtin"), each.get("choice") or {})
            for key, each in listing.remote.get("variants", {}).items()
        ),
    )


def product_items(work: Work, product_ids: Sequence[UUID] | None, *, not_on: UUID) -> list[Item]:
    """Return products as matching wants them, without those already on a connection."""
    listed = select(Listing.product_id).where(
        Listing.connection_id == not_on, Listing.product_id.is_not(None)
    )
    wanted = select(Product.id, Product.title, Product.brand, Product.attributes).where(
        Product.organization_id == work.organization_id,
        Product.archived_at.is_(None),
        Product.id.not_in(listed),
    )
    if product_ids is not None:
        wanted = wanted.where(Product.id.in_(product_ids))
    products = work.session.execute(wanted).all()
    variants: dict[UUID, list[ItemVariant]] = {row.id: [] for row in products}
    found = select(Variant.product_id, Variant.id, Variant.sku, Variant.gtin, Variant.choice).where(
        Variant.organization_id == work.organization_id
    )
    if product_ids is not None:
        found = found.where(Variant.product_id.in_(product_ids))
    for row in work.session.execute(found):
        if row.product_id in variants:
            variants[row.product_id].append(
                ItemVariant(str(row.id), row.sku, row.gtin, row.choice or {})
            )
    return [
        Item(str(row.id), row.title, tuple(variants[row.id]), row.brand, row.attributes or {})
        for row in products
    ]


def map_listing(
    work: Work,
    listing_id: UUID,
    product_id: UUID,
    *,
    variant_pairs: Mapping[str, str] | None = None,
) -> Listing:
    """Pair a listing with a product; variants pair as given, else by SKU, barcode and options."""
    listing = get_listing(work, listing_id)
    if listing.state not in _FREE or listing.product_id is not None:
        raise AlreadyMapped
    ours = product_items(work, [product_id], not_on=listing.connection_id)
    if not ours:
        raise AlreadyListed if _exists(work, product_id) else NotFound
    pairs = variant_pairs or pair_variants(item_of(listing), ours[0])
    pair(work, listing, product_id, pairs)
    return listing


def _exists(work: Work, product_id: UUID) -> bool:
    found = select(Product.id).where(
        Product.id == product_id, Product.organization_id == work.organization_id
    )
    return work.session.scalar(found) is not None


def pair(work: Work, listing: Listing, product_id: UUID, variant_pairs: Mapping[str, str]) -> None:
    """Write a pair down and ask for both sides to be compared."""
    listing.product_id, listing.state = product_id, ListingState.WAITING
    listing.error = None
    listing.remote_fingerprint = None  # what was seen before the pair was never compared
    for external_id, variant_id in variant_pairs.items():
        work.session.execute(
            update(Offer)
            .where(Offer.listing_id == listing.id, Offer.external_id == external_id)
            .values(variant_id=UUID(variant_id))
        )
    work.session.execute(delete(Proposal).where(Proposal.listing_id == listing.id))
    work.emit(ListingMapped(listing.id, listing.connection_id))
    _tell(work, listing)


def look_again(work: Work) -> None:
    """Let every unpaired item look for its product again, because there are new ones."""
    work.session.execute(
        update(Listing)
        .where(
            Listing.organization_id == work.organization_id,
            Listing.state == ListingState.UNMAPPED,
            Listing.pairing.in_((Pairing.LOOKING, Pairing.DONE)),
        )
        .values(pairing=Pairing.DUE)
        .execution_options(synchronize_session=False)
    )


def unmap_listing(work: Work, listing_id: UUID) -> Listing:
    """Take a pair apart; nothing is changed on either side."""
    listing = get_listing(work, listing_id)
    _tell(work, listing)
    if listing.external_id is None or listing.state == ListingState.GONE:
        work.session.delete(listing)
        return listing
    listing.product_id, listing.state, listing.error = None, ListingState.UNMAPPED, None
    listing.pairing = Pairing.BY_HAND
    listing.remote_fingerprint = None
    work.session.execute(
        update(Offer).where(Offer.listing_id == listing.id).values(variant_id=None)
    )
    return listing


def ignore_listing(work: Work, listing_id: UUID) -> Listing:
    """Leave an unpaired item of the channel alone from now on."""
    listing = get_listing(work, listing_id)
    if listing.product_id is not None:
        raise AlreadyMapped
    listing.state = ListingState.IGNORED
    work.session.execute(delete(Proposal).where(Proposal.listing_id == listing.id))
    _tell(work, listing)
    return listing


def unignore_listing(work: Work, listing_id: UUID) -> Listing:
    """Let an ignored item wait for its pair again."""
    listing = get_listing(work, listing_id)
    if listing.state == ListingState.IGNORED:
        listing.state = ListingState.UNMAPPED
        _tell(work, listing)
    return listing


def create_here(work: Work, listing_ids: Sequence[UUID]) -> list[UUID]:
    """Make products of ours from unpaired items of the channel; returns the products' ids.

    An item our catalog cannot take keeps the sentence why and stays unpaired; the others go on.
    """
    made = []
    for listing_id in sorted(listing_ids):
        listing = get_listing(work, listing_id)
        if listing.product_id is not None:
            continue
        try:
            with work.session.begin_nested():
                made.append(_create_one(work, listing))
        except AppError as refusal:
            listing.error = f"It could not be taken into your catalog: {refusal.sentence}"
            listing.error_count += 1
            _tell(work, listing)
    return made


def _create_one(work: Work, listing: Listing) -> UUID:
    connection = work.session.get_one(Connection, listing.connection_id)
    home = organization_currency(work.session, work.organization_id)
    values, variants = _importable(listing, pricing.foreign(connection.facts.get("currency"), home))
    drafts = {key: catalog.VariantDraft(each, new_id()) for key, each in variants.items()}
    product_id = catalog.create_products(
        work,
        [catalog.ProductDraft(values, tuple(drafts.values()))],
        origin="sync",
        connection_id=listing.connection_id,
    )[0]
    pair(work, listing, product_id, {key: str(draft.id) for key, draft in drafts.items()})
    return product_id


def _importable(
    listing: Listing, currency: str | None
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return an item's values without pictures, which come in with the first comparison."""
    values = dict(listing.remote.get("values", {}))
    values.pop("images", None)
    values.setdefault("title", listing.title)
    variants = {
        key: pricing.kept(
            {name: value for name, value in each.items() if name != "image"}, {}, currency
        )
        for key, each in listing.remote.get("variants", {}).items()
    }
    return values, variants


def list_products(work: Work, connection_id: UUID, product_ids: Sequence[UUID]) -> list[UUID]:
    """Wish for products to be listed on a connection; those already there are left out."""
    connection = work.session.scalar(
        select(Connection).where(
            Connection.id == connection_id, Connection.organization_id == work.organization_id
        )
    )
    if connection is None:
        raise NotFound
    wanted = product_items(work, product_ids, not_on=connection_id)
    made = []
    for item in wanted:
        listing = Listing(
            organization_id=work.organization_id,
            connection_id=connection_id,
            product_id=UUID(item.id),
            state=ListingState.WAITING,
            title=item.title[:255],
            first_sku=next((each.sku for each in item.variants if each.sku), None),
        )
        work.session.add(listing)
        work.session.flush()
        work.emit(ListingWanted(listing.id, connection_id))
        _tell(work, listing)
        made.append(listing.id)
    return made


def list_again(work: Work, listing_id: UUID) -> Listing:
    """Wish for a listing the channel no longer has to be made there anew."""
    listing = get_listing(work, listing_id)
    if listing.state != ListingState.GONE or listing.product_id is None:
        return listing
    mine = Offer.listing_id == listing.id
    work.session.execute(delete(Offer).where(mine, Offer.overrides == {}))
    work.session.execute(update(Offer).where(mine).values(external_id=None))
    listing.external_id, listing.url, listing.remote = None, None, {}
    listing.remote_fingerprint, listing.written_fingerprint = None, None
    listing.state, listing.error, listing.error_count = ListingState.WAITING, None, 0
    work.emit(ListingWanted(listing.id, listing.connection_id))
    _tell(work, listing)
    return listing


def set_override(
    work: Work, listing_id: UUID, field: str, value: Any, *, is_cleared: bool = False
) -> Listing:
    """Give a field another value on this connection only, or let the master's value count again."""
    listing = get_listing(work, listing_id)
    if is_cleared:
        listing.overrides.pop(field, None)
    else:
        listing.overrides[field] = value
    listing.version += 1
    work.emit(ListingWanted(listing.id, listing.connection_id))
    _tell(work, listing)
    return listing


def send_prices(work: Work, listing_id: UUID, *, is_sent: bool) -> Listing:
    """Send prices to one listing from now on, or leave them to the shop, whatever the rules say."""
    listing = get_listing(work, listing_id)
    if listing.sends_prices is is_sent:
        return listing
    listing.sends_prices = is_sent
    listing.version += 1
    name = work.session.get_one(Connection, listing.connection_id).name
    does = "are sent" if is_sent else "are not sent"
    sentence = f"Prices of {listing.title or 'a listing'} {does} to {name}."
    record_audit(work, "listing.prices", "listing", listing.id, sentence)
    work.emit(ListingWanted(listing.id, listing.connection_id))
    _tell(work, listing)
    return listing


def _tell(work: Work, listing: Listing) -> None:
    work.touch(f"listing-{listing.id}", f"connection-{listing.connection_id}", "listings")
    if listing.product_id:
        work.touch(f"product-{listing.product_id}")
