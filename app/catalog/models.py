"""Tables of the catalog. Columns hold the effective value; `layers` keeps what lies below it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalog.rules import Layer, ProductStatus
from app.core import clock
from app.core.db import Base, Identified, Json, Owned

TITLE_LENGTH: Final = 255
SKU_LENGTH: Final = 100
BRAND_LENGTH: Final = 100
BARCODE_LENGTH: Final = 64


class Product(Base, Identified, Owned):
    """What a merchant sells; every product has at least one variant."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("organization_id", "handle"),
        CheckConstraint("status IN ('draft','active','inactive','archived')", name="status"),
        Index("ix_products_search", "search", postgresql_using="gin"),
        Index("ix_products_tags", "tags", postgresql_using="gin"),
        Index("ix_products_title", "organization_id", "title_key", "id"),
        Index("ix_products_updated", "organization_id", "updated_at", "id"),
        Index("ix_products_status", "organization_id", "status", "updated_at", "id"),
        Index("ix_products_brand", "organization_id", "brand", "id"),
        Index("ix_products_price", "organization_id", "price_min_minor", "id"),
        Index("ix_products_stock", "organization_id", "stock_total", "id"),
        Index(
            "ix_products_excluded",
            "organization_id",
            "updated_at",
            "id",
            postgresql_where=text("is_excluded"),
        ),
    )

    version: Mapped[int] = mapped_column(default=1, server_default="1")
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)
    handle: Mapped[str | None] = mapped_column(String(255))  # key of files, slug of shops
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    title_key: Mapped[str] = mapped_column(String(120))  # folded, for sorting
    description: Mapped[str | None]
    short_description: Mapped[str | None]
    status: Mapped[ProductStatus] = mapped_column(String(16), default=ProductStatus.DRAFT)
    archived_at: Mapped[datetime | None]
    brand: Mapped[str | None] = mapped_column(String(BRAND_LENGTH))
    condition: Mapped[str | None] = mapped_column(String(16))
    tags: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")
    attributes: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    options: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    layers: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    is_excluded: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    # Summary of variants and media, kept by the catalog service so that lists need one table.
    variant_count: Mapped[int] = mapped_column(default=0)
    first_sku: Mapped[str | None] = mapped_column(String(SKU_LENGTH))
    currency: Mapped[str | None] = mapped_column(String(3))
    price_min_minor: Mapped[int | None] = mapped_column(BigInteger)
    price_max_minor: Mapped[int | None] = mapped_column(BigInteger)
    stock_total: Mapped[int | None]  # None: no variant's stock is counted
    thumb_media_id: Mapped[UUID | None] = mapped_column(ForeignKey("media.id", ondelete="SET NULL"))
    search_text: Mapped[str] = mapped_column(default="", server_default="")
    search: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple', search_text)", persisted=True)
    )

    variants: Mapped[list["Variant"]] = relationship(
        back_populates="product", order_by="Variant.position", cascade="all, delete-orphan"
    )
    media: Mapped[list["ProductMedia"]] = relationship(
        order_by="ProductMedia.position", cascade="all, delete-orphan"
    )


