"""Tables of the inventory: a ledger of postings, and levels that it adds up to."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Json, Owned
from app.inventory.counting import CountState
from app.inventory.ledger import PostingKind as PostingKind
from app.inventory.transit import TransferState


class LocationKind(StrEnum):
    """What a location is."""

    WAREHOUSE = "warehouse"
    SHOP = "shop"
    CHANNEL = "channel"  # a channel's own warehouse: it ships, we only look


class Location(Base, Identified, Owned):
    """A place of ours where stock lies."""

    __tablename__ = "locations"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        Index(
            "uq_locations_default",
            "organization_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    name: Mapped[str] = mapped_column(String(100))
    is_default: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    kind: Mapped[LocationKind] = mapped_column(
        String(12), default=LocationKind.WAREHOUSE, server_default="warehouse"
    )
    address: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    zone: Mapped[str | None] = mapped_column(String(64))  # None: the organization's
    rank: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # lowest first
    is_active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __mapper_args__ = {"version_id_col": version}


class Level(Base, Identified, Owned):
    """Stock of one variant at one location; what the buckets mean is told in `ledger`."""

    __tablename__ = "inventory_levels"
    __table_args__ = (
        UniqueConstraint("variant_id", "location_id"),
        # On no column that a sale moves, so that most updates stay off every index.
        Index(
            "ix_inventory_levels_reorder",
            "organization_id",
            "variant_id",
            postgresql_where=text("reorder_point IS NOT NULL"),
        ),
        Index(
            "ix_inventory_levels_kept",
            "organization_id",
            "variant_id",
            postgresql_where=text("reserved > 0 OR locked > 0"),
        ),
        Index(
            "ix_inventory_levels_unsummed",
            "organization_id",
            "variant_id",
            postgresql_where=text("NOT is_summed"),
        ),
        CheckConstraint("on_hand >= 0 OR allows_negative", name="on_hand"),
        CheckConstraint("least(committed, reserved, locked, incoming) >= 0", name="buckets"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), index=True)
    on_hand: Mapped[int] = mapped_column(default=0, server_default="0")
    committed: Mapped[int] = mapped_column(default=0, server_default="0")
    reserved: Mapped[int] = mapped_column(default=0, server_default="0")
    locked: Mapped[int] = mapped_column(default=0, server_default="0")
    incoming: Mapped[int] = mapped_column(default=0, server_default="0")
    is_counted: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    allows_negative: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    available: Mapped[Any] = mapped_column(
        Integer, Computed("on_hand - committed - reserved - locked", persisted=True)
    )
    # What it held when its variant was added up, and whether it still does (`service.totals`).
    summed_as: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    is_summed: Mapped[Any] = mapped_column(
        Boolean,
        Computed(
            "summed_as IS NOT DISTINCT FROM"
            " ARRAY[on_hand, committed, reserved, locked, incoming, is_counted::integer]",
            persisted=True,
        ),
    )
    reorder_point: Mapped[int | None]  # at or below it, somebody should buy
    reorder_quantity: Mapped[int | None]
    low_told_at: Mapped[datetime | None]  # since when people know that it runs low
    out_told_at: Mapped[datetime | None]  # … and that nothing of the variant is left anywhere


class StockTotal(Base, Owned):
    """What the counted levels of a variant add up to, to sort by; levels are the truth.

    It is written after the fact, by `service.totals` alone: a level that moved since is not summed,
    and its variant is then added up by who asks. So no sale waits for a total.
    """

    __tablename__ = "stock_totals"
    __table_args__ = (
        *(
            Index(f"ix_stock_totals_{name}", "organization_id", name, "variant_id")
            for name in ("on_hand", "committed", "kept", "incoming", "available")
        ),
        Index(
            "ix_stock_totals_short",
            "organization_id",
            "variant_id",
            postgresql_where=text("is_short"),
        ),
    )

    variant_id: Mapped[UUID] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True
    )
    on_hand: Mapped[int] = mapped_column(BigInteger)
    committed: Mapped[int] = mapped_column(BigInteger)
    kept: Mapped[int] = mapped_column(BigInteger)  # reserved by us, or locked by a channel
    incoming: Mapped[int] = mapped_column(BigInteger)
    available: Mapped[int] = mapped_column(BigInteger)
    is_short: Mapped[bool]  # somewhere promises are more than there is


class Posting(Base, Owned):
    """One movement of stock with its cause; append-only, levels can be rebuilt from it."""

    __tablename__ = "inventory_postings"
    __table_args__ = (
        Index("ix_inventory_postings_level", "level_id", "id"),
        # They are written in the order of time, so a report finds a period's blocks by their ends.
        Index("ix_inventory_postings_at", "at", postgresql_using="brin"),
        Index(
            "ix_inventory_postings_reference",
            "organization_id",
            "reference",
            postgresql_where=text("reference IS NOT NULL"),
        ),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    # Its level refers to the organization. A key of its own would let all postings of an
    # organization queue for one row's lock, to learn what the level has proved.
    organization_id: Mapped[UUID] = mapped_column()
    level_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_levels.id", ondelete="CASCADE"))
    kind: Mapped[PostingKind] = mapped_column(String(12))
    quantity: Mapped[int]  # signed change of on_hand
    committed: Mapped[int] = mapped_column(default=0, server_default="0")
    reserved: Mapped[int] = mapped_column(default=0, server_default="0")
    locked: Mapped[int] = mapped_column(default=0, server_default="0")
    incoming: Mapped[int] = mapped_column(default=0, server_default="0")
    reference: Mapped[str | None] = mapped_column(String(100))  # "order:<id>", "count:<id>", …
    note: Mapped[str | None] = mapped_column(String(200))
    user_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Reservation(Base, Identified, Owned):
    """Units kept back for a while; what runs out is freed."""

    __tablename__ = "reservations"
    __table_args__ = (
        Index(
            "uq_reservations_seen",
            "connection_id",
            "level_id",
            unique=True,
            postgresql_where=text("connection_id IS NOT NULL"),
        ),
        Index("ix_reservations_expiry", "organization_id", "expires_at"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    level_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_levels.id", ondelete="CASCADE"))
    # The shop whose count went down without an order we know: its order is on its way.
    connection_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("connections.id", ondelete="CASCADE")
    )
    quantity: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    user_id: Mapped[UUID | None]
    expires_at: Mapped[datetime]


class KitComponent(Base, Identified, Owned):
    """So many of a variant in one set of a kit; what a kit may give is told in `kits`."""

    __tablename__ = "kit_components"
    __table_args__ = (
        UniqueConstraint("kit_id", "component_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("kit_id <> component_id", name="other"),
    )

    kit_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    # None: that variant was deleted, and no set can be built until somebody says what is in it.
    component_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("variants.id", ondelete="SET NULL"), index=True
    )
    quantity: Mapped[int]
    position: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")


class KitReservation(Base, Identified, Owned):
    """Sets of a kit kept back for a shop's sale whose order is on its way."""

    __tablename__ = "kit_reservations"
    __table_args__ = (
        Index("ix_kit_reservations_kit", "kit_id", "connection_id"),
        Index("ix_kit_reservations_expiry", "connection_id", "expires_at"),
        CheckConstraint("sets > 0", name="sets"),
    )

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    kit_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    sets: Mapped[int]
    parts: Mapped[Json]  # level id → units in one set
    expires_at: Mapped[datetime]


