"""The web server before PHP: folders, permalinks, method overrides, blocked methods, redirects."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from app.simulators.woocommerce.settings import TwinSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_BLOCKED: Final = {"PUT", "DELETE", "PATCH"}
_METHODS: Final = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}


class HostFront:
    """WSGI application that prepares each request the way the store's host would."""

    def __init__(self, app: "WSGIApplication", settings: Callable[[], TwinSettings]) -> None:
        self._app = app
        self._settings = settings

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Pass a request on, or answer it as the web server itself."""
        settings = self._settings()
        if settings.redirects_to_home and (target := _home_of(environ, settings)):
            return _page(start_response, "301 Moved Permanently", location=target)
        if settings.blocks_put_and_delete and environ["REQUEST_METHOD"] in _BLOCKED:
            return _page(start_response, "501 Not Implemented")
        if not _enter_folder(environ, settings):
            return _page(start_response, "404 Not Found")
        _follow_rest_route(environ)
        path = environ["PATH_INFO"]
        is_pretty = path.startswith("/wp-json") and not environ.get("twin.rest_route")
        if is_pretty and not settings.pretty_permalinks:
            return _page(start_response, "404 Not Found")
        environ["twin.path"] = path
        environ["twin.method"] = environ["REQUEST_METHOD"]
        if path.startswith("/wp-json/"):
            _prepare_api_call(environ)
        return self._app(environ, start_response)


def _home_of(environ: "WSGIEnvironment", settings: TwinSettings) -> str | None:
    home = urlsplit(settings.home_url)
    here = (environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""))
    if here == (home.scheme, home.netloc):
        return None
    query = environ.get("QUERY_STRING", "")
    return f"{home.scheme}://{home.netloc}{environ['PATH_INFO']}{'?' if query else ''}{query}"


def _enter_folder(environ: "WSGIEnvironment", settings: TwinSettings) -> bool:
    folder = urlsplit(settings.home_url).path.rstrip("/")
    path = environ.get("PATH_INFO", "") or "/"
    if folder and path != folder and not path.startswith(f"{folder}/"):
        return False
    environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + folder
    environ["PATH_INFO"] = path[len(folder) :] or "/"
    return True


def _follow_rest_route(environ: "WSGIEnvironment") -> None:
    query = environ.get("QUERY_STRING", "")
    if environ["PATH_INFO"] == "/" and "rest_route=" in query:
        environ["PATH_INFO"] = f"/wp-json{parse_qs(query)['rest_route'][0]}"
        environ["twin.rest_route"] = True


def _prepare_api_call(environ: "WSGIEnvironment") -> None:
    if len(environ["PATH_INFO"]) > len("/wp-json/"):
        environ["PATH_INFO"] = environ["PATH_INFO"].rstrip("/")
    query = environ.get("QUERY_STRING", "")
    named = parse_qs(query).get("_method", [""])[0] if "_method=" in query else ""
    wanted = (named or environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "")).upper()
    if wanted in _METHODS:
        environ["REQUEST_METHOD"] = wanted


def _page(
    start_response: "StartResponse", status: str, *, location: str | None = None
) -> list[bytes]:
    body = f"<!DOCTYPE html><html><head><title>{status}</title></head><body>{status}</body></html>"
    headers = [("Content-Type", "text/html; charset=UTF-8"), ("Content-Length", str(len(body)))]
    if location is not None:
        headers.append(("Location", location))
    start_response(status, headers)
    return [body.encode()]
