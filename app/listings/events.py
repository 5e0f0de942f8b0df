"""Facts about listings."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ListingMapped:
    """A listing was paired with a product: both sides are to be compared."""

    listing_id: UUID
    connection_id: UUID


@dataclass(frozen=True, slots=True)
class ListingWanted:
    """A product shall be listed on a connection, or its wishes there changed."""

    listing_id: UUID
    connection_id: UUID
