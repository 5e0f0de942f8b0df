"""Places in the layout that a feature fills: bell, live_bar, organization_links, profile_links."""

from collections.abc import Callable
from typing import Final

from markupsafe import Markup

from app.web.identity import Identity, current_identity

Filling = Callable[[Identity], str]
_fillings: Final[dict[str, Filling]] = {}


def register_slot(name: str, filling: Filling) -> None:
    """Fill a place of the layout; the filling renders a template for the signed-in person."""
    _fillings[name] = filling


def slot(name: str) -> Markup:
    """Return what a feature put into a place of the layout, or nothing."""
    identity = current_identity()
    if identity is None or name not in _fillings:
        return Markup()
    return Markup(_fillings[name](identity))  # noqa: S704 (features hand over rendered templates)
