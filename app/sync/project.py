"""Rows to sides: how a product of ours and an answer of a channel look to the planner.

Both sides use our keys: variants by our variant id, pictures by our media id. What only the channel
knows keeps a key of its own (`ext:<their id>`). A connection's overrides and its part of the stock
are of our side, so the planner compares what this channel is meant to show.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters.types import ChannelProduct
from app.adapters.values import PRODUCT_STATUSES, Values
from app.catalog.service import ProductValues
from app.catalog.service.loading import load_products, organization_currency
from app.connections.models import Connection
from app.inventory import service as inventory
from app.listings import pricing
from app.listings.models import Listing, MediaBinding, Offer
from app.orders import service as orders
from app.sync import compare, shares
from app.sync.models import BaseValue
from app.sync.policy import Origin, Policy
from app.sync.sides import Side
from app.sync.unanswered import Sent

PRODUCT: Final = "product"  # subject of what belongs to no variant
FOREIGN: Final = "ext:"
_LONGEST_KIND: Final = 20  # plugins have longer ones, such as “variable-subscription”
_ARCHIVED: Final = PRODUCT_STATUSES[-1]


@dataclass(frozen=True, slots=True)
class Pair:
    """A listing paired with a product: our side, what was agreed, and who is who."""

    listing: Listing
    product_id: UUID
    version: int
    ours: Side
    base: Side
    our_variants: Mapping[str, str]  # their variant id → our variant id
    media_ids: Mapping[str, str]  # their picture id → our media id
    kept: Mapping[str, Any]
    counted: Mapping[str, int | None]  # our variant id → stock before any buffer
    is_excluded: bool = False
    prices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # variant → by currency
    currency: str | None = None  # what the shop sells in, when the catalog is priced in another
    own: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # variant → its overrides
    sent: Sequence[Sent] = ()  # what went there and was never answered

    @property
    def is_put_away(self) -> bool:
        """Whether the product was archived here: its listing is to leave the channel."""
        return self.ours.values.get("status") == _ARCHIVED

    @property
    def their_variants(self) -> dict[str, str]:
        """Our variant id → their variant id."""
        return {ours: theirs for theirs, ours in self.our_variants.items()}

    @property
    def their_images(self) -> dict[str, str]:
        """Our media id → their picture id."""
        return {ours: theirs for theirs, ours in self.media_ids.items()}


def rules_of(policy: Policy, listing: Listing) -> Policy:
    """Return the rules of a connection as they hold for one of its listings."""
    is_made_here = listing.is_ours or listing.external_id is None
    origin = Origin.CREATED if is_made_here else Origin.IMPORTED
    return policy.of(origin, sends_prices=listing.sends_prices)


def load_pairs(
    session: Session, connection: Connection, listings: Sequence[Listing]
) -> dict[UUID, Pair]:
    """Return the pairs of mapped listings, in a handful of queries however many there are."""
    mapped = [each for each in listings if each.product_id is not None]
    currency = foreign_currency(session, connection)
    ids = [each.id for each in mapped]
    products = our_values(
        session,
        connection.organization_id,
        [each.product_id for each in mapped if each.product_id],
    )
    stopped = _sold_as_far_as_allowed(session, products.values())
    bases = {row.listing_id: row for row in _all(session, BaseValue, BaseValue.listing_id, ids)}
    offers: dict[UUID, list[Offer]] = {key: [] for key in ids}
    for offer in _all(session, Offer, Offer.listing_id, ids):
        offers[offer.listing_id].append(offer)
    media = _media_of(session, connection.id, products.values())
    stock = shares.shown(session, connection, _counts(products.values()))
    pairs = {}
    for listing in mapped:
        known = products.get(listing.product_id) if listing.product_id else None
        if known is not None and listing.product_id is not None:
            base = bases.get(listing.id)
            pairs[listing.id] = Pair(
                listing=listing,
                product_id=listing.product_id,
                version=known.version,
                ours=_our_side(known, stock, listing, offers[listing.id], currency, stopped),
                base=Side(base.product, base.variants) if base else Side(),
                our_variants=_variant_pairs(offers[listing.id]),
                media_ids=media,
                kept=base.kept if base else {},
                counted={str(k): v.get("quantity") for k, v in known.variants.items()},
                is_excluded=known.is_excluded or listing.kept_off_at is not None,
                prices={str(k): v.get("prices") or {} for k, v in known.variants.items()},
                currency=currency,
                own=_own(offers[listing.id]),
            )
    return pairs


def foreign_currency(session: Session, connection: Connection) -> str | None:
    """Return what a shop sells in, when the catalog is priced in another currency."""
    home = organization_currency(session, connection.organization_id)
    return pricing.foreign(connection.facts.get("currency"), home)


def our_values(
    session: Session, organization_id: UUID, product_ids: Sequence[UUID]
) -> dict[UUID, ProductValues]:
    """Return the effective values of products, read in bulk."""
    found = load_products(session, organization_id, product_ids)
    return {key: state.snapshot() for key, state in found.items()}


def _all(session: Session, model: Any, column: Any, ids: Iterable[UUID]) -> Sequence[Any]:
    return session.scalars(select(model).where(column.in_(list(ids)))).all()


def _variant_pairs(offers: Sequence[Offer]) -> dict[str, str]:
    return {
        offer.external_id: str(offer.variant_id)
        for offer in offers
        if offer.external_id and offer.variant_id
    }


def _media_of(
    session: Session, connection_id: UUID, products: Iterable[ProductValues]
) -> dict[str, str]:
    keys = {
        UUID(image["key"]) for product in products for image in product.values.get("images") or ()
    }
    if not keys:
        return {}
    found = session.execute(
        select(MediaBinding.external_id, MediaBinding.media_id).where(
            MediaBinding.connection_id == connection_id, MediaBinding.media_id.in_(keys)
        )
    )
    return {external_id: str(media_id) for external_id, media_id in found}


def _our_side(
    product: ProductValues,
    stock: shares.Shown | None,
    listing: Listing,
    offers: Sequence[Offer],
    currency: str | None,
    stopped: Collection[UUID],
) -> Side:
    own = _own(offers)
    variants: dict[str, Values] = {}
    for key, values in product.variants.items():
        shown = {**pricing.shown(values, currency), **own.get(str(key), {})}
        quantity = stock.quantity(listing.id, key) if stock is not None else None
        if quantity is not None and shown.get("quantity") is not None:
            shown["quantity"] = quantity
        if key in stopped:
            shown["backorders"] = "no"
        variants[str(key)] = shown
    return Side(
        values={**product.values, **listing.overrides},
        variants=variants,
        changed_at=product.updated_at,
        kits=frozenset(map(str, product.kits)),
    )


def _own(offers: Sequence[Offer]) -> dict[str, dict[str, Any]]:
    return {str(offer.variant_id): offer.overrides for offer in offers if offer.overrides}


def _counts(products: Iterable[ProductValues]) -> dict[UUID, int | None]:
    return {
        key: values.get("quantity")
        for product in products
        for key, values in product.variants.items()
    }


def _sold_as_far_as_allowed(session: Session, products: Iterable[ProductValues]) -> set[UUID]:
    """Return the variants of which as many wait as are sold beyond the stock: channels stop."""
    sold_on = [
        key
        for product in products
        for key, values in product.variants.items()
        if values.get("backorders") != "no"
    ]
    terms = inventory.terms_of(session, sold_on)
    limited = [key for key, row in terms.items() if row.backorder_limit is not None]
    if not limited:
        return set()
    waiting = orders.waiting_units(session, limited)
    return {key for key in limited if inventory.is_exhausted(terms[key], waiting)}


def their_side(pair: Pair, product: ChannelProduct) -> Side:
    """Return the channel's answer with our keys; values it keeps in its own words count as ours."""
    known = {
        pair.our_variants.get(each.external_id, FOREIGN + each.external_id): each.values
        for each in product.variants
    }
    return Side(
        values=_recognised(pair, PRODUCT, product.values),
        variants={key: _recognised(pair, key, values) for key, values in known.items()},
        changed_at=product.modified_at,
    )


