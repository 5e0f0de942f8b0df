"""People: sign up, sign in, prove an address, choose a password, change who they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import NOBODY, Actor
from app.core.db import new_id, reading
from app.core.errors import Invalid
from app.core.work import Work, in_unit, unit_of_work
from app.notices.service import request_mail
from app.team import letters, passwords
from app.team.errors import EmailTaken, LinkSpent, SignInRefused, WrongPassword
from app.team.models import EmailToken, Membership, Purpose, User, UserSession
from app.team.origin import origin
from app.team.permissions import ROLES, Role
from app.team.rules import (
    RESET_LIFE,
    VERIFY_LIFE,
    check_password,
    checked_preferences,
    new_token,
    normal_email,
    token_hash,
)
from app.team.service.attempts import forget_attempts, take_attempts
from app.team.service.audit import record_audit
from app.team.service.organizations import found_organization, join_organization
from app.team.service.sessions import acting_user_id, begin_session, revoke_sessions


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a new merchant tells us."""

    email: str
    name: str
    password: str
    organization_name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody known by e-mail, with the organization worked in last."""

    user_id: UUID
    email: str
    password_hash: str
    organization_id: UUID | None


def add_user(work: Work, *, email: str, name: str, password_hash: str, is_verified: bool) -> User:
    """Add a person; raises EmailTaken. Flushes."""
    if work.session.scalar(select(User.id).where(User.email == email)) is not None:
        raise EmailTaken
    user = User(
        id=work.actor.user_id or new_id(),
        email=email,
        name=name.strip(),
        password_hash=password_hash,
        email_verified_at=work.now if is_verified else None,
        created_at=work.now,
    )
    work.session.add(user)
    work.session.flush()
    return user


def sign_up(
    actor: Actor, wanted: SignUp, *, public_url: str, cost: passwords.Cost = passwords.STANDARD
) -> str:
    """Add a person with an organization of their own; returns the token of the first session."""
    take_attempts(actor, ("sign_up_address", origin().network))
    email = normal_email(wanted.email)
    check_password(wanted.password, email=email)
    hashed = passwords.hash_password(wanted.password, cost=cost)
    founder = Actor(new_id(), new_id(), ROLES[Role.OWNER], actor.via)
    return _add_founder(founder, wanted, hashed, public_url=public_url)


@in_unit
def _add_founder(work: Work, wanted: SignUp, hashed: str, *, public_url: str) -> str:
    user = add_user(
        work,
        email=normal_email(wanted.email),
        name=wanted.name,
        password_hash=hashed,
        is_verified=False,
    )
    organization = found_organization(work, wanted.organization_name)
    join_organization(work, user.id, Role.OWNER)
    mail_verification(work, user, public_url=public_url)
    record_audit(
        work, "organization.created", "organization", organization.id, f"{user.name} signed up."
    )
    return begin_session(work, user.id, organization_id=organization.id)


def mail_verification(work: Work, user: User, *, public_url: str) -> None:
    """Lay a mail ready that proves an address; links mailed before stop working."""
    token = _mailed_token(work, user, Purpose.VERIFY, email=user.email)
    link = f"{public_url}/verify/{token}"
    request_mail(work, letters.verification(user.email, user.name, link=link))


def _mailed_token(work: Work, user: User, purpose: Purpose, *, email: str) -> str:
    work.session.execute(
        update(EmailToken)
        .where(
            EmailToken.user_id == user.id,
            EmailToken.purpose == purpose,
            EmailToken.used_at.is_(None),
        )
        .values(used_at=work.now)
    )
    token = new_token()
    life = VERIFY_LIFE if purpose is Purpose.VERIFY else RESET_LIFE
    work.session.add(
        EmailToken(
            user_id=user.id,
            purpose=purpose,
            email=email,
            token_hash=token_hash(token),
            created_at=work.now,
            expires_at=work.now + life,
        )
    )
    return token


def _spend(work: Work, token: str, *purposes: Purpose) -> EmailToken:
    spent: EmailToken | None = work.session.scalar(
        update(EmailToken)
        .where(
            EmailToken.token_hash == token_hash(token),
            EmailToken.purpose.in_(purposes),
            EmailToken.used_at.is_(None),
            EmailToken.expires_at > work.now,
        )
        .values(used_at=work.now)
        .returning(EmailToken)
    )
    if spent is None:
        raise LinkSpent
    return spent


def prove_person(
    actor: Actor, email: str, password: str, *, cost: passwords.Cost = passwords.STANDARD
) -> Person:
    """Return who signs in with this e-mail and password; raises SignInRefused, TooMany."""
    email = normal_email(email)
    where = origin().network
    take_attempts(
        actor, _pair(email, where), ("sign_in_account", email), ("sign_in_address", where)
    )
    person = _find_person(email)
    is_right = passwords.fits(password, person.password_hash if person else None, cost=cost)
    if person is None:
        raise SignInRefused
    if not is_right:
        _note_refusal(
            Actor(person.organization_id, person.user_id, frozenset(), actor.via), person.user_id
        )
        raise SignInRefused
    return person


def _pair(email: str, where: str) -> tuple[str, str, str]:
    return "sign_in_pair", email, where


def note_proof(work: Work, person: Person, password: str, *, cost: passwords.Cost) -> None:
    """Count tries anew after a right password, and hash it again when its hash is too weak."""
    forget_attempts(work, _pair(person.email, origin().network))
    if passwords.wants_rehash(person.password_hash, cost=cost):
        _set_hash(work, person.user_id, passwords.hash_password(password, cost=cost))


def sign_in(
    actor: Actor,
    email: str,
    password: str,
    *,
    is_remembered: bool = False,
    cost: passwords.Cost = passwords.STANDARD,
) -> str:
    """Return the token of a new session; raises SignInRefused, or TooMany after too many tries."""
    person = prove_person(actor, email, password, cost=cost)
    place = person.organization_id
    with unit_of_work(Actor(place, person.user_id, frozenset(), actor.via)) as work:
        note_proof(work, person, password, cost=cost)
        record_audit(work, "session.began", "user", person.user_id, "Signed in.")
        return begin_session(
            work, person.user_id, organization_id=place, is_remembered=is_remembered
        )


@in_unit
def _note_refusal(work: Work, user_id: UUID) -> None:
    record_audit(work, "session.refused", "user", user_id, "Sign-in with a wrong password.")


def _find_person(email: str) -> Person | None:
    with reading(NOBODY) as session:
        user = session.scalar(select(User).where(User.email == email))
    if user is None:
        return None
    with reading(Actor(None, user.id, frozenset())) as session:
        place = _usual_organization(session, user.id)
        return Person(user.id, email, user.password_hash, place)


def _usual_organization(session: Session, user_id: UUID) -> UUID | None:
    """The organization worked in last, if still a member; else the oldest membership."""
    joined = session.scalars(
        select(Membership.organization_id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.created_at, Membership.id)
    ).all()
    last = session.scalar(
        select(UserSession.current_organization_id)
        .where(UserSession.user_id == user_id, UserSession.current_organization_id.in_(joined))
        .order_by(UserSession.last_seen_at.desc())
        .limit(1)
    )
    return last or next(iter(joined), None)


def _set_hash(work: Work, user_id: UUID, hashed: str) -> None:
    work.session.execute(update(User).where(User.id == user_id).values(password_hash=hashed))


def request_verification(actor: Actor, *, public_url: str) -> None:
    """Mail the actor the proof of the address once more."""
    take_attempts(actor, ("mail_account", str(actor.user_id)), ("mail_address", origin().network))
    with unit_of_work(actor) as work:
        user = work.session.get_one(User, acting_user_id(work))
        if user.email_verified_at is None:
            mail_verification(work, user, public_url=public_url)


@in_unit
def confirm_email(work: Work, token: str) -> None:
    """Believe an address whose link was opened: the first one, or a new one; raises LinkSpent."""
    spent = _spend(work, token, Purpose.VERIFY, Purpose.CHANGE_EMAIL)
    user = work.session.get_one(User, spent.user_id, with_for_update=True)
    if spent.purpose is Purpose.VERIFY and spent.email != user.email:
        raise LinkSpent
    if spent.email != user.email:
        if work.session.scalar(select(User.id).where(User.email == spent.email)) is not None:
            raise EmailTaken
        told = letters.address_changed(user.email, user.name, new_email=spent.email)
        request_mail(work, told)
        user.email = spent.email
    user.email_verified_at = work.now
    record_audit(
        work, "user.email_confirmed", "user", user.id, f"{user.name} confirmed an address."
    )


def request_reset(actor: Actor, email: str, *, public_url: str) -> None:
    """Mail a way back in, if the address is known; nobody learns whether it is."""
    email = normal_email(email)
    take_attempts(actor, ("mail_account", email), ("mail_address", origin().network))
    with unit_of_work(actor) as work:
        user = work.session.scalar(select(User).where(User.email == email))
        if user is None:
            return
        token = _mailed_token(work, user, Purpose.RESET, email=email)
        link = f"{public_url}/reset/{token}"
        request_mail(work, letters.password_reset(user.email, user.name, link=link))


def reset_password(
    actor: Actor, token: str, password: str, *, cost: passwords.Cost = passwords.STANDARD
) -> None:
    """Set a password by a mailed link and sign every browser out; raises LinkSpent, Invalid."""
    take_attempts(actor, ("link_address", origin().network))
    check_password(password, email=_email_of_reset(actor, token))
    _finish_reset(actor, token, passwords.hash_password(password, cost=cost))


@in_unit
def _finish_reset(work: Work, token: str, hashed: str) -> None:
    spent = _spend(work, token, Purpose.RESET)
    user = work.session.get_one(User, spent.user_id, with_for_update=True)
    if user.email != spent.email:
        raise LinkSpent
    user.password_hash = hashed
    user.email_verified_at = user.email_verified_at or work.now
    revoke_sessions(work, user.id)
    request_mail(work, letters.password_changed(user.email, user.name))
    record_audit(work, "user.password_reset", "user", user.id, f"{user.name} reset the password.")


def _email_of_reset(actor: Actor, token: str) -> str:
    with reading(actor) as session:
        email = session.scalar(
            select(EmailToken.email).where(
                EmailToken.token_hash == token_hash(token),
                EmailToken.purpose == Purpose.RESET,
                EmailToken.used_at.is_(None),
                EmailToken.expires_at > clock.now(),
            )
        )
    if email is None:
        raise LinkSpent
    return email


def _check_current(actor: Actor, password: str, *, cost: passwords.Cost) -> None:
    """Ask for the present password before something dear; raises WrongPassword, TooMany."""
    take_attempts(actor, ("password_user", str(actor.user_id)))
    with reading(actor) as session:
        hashed = session.scalar(select(User.password_hash).where(User.id == actor.user_id))
    if not passwords.fits(password, hashed, cost=cost):
        raise WrongPassword


def change_password(
    actor: Actor,
    current: str,
    password: str,
    *,
    keep: UUID | None = None,
    cost: passwords.Cost = passwords.STANDARD,
) -> None:
    """Set another password and sign the other browsers out; raises WrongPassword, Invalid."""
    _check_current(actor, current, cost=cost)
    with reading(actor) as session:
        email = session.scalar(select(User.email).where(User.id == actor.user_id)) or ""
    check_password(password, email=email)
    hashed = passwords.hash_password(password, cost=cost)
    with unit_of_work(actor) as work:
        user = work.session.get_one(User, acting_user_id(work), with_for_update=True)
        user.password_hash = hashed
        revoke_sessions(work, user.id, keep=keep)
        request_mail(work, letters.password_changed(user.email, user.name))
        summary = f"{user.name} changed the password."
        record_audit(work, "user.password_changed", "user", user.id, summary)


def request_new_email(
    actor: Actor,
    current: str,
    email: str,
    *,
    public_url: str,
    cost: passwords.Cost = passwords.STANDARD,
) -> None:
    """Mail a proof to a new address; until it is opened the old one stays. Raises EmailTaken."""
    _check_current(actor, current, cost=cost)
    email = normal_email(email)
    with unit_of_work(actor) as work:
        if work.session.scalar(select(User.id).where(User.email == email)) is not None:
            raise EmailTaken
        user = work.session.get_one(User, acting_user_id(work))
        token = _mailed_token(work, user, Purpose.CHANGE_EMAIL, email=email)
        link = f"{public_url}/verify/{token}"
        request_mail(work, letters.new_address(email, user.name, link=link))


def change_profile(work: Work, *, name: str, avatar_key: str | None = None) -> None:
    """Change the actor's name, and the picture when one is given."""
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid(fields={"name": "Use 1 to 100 characters."})
    user = work.session.get_one(User, acting_user_id(work), with_for_update=True)
    user.name = name.strip()
    if avatar_key is not None:
        user.avatar_key = avatar_key or None


def change_preferences(work: Work, wanted: Mapping[str, str]) -> None:
    """Keep the actor's theme, density, language or time zone; raises Invalid."""
    user = work.session.get_one(User, acting_user_id(work), with_for_update=True)
    user.preferences = {**user.preferences, **checked_preferences(wanted)}
