"""Facts of the catalog."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ProductsCreated:
    """New products; one fact per batch. `connection_id` is the channel they came from, if any."""

    product_ids: tuple[UUID, ...]
    connection_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ProductChanged:
    """Effective values of a product changed; `connection_id` is where the change came from.

    `is_mass`: one of many changed together, so that a single edit may go first. `is_undo`: it takes
    back what was done before.
    """

    product_id: UUID
    fields: tuple[str, ...]
    variant_ids: tuple[UUID, ...] = ()
    connection_id: UUID | None = None
    is_mass: bool = False
    is_undo: bool = False


@dataclass(frozen=True, slots=True)
class ProductDeleted:
    """A product is gone for good."""

    product_id: UUID


@dataclass(frozen=True, slots=True)
class MediaAdded:
    """Pictures are known by address and wait to be fetched."""

    media_ids: tuple[UUID, ...]
