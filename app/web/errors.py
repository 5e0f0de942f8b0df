"""What went wrong, as the caller wants it: a page, a toast for htmx, or problem JSON (/api/)."""

import logging
from dataclasses import dataclass, field
from typing import Any, Final

import redis
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.core.errors import AppError, Invalid, SignInNeeded, TooMany, Unavailable
from app.core.logging import correlation_id
from app.web.identity import current_identity, sign_in_url
from app.web.ui import macros
from app.web.wishes import is_api, wants_fragment

log = logging.getLogger(__name__)

CSRF_SENTENCE: Final = "This page has been open too long to send safely. Reload it and send again."

# Classes of what PostgreSQL says when it ends, refuses or cannot serve a connection.
_OUT_OF_REACH: Final = ("08", "53", "57P")

# status → (title, what happened and what to do)
WORDS: Final[dict[int, tuple[str, str]]] = {
    400: (
        "This request cannot be read",
        "Something in the address or the form is damaged. Go back and try again.",
    ),
    401: ("Sign in to continue", "Sign in to see this page."),
    403: ("Your role does not allow this", "Ask an owner or admin of your organization."),
    404: ("Nothing here", "This page does not exist, or you do not have access to it."),
    405: ("This address takes other requests", "Open the page again from the menu."),
    409: ("This was changed in the meantime", "Open the page again to see the newest version."),
    413: ("Too large", "This is larger than SyncStore takes at once. Send it in smaller parts."),
    415: ("Unknown format", "SyncStore cannot read this kind of content."),
    422: ("Some values need a correction", "Go back, correct the marked fields and save again."),
    429: ("Too many attempts", "Wait a moment and try again."),
    500: (
        "Something went wrong on our side",
        "It is in our log. Try again; if it stays, send us the number below.",
    ),
    503: (
        "SyncStore is out of reach",
        "A server behind SyncStore does not answer right now. Try again in a moment.",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is shown: status, headline, sentence, and extras for headers and JSON."""

    status: int
    title: str
    sentence: str
    code: str
    fields: dict[str, str] = field(default_factory=dict)
    retry_after: int | None = None
    reload: bool = False


def _code(error: Exception) -> str:
    name = type(error).__name__
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def _title(status: int) -> str:
    return WORDS.get(status, WORDS[500 if status >= 500 else 400])[0]


def _from_app_error(error: AppError) -> Problem:
    return Problem(
        error.status,
        _title(error.status),
        error.sentence,
        _code(error),
        fields=error.fields if isinstance(error, Invalid) else {},
        retry_after=error.retry_after if isinstance(error, TooMany) else None,
    )


def _from_http_exception(error: HTTPException) -> Problem:
    status = error.code or 500
    words = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    return Problem(status, words[0], words[1], _code(error))


def problem_json(problem: Problem) -> Response:
    """Answer in the form of RFC 9457."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.sentence,
        "code": problem.code,
        "correlation_id": correlation_id.get(),
    }
    if problem.fields:
        body["fields"] = problem.fields
    response = jsonify(body)
    response.status_code = problem.status
    response.mimetype = "application/problem+json"
    return response


def _toast(problem: Problem) -> Response:
    html = macros.toast(
        problem.sentence,
        kind="error",
        detail=correlation_id.get() if problem.status >= 500 else "",
        reload=problem.reload,
    )
    response = make_response(html, problem.status)
    response.headers["HX-Retarget"] = "#toasts"
    response.headers["HX-Reswap"] = "beforeend"
    return response


def _full_page(problem: Problem) -> Response:
    identity = None
    try:
        identity = current_identity()
        html = render_template(
            "errors/error.html",
            problem=problem,
            correlation=correlation_id.get(),
            identity=identity,
        )
    except Exception:  # the shell itself may need what is broken
        log.exception("The error page could not be drawn inside the shell.")
        html = render_template(
            "errors/bare.html", problem=problem, correlation=correlation_id.get()
        )
    return make_response(html, problem.status)


def answer(problem: Problem) -> Response:
    """Show a problem in the shape the caller asked for."""
    if is_api():
        response = problem_json(problem)
        if problem.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
    elif wants_fragment():
        response = _toast(problem)
    else:
        response = _full_page(problem)
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    elif problem.status == 503:
        response.headers["Retry-After"] = "10"
    return response


def on_app_error(error: AppError) -> Response:
    """Show a refusal; a server error also goes to the log."""
    if error.status >= 500:
        log.error("%s", error, exc_info=error)
    response = answer(_from_app_error(error))
    if isinstance(error, SignInNeeded) and wants_fragment():
        response.headers["HX-Redirect"] = sign_in_url()
    return response


def on_http_exception(error: HTTPException) -> Response:
    """Show an error of the framework: unknown address, wrong method, body too large."""
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # type: ignore[return-value]  # werkzeug names its own base class
    response = answer(_from_http_exception(error))
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]  # only MethodNotAllowed
    return response


def on_csrf_error(error: CSRFError) -> Response:
    """Show that the page is too old to be sent, with a link that reloads it."""
    log.info("CSRF token refused on %s: %s", request.path, error.description)
    return answer(Problem(400, "Reload this page", CSRF_SENTENCE, "csrf_failed", reload=True))


def _is_out_of_reach(error: Exception) -> bool:
    """Tell whether a server behind us is away, ends our connection or has none left for us."""
    if isinstance(error, PoolTimeout | redis.ConnectionError | redis.TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # nobody answered with one
        return error.connection_invalidated or isinstance(error, OperationalError)
    return str(state).startswith(_OUT_OF_REACH)


def on_defect(error: Exception) -> Response:
    """Log a defect with its trace and show only its correlation id, or that a server is away."""
    log.error("Unhandled %s on %s", type(error).__name__, request.path, exc_info=error)
    if _is_out_of_reach(error):
        return answer(_from_app_error(Unavailable()))
    return answer(Problem(500, *WORDS[500], code="internal_error"))


def install_errors(app: Flask) -> None:
    """Register the answers to everything that may go wrong."""
    app.register_error_handler(AppError, on_app_error)
    app.register_error_handler(CSRFError, on_csrf_error)
    app.register_error_handler(HTTPException, on_http_exception)
    app.register_error_handler(Exception, on_defect)
