"""Tables of the sync engine: runs, tasks, planned changes, base values, conflicts, deliveries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Json, Owned
from app.sync.rules import (
    ChangeState as ChangeState,
)
from app.sync.rules import (
    ConflictState as ConflictState,
)
from app.sync.rules import (
    DeliveryState as DeliveryState,
)
from app.sync.rules import (
    Direction as Direction,
)
from app.sync.rules import (
    Haste as Haste,
)
from app.sync.rules import (
    Resolution as Resolution,
)
from app.sync.rules import (
    RunKind as RunKind,
)
from app.sync.rules import (
    RunState as RunState,
)
from app.sync.rules import (
    TaskState as TaskState,
)


class SyncRun(Base, Identified, Owned):
    """One piece of sync work with totals, for people to watch."""

    __tablename__ = "sync_runs"
    __table_args__ = (
        Index("ix_sync_runs_recent", "organization_id", "id"),
        Index("ix_sync_runs_connection", "connection_id", "id"),
        Index("ix_sync_runs_open", "id", postgresql_where=text("state IN ('waiting', 'running')")),
    )

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    kind: Mapped[RunKind] = mapped_column(String(12))
    state: Mapped[RunState] = mapped_column(String(12), default=RunState.WAITING)
    user_id: Mapped[UUID | None]  # who asked; None: a schedule or a change
    cause: Mapped[str] = mapped_column(String(100), default="")  # "You changed Blue mug", …
    total: Mapped[int | None]
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    changed: Mapped[int] = mapped_column(default=0, server_default="0")
    unchanged: Mapped[int] = mapped_column(default=0, server_default="0")
    created: Mapped[int] = mapped_column(default=0, server_default="0")
    failed: Mapped[int] = mapped_column(default=0, server_default="0")
    conflicts: Mapped[int] = mapped_column(default=0, server_default="0")
    drifted: Mapped[int] = mapped_column(default=0, server_default="0")  # differed from last known
    cursor: Mapped[Json | None]  # where the read goes on after a crash
    worker: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]  # a run without a living lease is taken over
    error: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class SyncTask(Base, Identified, Owned):
    """One listing to be pushed, or one external item to be read; at most one waits per listing."""

    __tablename__ = "sync_tasks"
    __table_args__ = (
        Index(
            "uq_sync_tasks_waiting",
            "connection_id",
            "direction",
            "subject",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_sync_tasks_due", "connection_id", "direction", "state", "due_at"),
        Index("ix_sync_tasks_run", "run_id"),
        Index(
            "ix_sync_tasks_parked",
            "organization_id",
            "id",
            postgresql_where=text("state = 'parked'"),
        ),
        Index(
            "ix_sync_tasks_open",
            "due_at",
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    direction: Mapped[Direction] = mapped_column(String(4))
    subject: Mapped[str] = mapped_column(String(300))  # listing id (push) or external id (pull)
    listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    run_id: Mapped[UUID | None]
    state: Mapped[TaskState] = mapped_column(String(8), default=TaskState.WAITING)
    haste: Mapped[int] = mapped_column(SmallInteger, default=Haste.USUAL, server_default="1")
    is_forced: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None]
    error_key: Mapped[str | None] = mapped_column(String(64))  # equal failures count together
    finished_at: Mapped[datetime | None]


class SyncChange(Base, Owned):
    """One planned change of one field on one side, with its outcome: plan line and log line."""

    __tablename__ = "sync_changes"
    __table_args__ = (
        Index("ix_sync_changes_run", "run_id", "id"),
        Index("ix_sync_changes_listing", "listing_id", "id"),
        Index(
            "ix_sync_changes_held",
            "organization_id",
            "id",
            postgresql_where=text("state = 'held'"),
        ),
        Index(
            "ix_sync_changes_decided",
            "organization_id",
            "settled_at",
            postgresql_where=text("settled_by IS NOT NULL"),
        ),
        Index(
            "ix_sync_changes_open",
            "listing_id",
            postgresql_where=text("state IN ('held', 'planned', 'declined')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_id: Mapped[UUID | None]
    task_id: Mapped[UUID | None]
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    product_id: Mapped[UUID | None]
    variant_id: Mapped[UUID | None]
    direction: Mapped[Direction] = mapped_column(String(4))
    action: Mapped[str] = mapped_column(String(8), default="update")  # create, update, delete
    field: Mapped[str] = mapped_column(String(40))
    old: Mapped[Any | None] = mapped_column(JSONB)
    new: Mapped[Any | None] = mapped_column(JSONB)
    why: Mapped[str] = mapped_column(String(200), default="")
    risk: Mapped[str] = mapped_column(String(12), default="low")
    state: Mapped[ChangeState] = mapped_column(String(10), default=ChangeState.PLANNED)
    sentence: Mapped[str | None]  # why it was refused or held
    settled_by: Mapped[UUID | None]  # who let it pass or declined it
    note: Mapped[str | None] = mapped_column(String(500))  # what they said about it
    at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]


class BaseValue(Base, Owned):
    """What both sides of a listing last agreed on, field by field: the base of every merge."""

    __tablename__ = "base_values"

    listing_id: Mapped[UUID] = mapped_column(
        ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True
    )
    product: Mapped[Json] = mapped_column(default=dict)  # field → value
    variants: Mapped[Json] = mapped_column(default=dict)  # variant id → field → value
    # Where a channel keeps a value in its own words (other HTML, another order): subject → field →
    # {"sent", "kept"}. Reading "kept" means "they still have what we sent".
    kept: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    agreed_at: Mapped[datetime] = mapped_column(default=clock.now)


class SentCount(Base, Owned):
    """Stock on its way to a channel, from before it leaves until its answer is known.

    `inventory.accounts.Account.unsure` in a row: the shop shows `quantity` if it arrived and
    `expected` if it did not, less what orders heard since took. When the answer was lost, `seen` is
    what the shop showed then, and `is_read` that its orders were read after.
    """

    __tablename__ = "sent_counts"
    __table_args__ = (
        PrimaryKeyConstraint("listing_id", "variant_id"),
        Index("ix_sent_counts_variant_id", "variant_id"),
    )

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id", ondelete="CASCADE"))
    quantity: Mapped[int]
    expected: Mapped[int | None]  # None: nothing was known of its count
    at: Mapped[datetime] = mapped_column(default=clock.now)
    seen: Mapped[int | None]
    seen_at: Mapped[datetime | None]
    is_read: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class Conflict(Base, Identified, Owned):
    """Both sides changed one field: both values are kept until somebody decides."""

    __tablename__ = "conflicts"
    __table_args__ = (
        Index(
            "uq_conflicts_open",
            "listing_id",
            "subject",
            "field",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_conflicts_recent", "organization_id", "state", "id"),
        Index("ix_conflicts_due", "listing_id", postgresql_where=text("is_due")),
    )

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID | None]
    subject: Mapped[str] = mapped_column(String(40))  # variant id, or "product"
    field: Mapped[str] = mapped_column(String(40))
    base: Mapped[Any | None] = mapped_column(JSONB)
    ours: Mapped[Any | None] = mapped_column(JSONB)
    theirs: Mapped[Any | None] = mapped_column(JSONB)
    has_base: Mapped[bool] = mapped_column(default=True)
    state: Mapped[ConflictState] = mapped_column(String(8), default=ConflictState.OPEN)
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    resolution: Mapped[Resolution | None] = mapped_column(String(12))
    decided: Mapped[Any | None] = mapped_column(JSONB)  # the value that was chosen
    # Decided for a value the channel was not seen with yet: it goes out whatever the rules say.
    is_due: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_by_rule: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    resolved_by: Mapped[UUID | None]
    resolved_at: Mapped[datetime | None]


class ConflictComment(Base, Identified, Owned):
    """What a member wrote about a conflict."""

    __tablename__ = "conflict_comments"
    __table_args__ = (Index("ix_conflict_comments_conflict", "conflict_id", "id"),)

    conflict_id: Mapped[UUID] = mapped_column(ForeignKey("conflicts.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(String(2000))


class InboundDelivery(Base, Identified, Owned):
    """A verified webhook, stored raw before it was answered."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("connection_id", "event_key"),
        Index("ix_deliveries_recent", "connection_id", "id"),
        Index(
            "ix_deliveries_received",
            "connection_id",
            "id",
            postgresql_where=text("state = 'received'"),
        ),
    )

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    event_key: Mapped[str] = mapped_column(String(200))
    topic: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))  # adapters.types.DeliveryKind
    external_id: Mapped[str | None] = mapped_column(String(255))
    headers: Mapped[Json]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[DeliveryState] = mapped_column(String(10), default=DeliveryState.RECEIVED)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    duplicates: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None]
    processed_at: Mapped[datetime | None]


class ReadCursor(Base, Owned):
    """Where the reading of a connection stands."""

    __tablename__ = "read_cursors"
    __table_args__ = (PrimaryKeyConstraint("connection_id", "name"),)

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[Json]
    at: Mapped[datetime] = mapped_column(default=clock.now)
