"""Who belongs to an organization: invitations, roles, removal."""

from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select, update

from app.core import news
from app.core.actor import Actor
from app.core.db import new_id, reading
from app.core.errors import Invalid, NotFound
from app.core.work import Work, in_unit
from app.notices.service import notify, request_mail
from app.team import letters, passwords
from app.team.errors import AlreadyMember, InvitationGone, InvitedElsewhere, LastOwner
from app.team.models import Invitation, Membership, Organization, User, UserSession
from app.team.origin import origin
from app.team.permissions import Role
from app.team.rules import (
    INVITATION_LIFE,
    check_may_assign,
    check_password,
    new_token,
    normal_email,
    token_hash,
)
from app.team.service.accounts import add_user
from app.team.service.api_access import end_grants_of
from app.team.service.attempts import take_attempts
from app.team.service.audit import record_audit
from app.team.service.organizations import join_organization
from app.team.service.sessions import acting_user_id, begin_session

MOST_INVITATIONS: Final = 100


def invite(work: Work, email: str, role: Role, *, public_url: str) -> UUID:
    """Invite somebody by mail, or renew the open invitation; raises AlreadyMember."""
    check_may_assign(work.actor, before=None, after=role)
    email = normal_email(email)
    _refuse_member(work, email)
    invitation = work.session.scalar(
        _open(work.organization_id).where(Invitation.email == email).with_for_update()
    )
    if invitation is None:
        _refuse_too_many(work)
        invitation = Invitation(
            organization_id=work.organization_id, email=email, created_at=work.now
        )
        work.session.add(invitation)
    else:
        check_may_assign(work.actor, before=invitation.role, after=role)
    invitation.role = role
    _mail_invitation(work, invitation, public_url=public_url)
    record_audit(
        work,
        "invitation.sent",
        "invitation",
        invitation.id,
        f"Invited {email} as {role}.",
        {"email": email, "role": role.value},
    )
    return invitation.id


def _open(organization_id: UUID) -> Select[Invitation]:
    return select(Invitation).where(
        Invitation.organization_id == organization_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )


def _refuse_member(work: Work, email: str) -> None:
    found = work.session.scalar(
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.organization_id == work.organization_id, User.email == email)
    )
    if found is not None:
        raise AlreadyMember


def _refuse_too_many(work: Work) -> None:
    waiting = work.session.scalars(_open(work.organization_id).limit(MOST_INVITATIONS))
    if len(waiting.all()) >= MOST_INVITATIONS:
        raise Invalid(
            fields={"email": f"{MOST_INVITATIONS} invitations are open. Revoke some first."}
        )


def _mail_invitation(work: Work, invitation: Invitation, *, public_url: str) -> None:
    token = new_token()
    invitation.token_hash = token_hash(token)
    invitation.expires_at = work.now + INVITATION_LIFE
    invitation.invited_by = work.actor.user_id
    work.session.flush()
    inviter = work.session.get(User, work.actor.user_id) if work.actor.user_id else None
    organization = work.session.get_one(Organization, work.organization_id)
    letter = letters.invitation(
        invitation.email,
        organization=organization.name,
        inviter=inviter.name if inviter else organization.name,
        role=invitation.role.value,
        link=f"{public_url}/invitations/{work.organization_id}.{token}",
    )
    request_mail(work, letter)


def get_open_invitation(work: Work, invitation_id: UUID) -> Invitation:
    """Return an invitation of the actor's organization that waits; raises NotFound."""
    invitation = work.session.scalar(
        _open(work.organization_id).where(Invitation.id == invitation_id).with_for_update()
    )
    if invitation is None:
        raise NotFound
    return invitation


def resend_invitation(work: Work, invitation_id: UUID, *, public_url: str) -> None:
    """Mail an invitation again with a fresh link; the earlier link stops working."""
    invitation = get_open_invitation(work, invitation_id)
    check_may_assign(work.actor, before=None, after=invitation.role)
    _mail_invitation(work, invitation, public_url=public_url)
    summary = f"Sent the invitation to {invitation.email} again."
    record_audit(work, "invitation.sent", "invitation", invitation.id, summary)


def revoke_invitation(work: Work, invitation_id: UUID) -> None:
    """Take an invitation back; its link stops working."""
    invitation = get_open_invitation(work, invitation_id)
    check_may_assign(work.actor, before=invitation.role, after=None)
    invitation.revoked_at = work.now
    summary = f"Revoked the invitation to {invitation.email}."
    record_audit(work, "invitation.revoked", "invitation", invitation.id, summary)


def split_link(link: str) -> tuple[UUID, str]:
    """Return organization and token of an invitation's link; raises InvitationGone."""
    organization, _, token = link.partition(".")
    try:
        return UUID(organization), token
    except ValueError as error:
        raise InvitationGone from error


def accept_invitation(actor: Actor, link: str, *, session_id: UUID) -> UUID:
    """Let the signed-in person join; returns the organization. Raises InvitedElsewhere."""
    organization_id, token = split_link(link)
    _accept(replace(actor, organization_id=organization_id), token, session_id)
    return organization_id


