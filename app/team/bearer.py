"""Which program asks: the bearer token of an API request, looked up once."""

from typing import Final

from flask import g, request

from app.core import clock
from app.core.actor import NOBODY, Actor
from app.core.work import unit_of_work
from app.team import service
from app.team.rules import SEEN_EVERY
from app.web.identity import Identity, Membership
from app.web.security import limit

PER_MINUTE: Final = 600
_SCHEME: Final = "bearer"


def current_caller() -> service.Caller | None:
    """Return the program behind this request, loaded once; None without a token that works."""
    if "api_caller" not in g:
        g.api_caller = _load()
    caller: service.Caller | None = g.api_caller
    return caller


def _load() -> service.Caller | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        return None
    caller = service.find_caller(NOBODY, token.strip())
    if caller is not None:
        limit(f"api:{caller.grant_id}", times=PER_MINUTE, per_seconds=60)
        _note_use(caller)
    return caller


def _note_use(caller: service.Caller) -> None:
    if caller.last_used_at is None or clock.now() - caller.last_used_at >= SEEN_EVERY:
        place = Actor(caller.organization_id, caller.user_id, frozenset(), "api")
        with unit_of_work(place) as work:
            service.mark_grant_used(work, caller.grant_id)


def api_identity() -> Identity | None:
    """Return the program's person with the rights the token was given and the role still holds."""
    caller = current_caller()
    if caller is None:
        return None
    return Identity(
        user_id=caller.user_id,
        name=caller.name,
        email=caller.email,
        organization_id=caller.organization_id,
        organizations=(
            Membership(caller.organization_id, caller.organization_name, caller.role.capitalize()),
        ),
        permissions=frozenset(caller.scopes),
        timezone=caller.timezone,
        locale=caller.locale,
        via="api",
    )
