"""The pages and the endpoint of OAuth: the merchant approves, the app gets its tokens."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
)
from werkzeug.wrappers import Response as AnyResponse

from app.simulators.shopify import installs
from app.simulators.shopify.core import Quirk, StoreCore
from app.simulators.shopify.views.shop import scope as shown_scope
from app.simulators.shopify.wire import store_here

_WANTED: Final = ("client_id", "scope", "redirect_uri", "state")
_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_OFFLINE: Final = "urn:shopify:params:oauth:token-type:offline-access-token"

pages = Blueprint(
    "oauth",
    __name__,
    url_prefix="/admin/oauth",
    template_folder="templates",
    static_folder="static",
)


class NotInstallable(Exception):
    """The request for an installation cannot go on; the merchant reads why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@pages.errorhandler(NotInstallable)
def not_installable(error: NotInstallable) -> Response:
    """Show why it ended here."""
    return _page("stopped.html", 400, sentence=error.sentence)


@pages.get("/authorize")
def authorize() -> Response:
    """Ask the merchant, who is always signed in here, whether the app may come in."""
    wanted = _wanted(request.args)
    session["nonce"] = secrets.token_urlsafe(16)
    told = [shown_scope(each)["description"] for each in _scopes(wanted)]
    return _page("authorize.html", wanted=wanted, scopes=told, nonce=session["nonce"])


@pages.post("/authorize")
def decide() -> AnyResponse:
    """Send the merchant back to the app with a code, or leave everything as it is."""
    wanted = _wanted(request.form)
    nonce = session.pop("nonce", "")
    if not nonce or not hmac.compare_digest(nonce, request.form.get("nonce", "")):
        raise NotInstallable("This page was open for too long. Start again from the app.")
    if request.form.get("decision") != "install":
        return _page("stopped.html", sentence=f"{_title()} was not installed.")
    store = store_here()
    with store.change():
        code = installs.new_code(store, _scopes(wanted))
    return redirect(callback_url(store, wanted, code), 303)


def _title() -> str:
    return store_here().settings.app_title


def _wanted(source: Mapping[str, str]) -> dict[str, str]:
    settings = store_here().settings
    wanted = {name: source.get(name, "") for name in _WANTED}
    if wanted["client_id"] != settings.client_id:
        raise NotInstallable("Oauth error application_cannot_be_found: There is no such app.")
    parts = urlsplit(wanted["redirect_uri"])
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    is_listed = not settings.redirect_urls or wanted["redirect_uri"] in settings.redirect_urls
    if not is_web or not is_listed:
        raise NotInstallable("Oauth error invalid_request: The redirect_uri is not whitelisted.")
    unknown = [each for each in _scopes(wanted) if each not in _grantable(settings.scopes)]
    if unknown:
        raise NotInstallable(f"Oauth error invalid_scope: {', '.join(unknown)} is not known here.")
    return wanted


def _grantable(scopes: tuple[str, ...]) -> set[str]:
    return {*scopes, *(each.replace("write_", "read_", 1) for each in scopes)}


def _scopes(wanted: Mapping[str, str]) -> list[str]:
    return [each.strip() for each in wanted["scope"].split(",") if each.strip()]


def callback_url(store: StoreCore, wanted: Mapping[str, str], code: str) -> str:
    """Return where the merchant goes: the app's address with code, state and signature."""
    settings = store.settings
    host = f"admin.shopify.com/store/{settings.shop.removesuffix('.myshopify.com')}"
    told = {
        "code": code,
        "host": base64.b64encode(host.encode()).decode().rstrip("="),
        "shop": settings.shop,
        "state": wanted["state"],
        "timestamp": str(store.now()),
    }
    told["hmac"] = query_signature(installs.client_secrets(store)[0], told)
    parts = urlsplit(wanted["redirect_uri"])
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *told.items()])
    return urlunsplit(parts._replace(query=query))


def install_link(store: StoreCore, app_url: str) -> str:
    """Return where Shopify opens the app for a merchant who starts there: signed, no code yet."""
    told = {"shop": store.settings.shop, "timestamp": str(store.now())}
    told["hmac"] = query_signature(installs.client_secrets(store)[0], told)
    return f"{app_url}{'&' if '?' in app_url else '?'}{urlencode(told)}"


def query_signature(secret: str, told: Mapping[str, str]) -> str:
    """Sign a query: the sorted pairs joined, in lower-case hex."""
    joined = "&".join(f"{name}={told[name]}" for name in sorted(told) if name != "hmac")
    return hmac.new(secret.encode(), joined.encode(), hashlib.sha256).hexdigest()


@pages.post("/access_token")
def access_token() -> Response:
    """Give tokens: for a code, for a refresh token, for an own app, for an old token."""
    store = store_here()
    given = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    try:
        with store.change():
            told = _granted(store, given if isinstance(given, dict) else {})
    except installs.Denied as error:
        answer = jsonify(error.body)
        answer.status_code = error.status
        return answer
    return jsonify(told)


def _granted(store: StoreCore, given: Mapping[str, Any]) -> dict[str, Any]:
    problem = installs.condition_error(store)
    if problem is not None:
        raise installs.Denied(str(problem.errors), "", problem.status)
    installs.check_client(store, given)
    match given.get("grant_type"):
        case "refresh_token":
            told = installs.refresh(store, str(given.get("refresh_token") or ""))
            if store.takes(Quirk.NO_EXPIRY):
                told.pop("expires_in", None)
            return told
        case "client_credentials":
            return installs.own_token(store)
        case kind if kind == _EXCHANGE:
            if given.get("requested_token_type") != _OFFLINE:
                raise installs.Denied("invalid_request", "Only offline tokens are given here.")
            return installs.make_expiring(store, str(given.get("subject_token") or ""))
        case _:
            return installs.exchange_code(store, given)


def _page(template: str, status: int = 200, **context: object) -> Response:
    body = render_template(f"shopify_twin/{template}", shop=store_here().settings, **context)
    policy = "default-src 'none'; style-src 'self'; img-src 'self' data:"
    return make_response(body, status, {"Content-Security-Policy": policy})
