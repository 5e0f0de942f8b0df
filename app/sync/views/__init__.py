"""Pages of the sync: home, activity, conflicts, errors, parked work, and one connection."""

from flask import Flask

from app.sync.views import (
    backup,
    conflicts,
    connection,
    errors,
    home,
    mapping,
    parked,
    plans,
    runs,
)
from app.sync.views.base import bp
from app.sync.views.shell import install_shell

__all__ = [
    "backup",
    "bp",
    "conflicts",
    "connection",
    "errors",
    "home",
    "install",
    "mapping",
    "parked",
    "plans",
    "runs",
]


def install(app: Flask) -> None:
    """Put the pages into the side menu and the live stream."""
    install_shell(app)