class Transfer(Base, Identified, Owned):
    """Goods on their way to a location: from another one, or (without an origin) from outside."""

    __tablename__ = "transfers"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index("ix_transfers_newest", "organization_id", "state", "id"),
    )

    number: Mapped[int]
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"), index=True)
    destination_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), index=True)
    supplier: Mapped[str] = mapped_column(String(100), default="", server_default="")
    expected_on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    state: Mapped[TransferState] = mapped_column(
        String(12), default=TransferState.DRAFT, server_default="draft"
    )
    user_id: Mapped[UUID | None]  # who began it
    sent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __mapper_args__ = {"version_id_col": version}


class TransferLine(Base, Identified, Owned):
    """So many units of one variant of a transfer, and what became of them."""

    __tablename__ = "transfer_lines"
    __table_args__ = (
        UniqueConstraint("transfer_id", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("least(arrived, missing, damaged, turned_back) >= 0", name="ends"),
        CheckConstraint("arrived + missing + damaged + turned_back <= quantity", name="once"),
    )

    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfers.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), index=True
    )
    quantity: Mapped[int]
    arrived: Mapped[int] = mapped_column(default=0, server_default="0")
    missing: Mapped[int] = mapped_column(default=0, server_default="0")
    damaged: Mapped[int] = mapped_column(default=0, server_default="0")
    turned_back: Mapped[int] = mapped_column(default=0, server_default="0")
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="")

    @property
    def rest(self) -> int:
        """How many units are still on their way, once it was sent."""
        return self.quantity - self.arrived - self.missing - self.damaged - self.turned_back


class StockCount(Base, Identified, Owned):
    """A count of what lies at a location, or of a part of it, by people who see no figure."""

    __tablename__ = "stock_counts"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index("ix_stock_counts_newest", "organization_id", "state", "id"),
    )

    number: Mapped[int]
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), index=True)
    scope: Mapped[str] = mapped_column(String(200), default="", server_default="")  # in words
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")
    state: Mapped[CountState] = mapped_column(
        String(12), default=CountState.COUNTING, server_default="counting"
    )
    user_id: Mapped[UUID | None]  # who began it
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    __mapper_args__ = {"version_id_col": version}


class StockCountLine(Base, Identified, Owned):
    """One variant of a count: how many were seen, and what the ledger held at that moment."""

    __tablename__ = "stock_count_lines"
    __table_args__ = (
        UniqueConstraint("count_id", "variant_id"),
        CheckConstraint("counted >= 0", name="counted"),
        CheckConstraint("(counted IS NULL) = (expected IS NULL)", name="whole"),
    )

    count_id: Mapped[UUID] = mapped_column(ForeignKey("stock_counts.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), index=True
    )
    counted: Mapped[int | None]
    expected: Mapped[int | None]  # on hand when it was counted last
    posting_id: Mapped[int | None] = mapped_column(BigInteger)  # the level's newest one then
    has_moved: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    user_id: Mapped[UUID | None]  # who counted last
    counted_at: Mapped[datetime | None]
    posted: Mapped[int | None]  # by how much the level was moved; None: not approved

    @property
    def variance(self) -> int | None:
        """By how much what was seen differs from the ledger at that moment."""
        if self.counted is None or self.expected is None:
            return None
        return self.counted - self.expected


class SellingTerms(Base, Owned):
    """How far a variant is sold beyond its stock, and from when there is any.

    Whether it is at all, is the variant's own word (`Variant.backorders`), which channels know.
    """

    __tablename__ = "selling_terms"
    __table_args__ = (CheckConstraint("backorder_limit >= 0", name="limit"),)

    variant_id: Mapped[UUID] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True
    )
    backorder_limit: Mapped[int | None]  # units that may wait at most; None: as many as are bought
    available_on: Mapped[date | None]
