"""Reads of people, organizations, members and sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app.catalog.models import Product
from app.connections.models import Connection
from app.core import clock
from app.core.errors import NotFound
from app.sync.models import SyncRun
from app.team.errors import InvitationGone
from app.team.models import (
    EmailToken,
    Invitation,
    Membership,
    Organization,
    Purpose,
    User,
    UserSession,
)
from app.team.permissions import Role
from app.team.rules import token_hash


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A living session with its person."""

    session: UserSession
    user: User


@dataclass(frozen=True, slots=True)
class Standing:
    """One organization a person belongs to."""

    organization_id: UUID
    name: str
    role: Role
    timezone: str
    locale: str


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member as the team page shows one."""

    id: UUID
    user_id: UUID
    name: str
    email: str
    role: Role
    is_verified: bool
    joined_at: datetime
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrganizationLine:
    """An organization as the operator's page shows one."""

    id: UUID
    name: str
    slug: str
    created_at: datetime
    member_count: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of getting started; `is_done` is derived from what is there."""

    key: str
    label: str
    is_done: bool
    url: str


def find_session(session: Session, token: str) -> FoundSession | None:
    """Return the living session behind a cookie's token, with its person."""
    row = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.token_hash == token_hash(token),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > clock.now(),
        )
    ).one_or_none()
    return None if row is None else FoundSession(*row)


def standings(session: Session, user_id: UUID) -> Sequence[Standing]:
    """Return the organizations a person belongs to, by name; the reader must be that person."""
    rows = session.execute(
        select(
            Organization.id,
            Organization.name,
            Membership.role,
            Organization.timezone,
            Organization.locale,
        )
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user_id)
        .order_by(func.lower(Organization.name), Organization.id)
    )
    return [Standing(*row) for row in rows]


def get_organization(session: Session, organization_id: UUID) -> Organization:
    """Return an organization the reader may see; raises NotFound."""
    organization = session.get(Organization, organization_id)
    if organization is None:
        raise NotFound
    return organization


def get_user(session: Session, user_id: UUID | None) -> User:
    """Return a person; raises NotFound."""
    user = session.get(User, user_id) if user_id else None
    if user is None:
        raise NotFound
    return user


def find_user_by_email(session: Session, email: str) -> User | None:
    """Return who signs in with a normal address."""
    return session.scalar(select(User).where(User.email == email))


def session_list(session: Session, user_id: UUID) -> Sequence[UserSession]:
    """Return a person's living sessions, the latest used first."""
    return session.scalars(
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > clock.now(),
        )
        .order_by(UserSession.last_seen_at.desc())
        .limit(100)
    ).all()


def member_list(session: Session, organization_id: UUID) -> Sequence[MemberLine]:
    """Return the members of an organization by name."""
    seen = (
        select(func.max(UserSession.last_seen_at))
        .where(
            UserSession.user_id == User.id,
            UserSession.current_organization_id == organization_id,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Membership, User, seen)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organization_id == organization_id)
        .order_by(func.lower(User.name), User.id)
    )
    return [
        MemberLine(
            member.id,
            user.id,
            user.name,
            user.email,
            member.role,
            user.email_verified_at is not None,
            member.created_at,
            last_seen_at,
        )
        for member, user, last_seen_at in rows
    ]


def is_member(session: Session, organization_id: UUID, user_id: UUID) -> bool:
    """Tell whether a person belongs to an organization."""
    found = session.scalar(
        select(Membership.id).where(
            Membership.organization_id == organization_id, Membership.user_id == user_id
        )
    )
    return found is not None


def invitation_list(session: Session, organization_id: UUID) -> Sequence[Invitation]:
    """Return the invitations that wait, newest first; also those too old to be accepted."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.organization_id == organization_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.created_at.desc())
        .limit(200)
    ).all()


def get_invitation(session: Session, organization_id: UUID, token: str) -> Invitation:
    """Return the invitation a link opens; raises InvitationGone."""
    invitation = session.scalar(
        select(Invitation).where(
            Invitation.organization_id == organization_id,
            Invitation.token_hash == token_hash(token),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
    )
    if invitation is None:
        raise InvitationGone
    return invitation


def is_link_alive(session: Session, token: str, *purposes: Purpose) -> bool:
    """Tell whether a mailed link still works."""
    found = session.scalar(
        select(EmailToken.id).where(
            EmailToken.token_hash == token_hash(token),
            EmailToken.purpose.in_(purposes),
            EmailToken.used_at.is_(None),
            EmailToken.expires_at > clock.now(),
        )
    )
    return found is not None


def _see_whole_install(session: Session) -> None:
    """Let this one transaction read organizations and memberships of every tenant."""
    session.execute(text("SELECT set_config('app.scope', 'install', true)"))


def all_organizations(session: Session) -> Sequence[OrganizationLine]:
    """Return every organization of the install; for operators, commands and schedules."""
    _see_whole_install(session)
    members = (
        select(func.count())
        .where(Membership.organization_id == Organization.id)
        .correlate(Organization)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Organization.id, Organization.name, Organization.slug, Organization.created_at, members
        ).order_by(func.lower(Organization.name), Organization.id)
    )
    return [OrganizationLine(*row) for row in rows]


def find_organization(session: Session, wanted: str) -> Organization | None:
    """Return the organization with this short name or id; for commands."""
    _see_whole_install(session)
    found = session.scalar(select(Organization).where(Organization.slug == wanted))
    if found is not None:
        return found
    try:
        return session.get(Organization, UUID(wanted))
    except ValueError:
        return None


def onboarding_state(
    session: Session, organization_id: UUID, user_id: UUID | None
) -> Sequence[Step]:
    """Return the steps of getting started; all done means there is nothing to show."""

    def has(statement: "Select[UUID]") -> bool:
        return session.scalar(statement.limit(1)) is not None

    user = session.get(User, user_id) if user_id else None
    products = select(Product.id).where(Product.organization_id == organization_id)
    connections = select(Connection.id).where(Connection.organization_id == organization_id)
    runs = select(SyncRun.id).where(SyncRun.organization_id == organization_id)
    colleagues = select(Membership.id).where(
        Membership.organization_id == organization_id, Membership.user_id.is_distinct_from(user_id)
    )
    invited = select(Invitation.id).where(Invitation.organization_id == organization_id)
    return [
        Step(
            "email",
            "Confirm your e-mail address",
            user is None or user.email_verified_at is not None,
            "/profile",
        ),
        Step("catalog", "Bring in your products", has(products), "/products/imports"),
        Step("channel", "Connect a store", has(connections), "/connections/new"),
        Step("sync", "Run the first sync", has(runs), "/connections"),
        Step("team", "Invite a colleague", has(colleagues) or has(invited), "/settings/team"),
    ]
