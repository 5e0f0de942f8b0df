"""Connecting by OAuth through our pages, against the simulated Shopify store."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.adapters.shopify import webhooks
from app.connections import connecting, installing, service, wire
from app.connections.models import Connection, ConnectionState
from app.core import clock
from app.core.actor import Actor, job_actor
from app.core.db import reading
from app.core.work import unit_of_work
from app.simulators.shopify import StoreState, TwinSettings, create_twin
from app.simulators.shopify.oauth import query_signature
from app.sync import hooks
from tests.cast import Cast, cast, csrf, enter

SHOP = "sandbox-store.myshopify.com"
ADDRESS = f"https://{SHOP}"
NEW = "/connections/new/shopify"


@pytest.fixture
def people(app: Flask, clean: None) -> Cast:
    return cast()


@pytest.fixture
def acme(people: Cast) -> Actor:
    return job_actor(people.alice.place)


@pytest.fixture
def store() -> Iterator[StoreState]:
    settings = TwinSettings(allows_local_urls=True)
    found = StoreState(settings=settings, clock=clock.now, http=httpx.Client())
    twin = create_twin(found)
    wire.mount(ADDRESS, httpx.WSGITransport(app=twin, raise_app_exceptions=False))
    found.browser = twin.test_client()  # type: ignore[attr-defined]  # the merchant's, at the store
    yield found
    wire.unmount(ADDRESS)


@pytest.fixture
def alice(client: FlaskClient, people: Cast, store: StoreState) -> FlaskClient:
    """Alice, whose organization has set the keys of its app."""
    enter(client, people.alice)
    keys = {"client_id": store.settings.client_id, "client_secret": store.settings.client_secret}
    client.post(f"{NEW}/app", data={"csrf_token": csrf(client), **keys})
    return client


def begin(client: FlaskClient, shop: str = SHOP) -> str:
    """Ask to connect a shop; returns where the merchant is sent."""
    answer = client.post(
        NEW, data={"csrf_token": csrf(client), "base_url": shop, "name": "Sandbox"}
    )
    assert answer.status_code == 200, answer.text
    found = re.search(r'href="(https://[^"]*oauth/authorize[^"]*)"', answer.text)
    assert found
    return found[1].replace("&amp;", "&")


def approve(store: StoreState, target: str) -> dict[str, str]:
    """Agree at the store; returns what it sends the merchant back with."""
    browser: Any = store.browser  # type: ignore[attr-defined]  # see the fixture
    wanted = dict(parse_qsl(urlsplit(target).query))
    page = browser.get(f"/admin/oauth/authorize?{urlencode(wanted)}", base_url=ADDRESS)
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert nonce
    answer = browser.post(
        "/admin/oauth/authorize",
        data={**wanted, "nonce": nonce[1], "decision": "install"},
        base_url=ADDRESS,
    )
    assert answer.status_code == 303
    return dict(parse_qsl(urlsplit(answer.location).query))


def come_back(client: FlaskClient, sent: Mapping[str, str]) -> TestResponse:
    """Follow the way back; returns the page it ends on."""
    return client.get(f"{NEW}/installed?{urlencode(sent)}", follow_redirects=True)


def signed_anew(store: StoreState, sent: dict[str, str], **changed: str) -> dict[str, str]:
    """Change an answer and sign it as Shopify would."""
    told = {name: value for name, value in {**sent, **changed}.items() if name != "hmac"}
    return {**told, "hmac": query_signature(store.settings.client_secret, told)}


def connections(acme: Actor) -> list[Connection]:
    with reading(acme) as session:
        return list(session.scalars(select(Connection)))


def test_a_shop_is_connected_by_approval(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    page = come_back(alice, approve(store, begin(alice))).text

    [row] = connections(acme)
    assert (row.channel, row.address, row.name) == ("shopify", ADDRESS, "Sandbox")
    assert row.state == ConnectionState.PENDING
    assert row.facts["currency"]
    assert row.keys_end_at is not None
    assert "Start first sync" in page


Change = Callable[[StoreState, dict[str, str]], Mapping[str, str]]
WRONG: dict[str, tuple[Change, int, str]] = {
    "a changed answer": (
        lambda _, sent: {**sent, "code": "another"},
        403,
        "Shopify's answer was changed on its way",
    ),
    "no signature": (
        lambda _, sent: {name: value for name, value in sent.items() if name != "hmac"},
        403,
        "Shopify's answer was changed on its way",
    ),
    "a signature of somebody else": (
        lambda _, sent: {**sent, "hmac": query_signature("not the secret", sent)},
        403,
        "Shopify's answer was changed on its way",
    ),
    "another state": (
        lambda store, sent: signed_anew(store, sent, state="another"),
        409,
        "was not begun in this browser, or was used already",
    ),
    "another shop": (
        lambda store, sent: signed_anew(store, sent, shop="another-store.myshopify.com"),
        403,
        "You began with another shop, and Shopify answered for another-store.myshopify.com",
    ),
    "no shop": (
        lambda store, sent: signed_anew(store, sent, shop="shop.example.com"),
        422,
        "This is not the address of a Shopify shop",
    ),
    "an old answer": (
        lambda store, sent: signed_anew(store, sent, timestamp="1337178173"),
        410,
        "This link from Shopify is too old",
    ),
    "no code": (
        lambda store, sent: signed_anew(store, sent, code=""),
        422,
        "Shopify sent no code",
    ),
    "a code nobody gave": (
        lambda store, sent: signed_anew(store, sent, code="0907a61c0c8d55e99db179b68161bc00"),
        410,
        "Shopify's approval has expired or was used already",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_comes_back_wrong_is_refused_in_its_own_words(
    alice: FlaskClient, acme: Actor, store: StoreState, case: str
) -> None:
    change, status, sentence = WRONG[case]
    sent = change(store, approve(store, begin(alice)))

    answer = come_back(alice, sent)

    assert answer.status_code == status
    assert sentence in unescape(answer.text)
    assert connections(acme) == []
    assert store.tokens.rows == {}


def test_an_answer_is_taken_once(alice: FlaskClient, acme: Actor, store: StoreState) -> None:
    sent = approve(store, begin(alice))
    come_back(alice, sent)

    again = come_back(alice, sent)

    assert again.status_code == 409
    assert "was used already" in again.text
    assert len(connections(acme)) == 1


def test_a_refused_answer_is_used_up_as_well(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    sent = approve(store, begin(alice))
    come_back(alice, {**sent, "code": "another"})

    again = come_back(alice, sent)

    assert again.status_code == 409
    assert connections(acme) == []


def test_another_browser_cannot_bring_the_answer(
    app: Flask, alice: FlaskClient, people: Cast, acme: Actor, store: StoreState
) -> None:
    sent = approve(store, begin(alice))
    other = app.test_client()
    enter(other, people.alice)

    answer = come_back(other, sent)

    assert answer.status_code == 409
    assert "was not begun in this browser" in answer.text
    assert connections(acme) == []


def test_a_code_is_good_for_ten_minutes(alice: FlaskClient, acme: Actor, store: StoreState) -> None:
    sent = approve(store, begin(alice))
    store.pass_time(timedelta(seconds=601))

    answer = come_back(alice, sent)

    assert answer.status_code == 410
    assert "approval has expired or was used already" in answer.text
    assert connections(acme) == []


def test_a_used_code_opens_nothing_with_another_state(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    used = approve(store, begin(alice))
    come_back(alice, used)
    [row] = connections(acme)
    with unit_of_work(acme) as work:
        service.close_connection(work, row.id)
    fresh = approve(store, begin(alice))

    answer = come_back(alice, signed_anew(store, fresh, code=used["code"]))

    assert answer.status_code == 410
    assert "approval has expired or was used already" in answer.text
    assert [row.state for row in connections(acme)] == [ConnectionState.DISCONNECTED]


def test_a_shop_connected_meanwhile_is_not_connected_twice(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    sent = approve(store, begin(alice))
    installing.take_own(acme, "shopify", ADDRESS, "Own")

    answer = come_back(alice, sent)

    assert answer.status_code == 409
    assert "This shop is already connected" in answer.text
    assert len(connections(acme)) == 1


@pytest.mark.parametrize("typed", ["shop.example.com", "https://[sandbox"])
def test_what_is_no_shop_is_told_at_the_field(
    alice: FlaskClient, store: StoreState, typed: str
) -> None:
    answer = alice.post(NEW, data={"csrf_token": csrf(alice), "base_url": typed})

    assert answer.status_code == 422
    assert "your-shop.myshopify.com" in answer.text


def test_a_store_of_our_own_organization_needs_no_visit(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    alice.post(NEW, data={"csrf_token": csrf(alice), "base_url": SHOP, "name": "Own", "how": "own"})

    assert [row.name for row in connections(acme)] == ["Own"]


def test_the_command_line_connects_a_store_of_our_own(
    app: Flask, acme: Actor, store: StoreState
) -> None:
    keys = ("--key", store.settings.client_id, "--secret", store.settings.client_secret)
    place = ("--org", str(acme.organization), "--url", SHOP, "--name", "Own")

    said = app.test_cli_runner().invoke(args=["connection", "add", "shopify", *place, *keys])

    assert said.exit_code == 0, said.output
    assert [row.state for row in connections(acme)] == [ConnectionState.ACTIVE]


def test_keys_the_shop_refuses_replace_no_kept_ones(
    app: Flask, alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    place = ("--org", str(acme.organization), "--url", SHOP, "--key", "another", "--secret", "no")

    said = app.test_cli_runner().invoke(args=["connection", "add", "shopify", *place])

    assert said.exit_code == 1
    assert connections(acme) == []
    kept = installing.app_of(acme, "shopify")
    assert kept
    assert kept.key == store.settings.client_id


def lost(alice: FlaskClient, acme: Actor, store: StoreState) -> Connection:
    """Connect the shop and let it forget our keys; returns the connection, which says so."""
    come_back(alice, approve(store, begin(alice)))
    [row] = connections(acme)
    connecting.activate(acme, row.id)
    store.uninstall()
    connecting.check_connection(acme, row.id)
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        connecting.check_connection(acme, row.id)
    [row] = connections(acme)
    assert row.state == ConnectionState.ERROR
    return row


def again(client: FlaskClient, row: Connection) -> TestResponse:
    """Ask to approve a connected shop once more."""
    return client.post(f"/connections/new/again/{row.id}", data={"csrf_token": csrf(client)})


@pytest.mark.parametrize("is_asked_there", [True, False])
def test_a_shop_that_forgot_our_keys_is_approved_again_and_stays_the_same_connection(
    alice: FlaskClient, acme: Actor, store: StoreState, *, is_asked_there: bool
) -> None:
    row = lost(alice, acme, store)
    page = alice.get(f"/connections/{row.id}/keys").text
    found = re.search(r'href="(https://[^"]*oauth/authorize[^"]*)"', again(alice, row).text)
    assert found
    target = unescape(found[1]) if is_asked_there else begin(alice)

    answer = come_back(alice, approve(store, target))

    [after] = connections(acme)
    assert ("Approve again" in page, "ck_" in page) == (True, False)
    assert answer.status_code == 200
    assert (after.id, after.state, after.error) == (row.id, ConnectionState.ACTIVE, None)
    assert connecting.check_connection(acme, row.id).is_ok
    assert len(store.hooks.rows) > 0


def test_a_store_of_our_own_takes_new_keys_at_once(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    row = installing.take_own(acme, "shopify", ADDRESS, "Own")
    connecting.activate(acme, row.id)
    store.uninstall()

    answer = again(alice, row)

    [after] = connections(acme)
    assert answer.status_code == 303
    assert (after.id, after.state) == (row.id, ConnectionState.ACTIVE)
    assert connecting.check_connection(acme, row.id).is_ok


def test_a_disconnected_shop_is_not_approved_again(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    row = lost(alice, acme, store)
    with unit_of_work(acme) as work:
        service.close_connection(work, row.id)

    answer = again(alice, row)

    assert answer.status_code == 409
    assert connections(acme)[0].credentials is None


def test_a_shop_that_approves_takes_no_keys_by_hand(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    come_back(alice, approve(store, begin(alice)))
    [row] = connections(acme)
    typed = {"csrf_token": csrf(alice), "key": "ck_1", "secret": "cs_1"}

    answer = alice.post(f"/connections/{row.id}/keys", data=typed)

    assert answer.status_code == 404
    assert connecting.check_connection(acme, row.id).is_ok


def only(store: StoreState, secret: str) -> None:
    """Revoke every other secret of the app."""
    with store.change():
        store.set_fact("secrets", [secret])


def heard(client: FlaskClient, row: Connection, secret: str, number: int) -> int:
    """Deliver a webhook signed with a secret; returns how it is answered."""
    hooks._doors.clear()  # a process knows a shop's secret for seconds
    body = b'{"id": 1}'
    told = {
        "X-Shopify-Topic": "shop/update",
        "X-Shopify-Webhook-Id": str(number),
        "X-Shopify-Hmac-Sha256": webhooks.signature(secret, body),
    }
    path = urlsplit(wire.hook_address(row)).path
    return client.post(path, data=body, headers=told).status_code


def test_another_secret_of_the_app_is_known_to_the_shops_that_let_it_in(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    come_back(alice, approve(store, begin(alice)))
    [row] = connections(acme)
    old, new = store.settings.client_secret, "another-secret"
    store.rotate_secret(new)
    keys = {"client_id": store.settings.client_id, "client_secret": new}
    alice.post(f"{NEW}/app", data={"csrf_token": csrf(alice), **keys})

    beside = [heard(alice, row, secret, at) for at, secret in enumerate((old, new, "forged"))]
    with clock.frozen(clock.now() + timedelta(hours=25)):
        after = [heard(alice, row, secret, at) for at, secret in enumerate((old, new))]
        only(store, new)
        health = connecting.check_connection(acme, row.id)

    assert beside == [200, 200, 401]
    assert after == [401, 200]
    assert health.is_ok


def test_a_secret_the_app_no_longer_has_needs_a_person(
    alice: FlaskClient, acme: Actor, store: StoreState
) -> None:
    come_back(alice, approve(store, begin(alice)))
    [row] = connections(acme)
    connecting.activate(acme, row.id)
    only(store, "another-secret")

    with clock.frozen(clock.now() + timedelta(hours=2)):
        connecting.check_connection(acme, row.id)

    [row] = connections(acme)
    assert (row.state, "client id and secret" in (row.error or "")) == (ConnectionState.ERROR, True)


def test_who_may_not_connect_is_not_let_near(
    client: FlaskClient, people: Cast, store: StoreState
) -> None:
    enter(client, people.carol)

    assert client.get(NEW).status_code == 403
    assert client.post(f"{NEW}/app", data={"csrf_token": csrf(client)}).status_code == 403


def test_a_channel_without_approval_has_no_such_page(client: FlaskClient, people: Cast) -> None:
    enter(client, people.alice)

    assert client.get("/connections/new/woocommerce").status_code == 404
    assert client.get("/connections/new/ebay").status_code == 404
