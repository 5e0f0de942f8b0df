"""A small app with only the furniture: no feature, no database."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue

from app.core.crypto import new_key
from app.core.errors import Forbidden, Invalid, NotFound, Stale, TooMany, Unavailable
from app.core.settings import read_settings
from app.web import preferences
from app.web.fragments import go_to, page, then, toast
from app.web.guards import hook, public, requires, signed_in
from app.web.identity import Doors, Identity, Membership, register_identity
from app.web.wiring import install_web

PROJECT = Path(__file__).resolve().parents[3]
ACME = UUID(int=1)
OTHER_SHOP = UUID(int=2)

ALICE = Identity(
    user_id=UUID(int=11),
    name="Alice Adams",
    email="alice@acme.test",
    organization_id=ACME,
    organizations=(Membership(ACME, "Acme", "Owner"),),
    permissions=frozenset({"*"}),
)
CAROL = replace(ALICE, user_id=UUID(int=13), name="Carol", permissions=frozenset({"catalog.read"}))
MALLORY = replace(
    ALICE,
    user_id=UUID(int=14),
    name="Mallory",
    organization_id=OTHER_SHOP,
    organizations=(Membership(OTHER_SHOP, "Other shop"),),
)
PEOPLE = {"alice": ALICE, "carol": CAROL, "mallory": MALLORY}
REFUSALS = {
    "403": Forbidden, "404": NotFound, "409": Stale, "429": TooMany, "503": Unavailable,
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what features keep when another test of this process installed them."""
    monkeypatch.setattr(preferences, "_keepers", {})


def _who() -> Identity | None:
    if request.headers.get("Authorization", "").startswith("Bearer "):
        return replace(ALICE, via="api")
    return PEOPLE.get(request.cookies.get("who", ""))


def _routes(app: Flask) -> None:
    def thing() -> ResponseReturnValue:
        return page("thing.html", blocks=("main", "side"), word="hello", watch=["gadget-1"])

    def thing_rename() -> ResponseReturnValue:
        if not request.form.get("title"):
            return page("thing.html", blocks=("main",), status=422, word="empty")
        toast("Renamed", undo="/undo")
        return then(thing)

    def thing_create() -> ResponseReturnValue:
        toast("Created")
        return go_to(thing)

    def fail(kind: str) -> ResponseReturnValue:
        if kind == "500":
            raise RuntimeError("a defect")
        if kind == "422":
            raise Invalid(fields={"price": "The price must be above 0."})
        raise REFUSALS[kind]

    app.add_url_rule("/thing", view_func=requires("catalog.read")(thing))
    app.add_url_rule("/thing", view_func=requires("catalog.write")(thing_rename), methods=["POST"])
    app.add_url_rule("/things", view_func=requires()(thing_create), methods=["POST"])
    app.add_url_rule("/fail/<kind>", view_func=public(fail), methods=["GET", "POST"])
    app.add_url_rule("/api/v1/fail/<kind>", "api_fail", public(fail))
    app.add_url_rule(
        "/api/v1/thing", "api_thing", requires()(lambda: {"ok": True}), methods=["POST"]
    )
    app.add_url_rule("/hooks/x", "hook", hook(lambda: "taken"), methods=["POST"])
    app.add_url_rule("/me", "me", signed_in(lambda: "me"))
    app.add_url_rule("/unmarked", "unmarked", lambda: "open to all")
    app.add_url_rule("/sign-in", "sign_in", public(lambda: "sign in here"))


def build_app(tmp_path: Path, **environ: str) -> Flask:
    """Build the furniture with a few routes of its own; `environ` adds settings."""
    settings = read_settings(
        {
            "DATABASE_URL": "postgresql://nobody@localhost/none",
            "REDIS_URL": "redis://localhost:1/0",
            "SECRET_KEY": "x" * 40,
            "ENCRYPTION_KEYS": new_key(),
            "VAR_DIR": str(tmp_path),
            **environ,
        }
    )
    templates = tmp_path / "templates"
    templates.mkdir(exist_ok=True)
    (templates / "thing.html").write_text(
        '{% extends "layouts/app.html" %}{% block title %}Thing{% endblock %}'
        '{% block content %}<h1>Thing</h1><div id="main">{% block main %}'
        '<p>{{ word }} {{ ui.badge("x") }}</p>{% endblock %}</div>'
        '<div id="side">{% block side %}<i>{{ word }}</i>{% endblock %}</div>{% endblock %}'
    )
    app = Flask("syncstore", root_path=str(PROJECT))
    app.testing = True
    app.config.update(SECRET_KEY=settings.secret_key, PROPAGATE_EXCEPTIONS=False)
    app.jinja_loader.searchpath.append(str(templates))  # type: ignore[union-attr]  # always a file loader
    install_web(app, settings)
    register_identity(app, _who, doors=Doors(sign_in="sign_in"))
    _routes(app)
    return app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return build_app(tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def alice(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("who", "alice")
    return client


@pytest.fixture
def carol(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("who", "carol")
    return client
