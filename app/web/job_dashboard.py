"""The RQ dashboard under /system/jobs, behind a permission and with a policy of its own."""

from typing import Final

import rq_dashboard
from flask import Blueprint, Flask, Response, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.exceptions import MethodNotAllowed

from app.web.guards import Guard, guard_blueprint
from app.web.preferences import preference
from app.web.security import loosen_policy
from app.web.ui import asset

# Its pages carry inline scripts and compile templates in the browser; nothing comes from outside.
POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_TOKEN: Final = Markup('<script src="{}" data-token="{}"></script></body>')
_STYLE: Final = Markup('<link rel="stylesheet" href="{}"><link rel="stylesheet" href="{}"></head>')
_THEME: Final = Markup('<html class="{}" ')


def _before() -> None:
    loosen_policy(POLICY)
    if request.method != "POST" and request.endpoint == "rq_dashboard.requeue_all":
        raise MethodNotAllowed(["POST"])  # a link must not start work


def _dress(response: Response) -> Response:
    """Let the dashboard's own buttons pass our CSRF check, and its colours follow the theme."""
    if response.mimetype == "text/html" and not response.is_streamed:
        script = str(_TOKEN.format(asset("system/jobs.js"), generate_csrf()))
        style = str(_STYLE.format(asset("css/tokens.css"), asset("system/jobs.css")))
        page = response.get_data(as_text=True).replace("</body>", script)
        page = page.replace("</head>", style, 1)
        page = page.replace("<html ", str(_THEME.format(preference("theme"))), 1)
        response.set_data(page)
    return response


def mount_job_dashboard(app: Flask, *, redis_url: str) -> None:
    """Put the dashboard of the job queues at /system/jobs for holders of system.jobs."""
    blueprint: Blueprint = rq_dashboard.blueprint
    app.config.update(
        RQ_DASHBOARD_REDIS_URL=redis_url,
        RQ_DASHBOARD_POLL_INTERVAL=5000,
        RQ_DASHBOARD_WEB_BACKGROUND="white",
    )
    rq_dashboard.web.setup_rq_connection(app)
    app.register_blueprint(blueprint, url_prefix="/system/jobs")
    app.before_request_funcs.setdefault(blueprint.name, []).append(_before)
    app.after_request_funcs.setdefault(blueprint.name, []).append(_dress)
    guard_blueprint(app, blueprint, Guard(("system.jobs",), needs_organization=False))
