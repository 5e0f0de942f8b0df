"""The connect wizard: address, keys by approval or by hand, rules, first read."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.connections import wire
from app.connections.models import Connection
from app.core import db
from app.core import settings as process
from app.core.settings import Settings
from app.simulators.woocommerce import StoreState, TwinSettings, create_twin
from app.sync.forms import shown
from app.sync.policy import Policy
from tests.cast import Cast, cast, csrf, enter

PUBLIC = "https://sync.test"


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def public(settings: Settings) -> Iterator[None]:
    """This install as it is reached from outside."""
    process.install(replace(settings, public_url=PUBLIC))
    yield
    process.install(settings)


@contextmanager
def store(app: Flask, scheme: str) -> Iterator[tuple[StoreState, httpx.Client, str]]:
    """A store that reaches us, and the merchant's browser on it."""
    address = f"{scheme}://store-{db.new_id().hex[-8:]}.test"
    outside = httpx.Client(transport=httpx.WSGITransport(app=app))
    twin = create_twin(
        settings=TwinSettings(home_url=address, allows_local_urls=True), http=outside
    )
    state: StoreState = twin.extensions["twin"]
    inner = httpx.WSGITransport(app=twin, raise_app_exceptions=False)
    wire.mount(address, inner)
    browser = httpx.Client(transport=inner, base_url=address)
    try:
        yield state, browser, address
    finally:
        wire.unmount(address)
        browser.close()
        outside.close()
        state.close()


def approve(browser: httpx.Client, leaving: str) -> httpx.Response:
    """Sign in to the store our page leads to, and approve what it asks for."""
    found = re.search(r'href="([^"]*/wc-auth/[^"]*)"', leaving)
    assert found
    target = html.unescape(found[1])
    wanted = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    browser.post("/wc-auth/v1/login", data={**wanted, "log": "merchant", "pwd": "merchant"})
    page = browser.get("/wc-auth/v1/authorize", params=wanted).text
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)
    assert nonce
    return browser.post(
        "/wc-auth/v1/authorize", data={**wanted, "nonce": nonce[1], "decision": "approve"}
    )


def connections(people: Cast) -> list[Connection]:
    with db.reading(people.alice.actor) as session:
        return list(session.scalars(select(Connection).order_by(Connection.id)))


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_shop_is_connected_by_approval(
    app: Flask, client: FlaskClient, people: Cast, public: None, scheme: str
) -> None:
    enter(client, people.alice)
    token = csrf(client)
    with store(app, scheme) as (state, browser, address):
        typed = {"csrf_token": token, "base_url": address, "allows_http": "y"}
        keys_page = client.post("/connections/new", data=typed).location
        asked = client.post(
            keys_page.replace("/new/keys", "/new/approve"), data={"csrf_token": token}
        )
        back = approve(browser, asked.text)
        approved = client.get(back.headers["location"].removeprefix(PUBLIC))
        [row] = connections(people)

        assert back.status_code == 303
        assert approved.location == f"/connections/{row.id}/setup"
        assert (row.state, row.address) == ("pending", address)
        assert row.credentials
        assert b"ck_" not in row.credentials

        assert client.get(approved.location).status_code == 200
        figures = {"order_days": 30, "buffer": 0, "poll_minutes": 15, "reconcile_hours": 24}
        rules = {**shown(Policy.from_settings({}), figures), "name": "My shop", "version": 1}
        typed = {name: str(value) for name, value in rules.items() if value}
        saved = client.post(
            f"/connections/{row.id}/settings",
            data={**typed, "buffer": "0", "csrf_token": token, "setup": "1"},
        )
        assert saved.status_code == 303
        [row] = connections(people)
        assert (row.state, row.name) == ("active", "My shop")
        assert state.counts()["webhooks"] == len(row.hooks["hooks"]) > 0


def test_a_token_opens_once_and_only_its_own_shop(
    app: Flask, client: FlaskClient, people: Cast, public: None
) -> None:
    enter(client, people.alice)
    with store(app, "https") as (_, browser, address):
        path = f"/connections/new/approve?address={address}&name=Shop"
        asked = client.post(path, data={"csrf_token": csrf(client)})
        approve(browser, asked.text)
        again = approve(browser, asked.text)

        assert again.status_code == 401
        assert len(connections(people)) == 1


def test_a_shop_without_encryption_is_not_approved_unasked(
    app: Flask, client: FlaskClient, people: Cast, public: None
) -> None:
    enter(client, people.alice)
    with store(app, "http") as (_, _, address):
        path = f"/connections/new/approve?address={address}&name=Shop"

        answer = client.post(path, data={"csrf_token": csrf(client)})

        assert urlsplit(answer.location).path == "/connections/new"
        assert connections(people) == []


def test_without_https_of_our_own_only_pasting_is_offered(
    app: Flask, client: FlaskClient, people: Cast
) -> None:
    enter(client, people.alice)

    shown = client.get("/connections/new/keys?address=https://store.test&name=Shop").text

    assert "Approve in the shop" not in shown
    assert "PUBLIC_URL" in shown
    assert "Paste keys" in shown


def test_keys_that_never_worked_are_not_said_to_work_no_longer(
    app: Flask, client: FlaskClient, people: Cast
) -> None:
    enter(client, people.alice)
    with store(app, "https") as (_, _, address):
        wrong = {"key": "ck_" + "0" * 40, "secret": "cs_" + "0" * 40, "csrf_token": csrf(client)}

        answer = client.post(f"/connections/new/keys?address={address}&name=Shop", data=wrong)

        assert answer.status_code == 422
        assert "The shop does not accept these keys" in answer.text
        assert "no longer" not in answer.text


def test_every_platform_is_a_tab_of_the_first_step(client: FlaskClient, people: Cast) -> None:
    enter(client, people.alice)

    for path, here in (("new", "WooCommerce"), ("new/shopify", "Shopify")):
        [tabs] = re.findall(
            r'aria-label="Platforms">(.*?)</nav>', client.get(f"/connections/{path}").text
        )
        assert re.findall(r'aria-current="page">(\w+)', tabs) == [here]
        assert len(re.findall("href=", tabs)) == 2
