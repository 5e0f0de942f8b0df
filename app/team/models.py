"""Tables of the team. Users, their sessions and mailed tokens are global; the rest has an owner."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Enum,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.db import Base, Identified, Json, Owned
from app.team.permissions import Role
from app.team.rules import EMAIL_LENGTH, NAME_LENGTH

_THIS_ORGANIZATION: Final = "nullif(current_setting('app.organization_id', true), '')::uuid"
_THIS_USER: Final = "nullif(current_setting('app.user_id', true), '')::uuid"
# Set by app.team.queries alone, for commands, schedules and operators who serve every organization.
_WHOLE_INSTALL: Final = "current_setting('app.scope', true) = 'install'"


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _word(words: type[StrEnum]) -> Enum:
    return Enum(words, native_enum=False, length=16, values_callable=list)


class Purpose(StrEnum):
    """What a mailed link lets its holder do."""

    VERIFY = "verify"
    RESET = "reset"
    CHANGE_EMAIL = "change_email"


class Organization(Base, Identified):
    """The tenant: one merchant. Visible to itself and to its members."""

    __tablename__ = "organizations"
    __rls__: ClassVar[str] = (
        f"id = {_THIS_ORGANIZATION} OR {_WHOLE_INSTALL} OR EXISTS (SELECT FROM memberships"
        f" WHERE memberships.organization_id = organizations.id AND user_id = {_THIS_USER})"
    )
    # A new organization is inserted by a caller that already works in it.
    __rls_check__: ClassVar[str] = f"id = {_THIS_ORGANIZATION}"

    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    slug: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    currency: Mapped[str] = mapped_column(String(3), default="USD", server_default="USD")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    locale: Mapped[str] = mapped_column(String(16), default="en_US", server_default="en_US")
    weight_unit: Mapped[str] = mapped_column(String(4), default="kg", server_default="kg")
    length_unit: Mapped[str] = mapped_column(String(4), default="cm", server_default="cm")
    settings: Mapped[Json] = mapped_column(default=dict, server_default=text("'{}'"))


class User(Base, Identified):
    """A person who may sign in; belongs to any number of organizations."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    password_hash: Mapped[str] = mapped_column(String(255))
    email_verified_at: Mapped[datetime | None]
    is_operator: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    preferences: Mapped[Json] = mapped_column(default=dict, server_default=text("'{}'"))
    avatar_key: Mapped[str | None] = mapped_column(String(200))
    # Programs that signed in before this moment have to sign in again.
    signed_out_at: Mapped[datetime | None]


class Membership(Base, Identified, Owned):
    """A user in an organization, with a role. Visible to both."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("organization_id", "user_id"), _one_of("role", Role))
    __rls__: ClassVar[str] = (
        f"organization_id = {_THIS_ORGANIZATION} OR user_id = {_THIS_USER} OR {_WHOLE_INSTALL}"
    )
    __rls_check__: ClassVar[str] = f"organization_id = {_THIS_ORGANIZATION}"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(_word(Role))

    user: Mapped[User] = relationship(lazy="raise")
    organization: Mapped[Organization] = relationship(lazy="raise")


class Invitation(Base, Identified, Owned):
    """An invitation on its way; its link carries the organization's id and the token."""

    __tablename__ = "invitations"
    __table_args__ = (
        _one_of("role", Role),
        Index(
            "uq_invitations_open",
            "organization_id",
            "email",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    role: Mapped[Role] = mapped_column(_word(Role))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class UserSession(Base, Identified):
    """A signed-in browser. The cookie holds a random token; here lies only its hash."""

    __tablename__ = "user_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    current_organization_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organizations.id", ondelete="SET NULL")
    )
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    is_remembered: Mapped[bool] = mapped_column(default=False)


class GrantKind(StrEnum):
    """How somebody let a program use the API."""

    SIGN_IN = "sign_in"  # a program that signed in with a password: short tokens, renewed
    TOKEN = "token"  # a named token, made on the settings page  # noqa: S105  # a word


class ApiGrant(Base, Identified, Owned):
    """A program that may use the API for a person in one organization, until it ends."""

    __tablename__ = "api_grants"
    __table_args__ = (
        _one_of("kind", GrantKind),
        CheckConstraint("(kind = 'token') = (token_hash IS NOT NULL)", name="token"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[GrantKind] = mapped_column(_word(GrantKind))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    scopes: Mapped[list[Any]]  # permissions it asks for; it never gets more than the role holds
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    ip: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")

    user: Mapped[User] = relationship(lazy="raise")
    organization: Mapped[Organization] = relationship(lazy="raise")


class EmailToken(Base, Identified):
    """A link we mailed to prove an address or to reset a password; works once."""

    __tablename__ = "email_tokens"
    __table_args__ = (_one_of("purpose", Purpose),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[Purpose] = mapped_column(_word(Purpose))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AttemptCount(Base):
    """How often somebody tried something lately; kept here, so that a lost Redis opens no door."""

    __tablename__ = "attempt_counts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int]
    window_ends_at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Base, Identified):
    """Who did what to which thing. Rows are only ever added; the database refuses anything else."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_newest", "organization_id", "at", "id"),
        Index("ix_audit_entries_subject", "organization_id", "subject_kind", "subject_id"),
        {"info": {"append_only": True}},
    )
    __rls__: ClassVar[str] = f"organization_id IS NOT DISTINCT FROM {_THIS_ORGANIZATION}"

    # No foreign keys: the log outlives what it tells about.
    organization_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    user_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    via: Mapped[str] = mapped_column(String(8), default="web")
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(64), default="")
    summary: Mapped[str] = mapped_column(String(500))
    details: Mapped[Json] = mapped_column(default=dict, server_default=text("'{}'"))
    ip: Mapped[str] = mapped_column(String(45), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)


class AuditSeal(Base):
    """The seal of one audit entry: a digest over the entry and the seal before it.

    The database seals each entry when its transaction commits (migration 0005). An entry that is
    changed, removed or slipped in later breaks its organization's chain; `flask doctor` walks it.
    """

    __tablename__ = "audit_seals"
    __table_args__ = (UniqueConstraint("chain", "number"), {"info": {"append_only": True}})
    __rls__: ClassVar[str] = f"chain = coalesce({_THIS_ORGANIZATION}, '{UUID(int=0)}'::uuid)"

    # No foreign keys, as with the entries. The install's own entries lie in the chain of zeros.
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    chain: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes]
