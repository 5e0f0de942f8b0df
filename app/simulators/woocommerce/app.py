"""The twin as a WSGI application: `create_twin()`."""

import logging
import mimetypes
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from app.simulators.chaos import Chaos, ChaosFront
from app.simulators.woocommerce import connect, control, php, wire
from app.simulators.woocommerce.errors import ApiError, BatchCut, PhpFatal
from app.simulators.woocommerce.host import HostFront
from app.simulators.woocommerce.rest import api
from app.simulators.woocommerce.settings import TwinSettings
from app.simulators.woocommerce.state import StoreState

_LARGEST_REQUEST: Final = 64 * 1024 * 1024

log = logging.getLogger(__name__)


def create_twin(
    store: StoreState | None = None,
    *,
    settings: TwinSettings | None = None,
    clock: Callable[[], datetime] | None = None,
    chaos: Chaos | None = None,
    http: httpx.Client | None = None,
    with_control: bool = False,
) -> Flask:
    """Build a store that answers like WooCommerce; its state is `app.extensions["twin"]`.

    What is given here beats what the store was made with. `http` is the store's way to the outside:
    webhooks, pictures, key callbacks. `with_control` adds `/_twin`, which no real store has.
    """
    store = store or StoreState(settings=settings, clock=clock, chaos=chaos, http=http)
    store.settings = settings or store.settings
    store.clock = clock or store.clock
    store.chaos = chaos or store.chaos
    store.http = http or store.http
    app = Flask(__name__, static_folder=None)
    app.secret_key = secrets.token_bytes(32)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    app.config["SESSION_COOKIE_NAME"] = f"wordpress_logged_in_{secrets.token_hex(4)}"
    app.extensions["twin"] = store
    app.register_blueprint(api)
    app.register_blueprint(connect.pages)
    if with_control:
        app.register_blueprint(control.panel)
    _add_front_end(app)
    _add_errors(app)
    app.before_request(_authenticate_api_calls)
    app.wsgi_app = HostFront(  # type: ignore[method-assign]  # the documented place for middleware
        ChaosFront(app.wsgi_app, lambda: store.chaos, prefix="/wp-json"), lambda: store.settings
    )
    return app


def _authenticate_api_calls() -> None:
    if request.path.startswith("/wp-json"):
        wire.authenticate()


def _add_front_end(app: Flask) -> None:
    def home() -> Response:
        settings = wire.store_here().settings
        link = f'<{settings.home_url}/wp-json/>; rel="https://api.w.org/"'
        return Response(f"<h1>{settings.name}</h1>", headers={"Link": link})

    def uploads(path: str) -> Response:
        body = wire.store_here().files.get(path)
        if body is None:
            raise NotFound
        return Response(body, content_type=mimetypes.guess_type(path)[0] or "image/png")

    app.add_url_rule("/", "home", home)
    app.add_url_rule("/wp-content/uploads/<path:path>", "uploads", uploads)


def _add_errors(app: Flask) -> None:
    def refused(error: ApiError) -> Response:
        return wire.answer(error.body(), error.status)

    def fatal(error: PhpFatal) -> Response:
        log.info("A bad value ended the request: %s", error)
        message = "<p>There has been a critical error on this website.</p>"
        return wire.answer(ApiError("internal_server_error", 500, message).body(), 500)

    def cut(_error: BatchCut) -> Response:
        return Response("<h1>504 Gateway Time-out</h1>", 504)

    def http_error(error: HTTPException) -> Response:
        if not request.path.startswith("/wp-json"):
            return Response(f"<h1>{error.code} {error.name}</h1>", error.code or 500)
        if isinstance(error, (NotFound, MethodNotAllowed)):
            message = "No route was found matching the URL and request method."
            return wire.answer(ApiError("rest_no_route", 404, message).body(), 404)
        body = ApiError("rest_error", error.code or 500, error.name).body()
        return Response(php.dumps(body), error.code, content_type="application/json")

    app.register_error_handler(ApiError, refused)
    app.register_error_handler(PhpFatal, fatal)
    app.register_error_handler(BatchCut, cut)
    app.register_error_handler(HTTPException, http_error)
