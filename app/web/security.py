"""Headers of every answer, the size of every request, and limits on how often one may ask."""

import logging
import re
import secrets
from typing import Final
from urllib.parse import urlsplit

import redis
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import kv
from app.core.errors import TooMany
from app.core.logging import correlation_id, organization, person
from app.core.settings import Settings

log = logging.getLogger(__name__)

MAX_BODY: Final = 2 * 1024 * 1024
MAX_FIELDS: Final = 5_000

# A remote thumbnail would tell a marketplace who looks at what, so pictures are our own copies.
POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS: Final = ", ".join(
    f"{name}=()"
    for name in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)
_CORRELATION: Final = re.compile(r"[A-Za-z0-9-]{8,64}")


def name_request() -> None:
    """Give the request an id that logs, jobs and error pages share."""
    given = request.headers.get("X-Request-Id", "")
    correlation_id.set(given if _CORRELATION.fullmatch(given) else secrets.token_hex(8))
    organization.set("")
    person.set("")


def loosen_policy(policy: str) -> None:
    """Replace the content policy of this one answer; for pages that are not ours."""
    g.content_policy = policy


def harden(response: Response) -> Response:
    """Add the security headers to an answer."""
    headers = response.headers
    headers["Content-Security-Policy"] = g.get("content_policy", POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    headers["Permissions-Policy"] = PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["X-Request-Id"] = correlation_id.get()
    if current_app.config.get("SERVES_HTTPS"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint == "static" and "v" in request.args:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif response.mimetype == "text/html":
        headers.setdefault("Cache-Control", "private, no-cache")
    return response


def limit(key: str, *, times: int, per_seconds: int) -> None:
    """Count one use of `key`; raises TooMany beyond `times` per window; passes without Redis."""
    name = f"limit:{key}"
    try:
        pipe = kv.client().pipeline()
        pipe.set(name, 0, ex=per_seconds, nx=True)
        pipe.incr(name)
        pipe.ttl(name)
        _, used, left = pipe.execute()
    except redis.RedisError:
        log.warning("The limit %s could not be counted; the request passes.", key)
        return
    if used > times:
        raise TooMany(retry_after=max(int(left), 1))


def client_address() -> str:
    """Return the address the request came from (trusted proxies are unwrapped)."""
    return request.remote_addr or "unknown"


def refuse_other_names() -> None:
    """Refuse requests that name another host than PUBLIC_URL; probes come by address."""
    wanted = current_app.config.get("TRUSTED_NAME")
    if wanted and not (request.endpoint or "").startswith("probes."):
        named = urlsplit(f"//{request.host}").hostname
        if named != wanted:
            raise BadRequest


def install_security(app: Flask, settings: Settings) -> None:
    """Set cookie, body and CSRF rules and put the headers on every answer."""
    is_https = settings.public_url.startswith("https://")
    app.config.update(
        SERVES_HTTPS=is_https,
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_PARTS=MAX_FIELDS,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,  # guards.check_request does it, knowing who calls
    )
    if settings.is_production:
        app.config["TRUSTED_NAME"] = urlsplit(settings.public_url).hostname
    app.after_request(harden)
    if hops := settings.trusted_proxies:
        # Only as many hops as the operator vouches for; a visitor may write any further ones.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]  # as Flask documents it
