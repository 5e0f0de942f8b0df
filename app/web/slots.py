"""Places in the layout that a feature fills: bell, live_bar, organization_links, profile_links."""

from collections.abc import Callable, Iterable
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


Watched = Callable[[Identity], Iterable[str]]
_watched: Final[list[Watched]] = []


def register_watch(watched: Watched) -> None:
    """Let the shell of every page listen to live things, such as the bell's."""
    if watched not in _watched:
        _watched.append(watched)


_moving: Final[set[str]] = set()


def register_moves(*names: str) -> None:
    """Name announced things after which the live bar and the numbers of the menu are asked anew."""
    _moving.update(names)


def shell_watch() -> tuple[str, ...]:
    """Return the live things of the shell for the signed-in person."""
    identity = current_identity()
    if identity is None or identity.organization_id is None:
        return ()
    return (*sorted(_moving), *(name for watched in _watched for name in watched(identity)))


def shell_triggers() -> str:
    """Return the events after which the shell asks for its moving parts."""
    return ", ".join(f"{name} from:body throttle:2s" for name in sorted(_moving))
