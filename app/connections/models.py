"""Tables of connections: authorised accounts, approvals under way, recorded exchanges, API use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.connections.rules import ConnectionState as ConnectionState
from app.core.db import Base, Identified, Json, Owned


class Connection(Base, Identified, Owned):
    """One authorised account on a channel."""

    __tablename__ = "connections"
    __table_args__ = (
        Index(
            "uq_connections_address",
            "organization_id",
            "channel",
            "address",
            unique=True,
            postgresql_where=text("state <> 'disconnected'"),
        ),
        Index("uq_connections_hook_token", "hook_token", unique=True),
        CheckConstraint(
            "state IN ('pending','active','paused','error','disconnected')", name="state"
        ),
    )

    version: Mapped[int] = mapped_column(default=1, server_default="1")
    channel: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(500))  # final base address, without trailing slash
    state: Mapped[ConnectionState] = mapped_column(String(16), default=ConnectionState.PENDING)
    credentials: Mapped[bytes | None]  # sealed, bound to organization and connection
    key_hint: Mapped[str | None] = mapped_column(String(20))  # "…3f9a", for people
    settings: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # sync.policy shape
    wire: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # CA, auth style, host
    facts: Mapped[Json] = mapped_column(
        default=dict, server_default="{}"
    )  # adapters.types.ShopFacts
    hook_token: Mapped[str] = mapped_column(String(64))  # unguessable part of the hook address
    hook_secret: Mapped[bytes | None]  # sealed
    hooks: Mapped[Json] = mapped_column(
        default=dict, server_default="{}"
    )  # last seen subscriptions
    connected_at: Mapped[datetime | None]
    last_checked_at: Mapped[datetime | None]
    last_pulled_at: Mapped[datetime | None]
    last_pushed_at: Mapped[datetime | None]
    last_reconciled_at: Mapped[datetime | None]
    last_delivery_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")  # in a row
    blocked_until: Mapped[datetime | None]  # breaker or Retry-After: no calls before this
    opened_at: Mapped[datetime | None]  # since when the breaker is open; None: it is closed
    probe_until: Mapped[datetime | None]  # somebody tries the one call that may close it
    told: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # of the outage
    keys_end_at: Mapped[datetime | None]  # of credentials that are renewed; None: they stay
    next_credentials: Mapped[bytes | None]  # sealed; renewed, not yet proved by a call
    renewer: Mapped[str | None] = mapped_column(String(64))  # who renews at the moment
    renewer_until: Mapped[datetime | None]
    renewed_at: Mapped[datetime | None]
    grant_ends_at: Mapped[datetime | None]  # when the merchant has to approve us again
    grant_told: Mapped[int | None] = mapped_column(SmallInteger)  # days ahead of the last warning
    error: Mapped[str | None]  # a sentence
    error_at: Mapped[datetime | None]
    drift_listings: Mapped[int | None]  # differences found by the last reconcile
    drift_checked: Mapped[int | None]  # listings it compared
    writer: Mapped[str | None] = mapped_column(String(64))  # who holds the write lease
    writer_until: Mapped[datetime | None]
    urgent_writer: Mapped[str | None] = mapped_column(String(64))  # beside it: stock and prices
    urgent_writer_until: Mapped[datetime | None]


class ConnectionRequest(Base, Identified, Owned):
    """An approval under way at the shop: a one-time token bound to organization and address."""

    __tablename__ = "connection_requests"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[UUID | None]
    channel: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(500))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    error: Mapped[str | None]
    connection_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("connections.id", ondelete="CASCADE")
    )


class ExchangeLog(Base, Identified, Owned):
    """One recorded call to or from a channel, masked."""

    __tablename__ = "exchanges"
    __table_args__ = (Index("ix_exchanges_connection", "connection_id", "id"),)

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None] = mapped_column(index=True)
    method: Mapped[str] = mapped_column(String(8))
    url: Mapped[str]
    status: Mapped[int | None]
    milliseconds: Mapped[int]
    request: Mapped[str]
    response: Mapped[str]
    error: Mapped[str | None]
    correlation_id: Mapped[str | None] = mapped_column(String(64))


class ApiUse(Base, Owned):
    """Calls of a connection per hour."""

    __tablename__ = "api_use"
    __table_args__ = (PrimaryKeyConstraint("connection_id", "hour"),)

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    hour: Mapped[datetime]
    calls: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    throttled: Mapped[int] = mapped_column(default=0)
    milliseconds: Mapped[int] = mapped_column(default=0)


class AppKey(Base, Identified, Owned):
    """The keys of our app at a platform (client id and secret), sealed; an admin page sets them."""

    __tablename__ = "app_keys"
    __table_args__ = (UniqueConstraint("organization_id", "channel"),)

    channel: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[bytes]
    hint: Mapped[str] = mapped_column(String(20))
