"""Programs that use the API for a person: signing in, refreshing, named tokens, ending them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.db import new_id, reading
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.settings import current
from app.core.work import Work, unit_of_work
from app.notices.models import Severity
from app.notices.service import notify
from app.team import passwords
from app.team.errors import RefreshRefused
from app.team.models import ApiGrant, GrantKind, Membership, Organization, User
from app.team.origin import origin
from app.team.permissions import Role, scopes_of
from app.team.rules import (
    ACCESS_LIFE,
    LONGEST_SESSION,
    REFRESH_LIFE,
    TIER,
    TOKEN_DAYS,
    checked_scopes,
    new_token,
    token_hash,
)
from app.team.service import refreshing
from app.team.service.accounts import note_proof, prove_person
from app.team.service.attempts import take_attempts
from app.team.service.audit import record_audit
from app.team.service.sessions import acting_user_id
from app.team.tokens import TokenKind, read_token, write_token

PREFIX: Final = "sst_"  # lets people and secret scanners see what leaked
_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ApiSignIn:
    """What a program sends to sign in; without scopes it gets all the role allows."""

    email: str
    password: str
    client: str = ""
    organization: str = ""
    scopes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A program at work: the person and organization it works for, and what it may do there."""

    grant_id: UUID
    user_id: UUID
    email: str
    name: str
    organization_id: UUID
    organization_name: str
    role: Role
    scopes: tuple[str, ...]
    timezone: str
    locale: str
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a program gets: a short token to work with, and one to get the next pair."""

    caller: Caller
    access: str
    refresh: str


def sign_in_api(
    actor: Actor, wanted: ApiSignIn, *, cost: passwords.Cost = passwords.STANDARD
) -> TokenPair:
    """Let a program in with a person's password; raises SignInRefused, TooMany, Invalid."""
    person = prove_person(actor, wanted.email, wanted.password, cost=cost)
    place = _place_of(person.user_id, wanted.organization or str(person.organization_id or ""))
    scopes = checked_scopes(place.role, wanted.scopes)
    with unit_of_work(Actor(place.organization_id, person.user_id, frozenset(), "api")) as work:
        note_proof(work, person, wanted.password, cost=cost)
        grant = _add_grant(work, person.user_id, wanted.client or "API client", scopes)
        record_audit(work, "api_client.began", "api_grant", grant.id, f"{grant.name} signed in.")
    return _first_pair(actor, grant)


def _place_of(user_id: UUID, wanted: str) -> Membership:
    """Return the membership in an organization named by id or short name; raises Invalid."""
    with reading(Actor(None, user_id, frozenset())) as session:
        rows = session.execute(
            select(Membership, Organization.slug)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(Membership.user_id == user_id)
        )
        for membership, slug in rows:
            if wanted.lower() in (str(membership.organization_id), slug):
                session.expunge(membership)
                return membership
    raise Invalid(fields={"organization": "You are not a member of this organization."})


def _add_grant(work: Work, user_id: UUID, name: str, scopes: Sequence[str]) -> ApiGrant:
    work.session.execute(
        delete(ApiGrant).where(
            ApiGrant.organization_id == work.organization_id,
            ApiGrant.expires_at < work.now - _KEPT,
        )
    )
    grant = ApiGrant(
        id=new_id(),
        organization_id=work.organization_id,
        user_id=user_id,
        kind=GrantKind.SIGN_IN,
        name=name.strip(),
        scopes=list(scopes),
        created_at=work.now,
        expires_at=work.now + REFRESH_LIFE,
        ip=origin().ip,
        user_agent=origin().user_agent,
    )
    work.session.add(grant)
    return grant


def _first_pair(actor: Actor, grant: ApiGrant) -> TokenPair:
    caller = _find(actor, grant.organization_id, ApiGrant.id == grant.id)
    if caller is None:
        raise RefreshRefused
    jti = new_token()
    refreshing.keep_newest(grant.id, jti)
    return _pair(caller, jti)


def _pair(caller: Caller, jti: str) -> TokenPair:
    secret, now = current().secret_key, clock.now()
    begin = {
        "sub": str(caller.user_id),
        "org": str(caller.organization_id),
        "sid": str(caller.grant_id),
        "iat": int(now.timestamp()),
    }
    more = {
        "email": caller.email,
        "name": caller.name,
        "scopes": caller.scopes,
        "tier": TIER,
        "exp": int((now + ACCESS_LIFE).timestamp()),
    }
    renewal = {"jti": jti, "exp": int((now + REFRESH_LIFE).timestamp())}
    return TokenPair(
        caller,
        write_token(TokenKind.ACCESS, begin | more, secret=secret),
        write_token(TokenKind.REFRESH, begin | renewal, secret=secret),
    )


def refresh_api(actor: Actor, token: str) -> TokenPair:
    """Exchange the newest refresh token for the next pair; an older one ends the program's access.

    A refresh token seen twice was copied: nobody can tell the thief, so both have to sign in again.
    """
    take_attempts(actor, ("refresh_address", origin().network))
    claims = _read(TokenKind.REFRESH, token)
    caller = _caller_of(actor, claims) if claims else None
    if claims is None or caller is None:
        raise RefreshRefused
    jti = new_token()
    is_newest = refreshing.turn(caller.grant_id, claims["jti"], jti)
    with unit_of_work(Actor(caller.organization_id, caller.user_id, frozenset(), "api")) as work:
        grant = work.session.get_one(ApiGrant, caller.grant_id)
        if is_newest:
            grant.last_used_at = work.now
            grant.expires_at = min(work.now + REFRESH_LIFE, grant.created_at + LONGEST_SESSION)
        else:
            _end_copied(work, grant)
    if not is_newest:
        raise RefreshRefused
    return _pair(caller, jti)


