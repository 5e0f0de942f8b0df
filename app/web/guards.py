"""Who may call a route. Each route carries a mark; one without is refused.

@requires("catalog.write")   a member with this permission (none named: any member)
@signed_in                   anybody signed in, even before choosing an organization
@public                      everybody, on purpose
@hook                        machines that prove themselves by what they send: public, no CSRF token
@takes_up_to(megabytes)      the largest request body, when the default of 2 MB is too small
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Blueprint, Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

from app.core.errors import Forbidden, NotFound, SignInNeeded
from app.core.logging import organization, person
from app.web.identity import Identity, current_identity, sign_in_url
from app.web.wishes import is_api, wants_fragment

View = TypeVar("View", bound=Callable[..., Any])
MARK: Final = "__guard__"
LIMIT: Final = "__max_bytes__"
BEARER_SENTENCE: Final = "Send an access token that still works, as Authorization: Bearer <token>."
_SLOT: Final = "syncstore_blueprint_guards"

csrf: Final = CSRFProtect()


@dataclass(frozen=True, slots=True)
class Guard:
    """What a route asks of its caller."""

    permissions: tuple[str, ...] = ()
    is_public: bool = False
    needs_organization: bool = True
    checks_csrf: bool = True


def _mark(view: View, guard: Guard) -> View:
    setattr(view, MARK, guard)
    return view


def requires(*permissions: str) -> Callable[[View], View]:
    """Mark a route as open to members who hold all of these permissions."""
    is_of_install = bool(permissions) and all(each.startswith("system.") for each in permissions)
    return lambda view: _mark(view, Guard(permissions, needs_organization=not is_of_install))


def signed_in(view: View) -> View:
    """Mark a route as open to anybody signed in, with or without an organization."""
    return _mark(view, Guard(needs_organization=False))


def public(view: View) -> View:
    """Mark a route as open to everybody."""
    return _mark(view, Guard(is_public=True))


def hook(view: View) -> View:
    """Mark a route as called by machines that prove themselves by what they send: no CSRF token."""
    return _mark(view, Guard(is_public=True, checks_csrf=False))


def takes_up_to(megabytes: int) -> Callable[[View], View]:
    """Let a route take a larger body than usual."""

    def mark(view: View) -> View:
        setattr(view, LIMIT, megabytes * 1024 * 1024)
        return view

    return mark


def guard_blueprint(app: Flask, blueprint: Blueprint, guard: Guard) -> None:
    """Put one guard before every route of somebody else's blueprint."""
    app.extensions.setdefault(_SLOT, {})[blueprint.name] = guard


def guard_of(app: Flask, endpoint: str) -> Guard | None:
    """Return the guard of an endpoint, or None when it carries no mark."""
    if endpoint == "static":
        return Guard(is_public=True)
    by_blueprint: dict[str, Guard] = app.extensions.get(_SLOT, {})
    if (found := by_blueprint.get(endpoint.rpartition(".")[0])) is not None:
        return found
    mark: Guard | None = getattr(app.view_functions.get(endpoint), MARK, None)
    return mark


def _sign_in() -> ResponseReturnValue:
    if is_api():
        raise SignInNeeded(BEARER_SENTENCE)
    if wants_fragment() or request.method not in ("GET", "HEAD"):
        raise SignInNeeded
    return redirect(sign_in_url(next=request.full_path.rstrip("?")), 303)


def _check_rights(guard: Guard, identity: Identity) -> None:
    if guard.needs_organization and identity.organization_id is None:
        raise Forbidden("Choose an organization first.")
    held = identity.permissions
    if "*" not in held and not held.issuperset(guard.permissions):
        raise Forbidden


def _check_csrf(guard: Guard, identity: Identity | None) -> None:
    by_token = identity is not None and identity.via == "api"
    if guard.checks_csrf and not by_token and current_app.config.get("WTF_CSRF_ENABLED", True):
        csrf.protect()


def _refuse_unreadable(guard: Guard) -> None:
    """Refuse the character NUL, which no column keeps; a hook's body is read by its channel."""
    told = [*(request.view_args or {}).values(), *request.args, *request.args.values()]
    told += [text for texts in request.args.listvalues() for text in texts]
    if guard.checks_csrf:
        told += [text for texts in request.form.listvalues() for text in texts]
        told += [*request.form, *(file.filename for file in request.files.values())]
    if any("\x00" in text for text in told if isinstance(text, str)):
        raise BadRequest


def check_request() -> ResponseReturnValue | None:
    """Let the request pass, send it to sign in, or refuse it; runs before every view."""
    if request.endpoint is None:
        return None
    guard = guard_of(current_app, request.endpoint)
    if guard is None:
        current_app.logger.error("Route without a guard refused: %s", request.endpoint)
        raise NotFound
    view = current_app.view_functions[request.endpoint]
    request.max_content_length = getattr(view, LIMIT, current_app.config["MAX_CONTENT_LENGTH"])
    identity = None if request.endpoint == "static" else current_identity()
    if identity is not None:
        organization.set(str(identity.organization_id or ""))
        person.set(str(identity.user_id or ""))
    if not guard.is_public:
        if identity is None:
            return _sign_in()
        _check_rights(guard, identity)
    _check_csrf(guard, identity)
    _refuse_unreadable(guard)
    return None
