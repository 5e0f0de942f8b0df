"""The blueprint all pages of the team hang on."""

from typing import Final

from flask import Blueprint, current_app

from app.core.settings import current

bp: Final = Blueprint("team", __name__)


def public_url() -> str:
    """Return where mailed links lead; never taken from the request."""
    return current().public_url


def is_installed() -> bool:
    """Tell whether this app has the team's pages; furniture registered once serves every app."""
    return "team" in current_app.blueprints
