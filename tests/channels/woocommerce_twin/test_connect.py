"""The wc-auth pages: login, question, keys to the app, way back."""

import json
import re

import httpx
import pytest

from app.simulators.woocommerce import TwinSettings
from tests.channels.woocommerce_twin.world import World

WANTED = {
    "app_name": "SyncStore",
    "scope": "read_write",
    "user_id": "one-time-token",
    "return_url": "https://sync.test/back?tab=1",
    "callback_url": "https://sync.test/keys/1",
}


def _browser(world: World) -> httpx.Client:
    return world.client(path="/wc-auth/v1")


def _log_in(browser: httpx.Client, login: tuple[str, str] = ("merchant", "merchant")) -> str:
    browser.post("/login", data={**WANTED, "log": login[0], "pwd": login[1]})
    page = browser.get("/authorize", params=WANTED)
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
    return nonce[1] if nonce else page.text


def test_who_is_not_logged_in_is_sent_to_the_login(world: World) -> None:
    answer = _browser(world).get("/authorize", params=WANTED)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("login?app_name=SyncStore")


def test_the_pages_are_plain_accessible_forms_without_inline_code(world: World) -> None:
    browser = _browser(world)
    login = browser.get("/login", params=WANTED).text
    _log_in(browser)
    question = browser.get("/authorize", params=WANTED).text

    for page in (login, question):
        assert '<html lang="en">' in page
        assert "<script" not in page
        assert "style=" not in page
    assert '<label for="user_pass">' in login
    assert 'value="approve"' in question
    assert 'value="deny"' in question


def test_approval_posts_keys_that_work_and_sends_the_merchant_back(world: World) -> None:
    browser = _browser(world)
    nonce = _log_in(browser)

    answer = browser.post("/authorize", data={**WANTED, "nonce": nonce, "decision": "approve"})

    (call,) = world.internet.sent_to("sync.test")
    keys = json.loads(call.content)
    assert answer.status_code == 303
    assert answer.headers["Location"] == (
        "https://sync.test/back?tab=1&success=1&user_id=one-time-token"
    )
    assert call.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert (keys["user_id"], keys["key_permissions"]) == ("one-time-token", "read_write")
    client = world.client(auth=(keys["consumer_key"], keys["consumer_secret"]))
    assert client.get("/system_status").status_code == 200


@pytest.mark.parametrize("status", [201, 204, 302, 500])
def test_anything_but_200_takes_the_keys_back(world: World, status: int) -> None:
    world.internet.callback_status = status
    browser = _browser(world)
    nonce = _log_in(browser)

    answer = browser.post("/authorize", data={**WANTED, "nonce": nonce, "decision": "approve"})

    assert answer.status_code == 401
    assert "Not connected" in answer.text
    assert world.store.counts()["keys"] == 1


def test_denial_makes_no_keys(world: World) -> None:
    browser = _browser(world)
    nonce = _log_in(browser)

    answer = browser.post("/authorize", data={**WANTED, "nonce": nonce, "decision": "deny"})

    assert "success=0" in answer.headers["Location"]
    assert world.internet.calls == []
    assert world.store.counts()["keys"] == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"user_id": ""},
        {"scope": "everything"},
        {"callback_url": "http://sync.test/keys"},
        {"return_url": "back"},
    ],
)
def test_a_bad_request_ends_on_an_error_page(world: World, broken: dict[str, str]) -> None:
    answer = _browser(world).get("/authorize", params={**WANTED, **broken})

    assert answer.status_code == 401
    assert 'role="alert"' in answer.text


def test_a_wrong_password_stays_at_the_login(world: World) -> None:
    answer = _browser(world).post("/login", data={**WANTED, "log": "merchant", "pwd": "no"})

    assert answer.status_code == 422


def test_a_shopper_may_not_connect_the_store(world: World) -> None:
    page = _log_in(_browser(world), ("shopper", "shopper"))

    assert "may not manage this store" in page


def test_an_approval_needs_the_page_it_came_from(world: World) -> None:
    browser = _browser(world)
    _log_in(browser)

    answer = browser.post("/authorize", data={**WANTED, "nonce": "guess", "decision": "approve"})

    assert answer.status_code == 403
    assert world.internet.calls == []


def test_a_loopback_callback_is_refused_unless_this_is_a_rehearsal(world: World) -> None:
    local = {**WANTED, "callback_url": "https://127.0.0.1/keys/1"}
    statuses = []
    for each in (world, World(TwinSettings(allows_local_urls=True))):
        browser = _browser(each)
        nonce = _log_in(browser)
        data = {**local, "nonce": nonce, "decision": "approve"}
        statuses.append(browser.post("/authorize", data=data).status_code)

    assert statuses == [401, 303]


def test_every_approval_makes_a_new_key_named_after_the_app(world: World) -> None:
    browser = _browser(world)
    for _ in range(2):
        nonce = _log_in(browser)
        data = {**WANTED, "app_name": "S" * 200, "nonce": nonce, "decision": "approve"}
        browser.post("/authorize", data=data)

    described = [row["description"] for row in world.store.keys.rows.values()][1:]
    assert len(described) == 2
    assert described[0].startswith("S" * 170 + " - API (2026-11-21 10:00:00)")
