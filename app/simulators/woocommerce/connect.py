"""The wc-auth pages: the merchant logs in, approves, and the store posts fresh keys to the app."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from app.simulators.woocommerce import auth, outside, times, wire
from app.simulators.woocommerce.core import StoreCore

_REQUIRED: Final = ("app_name", "scope", "user_id", "return_url", "callback_url")
_SCOPES: Final = {
    "read": "View products, orders, stock and webhooks",
    "write": "Change products, orders, stock and webhooks",
    "read_write": "View and change products, orders, stock and webhooks",
}
_TIMEOUT: Final = 60.0

pages = Blueprint(
    "connect",
    __name__,
    url_prefix="/wc-auth/v1",
    template_folder="templates",
    static_folder="static",
)


class Denied(Exception):
    """The connection request cannot go on; the merchant reads why."""

    def __init__(self, sentence: str, status: int = 401) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


@pages.errorhandler(Denied)
def denied(error: Denied) -> Response:
    """Show why it ended here."""
    return _page("denied.html", error.status, sentence=error.sentence)


@pages.get("/authorize")
def authorize() -> AnyResponse:
    """Ask the merchant, after a login, whether the app may have keys."""
    wanted = _wanted(request.args)
    if "user" not in session:
        return redirect(f"login?{urlencode(wanted)}")
    _refuse_shoppers()
    session["nonce"] = secrets.token_urlsafe(16)
    return _page("authorize.html", wanted=wanted, scope=_SCOPES[wanted["scope"]])


@pages.get("/login")
def login_form() -> Response:
    """Show the login form."""
    return _page("login.html", wanted=_wanted(request.args))


@pages.post("/login")
def login() -> AnyResponse:
    """Check the name and password, and go on to the question."""
    wanted = _wanted(request.form)
    settings = wire.store_here().settings
    given = (request.form.get("log", ""), request.form.get("pwd", ""))
    if given not in (settings.login, settings.shopper_login):
        return _page("login.html", 422, wanted=wanted, problem="Unknown name or wrong password.")
    session["user"] = given[0]
    return redirect(f"authorize?{urlencode(wanted)}", 303)


@pages.post("/authorize")
def decide() -> AnyResponse:
    """Send keys to the app, or nothing; then send the merchant back."""
    wanted = _wanted(request.form)
    if "user" not in session:
        return redirect(f"login?{urlencode(wanted)}", 303)
    _refuse_shoppers()
    nonce = session.pop("nonce", "")
    if not nonce or not hmac.compare_digest(nonce, request.form.get("nonce", "")):
        raise Denied("This page was open for too long. Go back to the app and start again.", 403)
    approved = request.form.get("decision") == "approve"
    if approved:
        _grant(wire.store_here(), wanted)
    return redirect(_return_url(wanted, is_success=approved), 303)


def _refuse_shoppers() -> None:
    if session["user"] != wire.store_here().settings.login[0]:
        raise Denied("Your user may not manage this store. Log in as a shop manager.", 403)


def _wanted(source: Mapping[str, str]) -> dict[str, str]:
    wanted = {name: source.get(name, "") for name in _REQUIRED}
    if missing := [name for name, value in wanted.items() if not value]:
        raise Denied(f"The app left out: {', '.join(missing)}.")
    if wanted["scope"] not in _SCOPES:
        raise Denied("The app asked for an unknown scope.")
    if not wanted["return_url"].startswith(("http://", "https://")):
        raise Denied("The return address is not valid.")
    is_secure = wanted["callback_url"].startswith("https://")
    if not is_secure and not wire.store_here().settings.allows_local_urls:
        raise Denied("The callback address has to be https.")
    return wanted


def _grant(store: StoreCore, wanted: Mapping[str, str]) -> None:
    moment = times.written(store.now(), store.settings.utc_offset).replace("T", " ")
    with store.change():
        key = auth.new_key(
            store,
            permissions=wanted["scope"],
            description=f"{wanted['app_name'][:170]} - API ({moment})",
        )
    body = {
        "key_id": key.id,
        "user_id": wanted["user_id"],
        "consumer_key": key.consumer_key,
        "consumer_secret": key.consumer_secret,
        "key_permissions": key.permissions,
    }
    if not _is_accepted(store, wanted["callback_url"], body):
        with store.change():
            store.keys.drop(key.id)
        raise Denied("The app did not take the keys, so none were made. Try again from the app.")


def _is_accepted(store: StoreCore, url: str, body: Mapping[str, object]) -> bool:
    if outside.is_refused(url, store.settings):
        return False
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "User-Agent": outside.user_agent(store.settings),
    }
    try:
        answer = store.http.post(
            url, json=body, headers=headers, timeout=_TIMEOUT, follow_redirects=False
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


def _return_url(wanted: Mapping[str, str], *, is_success: bool) -> str:
    parts = urlsplit(wanted["return_url"])
    told = {"success": "1" if is_success else "0", "user_id": wanted["user_id"]}
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *told.items()])
    return urlunsplit(parts._replace(query=query))


def _page(template: str, status: int = 200, **context: object) -> Response:
    settings = wire.store_here().settings
    body = render_template(
        f"woocommerce_twin/{template}", shop=settings, nonce=session.get("nonce", ""), **context
    )
    return make_response(
        body,
        status,
        {"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:"},
    )
