"""Small choices of a browser, kept in cookies: theme and row density."""

from collections.abc import Callable
from typing import Final

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.core.errors import Invalid, NotFound
from app.web.guards import public
from app.web.identity import Identity, current_identity
from app.web.paths import own_path

CHOICES: Final = {
    "theme": ("system", "light", "dark"),
    "density": ("comfortable", "compact"),
}
YEAR: Final = 365 * 24 * 3600

Keeper = Callable[[Identity, str, str], None]
_keepers: Final[dict[str, Keeper]] = {}


def register_preference_keeper(name: str, keeper: Keeper) -> None:
    """Let a feature also keep a choice with the person: (identity, name, value)."""
    _keepers[name] = keeper


def preference(name: str) -> str:
    """Return the choice of this browser, else of this person, else the default."""
    chosen = request.cookies.get(name)
    if chosen in CHOICES[name]:
        return chosen
    identity = current_identity()
    if name == "theme" and identity is not None and identity.theme in CHOICES["theme"]:
        return identity.theme
    return CHOICES[name][0]


def back_url() -> str:
    """Return the page of ours the request came from, never another site's."""
    return own_path(request.form.get("next")) or url_for("web.home")


@public
def preference_set(name: str) -> ResponseReturnValue:
    """Keep a choice and return to the page it was made on."""
    if name not in CHOICES:
        raise NotFound
    value = request.form.get("value", "")
    if value not in CHOICES[name]:
        raise Invalid(f"Choose one of {', '.join(CHOICES[name])}.")
    identity = current_identity()
    if identity is not None and name in _keepers:
        _keepers[name](identity, name, value)
    response = redirect(back_url(), 303)
    response.set_cookie(
        name, value, max_age=YEAR, samesite="Lax", secure=current_app.config["SERVES_HTTPS"]
    )
    return response