class Variant(Base, Identified, Owned):
    """The sellable thing; its SKU is unique in the organization, compared folded and trimmed."""

    __tablename__ = "variants"
    __table_args__ = (
        Index(
            "uq_variants_organization_id_sku_key",
            "organization_id",
            "sku_key",
            unique=True,
            postgresql_where=text("sku_key IS NOT NULL"),
        ),
        Index(
            "ix_variants_sku_prefix",
            "organization_id",
            "sku_key",
            postgresql_ops={"sku_key": "text_pattern_ops"},
        ),
        Index(
            "ix_variants_gtin",
            "organization_id",
            "gtin",
            postgresql_ops={"gtin": "text_pattern_ops"},
        ),
        CheckConstraint("price_minor >= 0 AND sale_minor >= 0", name="prices"),
        CheckConstraint("backorders IN ('no','notify','yes')", name="backorders"),
    )

    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(default=0)
    sku: Mapped[str | None] = mapped_column(String(SKU_LENGTH))
    sku_key: Mapped[str | None] = mapped_column(String(SKU_LENGTH))
    gtin: Mapped[str | None] = mapped_column(
        String(BARCODE_LENGTH)
    )  # from people: check digit right
    mpn: Mapped[str | None] = mapped_column(String(70))
    choice: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    currency: Mapped[str] = mapped_column(String(3))  # the organization's; others in variant_prices
    price_minor: Mapped[int | None] = mapped_column(BigInteger)
    sale_minor: Mapped[int | None] = mapped_column(BigInteger)
    sale_from: Mapped[datetime | None]
    sale_to: Mapped[datetime | None]
    cost_minor: Mapped[int | None] = mapped_column(BigInteger)
    weight: Mapped[Json | None]
    length: Mapped[Json | None]
    width: Mapped[Json | None]
    height: Mapped[Json | None]
    backorders: Mapped[str] = mapped_column(String(8), default="no", server_default="no")
    media_id: Mapped[UUID | None] = mapped_column(ForeignKey("media.id", ondelete="SET NULL"))
    layers: Mapped[Json] = mapped_column(default=dict, server_default="{}")

    product: Mapped[Product] = relationship(back_populates="variants")


class VariantPrice(Base, Owned):
    """A variant's price in a further currency."""

    __tablename__ = "variant_prices"
    __table_args__ = (PrimaryKeyConstraint("variant_id", "currency"),)

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    currency: Mapped[str] = mapped_column(String(3))
    price_minor: Mapped[int] = mapped_column(BigInteger)
    sale_minor: Mapped[int | None] = mapped_column(BigInteger)


class MediaState(StrEnum):
    """How far a picture has come."""

    WAITING = "waiting"  # known by address, not fetched yet
    READY = "ready"
    FAILED = "failed"


class Media(Base, Identified, Owned):
    """A picture: known by content once fetched, by address before."""

    __tablename__ = "media"
    __table_args__ = (
        Index("ix_media_sha256", "organization_id", "sha256"),
        Index("ix_media_due", "due_at", postgresql_where=text("state = 'waiting'")),
        # A plain column: md5() is not leakproof, so row-level security would keep it off an index.
        Index("ix_media_source", "organization_id", "source_key"),
    )

    state: Mapped[MediaState] = mapped_column(String(8))
    source_url: Mapped[str | None]
    source_key: Mapped[str | None] = mapped_column(String(64))  # SHA-256 of the address
    sha256: Mapped[str | None] = mapped_column(String(64))
    storage_key: Mapped[str | None]
    thumb_key: Mapped[str | None]  # 320 px
    small_key: Mapped[str | None]  # 80 px
    content_type: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    bytes: Mapped[int | None]
    error: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime | None]  # when a waiting picture is fetched (again)


