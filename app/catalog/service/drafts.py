"""What goes into the catalog and what comes out of it, as frozen words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.values import Values
from app.catalog.rules import Layer, Layers


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """A new variant: field → value; `id` only when the caller needs to choose it."""

    values: Values
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A new product with its variants; without any it gets one."""

    values: Values
    variants: tuple[VariantDraft, ...] = ()
    handle: str | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ProductChange:
    """Wished values of a product; absent fields stay as they are."""

    product_id: UUID
    values: Values = field(default_factory=dict)
    variants: Mapping[UUID, Values] = field(default_factory=dict)
    new_variants: tuple[VariantDraft, ...] = ()
    removed_variants: tuple[UUID, ...] = ()
    variant_order: tuple[UUID, ...] = ()
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change came to: effective fields, variants touched, and the version there is now."""

    product_id: UUID
    version: int
    fields: tuple[str, ...] = ()
    variant_fields: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)
    new_variant_ids: tuple[UUID, ...] = ()
    removed_variant_ids: tuple[UUID, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether anything effective differs from before."""
        return bool(
            self.fields or self.variant_fields or self.new_variant_ids or self.removed_variant_ids
        )


@dataclass(frozen=True, slots=True)
class Cause:
    """Where a change comes from, for history and events."""

    origin: str
    layer: Layer | None = None
    connection_id: UUID | None = None
    run_id: UUID | None = None

    @property
    def is_strict(self) -> bool:
        """Whether a person typed it: then check digits and sale windows are asked for."""
        return self.origin in ("web", "bulk", "api")


@dataclass(slots=True)
class VariantState:
    """A variant in memory: canonical values and layers."""

    id: UUID
    position: int
    values: dict[str, Any]
    layers: Layers
    created_at: datetime | None = None
    is_kit: bool = False  # its stock follows from others


@dataclass(slots=True)
class ProductState:
    """A product in memory, whole: what is compared, changed and written back."""

    id: UUID
    version: int
    handle: str | None
    is_excluded: bool
    values: dict[str, Any]
    layers: Layers
    variants: dict[UUID, VariantState] = field(default_factory=dict)
    archived_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def snapshot(self) -> "ProductValues":
        """Return the values for readers."""
        return ProductValues(
            product_id=self.id,
            version=self.version,
            values=dict(self.values),
            variants={key: dict(each.values) for key, each in self.variants.items()},
            handle=self.handle,
            is_excluded=self.is_excluded,
            updated_at=self.updated_at,
            kits=frozenset(key for key, each in self.variants.items() if each.is_kit),
        )


@dataclass(frozen=True, slots=True)
class ProductValues:
    """The effective values of a product and of its variants, in order.

    `kits` are the variants whose stock follows from others.
    """

    product_id: UUID
    version: int
    values: dict[str, Any]
    variants: dict[UUID, dict[str, Any]]
    handle: str | None = None
    is_excluded: bool = False
    updated_at: datetime | None = None
    kits: frozenset[UUID] = frozenset()
