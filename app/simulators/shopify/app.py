"""The twin as a WSGI application: `create_twin()`."""

import io
import mimetypes
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

import httpx
from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from app.simulators.chaos import Chaos, ChaosFront
from app.simulators.shopify import bulk_run, control, jobs, oauth, wire
from app.simulators.shopify.settings import TwinSettings
from app.simulators.shopify.state import StoreState

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LARGEST_REQUEST: Final = 128 * 1024 * 1024


class WriteMark:
    """Tells the weather which requests write: all of GraphQL are POSTs, tokens are no goods."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Look into the body and put it back."""
        environ["twin.is_write"] = False
        if environ.get("PATH_INFO", "").endswith("/graphql.json"):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            environ["twin.is_write"] = b"mutation" in body
        return self._app(environ, start_response)


def create_twin(
    store: StoreState | None = None,
    *,
    settings: TwinSettings | None = None,
    clock: Callable[[], datetime] | None = None,
    chaos: Chaos | None = None,
    http: httpx.Client | None = None,
    with_control: bool = False,
) -> Flask:
    """Build a store that answers like Shopify; its state is `app.extensions["twin"]`.

    What is given here beats what the store was made with. `http` is the store's way to the outside:
    webhooks and pictures. `with_control` adds `/_twin`, which no real store has.
    """
    store = store or StoreState(settings=settings, clock=clock, chaos=chaos, http=http)
    store.settings = settings or store.settings
    store.clock = clock or store.clock
    store.chaos = chaos or store.chaos
    store.http = http or store.http
    app = Flask(__name__, static_folder=None)
    app.secret_key = secrets.token_bytes(32)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    app.config["MAX_FORM_MEMORY_SIZE"] = _LARGEST_REQUEST
    app.config["SESSION_COOKIE_NAME"] = f"_shopify_admin_{secrets.token_hex(4)}"
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    app.extensions["twin"] = store
    app.register_blueprint(wire.api)
    app.register_blueprint(oauth.pages)
    if with_control:
        app.register_blueprint(control.panel)
    _add_front_end(app, store)
    _add_storage(app, store)
    stormy = app.wsgi_app
    for prefix in ("/admin/api/", "/admin/oauth/access_token"):
        stormy = ChaosFront(stormy, lambda: store.chaos, prefix=prefix)
    app.wsgi_app = WriteMark(stormy)  # type: ignore[method-assign]  # the documented place for it
    return app


def _add_front_end(app: Flask, store: StoreState) -> None:
    def home() -> Response:
        return Response(f"<h1>{store.settings.name}</h1>")

    def picture(path: str) -> Response:
        jobs.catch_up(store)
        return _file(store, path)

    app.add_url_rule("/", "home", home)
    app.add_url_rule("/cdn/<path:path>", "picture", picture)


def _file(store: StoreState, path: str) -> Response:
    body = store.files.get(path)
    if body is None:
        raise NotFound
    kind = "application/jsonl" if path.endswith(".jsonl") else mimetypes.guess_type(path)[0]
    return Response(body, content_type=kind or "application/octet-stream")


def _add_storage(app: Flask, store: StoreState) -> None:
    """Add the storage host: it knows no tokens, and one that comes by is written down."""

    def note_leak() -> None:
        if "X-Shopify-Access-Token" in request.headers:
            store.leaked_tokens += 1

    def download(name: str) -> Response:
        note_leak()
        number = int(name.partition(".")[0])
        row = store.bulks.get(number)
        if row is None or store.now() > (row["completed"] or 0) + bulk_run.LIFE:
            raise NotFound
        return _file(store, f"bulk/{name}")

    def upload() -> Response:
        note_leak()
        file = request.files.get("file")
        return _keep(store, request.form.get("key", ""), b"" if file is None else file.read())

    def put(key: str) -> Response:
        note_leak()
        return _keep(store, key, request.get_data())

    app.add_url_rule("/_storage/bulk/<name>", "download", download)
    app.add_url_rule("/_storage/uploads/", "upload", upload, methods=["POST"])
    app.add_url_rule("/_storage/uploads/<path:key>", "put", put, methods=["PUT"])


def _keep(store: StoreState, key: str, body: bytes) -> Response:
    with store.change():
        rows = [row for row in store.staged.rows.values() if row["key"] == key]
        if not rows or not body:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403)
        store.keep_file(f"uploads/{key}", body)
        store.staged.put(rows[0] | {"is_filled": True})
    return Response(f"<PostResponse><Key>{key}</Key></PostResponse>", 201)
