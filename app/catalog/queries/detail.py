"""One product, whole: values, pictures, listings, history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import FieldChange, Media, Product, ProductMedia
from app.catalog.queries.index import ListingBadge
from app.catalog.queries.values import organization_of
from app.catalog.rules import Layers
from app.catalog.service.drafts import ProductState
from app.catalog.service.loading import load_products
from app.catalog.service.writing import among
from app.connections.models import Connection, ConnectionState
from app.core.errors import NotFound
from app.listings.models import Listing, Offer
from app.team.models import User

HISTORY_SIZE: Final = 30


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture on a product, with how far it has come."""

    id: UUID
    state: str
    alt: str | None
    url: str | None
    error: str | None
    width: int | None
    height: int | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class ListingCard:
    """A product on one connection, with what differs there on purpose."""

    badge: ListingBadge
    product_id: UUID
    url: str | None
    external_id: str | None
    error_field: str | None
    last_synced_at: datetime | None
    is_writable: bool
    kept_off_at: datetime | None = None
    currency: str | None = None  # what it sells in, as far as known
    overrides: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)  # the same by variant
    there: Mapping[str, Any] = field(default_factory=dict)  # field → value as last read there


@dataclass(frozen=True, slots=True)
class ProductDetail:
    """Everything the page of a product shows."""

    id: UUID
    version: int
    handle: str | None
    is_excluded: bool
    values: Mapping[str, Any]
    layers: Layers
    variants: Sequence[Any]
    pictures: Sequence[PictureRow]
    listings: Sequence[ListingCard]
    created_at: datetime | None
    updated_at: datetime | None
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One field that changed: who, when, from where, old and new."""

    id: int
    field: str
    variant_id: UUID | None
    old: Any
    new: Any
    layer: str
    origin: str
    user: str | None
    connection: str | None
    at: datetime


def product_detail(session: Session, product_id: UUID) -> ProductDetail:
    """Return a product, whole; raises NotFound."""
    found = load_products(session, organization_of(session), [product_id])
    if product_id not in found:
        raise NotFound
    product: ProductState = found[product_id]
    return ProductDetail(
        id=product.id,
        version=product.version,
        handle=product.handle,
        is_excluded=product.is_excluded,
        values=product.values,
        layers=product.layers,
        variants=list(product.variants.values()),
        pictures=pictures_of(session, product_id),
        listings=listing_cards(session, product_id),
        created_at=product.created_at,
        updated_at=product.updated_at,
        archived_at=product.archived_at,
    )


def get_title(session: Session, product_id: UUID) -> str:
    """Return the title of a product of this organization; raises NotFound."""
    title = session.scalar(
        select(Product.title).where(
            Product.id == product_id, Product.organization_id == organization_of(session)
        )
    )
    if title is None:
        raise NotFound
    return title


def pictures_of(session: Session, product_id: UUID) -> list[PictureRow]:
    """Return the pictures of a product in order."""
    rows = session.execute(
        select(
            Media.id,
            Media.state,
            ProductMedia.alt,
            Media.source_url,
            Media.error,
            Media.width,
            Media.height,
            Media.bytes,
        )
        .join(ProductMedia, ProductMedia.media_id == Media.id)
        .where(
            ProductMedia.product_id == product_id,
            ProductMedia.organization_id == organization_of(session),
        )
        .order_by(ProductMedia.position)
    )
    return [
        PictureRow(r.id, str(r.state), r.alt, r.source_url, r.error, r.width, r.height, r.bytes)
        for r in rows
    ]


def listing_cards(session: Session, product_id: UUID) -> list[ListingCard]:
    """Return where a product sells."""
    rows = session.execute(
        select(Listing, Connection)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            Listing.product_id == product_id,
            Listing.organization_id == organization_of(session),
            Connection.state != ConnectionState.DISCONNECTED,
        )
        .order_by(Connection.name, Listing.id)
    ).all()
    own = offer_overrides(session, [listing.id for listing, _ in rows])
    return [_card(listing, place, own.get(listing.id)) for listing, place in rows]


def _card(
    listing: Listing, place: Connection, own: Mapping[UUID, Mapping[str, Any]] | None = None
) -> ListingCard:
    badge = ListingBadge(
        listing.id,
        listing.connection_id,
        place.name,
        place.channel,
        str(listing.state),
        listing.error,
    )
    return ListingCard(
        badge=badge,
        product_id=listing.product_id,  # type: ignore[arg-type]  # asked for by product
        url=listing.url,
        external_id=listing.external_id,
        error_field=listing.error_field,
        last_synced_at=listing.last_synced_at,
        is_writable=listing.is_writable,
        kept_off_at=listing.kept_off_at,
        currency=place.facts.get("currency"),
        overrides=listing.overrides,
        own=own or {},
        there=listing.remote.get("values", {}),
    )


def listing_products(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, ListingCard]:
    """Return the cards of these listings that are paired with a product."""
    rows = session.execute(
        select(Listing, Connection)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            among(Listing.id, listing_ids),
            Listing.organization_id == organization_of(session),
            Listing.product_id.is_not(None),
        )
    )
    return {listing.id: _card(listing, place) for listing, place in rows}


def offer_overrides(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, Any]]:
    """Return what differs per variant on listings: listing → variant → field → value."""
    rows = session.execute(
        select(Offer.listing_id, Offer.variant_id, Offer.overrides).where(
            among(Offer.listing_id, listing_ids),
            Offer.variant_id.is_not(None),
            Offer.overrides != {},
        )
    )
    found: dict[UUID, dict[UUID, Any]] = {}
    for listing_id, variant_id, overrides in rows:
        if variant_id is not None:
            found.setdefault(listing_id, {})[variant_id] = overrides
    return found


def product_history(
    session: Session, product_id: UUID, *, before: int | None = None, size: int = HISTORY_SIZE
) -> tuple[list[HistoryLine], int | None]:
    """Return lines of history, the newest first, and the id to go on from (None: no more)."""
    question = (
        select(FieldChange, User.name, Connection.name)
        .outerjoin(User, User.id == FieldChange.user_id)
        .outerjoin(Connection, Connection.id == FieldChange.connection_id)
        .where(
            FieldChange.product_id == product_id,
            FieldChange.organization_id == organization_of(session),
        )
        .order_by(FieldChange.id.desc())
        .limit(size + 1)
    )
    if before is not None:
        question = question.where(FieldChange.id < before)
    rows = session.execute(question).all()
    lines = [_line(change, user, connection) for change, user, connection in rows[:size]]
    return lines, lines[-1].id if len(rows) > size else None


def changed_since(
    session: Session, product_id: UUID, version: int
) -> dict[tuple[str | None, str], Any]:
    """Return what fields held at a version, if they changed later: (variant, field) → old."""
    rows = session.execute(
        select(FieldChange.variant_id, FieldChange.field, FieldChange.old)
        .where(
            FieldChange.product_id == product_id,
            FieldChange.organization_id == organization_of(session),
            FieldChange.version > version,
        )
        .order_by(FieldChange.id.desc())
    )
    return {(str(key) if key else None, name): old for key, name, old in rows}


def _line(change: FieldChange, user: str | None, connection: str | None) -> HistoryLine:
    return HistoryLine(
        change.id,
        change.field,
        change.variant_id,
        change.old,
        change.new,
        str(change.layer),
        change.origin,
        user,
        connection,
        change.at,
    )
