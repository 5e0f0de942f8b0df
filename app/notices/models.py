"""Tables of notices and mails."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Enum,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Owned


class Severity(StrEnum):
    """How loud a notice is."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


class MailState(StrEnum):
    """Where a mail stands on its way out."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _word(words: type[StrEnum]) -> Enum:
    return Enum(words, native_enum=False, length=16, values_callable=list)


class Notice(Base, Identified, Owned):
    """Something a person should hear of; without a user it is for everybody in the organization."""

    __tablename__ = "notices"
    __table_args__ = (
        _one_of("severity", Severity),
        Index("ix_notices_newest", "organization_id", "created_at", "id"),
    )

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(String(2000), default="")
    link: Mapped[str] = mapped_column(String(500), default="")
    severity: Mapped[Severity] = mapped_column(_word(Severity))


class NoticeRead(Base, Owned):
    """A person has seen a notice."""

    __tablename__ = "notice_reads"

    notice_id: Mapped[UUID] = mapped_column(
        ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    read_at: Mapped[datetime] = mapped_column(default=clock.now)


class NoticePreference(Base, Identified, Owned):
    """Whether a person wants notices of a kind also by mail, at once or together once a day."""

    __tablename__ = "notice_preferences"
    __table_args__ = (UniqueConstraint("organization_id", "user_id", "kind"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    is_mailed: Mapped[bool]
    is_daily: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    digest_at: Mapped[datetime | None]  # up to when the daily mail told


class Mail(Base, Identified):
    """A mail on its way out; its text is forgotten once it left: it may hold a link that opens."""

    __tablename__ = "mails"
    __table_args__ = (_one_of("state", MailState), Index("ix_mails_state", "state", "created_at"))
    __rls__: ClassVar[str] = (
        "organization_id IS NOT DISTINCT FROM"
        " nullif(current_setting('app.organization_id', true), '')::uuid"
    )

    organization_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[MailState] = mapped_column(_word(MailState), default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]  # by whoever sends now; others leave it alone for a while
    sent_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(500), default="")
