"""Where prices are not sent: listings that keep the shop's own, and what those are (DEC-27)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.catalog.service.writing import among
from app.connections.models import Connection, ConnectionState
from app.core.money import Money
from app.listings.models import Listing, ListingState, Offer
from app.sync.policy import Origin, Policy, decide
from app.sync.project import rules_of

_APART: Final = (ListingState.IGNORED, ListingState.UNMAPPED)


@dataclass(frozen=True, slots=True)
class PriceStanding:
    """Whether prices are sent to a listing, and what the shop asks for its variants."""

    listing_id: UUID
    connection: str
    is_sent: bool
    prices: Mapping[UUID, Money]  # variant → price in the shop, as last seen

    @property
    def low(self) -> Money | None:
        """The lowest price in the shop; None: nothing was seen."""
        return min(self.prices.values(), default=None)

    @property
    def high(self) -> Money | None:
        """The highest price in the shop."""
        return max(self.prices.values(), default=None)


def sends_prices(connection: Connection, listing: Listing) -> bool:
    """Tell whether a price changed here is sent to a listing."""
    rules = rules_of(Policy.from_settings(connection.settings), listing)
    return listing.is_writable and _goes_out(rules)


def _goes_out(rules: Policy) -> bool:
    return decide("price", rules).direction.goes_out


def price_standings(session: Session, product_id: UUID) -> list[PriceStanding]:
    """Return for each listing of a product whether prices are sent there."""
    rows = session.execute(
        select(Listing, Connection)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(Listing.product_id == product_id, Connection.state != ConnectionState.DISCONNECTED)
        .order_by(Connection.name, Listing.id)
    ).all()
    variants = _variants(session, [listing.id for listing, _ in rows])
    return [
        PriceStanding(
            listing.id,
            connection.name,
            sends_prices(connection, listing),
            {
                variant_id: price
                for key, price in shop_prices(listing).items()
                if (variant_id := variants.get((listing.id, key))) is not None
            },
        )
        for listing, connection in rows
    ]


def _variants(session: Session, listing_ids: Sequence[UUID]) -> dict[tuple[UUID, str], UUID]:
    """Return (listing, their variant id) → our variant."""
    rows = session.execute(
        select(Offer.listing_id, Offer.external_id, Offer.variant_id).where(
            among(Offer.listing_id, listing_ids),
            Offer.variant_id.is_not(None),
            Offer.external_id.is_not(None),
        )
    )
    return {(row[0], str(row[1])): row[2] for row in rows if row[2] is not None}


def shop_prices(listing: Listing) -> dict[str, Money]:
    """Return what the shop last asked for each variant, by its id there."""
    offers: Mapping[str, Any] = listing.remote.get("variants") or {}
    return {
        key: Money(price["minor"], price["currency"])
        for key, each in offers.items()
        if (price := each.get("price"))
    }


def unsent_prices(session: Session, product_ids: Iterable[UUID]) -> list[tuple[str, int]]:
    """Return (connection, listings) where prices of these products are not sent, the most first."""
    is_made_here = or_(Listing.is_ours, Listing.external_id.is_(None))
    kind = (is_made_here, Listing.sends_prices, Listing.is_writable)
    rows = session.execute(
        select(Connection, *kind, func.count())
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            among(Listing.product_id, product_ids),
            Listing.state.not_in(_APART),
            Connection.state != ConnectionState.DISCONNECTED,
        )
        .group_by(Connection.id, *kind)
    )
    found: Counter[str] = Counter()
    for connection, is_ours, switch, is_writable, count in rows:
        origin = Origin.CREATED if is_ours else Origin.IMPORTED
        rules = Policy.from_settings(connection.settings).of(origin, sends_prices=switch)
        if not (is_writable and _goes_out(rules)):
            found[connection.name] += count
    return sorted(found.items(), key=lambda each: (-each[1], each[0]))
