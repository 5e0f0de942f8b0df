"""Tables of the inventory: a ledger of postings, and levels that it adds up to."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Owned


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


class Level(Base, Identified, Owned):
    """Stock of one variant at one location."""

    __tablename__ = "inventory_levels"
    __table_args__ = (UniqueConstraint("variant_id", "location_id"),)

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"), index=True)
    on_hand: Mapped[int] = mapped_column(default=0, server_default="0")
    committed: Mapped[int] = mapped_column(default=0, server_default="0")
    is_counted: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    available: Mapped[Any] = mapped_column(Integer, Computed("on_hand - committed", persisted=True))


class PostingKind(StrEnum):
    """What a posting does to a level."""

    ADJUST = "adjust"
    IMPORT = "import"
    SYNC = "sync"


class Posting(Base, Owned):
    """One movement of stock with its cause; append-only, levels can be rebuilt from it."""

    __tablename__ = "inventory_postings"
    __table_args__ = (
        Index("ix_inventory_postings_level", "level_id", "id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    level_id: Mapped[UUID] = mapped_column(ForeignKey("inventory_levels.id", ondelete="CASCADE"))
    kind: Mapped[PostingKind] = mapped_column(String(12))
    quantity: Mapped[int]  # signed change of on_hand
    reference: Mapped[str | None] = mapped_column(String(100))
    user_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)
