"""The installation: pages, codes, tokens, refreshing, leaving."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.simulators.chaos import Fault
from app.simulators.shopify import Quirk, StoreState, TwinSettings
from app.simulators.shopify.oauth import install_link, query_signature
from tests.channels.shopify_twin.world import SHOP, World

APP = {"client_id": "syncstore-test-client-id", "client_secret": "syncstore-test-client-secret"}
BACK = "https://sync.test/shopify/callback"
WANTED = {
    "client_id": APP["client_id"],
    "scope": "read_products,write_inventory",
    "redirect_uri": BACK,
    "state": "nonce-1",
}


def _approve(world: World, decision: str = "install", **given: str) -> httpx.Response:
    page = world.http.get("/admin/oauth/authorize", params=WANTED | given)
    assert page.status_code == 200
    nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert nonce is not None
    form = WANTED | given | {"nonce": nonce[1], "decision": decision}
    return world.http.post("/admin/oauth/authorize", data=form)


def _callback(world: World) -> dict[str, str]:
    answer = _approve(world)
    assert answer.status_code == 303
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def _token(world: World, **given: Any) -> httpx.Response:
    return world.http.post("/admin/oauth/access_token", json={**APP, **given})


def _connected(world: World) -> dict[str, Any]:
    answer = _token(world, code=_callback(world)["code"], expiring="1")
    assert answer.status_code == 200
    return answer.json()


def _refresh(world: World, token: str) -> httpx.Response:
    return _token(world, grant_type="refresh_token", refresh_token=token)


def _works(world: World, token: str) -> bool:
    return world.post("{ shop { id } }", token=token).status_code == 200


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            {
                "code": "0907a61c0c8d55e99db179b68161bc00",
                "shop": "some-shop.myshopify.com",
                "timestamp": "1337178173",
            },
            "4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20",
        ),
        (
            {
                "code": "0907a61c0c8d55e99db179b68161bc00",
                "shop": "some-shop.myshopify.com",
                "state": "0.6784241404160823",
                "timestamp": "1337178173",
            },
            "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf",
        ),
    ],
)
def test_query_signatures_are_those_of_the_contract(told: dict[str, str], expected: str) -> None:
    assert query_signature("hush", told) == expected


def test_the_link_from_shopify_is_signed_as_in_the_contract(world: World) -> None:
    world.clock.at = datetime(2026, 11, 22, tzinfo=UTC)
    settings = TwinSettings(shop="syncstore-dev.myshopify.com")
    store = StoreState(settings=settings, clock=world.clock)

    told = dict(parse_qsl(urlsplit(install_link(store, "https://sync.test/shopify")).query))

    assert told["timestamp"] == "1795305600"
    assert told["hmac"] == "409cc09d73979c828c2175aa2846360526314e4a9a0f1fd527704c419f3da6a6"


def test_the_answer_with_new_tokens_may_get_lost(world: World, store: StoreState) -> None:
    first = _connected(world)
    store.chaos.next(Fault.LOST_ANSWER)

    try:
        lost = _refresh(world, first["refresh_token"]).status_code
    except httpx.TransportError:
        lost = 0
    again = _refresh(world, first["refresh_token"])

    assert lost in {0, 504}
    assert again.status_code == 200
    assert _works(world, again.json()["access_token"])


def test_the_merchant_reads_what_the_app_wants(world: World) -> None:
    page = world.http.get("/admin/oauth/authorize", params=WANTED).text

    assert "Install SyncStore?" in page
    assert "Read products" in page
    assert "Write inventory" in page


def test_approval_leads_back_with_a_signed_code(world: World) -> None:
    told = _callback(world)

    assert set(told) == {"code", "hmac", "host", "shop", "state", "timestamp"}
    assert (told["shop"], told["state"]) == (SHOP, "nonce-1")
    assert told["hmac"] == query_signature(APP["client_secret"], told)


def test_declining_leads_nowhere(world: World, store: StoreState) -> None:
    answer = _approve(world, decision="cancel")

    assert answer.status_code == 200
    assert "was not installed" in answer.text
    assert store.codes.rows == {}


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"client_id": "another"}, "application_cannot_be_found"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"scope": "read_everything"}, "invalid_scope"),
    ],
)
def test_a_wrong_request_ends_on_a_page(world: World, given: dict[str, str], word: str) -> None:
    page = world.http.get("/admin/oauth/authorize", params=WANTED | given)

    assert page.status_code == 400
    assert word in page.text


def test_only_listed_addresses_are_led_back_to() -> None:
    world = World(TwinSettings(redirect_urls=("https://sync.test/only",)))

    assert world.http.get("/admin/oauth/authorize", params=WANTED).status_code == 400


def test_a_page_that_was_open_for_too_long_is_refused(world: World) -> None:
    form = WANTED | {"nonce": "old", "decision": "install"}

    assert world.http.post("/admin/oauth/authorize", data=form).status_code == 400


def test_a_code_is_changed_for_an_expiring_pair_once(world: World) -> None:
    code = _callback(world)["code"]
    told = _token(world, code=code, expiring="1").json()
    again = _token(world, code=code, expiring="1")

    assert told["scope"] == "read_products,write_inventory"
    assert (told["expires_in"], told["refresh_token_expires_in"]) == (3600, 90 * 86400)
    assert _works(world, told["access_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")


def test_without_expiring_the_token_never_ends(world: World) -> None:
    told = _token(world, code=_callback(world)["code"]).json()
    world.clock.pass_seconds(400 * 86400)

    assert set(told) == {"access_token", "scope"}
    assert _works(world, told["access_token"])


def test_an_old_code_and_a_wrong_secret_are_refused(world: World) -> None:
    code = _callback(world)["code"]
    wrong = _token(world, code=code, client_secret="guess")
    world.clock.pass_seconds(601)

    late = _token(world, code=code)

    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")
    assert (late.status_code, late.json()["error"]) == (400, "invalid_request")


def test_a_public_app_of_today_may_not_keep_an_eternal_token() -> None:
    world = World(TwinSettings(refuses_eternal_tokens=True))
    token = _token(world, code=_callback(world)["code"]).json()["access_token"]

    answer = world.post("{ shop { id } }", token=token)

    assert answer.status_code == 403
    assert "no longer accepted" in answer.json()["errors"]


def test_an_expired_token_is_unknown_and_refreshing_rotates_both(world: World) -> None:
    first = _connected(world)
    world.clock.pass_seconds(3600)
    dead = _works(world, first["access_token"])

    second = _refresh(world, first["refresh_token"]).json()

    assert not dead
    assert second["refresh_token"] != first["refresh_token"]
    assert _works(world, second["access_token"])


def test_a_lost_answer_can_be_asked_for_again_until_the_new_pair_is_used(world: World) -> None:
    first = _connected(world)
    lost = _refresh(world, first["refresh_token"]).json()

    again = _refresh(world, first["refresh_token"]).json()
    used = _works(world, again["access_token"])
    too_late = _refresh(world, first["refresh_token"])

    assert again["refresh_token"] == lost["refresh_token"]
    assert used
    assert (too_late.status_code, too_late.json()["error"]) == (400, "invalid_grant")


def test_a_refresh_token_is_retried_for_thirty_days_at_most(world: World) -> None:
    first = _connected(world)
    _refresh(world, first["refresh_token"])
    world.clock.pass_seconds(30 * 86400)

    assert _refresh(world, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_ends_after_ninety_days(world: World) -> None:
    first = _connected(world)
    world.clock.pass_seconds(90 * 86400)

    assert _refresh(world, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_may_forget_to_say_how_long(world: World, store: StoreState) -> None:
    first = _connected(world)
    store.next(Quirk.NO_EXPIRY)

    assert "expires_in" not in _refresh(world, first["refresh_token"]).json()


def test_an_own_app_gets_a_days_token(world: World) -> None:
    told = _token(world, grant_type="client_credentials").json()

    assert told["expires_in"] == 86399
    assert "refresh_token" not in told
    assert _works(world, told["access_token"])


def test_a_foreign_app_gets_none() -> None:
    world = World(TwinSettings(is_own_app=False))

    assert _token(world, grant_type="client_credentials").json()["error"] == "shop_not_permitted"


def test_an_eternal_token_becomes_a_pair_once(world: World, store: StoreState) -> None:
    store.add_token("shpat_old")
    exchange = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "shpat_old",
        "subject_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
        "expiring": "1",
    }
    before = _works(world, "shpat_old")

    told = _token(world, **exchange).json()

    assert before
    assert not _works(world, "shpat_old")
    assert _works(world, told["access_token"])
    assert _token(world, **exchange).json()["error"] == "invalid_subject_token"


def test_the_hand_lets_tokens_run_out(world: World, store: StoreState) -> None:
    first = _connected(world)
    store.expire_tokens()
    dead = _works(world, first["access_token"])
    store.revoke_refresh()

    assert not dead
    assert _refresh(world, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_app_leaves_by_either_way(world: World, store: StoreState) -> None:
    leave = "mutation { appUninstall { app { id } userErrors { field message code } } }"
    told = world.ask(leave)["appUninstall"]
    token = store.install()["access"]
    headers = {"X-Shopify-Access-Token": token}

    answer = world.http.delete("/admin/api_permissions/current.json", headers=headers)

    assert told["userErrors"] == []
    assert not _works(world, world.token)
    assert (answer.status_code, _works(world, token)) == (200, False)


def test_a_form_is_taken_as_well_as_json(world: World) -> None:
    form = APP | {"grant_type": "client_credentials"}

    assert world.http.post("/admin/oauth/access_token", data=form).status_code == 200
