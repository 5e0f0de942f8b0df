"""Signed-in browsers: a random token in the cookie, its hash and its rights to live here."""

from dataclasses import replace
from functools import partial
from uuid import UUID

from sqlalchemy import select, update

from app.core import news
from app.core.actor import Actor
from app.core.errors import Forbidden, NotFound
from app.core.work import Work, unit_of_work
from app.team.models import Membership, Organization, User, UserSession
from app.team.origin import origin
from app.team.rules import SEEN_EVERY, new_token, session_end, token_hash
from app.team.service.audit import record_audit


def acting_user_id(work: Work) -> UUID:
    """Return the person behind the actor; raises Forbidden for jobs and strangers."""
    if work.actor.user_id is None:
        raise Forbidden("Sign in to do this.")
    return work.actor.user_id


def begin_session(
    work: Work, user_id: UUID, *, organization_id: UUID | None, is_remembered: bool = False
) -> str:
    """Add a session and return its token, which nobody can read again."""
    token = new_token()
    work.session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user_id,
            current_organization_id=organization_id,
            created_at=work.now,
            last_seen_at=work.now,
            expires_at=session_end(work.now, began=work.now, is_remembered=is_remembered),
            ip=origin().ip,
            user_agent=origin().user_agent,
            is_remembered=is_remembered,
        )
    )
    return token


def mark_seen(work: Work, session_id: UUID) -> None:
    """Note that a session is in use, at most once a minute, and let it live on."""
    found = work.session.get(UserSession, session_id)
    if found is None or work.now - found.last_seen_at < SEEN_EVERY:
        return
    found.last_seen_at = work.now
    found.expires_at = session_end(
        work.now, began=found.created_at, is_remembered=found.is_remembered
    )


def end_session(work: Work, session_id: UUID) -> None:
    """End one of the actor's own sessions; raises NotFound for another person's."""
    ended = work.session.scalar(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == acting_user_id(work))
        .values(revoked_at=work.now)
        .returning(UserSession.id)
    )
    if ended is None:
        raise NotFound
    work.after_commit(partial(news.show_out, session_id=session_id))
    record_audit(work, "session.ended", "session", session_id, "Signed out of a browser.")


def end_every_session(work: Work, *, keep: UUID | None = None) -> int:
    """End the actor's sessions except one; returns how many ended."""
    count = revoke_sessions(work, acting_user_id(work), keep=keep)
    record_audit(
        work, "session.ended", "session", "", f"Signed out of {count} browsers.", {"count": count}
    )
    return count


def revoke_sessions(work: Work, user_id: UUID, *, keep: UUID | None = None) -> int:
    """End sessions of a person except one, and programs signed in; returns how many sessions."""
    work.session.execute(update(User).where(User.id == user_id).values(signed_out_at=work.now))
    ended = work.session.scalars(
        update(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.id.is_distinct_from(keep),
        )
        .values(revoked_at=work.now)
        .returning(UserSession.id)
    )
    work.after_commit(partial(news.show_out, user_id=user_id, keep=keep))
    return len(ended.all())


def switch_organization(work: Work, session_id: UUID, organization_id: UUID) -> None:
    """Work in another organization of the actor's from now on; raises NotFound for a stranger."""
    user_id = acting_user_id(work)
    role = work.session.scalar(
        select(Membership.role).where(
            Membership.user_id == user_id, Membership.organization_id == organization_id
        )
    )
    if role is None:
        raise NotFound
    _point(work, session_id, organization_id)


def visit_organization(actor: Actor, session_id: UUID, organization_id: UUID) -> None:
    """Let an operator work in any organization; the visit is in that organization's audit log."""
    if not actor.can("system.operate"):
        raise Forbidden
    with unit_of_work(replace(actor, organization_id=organization_id)) as work:
        organization = work.session.get(Organization, organization_id)
        operator = work.session.get(User, acting_user_id(work))
        if organization is None or operator is None or not operator.is_operator:
            raise NotFound
        _point(work, session_id, organization_id)
        record_audit(
            work,
            "operator.visited",
            "organization",
            organization_id,
            f"{operator.name}, operator of this install, entered {organization.name}.",
        )


def _point(work: Work, session_id: UUID, organization_id: UUID) -> None:
    moved = work.session.scalar(
        update(UserSession)
        .where(
            UserSession.id == session_id,
            UserSession.user_id == acting_user_id(work),
            UserSession.revoked_at.is_(None),
        )
        .values(current_organization_id=organization_id)
        .returning(UserSession.id)
    )
    if moved is None:
        raise NotFound
