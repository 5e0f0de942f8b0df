"""Who is signed in, as the web sees it; the team feature loads it, everybody reads it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from flask import Flask, current_app, g, url_for

from app.core.actor import NOBODY, Actor

SLOT: Final = "syncstore_identity"


@dataclass(frozen=True, slots=True)
class Membership:
    """One organization the signed-in person may work in."""

    organization_id: UUID
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in caller; `via` is web for a browser session and api for a token."""

    user_id: UUID | None
    name: str
    email: str = ""
    organization_id: UUID | None = None
    organizations: tuple[Membership, ...] = ()
    permissions: frozenset[str] = field(default_factory=frozenset)
    is_operator: bool = False
    theme: str = "system"
    timezone: str = "UTC"
    locale: str = "en_US"
    via: str = "web"
    session_id: UUID | None = None

    @property
    def organization_name(self) -> str:
        """The name of the organization this caller works in now, or an empty text."""
        names = {each.organization_id: each.name for each in self.organizations}
        return names.get(self.organization_id, "") if self.organization_id else ""

    @property
    def initials(self) -> str:
        """Up to two letters that stand for the person."""
        words = (self.name or self.email or "?").split()
        return "".join(word[0] for word in words[:2]).upper()


Loader = Callable[[], Identity | None]


@dataclass(frozen=True, slots=True)
class Doors:
    """Endpoints of the team feature: GET sign_in, POST sign_out, POST switch(organization_id)."""

    sign_in: str = "team.sign_in"
    sign_out: str = "team.sign_out"
    switch: str = "team.organization_switch"


@dataclass(frozen=True, slots=True)
class _Source:
    load: Loader
    doors: Doors
    load_anew: Loader


def register_identity(
    app: Flask, loader: Loader, *, doors: Doors | None = None, anew: Loader | None = None
) -> None:
    """Tell how to find who is signed in, and where people sign in, out and change organization.

    `anew` asks again within a request, for what goes on longer than requests do.
    """
    app.extensions[SLOT] = _Source(loader, doors or Doors(), anew or loader)


def _url(endpoint: str, **values: object) -> str:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""  # type: ignore[arg-type]  # ids


def _doors() -> Doors:
    source: _Source | None = current_app.extensions.get(SLOT)
    return source.doors if source else Doors()


def sign_in_url(**values: str) -> str:
    """Return the address of the sign-in page."""
    return _url(_doors().sign_in, **values) or "/"


def sign_out_url() -> str:
    """Return the address that signs out by POST, or nothing."""
    return _url(_doors().sign_out)


def organization_switch_url(organization_id: UUID) -> str:
    """Return the address that changes the organization by POST, or nothing."""
    return _url(_doors().switch, organization_id=organization_id)


def current_identity() -> Identity | None:
    """Return who is signed in, loaded once per request; None when nobody is."""
    if "identity" not in g:
        source: _Source | None = current_app.extensions.get(SLOT)
        g.identity = source.load() if source else None
    identity: Identity | None = g.identity
    return identity


def load_identity_anew() -> Identity | None:
    """Ask again who is signed in: since the request began, the session may have ended."""
    source: _Source | None = current_app.extensions.get(SLOT)
    g.identity = source.load_anew() if source else None
    return current_identity()


def current_actor() -> Actor:
    """Return the caller of this request as services want it."""
    identity = current_identity()
    if identity is None:
        return NOBODY
    if g.get("actor_of") is not identity:  # templates ask a hundred times what somebody may do
        g.actor_of = identity
        g.actor = Actor(
            identity.organization_id, identity.user_id, identity.permissions, identity.via
        )
    actor: Actor = g.actor
    return actor


def can(permission: str) -> bool:
    """Tell whether the caller of this request holds a permission (also global in templates)."""
    return current_actor().can(permission)