@in_unit
def _accept(work: Work, token: str, session_id: UUID) -> None:
    invitation = _claim(work, token)
    user = work.session.get_one(User, acting_user_id(work), with_for_update=True)
    if user.email != invitation.email:
        raise InvitedElsewhere
    user.email_verified_at = user.email_verified_at or work.now
    _welcome(work, user, invitation)
    work.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user.id)
        .values(current_organization_id=work.organization_id)
    )


def accept_as_new(
    actor: Actor,
    link: str,
    *,
    name: str,
    password: str,
    cost: passwords.Cost = passwords.STANDARD,
) -> str:
    """Let a new person join; returns the token of the first session. Raises EmailTaken."""
    take_attempts(actor, ("link_address", origin().network))
    organization_id, token = split_link(link)
    guest = Actor(organization_id, new_id(), frozenset(), actor.via)
    with reading(guest) as session:
        email = session.scalar(
            _open(organization_id)
            .where(Invitation.token_hash == token_hash(token))
            .with_only_columns(Invitation.email)
        )
    if email is None:
        raise InvitationGone
    check_password(password, email=email)
    return _join_as_new(guest, token, name, passwords.hash_password(password, cost=cost))


@in_unit
def _join_as_new(work: Work, token: str, name: str, hashed: str) -> str:
    invitation = _claim(work, token)
    user = add_user(work, email=invitation.email, name=name, password_hash=hashed, is_verified=True)
    _welcome(work, user, invitation)
    return begin_session(work, user.id, organization_id=work.organization_id)


def _claim(work: Work, token: str) -> Invitation:
    claimed: Invitation | None = work.session.scalar(
        update(Invitation)
        .where(
            Invitation.organization_id == work.organization_id,
            Invitation.token_hash == token_hash(token),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > work.now,
        )
        .values(accepted_at=work.now)
        .returning(Invitation)
    )
    if claimed is None:
        raise InvitationGone
    return claimed


def _welcome(work: Work, user: User, invitation: Invitation) -> None:
    join_organization(work, user.id, invitation.role)
    summary = f"{user.name} joined as {invitation.role}."
    record_audit(work, "member.joined", "user", user.id, summary)
    if invitation.invited_by is not None:
        notify(work, "team", summary, link="/settings/team", user_ids=[invitation.invited_by])


def _get_member(work: Work, membership_id: UUID) -> tuple[Membership, User]:
    """Lock the owners first, then the member, so that two cannot dethrone each other at once."""
    work.session.scalars(
        select(Membership.id)
        .where(Membership.organization_id == work.organization_id, Membership.role == Role.OWNER)
        .order_by(Membership.id)
        .with_for_update()
    ).all()
    member = work.session.scalar(
        select(Membership)
        .where(Membership.id == membership_id, Membership.organization_id == work.organization_id)
        .with_for_update()
    )
    if member is None:
        raise NotFound
    return member, work.session.get_one(User, member.user_id)


def _refuse_without_owner(work: Work, leaving: Membership) -> None:
    if leaving.role is not Role.OWNER:
        return
    other = work.session.scalar(
        select(Membership.id)
        .where(
            Membership.organization_id == work.organization_id,
            Membership.role == Role.OWNER,
            Membership.id != leaving.id,
        )
        .limit(1)
    )
    if other is None:
        raise LastOwner


def change_role(work: Work, membership_id: UUID, role: Role) -> None:
    """Give a member another role; raises Forbidden, LastOwner."""
    member, user = _get_member(work, membership_id)
    before = member.role
    if before is role:
        return
    check_may_assign(work.actor, before=before, after=role)
    _refuse_without_owner(work, member)
    member.role = role
    work.after_commit(partial(news.show_out, user_id=user.id))
    record_audit(
        work,
        "member.role_changed",
        "user",
        user.id,
        f"{user.name} is {role} now, {before} before.",
        {"before": before.value, "after": role.value},
    )
    notify(work, "team", f"You are {role} now.", link="/settings/team", user_ids=[user.id])


def remove_member(work: Work, membership_id: UUID) -> bool:
    """Take a member out, or let the actor leave (True); what they did stays. Raises LastOwner."""
    member, user = _get_member(work, membership_id)
    is_leaving = user.id == work.actor.user_id
    if not is_leaving:
        check_may_assign(work.actor, before=member.role, after=None)
    _refuse_without_owner(work, member)
    work.session.delete(member)
    work.session.execute(
        update(UserSession)
        .where(
            UserSession.user_id == user.id,
            UserSession.current_organization_id == work.organization_id,
        )
        .values(current_organization_id=None)
    )
    end_grants_of(work, user.id)
    work.after_commit(partial(news.show_out, user_id=user.id))
    verb = "left" if is_leaving else "was removed"
    record_audit(work, "member.removed", "user", user.id, f"{user.name} {verb}.")
    return is_leaving
