"""Which listing is which product: pairing, unpairing, ignoring, listing here and there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from app.catalog import service as catalog
from app.catalog.models import Product, Variant
from app.catalog.service.loading import organization_currency
from app.connections.models import Connection
from app.core.db import new_id
from app.core.errors import AppError, NotFound
from app.core.work import Work
from app.listings import pricing
from app.listings.errors import AlreadyListed, AlreadyMapped
from app.listings.events import ListingMapped, ListingWanted
from app.listings.matching import Item, ItemVariant, pair_variants
from app.listings.models import Listing, ListingState, Offer, Pairing, Proposal
from app.listings.service.rows import get_listing, get_listings, tell

_FREE: Final = frozenset((ListingState.UNMAPPED, ListingState.IGNORED))
_BIND: Final = text(
    "UPDATE offers SET variant_id = given.variant_id"
    " FROM unnest(:listings, :externals, :variants) AS given(listing_id, external_id, variant_id)"
    " WHERE offers.listing_id = given.listing_id AND offers.external_id = given.external_id"
).bindparams(
    bindparam("listings", type_=ARRAY(Uuid())),
    bindparam("externals", type_=ARRAY(String())),
    bindparam("variants", type_=ARRAY(Uuid())),
)


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


@dataclass(frozen=True, slots=True)
class NewPair:
    """A listing, the product it is, and which of its variants is which of ours."""

    listing: Listing
    product_id: UUID
    variant_pairs: Mapping[str, str]  # their variant id → ours


def pair(work: Work, listing: Listing, product_id: UUID, variant_pairs: Mapping[str, str]) -> None:
    """Write a pair down and ask for both sides to be compared."""
    pair_all(work, [NewPair(listing, product_id, variant_pairs)])


def pair_all(work: Work, pairs: Sequence[NewPair]) -> None:
    """Write pairs down and ask for both sides of each to be compared."""
    for each in pairs:
        listing = each.listing
        listing.product_id, listing.state = each.product_id, ListingState.WAITING
        listing.error = None
        listing.remote_fingerprint = None  # what was seen before the pair was never compared
        work.emit(ListingMapped(listing.id, listing.connection_id))
        tell(work, listing)
    bound = [(p.listing.id, *each) for p in pairs for each in p.variant_pairs.items()]
    work.session.flush()
    work.session.execute(
        _BIND,
        {
            "listings": [listing_id for listing_id, _, _ in bound],
            "externals": [external_id for _, external_id, _ in bound],
            "variants": [UUID(variant_id) for _, _, variant_id in bound],
        },
    )
    ids = [each.listing.id for each in pairs]
    work.session.execute(delete(Proposal).where(Proposal.listing_id.in_(ids)))


def look_again(work: Work, *, but_on: UUID | None = None) -> None:
    """Let every unpaired item look for its product again, because there are new ones."""
    others = () if but_on is None else (Listing.connection_id != but_on,)
    work.session.execute(
        update(Listing)
        .where(
            Listing.organization_id == work.organization_id,
            Listing.state == ListingState.UNMAPPED,
            Listing.pairing.in_((Pairing.LOOKING, Pairing.DONE)),
            *others,
        )
        .values(pairing=Pairing.DUE)
        .execution_options(synchronize_session=False)
    )


def unmap_listing(work: Work, listing_id: UUID) -> Listing:
    """Take a pair apart; nothing is changed on either side."""
    listing = get_listing(work, listing_id)
    tell(work, listing)
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
    tell(work, listing)
    return listing


def unignore_listing(work: Work, listing_id: UUID) -> Listing:
    """Let an ignored item wait for its pair again."""
    listing = get_listing(work, listing_id)
    if listing.state == ListingState.IGNORED:
        listing.state = ListingState.UNMAPPED
        tell(work, listing)
    return listing


def create_here(work: Work, listing_ids: Sequence[UUID]) -> list[UUID]:
    """Make products of ours from unpaired items of the channel; returns the products' ids.

    An item our catalog cannot take keeps the sentence why and stays unpaired; the others go on.
    """
    by_connection: dict[UUID, list[Listing]] = {}
    for listing in get_listings(work, listing_ids):
        if listing.product_id is None:
            by_connection.setdefault(listing.connection_id, []).append(listing)
    return [key for some in by_connection.values() for key in _create_each(work, some)]


def _create_each(work: Work, listings: Sequence[Listing]) -> list[UUID]:
    """Create products of one connection's items together; where one is refused, one by one."""
    try:
        with work.session.begin_nested():
            return _create_all(work, listings)
    except AppError as refusal:
        if len(listings) > 1:
            return [key for each in listings for key in _create_each(work, [each])]
        [listing] = listings
        listing.error = f"It could not be taken into your catalog: {refusal.sentence}"
        listing.error_count += 1
        tell(work, listing)
        return []


def _create_all(work: Work, listings: Sequence[Listing]) -> list[UUID]:
    connection = work.session.get_one(Connection, listings[0].connection_id)
    home = organization_currency(work.session, work.organization_id)
    currency = pricing.foreign(connection.facts.get("currency"), home)
    drafts, bound = [], []
    for listing in listings:
        values, variants = _importable(listing, currency)
        keyed = {key: catalog.VariantDraft(each, new_id()) for key, each in variants.items()}
        drafts.append(catalog.ProductDraft(values, tuple(keyed.values())))
        bound.append({key: str(draft.id) for key, draft in keyed.items()})
    made = catalog.create_products(work, drafts, origin="sync", connection_id=connection.id)
    pair_all(work, [NewPair(*each) for each in zip(listings, made, bound, strict=True)])
    return made


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
        tell(work, listing)
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
    listing.remote_fingerprint, listing.rest_mark = None, None
    listing.state, listing.error, listing.error_count = ListingState.WAITING, None, 0
    work.emit(ListingWanted(listing.id, listing.connection_id))
    tell(work, listing)
    return listing