def remembered_side(pair: Pair) -> Side:
    """Return the channel's last known answer with our keys, as `their_side` does for a new one."""
    kept = pair.listing.remote
    known = {
        pair.our_variants.get(key, FOREIGN + key): values
        for key, values in kept.get("variants", {}).items()
    }
    return Side(
        values=_recognised(pair, PRODUCT, kept.get("values", {})),
        variants={key: _recognised(pair, key, values) for key, values in known.items()},
        changed_at=pair.listing.remote_modified_at,
    )


def _recognised(pair: Pair, subject: str, values: Values) -> Values:
    seen = dict(values)
    if seen.get("images"):
        seen["images"] = [_known_image(pair, image) for image in seen["images"]]
    if isinstance(seen.get("image"), str):
        seen["image"] = _known_key(pair, seen["image"])
    for name, words in pair.kept.get(subject, {}).items():
        if name in seen and compare.equal(name, seen[name], words["kept"]):
            seen[name] = words["sent"]
    return seen


def _known_key(pair: Pair, key: str) -> str:
    return pair.media_ids.get(key.removeprefix(FOREIGN), key) if key.startswith(FOREIGN) else key


def _known_image(pair: Pair, image: Mapping[str, Any]) -> dict[str, Any]:
    return {**image, "key": _known_key(pair, image["key"])}


def with_media(pair: Pair, media_ids: Mapping[str, str]) -> Pair:
    """Return the pair with more pictures recognised (their id → our media id)."""
    return replace(pair, media_ids={**pair.media_ids, **media_ids})


def snapshot(product: ChannelProduct) -> dict[str, Any]:
    """Return what a listing keeps of an answer: values, and variants by their id."""
    return {
        "values": dict(product.values),
        "variants": {each.external_id: dict(each.values) for each in product.variants},
    }


def kind_of(product: ChannelProduct) -> str:
    """Return the channel's word for a kind of product, as far as a listing keeps it."""
    return product.kind[:_LONGEST_KIND]


def fingerprint(product: ChannelProduct) -> str:
    """Return the digest of everything compared in an answer; equal digests are no change."""
    variants = {each.external_id: compare.fingerprint(each.values) for each in product.variants}
    return compare.digest([compare.fingerprint(product.values), variants, product.is_writable])