class ProductMedia(Base, Owned):
    """A picture on a product, in order; the first one is the main picture."""

    __tablename__ = "product_media"
    __table_args__ = (PrimaryKeyConstraint("product_id", "media_id"),)

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    media_id: Mapped[UUID] = mapped_column(ForeignKey("media.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    alt: Mapped[str | None] = mapped_column(String(500))

    file: Mapped[Media] = relationship()


class Category(Base, Identified, Owned):
    """A node of the category tree; `path` is its full name, "Clothing > Shirts"."""

    __tablename__ = "categories"
    __table_args__ = (UniqueConstraint("organization_id", "path"),)

    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("categories.id", ondelete="RESTRICT"), index=True
    )
    name: Mapped[str] = mapped_column(String(100))
    path: Mapped[str] = mapped_column(String(1000))
    position: Mapped[int] = mapped_column(default=0)


class ProductCategory(Base, Owned):
    """A product's place in the category tree."""

    __tablename__ = "product_categories"
    __table_args__ = (PrimaryKeyConstraint("product_id", "category_id"),)

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    category_id: Mapped[UUID] = mapped_column(
        ForeignKey("categories.id", ondelete="CASCADE"), index=True
    )


class AttributeKind(StrEnum):
    """What values an attribute takes."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"


class AttributeDefinition(Base, Identified, Owned):
    """A typed attribute of the organization; products keep values in `attributes`."""

    __tablename__ = "attribute_definitions"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[AttributeKind] = mapped_column(String(8), default=AttributeKind.TEXT)
    unit: Mapped[str | None] = mapped_column(String(20))
    choices: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    is_multiple: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class FieldChange(Base, Owned):
    """One field that changed: who, when, from where; append-only."""

    __tablename__ = "field_changes"
    __table_args__ = (
        Index("ix_field_changes_product", "product_id", "id"),
        Index("ix_field_changes_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID | None]
    version: Mapped[int]  # of the product, after this change
    field: Mapped[str] = mapped_column(String(40))
    old: Mapped[Any | None] = mapped_column(JSONB)
    new: Mapped[Any | None] = mapped_column(JSONB)
    layer: Mapped[Layer] = mapped_column(String(8), default=Layer.MANUAL)
    origin: Mapped[str] = mapped_column(String(16))  # web, import, bulk, sync, cli, api, undo
    user_id: Mapped[UUID | None]
    connection_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]  # the sync run, bulk edit, import or undo it belongs to
    at: Mapped[datetime] = mapped_column(default=clock.now)


class SavedView(Base, Identified, Owned):
    """A named set of filters, sort and columns of a list; private unless shared."""

    __tablename__ = "saved_views"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    page: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str]
    columns: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    is_shared: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class ImportState(StrEnum):
    """Steps of an import; a person moves it from READY on."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    READY = "ready"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Import(Base, Identified, Owned):
    """A file on its way into the catalog."""

    __tablename__ = "imports"

    version: Mapped[int] = mapped_column(default=1, server_default="1")
    user_id: Mapped[UUID | None]
    file_name: Mapped[str] = mapped_column(String(255))
    storage_key: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[Json] = mapped_column(default=dict)  # encoding, delimiter, header, sample
    dialect: Mapped[str] = mapped_column(String(20))
    mapping: Mapped[Json | None]
    choices: Mapped[Json] = mapped_column(default=dict)  # currency, keep manual edits, status …
    state: Mapped[ImportState] = mapped_column(String(12), default=ImportState.UPLOADED)
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    counts: Mapped[Json] = mapped_column(default=dict)  # new, changed, unchanged, refused …
    report_key: Mapped[str | None]
    error: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportIssue(Base, Owned):
    """A refused or remarkable row of an import: row, column, sentence."""

    __tablename__ = "import_issues"
    __table_args__ = (Index("ix_import_issues_import", "import_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    row: Mapped[int]
    column: Mapped[str | None]
    severity: Mapped[str] = mapped_column(String(8))  # refused, warning
    sentence: Mapped[str]
    value: Mapped[str | None]


class ImportMapping(Base, Identified, Owned):
    """A kept mapping from a file's header to our fields."""

    __tablename__ = "import_mappings"
    __table_args__ = (UniqueConstraint("organization_id", "header_key"),)

    header_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    mapping: Mapped[Json]


class BulkState(StrEnum):
    """Steps of a bulk edit."""

    DRAFT = "draft"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BulkEdit(Base, Identified, Owned):
    """One change to many products, previewed before it applies."""

    __tablename__ = "bulk_edits"

    user_id: Mapped[UUID | None]
    selection: Mapped[Json]  # {"ids": […]} or {"query": "…"}, "except": […]
    operation: Mapped[Json]  # {"field": "price", "rule": "percent", "value": "-10"} …
    state: Mapped[BulkState] = mapped_column(String(12), default=BulkState.DRAFT)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    results: Mapped[Json] = mapped_column(default=dict)
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
