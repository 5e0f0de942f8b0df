"""Facts recorded in the transaction that made them true; the relay tells those who care.

An event is a frozen dataclass with a past-tense name. Its row is written by `Work.emit`; the relay
(workers/relay.py) tells its subscribers, rings its bells, and marks it sent only then. The table
stands outside row-level security: it holds ids only.
"""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Protocol
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Json


class Event(Protocol):
    """A fact: a frozen dataclass of ids, texts and numbers."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class OutboxMessage(Base):
    """One fact on its way to its subscribers."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        Index("ix_outbox_messages_unsent", "id", postgresql_where=text("sent_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    organization_id: Mapped[UUID | None]
    name: Mapped[str]
    payload: Mapped[Json]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]  # somebody is telling its subscribers
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def message(organization_id: UUID | None, event: Event, *, at: datetime) -> OutboxMessage:
    """Return the row for a fact."""
    payload = {f.name: _plain(getattr(event, f.name)) for f in dataclasses.fields(event)}
    return OutboxMessage(
        organization_id=organization_id, name=type(event).__name__, payload=payload, created_at=at
    )