def _end_copied(work: Work, grant: ApiGrant) -> None:
    grant.revoked_at = work.now
    sentence = f"{grant.name} showed an old refresh token and was signed out."
    record_audit(work, "api_client.copied", "api_grant", grant.id, sentence)
    notify(
        work,
        "team",
        f"{grant.name} was signed out of the API",
        "It showed a refresh token that had been used before, as a copy would. Sign it in again;"
        " change your password if you do not know this program.",
        "/settings/api",
        severity=Severity.WARNING,
        user_ids=[grant.user_id],
    )


def _read(kind: TokenKind, token: str) -> dict[str, Any] | None:
    return read_token(kind, token, secret=current().secret_key, now=clock.now())


def _caller_of(actor: Actor, claims: dict[str, Any]) -> Caller | None:
    return _find(actor, UUID(claims["org"]), ApiGrant.id == UUID(claims["sid"]))


def find_caller(actor: Actor, token: str) -> Caller | None:
    """Return whom a bearer token works for; None when it is unknown, ended or too old."""
    if not token.startswith(PREFIX):
        claims = _read(TokenKind.ACCESS, token)
        return _caller_of(actor, claims) if claims else None
    try:
        place = UUID(token.removeprefix(PREFIX).partition("_")[0])
    except ValueError:
        return None
    return _find(actor, place, ApiGrant.token_hash == token_hash(token))


def _find(actor: Actor, organization_id: UUID, which: ColumnElement[bool]) -> Caller | None:
    with reading(replace(actor, organization_id=organization_id)) as session:
        return _living(session, organization_id, which)


def _living(session: Session, organization_id: UUID, which: ColumnElement[bool]) -> Caller | None:
    row = session.execute(
        select(ApiGrant, User, Organization, Membership.role)
        .join(User, User.id == ApiGrant.user_id)
        .join(Organization, Organization.id == ApiGrant.organization_id)
        .join(
            Membership,
            (Membership.user_id == ApiGrant.user_id)
            & (Membership.organization_id == ApiGrant.organization_id),
        )
        .where(
            which,
            ApiGrant.organization_id == organization_id,
            ApiGrant.revoked_at.is_(None),
            ApiGrant.expires_at > clock.now(),
            or_(
                ApiGrant.kind == GrantKind.TOKEN,
                User.signed_out_at.is_(None),
                User.signed_out_at < ApiGrant.created_at,
            ),
        )
    ).one_or_none()
    if row is None:
        return None
    grant, user, place, role = row
    return Caller(
        grant_id=grant.id,
        user_id=user.id,
        email=user.email,
        name=user.name,
        organization_id=place.id,
        organization_name=place.name,
        role=role,
        scopes=tuple(name for name in scopes_of(role) if name in grant.scopes),
        timezone=user.preferences.get("timezone") or place.timezone,
        locale=user.preferences.get("locale") or place.locale,
        last_used_at=grant.last_used_at,
    )


def mark_grant_used(work: Work, grant_id: UUID) -> None:
    """Note that a program is at work; once a minute is enough."""
    work.session.execute(
        update(ApiGrant).where(ApiGrant.id == grant_id).values(last_used_at=work.now)
    )


def create_api_token(work: Work, *, name: str, days: int, scopes: Sequence[str]) -> str:
    """Make a named token of the actor's; returns its text, which nobody can read again."""
    user_id = acting_user_id(work)
    role = work.session.scalar(
        select(Membership.role).where(
            Membership.user_id == user_id, Membership.organization_id == work.organization_id
        )
    )
    if role is None:
        raise Forbidden("Only members of an organization make tokens for it.")
    if days not in TOKEN_DAYS:
        raise Invalid(fields={"days": "Choose one of the list."})
    grant = _add_grant(work, user_id, name, checked_scopes(role, scopes))
    token = f"{PREFIX}{work.organization_id.hex}_{new_token()}"
    grant.kind, grant.token_hash = GrantKind.TOKEN, token_hash(token)
    grant.expires_at = work.now + timedelta(days=days)
    told = {"scopes": grant.scopes, "days": days}
    record_audit(work, "api_token.made", "api_grant", grant.id, f"Made the API token {name}.", told)
    return token


def end_grant(work: Work, grant_id: UUID) -> None:
    """End a program's access: one's own, or a colleague's when one manages the team."""
    grant = work.session.scalar(
        select(ApiGrant)
        .where(ApiGrant.id == grant_id, ApiGrant.organization_id == work.organization_id)
        .with_for_update()
    )
    if grant is None:
        raise NotFound
    if grant.user_id != work.actor.user_id and not work.actor.can("team.manage"):
        raise Forbidden
    if grant.revoked_at is None:
        grant.revoked_at = work.now
        record_audit(work, "api_client.ended", "api_grant", grant.id, f"Ended {grant.name}.")


def end_grants_of(work: Work, user_id: UUID) -> None:
    """End every program of somebody who leaves the organization."""
    work.session.execute(
        update(ApiGrant)
        .where(
            ApiGrant.organization_id == work.organization_id,
            ApiGrant.user_id == user_id,
            ApiGrant.revoked_at.is_(None),
        )
        .values(revoked_at=work.now)
    )
