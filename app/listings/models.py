"""Tables of listings: a product as it stands on one connection, and its variants' offers there."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Float,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Sequence,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Identified, Json, Owned

# Numbers reads and writes of channels in the order they happened; see Listing.read_order.
READ_ORDER: Final = Sequence("read_order", metadata=Base.metadata)


class ListingState(StrEnum):
    """How a listing stands; transitions are in listings.rules."""

    UNMAPPED = "unmapped"  # found on the channel, not paired with a product of ours
    IGNORED = "ignored"  # a person said: leave it alone
    WAITING = "waiting"  # something is to be sent or read
    RUNNING = "running"
    SYNCED = "synced"  # confirmed by the channel
    NEEDS_YOU = "needs_you"  # a conflict or a held change
    FAILED = "failed"
    PAUSED = "paused"
    GONE = "gone"  # deleted on the channel; never deleted here silently


class Pairing(StrEnum):
    """Whether an unpaired item still has to look for its product."""

    DUE = "due"  # new, changed, or there are new products
    LOOKING = "looking"  # somebody looks; a dead one leaves it so, and the next one looks again
    DONE = "done"
    BY_HAND = "by_hand"  # a person took the pair apart: proposed again, never paired by itself


class Listing(Base, Identified, Owned):
    """An item of a channel, paired with a product of ours or waiting to be."""

    __tablename__ = "listings"
    __table_args__ = (
        Index(
            "uq_listings_external",
            "connection_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("ix_listings_product", "product_id", "connection_id"),
        Index("ix_listings_state", "organization_id", "connection_id", "state", "id"),
        Index(
            "ix_listings_pairing",
            "connection_id",
            postgresql_where=text("state = 'unmapped' AND pairing IN ('due', 'looking')"),
        ),
        Index(
            "ix_listings_errors",
            "connection_id",
            "error_group",
            "id",
            postgresql_where=text("state IN ('failed', 'gone')"),
        ),
        Index(
            "ix_listings_kept_off",
            "organization_id",
            "kept_off_at",
            postgresql_where=text("kept_off_at IS NOT NULL"),
        ),
        CheckConstraint(
            "state IN ('unmapped','ignored','waiting','running','synced','needs_you','failed',"
            "'paused','gone')",
            name="state",
        ),
    )

    version: Mapped[int] = mapped_column(default=1, server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"))
    external_id: Mapped[str | None] = mapped_column(String(255))  # None: not created there yet
    state: Mapped[ListingState] = mapped_column(String(12), default=ListingState.UNMAPPED)
    pairing: Mapped[Pairing] = mapped_column(
        String(8), default=Pairing.DUE, server_default=Pairing.DUE
    )
    kind: Mapped[str] = mapped_column(String(20), default="simple")
    is_writable: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    is_ours: Mapped[bool] = mapped_column(default=False, server_default=text("false"))  # we made it
    sends_prices: Mapped[bool | None]  # None: as the rules of the connection say
    # Since when a person keeps it off this channel; those of one decision share the moment.
    kept_off_at: Mapped[datetime | None]
    title: Mapped[str] = mapped_column(String(255), default="")
    first_sku: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None]
    remote: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # {values, variants}
    remote_fingerprint: Mapped[str | None] = mapped_column(String(64))
    remote_modified_at: Mapped[datetime | None]
    # What both sides were when they were last compared and agreed; see sync.rest.
    rest_mark: Mapped[str | None] = mapped_column(String(64))
    # How the channel spelled an answer, and what reading it came to; see sync.answers.
    answer_mark: Mapped[str | None] = mapped_column(String(64))
    overrides: Mapped[Json] = mapped_column(
        MutableDict.as_mutable(JSONB), default=dict, server_default="{}"
    )  # field → value
    # Number of the newest answer or write taken in; an older answer arriving later is not believed.
    read_order: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    error: Mapped[str | None]  # a sentence
    error_field: Mapped[str | None] = mapped_column(String(40))
    error_code: Mapped[str | None] = mapped_column(String(60))
    # Equal for the same cause, whatever the names and numbers in the sentence; made by PostgreSQL.
    error_group: Mapped[str | None] = mapped_column(
        String(16), Computed("error_cause(error_code, error_field, error)", persisted=True)
    )
    error_count: Mapped[int] = mapped_column(default=0, server_default="0")
    last_synced_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]

    offers: Mapped[list["Offer"]] = relationship(cascade="all, delete-orphan")


class Offer(Base, Identified, Owned):
    """A variant on a listing: our row ↔ their id."""

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("listing_id", "external_id"),
        Index("ix_offers_variant", "variant_id"),
        # Orders and news of stock name a variant by its id there, not by its listing.
        Index("ix_offers_external", "organization_id", "external_id"),
    )

    listing_id: Mapped[UUID] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), index=True
    )
    variant_id: Mapped[UUID | None] = mapped_column(ForeignKey("variants.id", ondelete="SET NULL"))
    external_id: Mapped[str | None] = mapped_column(String(255))
    external_sku: Mapped[str | None] = mapped_column(String(255))
    # The shop's count rose while orders hold units that it may have given back: those orders are
    # read before the rise is believed.
    rise_at: Mapped[datetime | None]
    rise_is_read: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    overrides: Mapped[Json] = mapped_column(
        MutableDict.as_mutable(JSONB), default=dict, server_default="{}"
    )  # field → value, prices in what the shop sells in


class ListingSnapshot(Base, Owned):
    """The channel's own answer about a listing, whole."""

    __tablename__ = "listing_snapshots"

    listing_id: Mapped[UUID] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True
    )
    raw: Mapped[Json]
    at: Mapped[datetime]


class MediaBinding(Base, Owned):
    """A picture of ours ↔ the channel's picture id, so that it is never sent twice."""

    __tablename__ = "media_bindings"
    __table_args__ = (
        PrimaryKeyConstraint("connection_id", "external_id"),
        Index("ix_media_bindings_media", "media_id", "connection_id"),
    )

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(String(255))
    media_id: Mapped[UUID] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"))


class Proposal(Base, Identified, Owned):
    """A possible pair of an unmapped listing and a product, waiting for a person."""

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("listing_id", "product_id"),)

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), index=True
    )
    score: Mapped[float] = mapped_column(Float)
    reason: Mapped[str]
    variant_pairs: Mapped[Json] = mapped_column(default=dict)  # their variant id → our variant id
