"""Pages of the team, and what it puts into the shell of every page."""

from flask import Flask, g, render_template, url_for

from app.team.views import api_access, door, operator, organization, own
from app.team.views.blueprint import bp, is_installed
from app.team.views.visitor import install_visitors
from app.web.identity import Identity, can
from app.web.nav import NavItem, Section, register_nav
from app.web.preferences import CHOICES, register_preference_keeper
from app.web.slots import register_slot

__all__ = ["api_access", "bp", "door", "install", "operator", "organization", "own"]

_TABS = (
    ("Organization", "team.settings", "team.read"),
    ("Team", "team.member_list", "team.read"),
    ("Keys", "connections.key_list", "connections.manage"),
    ("API access", "team.api_access", ""),
    ("Backup", "sync.settings_backup", "organization.backup"),
    ("Audit log", "team.audit_list", "audit.read"),
    ("Profile", "team.profile", ""),
    ("Preferences", "team.preferences", ""),
    ("Browsers", "team.session_list", ""),
)


def settings_tabs(here: str) -> list[tuple[str, str, bool, None]]:
    """Return the tabs above the settings pages for `ui.tabs`."""
    return [
        (label, url_for(endpoint), endpoint == here, None)
        for label, endpoint, permission in _TABS
        if not permission or can(permission)
    ]


def _banner(identity: Identity) -> str:
    if not is_installed() or g.get("is_email_verified", True):
        return ""
    return render_template("team/_unverified.html", identity=identity)


def _profile_links(identity: Identity) -> str:
    return render_template("team/_profile_links.html", identity=identity) if is_installed() else ""


def _organization_links(identity: Identity) -> str:
    if not is_installed():
        return ""
    return render_template("team/_organization_links.html", identity=identity)


def install(app: Flask) -> None:
    """Tell the shell who is signed in and where the team's pages are."""
    install_visitors(app)
    app.jinja_env.globals["settings_tabs"] = settings_tabs
    register_nav(
        NavItem(
            Section.SETTINGS,
            "Settings",
            "team.settings",
            "settings",
            "team.read",
            order=10,
            also=tuple(endpoint for _, endpoint, _ in _TABS),
        ),
        NavItem(
            Section.SYSTEM,
            "Organizations",
            "team.operator",
            "building-2",
            "system.operate",
            order=10,
        ),
    )
    register_slot("banner", _banner)
    register_slot("profile_links", _profile_links)
    register_slot("organization_links", _organization_links)
    for name in CHOICES:
        register_preference_keeper(name, own.keep_choice)
