"""Who is signed in: flask-login keeps the token in the cookie, the session's row says the rest."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Flask, g, request, session
from flask_login import LoginManager, current_user, login_user, logout_user

from app.core import clock
from app.core.actor import NOBODY, Actor
from app.core.db import reading
from app.core.errors import NotFound, SignInNeeded
from app.core.work import unit_of_work
from app.team import queries, service
from app.team.bearer import api_identity
from app.team.models import User
from app.team.origin import remember_origin
from app.team.permissions import OPERATOR, Role, permissions_of
from app.team.rules import LONGEST_SESSION, SEEN_EVERY
from app.web.identity import Identity, Membership, current_actor, register_identity
from app.web.security import client_address
from app.web.wishes import is_api

_manager: Final = LoginManager()
_manager.session_protection = None  # the server-side session is the protection


@dataclass(frozen=True, slots=True)
class Visitor:
    """What flask-login carries about: the token, the session's id and the identity."""

    token: str
    session_id: UUID
    identity: Identity
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """Return what goes into the cookie."""
        return self.token


@_manager.user_loader  # type: ignore[untyped-decorator]  # flask-login is published without types
def _load(token: str) -> Visitor | None:
    with reading(NOBODY) as db:
        found = queries.find_session(db, token)
    if found is None:
        return None
    user, row = found.user, found.session
    with reading(Actor(row.current_organization_id, user.id, frozenset())) as db:
        mine = queries.standings(db, user.id)
        here = next((s for s in mine if s.organization_id == row.current_organization_id), None)
        visited = None
        if here is None and user.is_operator and row.current_organization_id is not None:
            visited = queries.get_organization(db, row.current_organization_id)
    if here is None and visited is None:
        here = next(iter(mine), None)
    place = visited or here
    joined = [Membership(s.organization_id, s.name, s.role.capitalize()) for s in mine]
    if visited is not None:
        joined.append(Membership(visited.id, visited.name, "Operator visit"))
    identity = Identity(
        user_id=user.id,
        name=user.name,
        email=user.email,
        organization_id=visited.id if visited else (here.organization_id if here else None),
        organizations=tuple(joined),
        permissions=_permissions(user, here.role if here else None, is_somewhere=bool(place)),
        is_operator=user.is_operator,
        theme=user.preferences.get("theme", "system"),
        timezone=user.preferences.get("timezone") or (place.timezone if place else "UTC"),
        locale=user.preferences.get("locale") or (place.locale if place else "en_US"),
        session_id=row.id,
    )
    if clock.now() - row.last_seen_at >= SEEN_EVERY:
        with unit_of_work(Actor(None, user.id, frozenset())) as work:
            service.mark_seen(work, row.id)
    g.is_email_verified = user.email_verified_at is not None
    return Visitor(token, row.id, identity)


def _permissions(user: User, role: Role | None, *, is_somewhere: bool) -> frozenset[str]:
    if user.is_operator and not is_somewhere:
        return OPERATOR
    return permissions_of(role, is_operator=user.is_operator)


def _identity() -> Identity | None:
    if is_api():
        return api_identity()
    return current_user.identity if current_user.is_authenticated else None


def _identity_anew() -> Identity | None:
    if is_api() or not current_user.is_authenticated:
        return _identity()
    visitor = _load(current_user.token)
    return visitor.identity if visitor else None


def session_id() -> UUID:
    """Return the id of the session of this request; raises SignInNeeded."""
    if not current_user.is_authenticated:
        raise SignInNeeded
    found: UUID = current_user.session_id
    return found


def person_id() -> UUID:
    """Return who is signed in; raises SignInNeeded."""
    if (user_id := current_actor().user_id) is None:
        raise SignInNeeded
    return user_id


def take_cookie(token: str, *, is_remembered: bool = False) -> None:
    """Begin a fresh cookie for a new session; whatever the old one carried is gone."""
    session.clear()
    visitor = _load(token)
    if visitor is None:
        raise NotFound
    session.permanent = is_remembered
    login_user(visitor)
    g.identity = visitor.identity


def drop_cookie() -> None:
    """Forget who was signed in with this browser."""
    logout_user()
    session.clear()


def _remember_origin() -> None:
    remember_origin(client_address(), request.headers.get("User-Agent", ""))


def install_visitors(app: Flask) -> None:
    """Let this app know who is signed in; runs before the guards look."""
    app.config["PERMANENT_SESSION_LIFETIME"] = LONGEST_SESSION
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    _manager.init_app(app)
    app.before_request_funcs.setdefault(None, []).insert(0, _remember_origin)
    register_identity(app, _identity, anew=_identity_anew)
