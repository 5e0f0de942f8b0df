"""Puts the furniture into an app; create_app calls install_web once, before the features."""

from flask import Blueprint, Flask, redirect, url_for
from flask.typing import ResponseReturnValue

from app.core.settings import Settings
from app.web import diff, nav, slots, states
from app.web.errors import install_errors
from app.web.filters import install_filters, plural
from app.web.fragments import deliver_toasts, vary, waiting_toasts
from app.web.gallery import gallery, gallery_sample, gallery_sample_save
from app.web.guards import check_request, csrf, public, requires
from app.web.identity import (
    can,
    current_identity,
    organization_switch_url,
    sign_in_url,
    sign_out_url,
)
from app.web.moments import note_moment
from app.web.preferences import preference, preference_set
from app.web.search import search
from app.web.security import install_security, name_request, refuse_other_names
from app.web.shell import shell_news
from app.web.stream import events, stream_url
from app.web.ui import install_ui


@public
def home() -> ResponseReturnValue:
    """Lead to the first page of the menu that the caller may see."""
    entries = [entry for _, group in nav.menu() for entry in group]
    if current_identity() is None or not entries:
        return redirect(url_for("web.search"), 303)
    return redirect(entries[0].url, 303)


def _blueprint(*, has_gallery: bool) -> Blueprint:
    web = Blueprint("web", __name__)
    web.get("/start")(home)
    web.get("/search")(search)
    web.get("/events")(events)
    web.get("/shell")(shell_news)
    web.post("/preferences/<name>")(preference_set)
    if has_gallery:
        web.get("/system/ui")(requires("system.jobs")(gallery))
        web.get("/system/ui/sample")(requires("system.jobs")(gallery_sample))
        web.post("/system/ui/sample")(requires("system.jobs")(gallery_sample_save))
    return web


def install_web(app: Flask, settings: Settings) -> None:
    """Install guards, errors, security, templates, search, live stream and the style gallery."""
    csrf.init_app(app)
    install_security(app, settings)
    install_errors(app)
    install_filters(app)
    install_ui(app)
    app.jinja_env.globals.update(
        can=can,
        current_identity=current_identity,
        menu=nav.menu,
        organization_switch_url=organization_switch_url,
        sign_in_url=sign_in_url,
        sign_out_url=sign_out_url,
        ui_plural=plural,
        preference=preference,
        shell_triggers=slots.shell_triggers,
        slot=slots.slot,
        state_of=states.state_of,
        stream_url=stream_url,
        waiting_toasts=waiting_toasts,
        word_diff=diff.word_diff,
    )
    app.before_request(name_request)
    app.before_request(refuse_other_names)
    app.before_request(check_request)
    app.before_request(note_moment)
    app.after_request(vary)
    app.after_request(deliver_toasts)
    app.register_blueprint(_blueprint(has_gallery=app.debug or app.testing or settings.is_demo))
