"""Installing and renewing: the contract's vectors, and each refusal with its own sentence."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.adapters.errors import (
    AdapterError,
    BadPayload,
    NeedsReauth,
    Refused,
    Throttled,
    Unavailable,
)
from app.adapters.port import AppKeys, Install
from app.adapters.shopify import oauth, schema
from app.core import clock
from app.core.transport import Transport

SECRET = "syncstore-test-client-secret"
APP = AppKeys("client-id", (SECRET,))
SHOP = "https://syncstore-dev.myshopify.com"
INSTALL = Install(SHOP, "nonce-0123456789", "https://sync.test/back")
SENT = datetime.fromtimestamp(1795305600, UTC)

Q1 = "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=1337178173"
Q2 = (
    "code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com"
    "&state=0.6784241404160823&timestamp=1337178173"
)
Q3 = "shop=syncstore-dev.myshopify.com&timestamp=1795305600"
Q4 = (
    "code=fa1c0de0c8d55e99db179b68161bc00"
    "&host=YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvc3luY3N0b3JlLWRldg=="
    "&shop=syncstore-dev.myshopify.com&state=nonce-0123456789&timestamp=1795305600"
)
Q4_RAW = "ea56661cc9f5765c6b668fa94536d5e834c42b5cf7e81bd6b8f065791db5db4a"
Q4_ENCODED = "afe928a5bd93fc6f662be19e9acd73b2cd1ace4dff550cf1c2a88475b6ab71d6"


def _params(text: str, **more: str) -> list[tuple[str, str]]:
    pairs = [tuple(part.split("=", 1)) for part in text.split("&")]
    return [(name, value) for name, value in pairs if name not in more] + list(more.items())


def _signed(text: str, **more: str) -> list[tuple[str, str]]:
    params = _params(text, **more)
    return [*params, ("hmac", oauth.query_digest(params, SECRET))]


@pytest.mark.parametrize(
    ("secret", "message", "digest"),
    [
        ("hush", Q1, "4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20"),
        ("hush", Q2, "700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf"),
        (SECRET, Q3, "409cc09d73979c828c2175aa2846360526314e4a9a0f1fd527704c419f3da6a6"),
        (SECRET, Q4, Q4_RAW),
    ],
    ids=["Q1", "Q2", "Q3", "Q4"],
)
def test_a_query_is_signed_as_the_contract_says(secret: str, message: str, digest: str) -> None:
    assert oauth.query_digest(_params(message), secret) == digest


def test_the_encoded_join_is_signed_as_the_contract_says() -> None:
    assert oauth.query_digest(_params(Q4), SECRET, is_encoded=True) == Q4_ENCODED


@pytest.mark.parametrize("digest", [Q4_RAW, Q4_ENCODED])
def test_either_join_proves_the_way_back(digest: str) -> None:
    params = _params(Q4, hmac=digest)

    assert oauth.read_callback(APP, params, INSTALL, SENT) == "fa1c0de0c8d55e99db179b68161bc00"


@pytest.mark.parametrize("digest", [Q4_RAW, Q4_ENCODED])
def test_one_changed_character_is_noticed(digest: str) -> None:
    changed = _params(Q4, hmac=digest, shop="syncstore-dew.myshopify.com")
    without = [pair for pair in _params(Q4, hmac=digest) if pair[0] != "state"]

    assert not oauth.is_signed(changed, [SECRET])
    assert not oauth.is_signed(without, [SECRET])


def test_an_older_secret_is_good_while_it_is_being_changed() -> None:
    assert oauth.is_signed(_params(Q4, hmac=Q4_RAW), ["new", SECRET])
    assert not oauth.is_signed(_params(Q4, hmac=Q4_RAW), ["new"])
    assert not oauth.is_signed(_params(Q4), [SECRET])


def test_repeated_parameters_are_signed_as_a_list() -> None:
    params = [("ids[]", "1"), ("ids[]", "2"), ("shop", "a.myshopify.com")]
    joined = [("ids", '["1", "2"]'), ("shop", "a.myshopify.com")]

    assert oauth.query_digest(params, SECRET) == oauth.query_digest(joined, SECRET)


@pytest.mark.parametrize(
    "text", ["syncstore-dev.myshopify.com", "SyncStore-Dev.myshopify.com", "a.myshopify.com"]
)
def test_a_shop_is_known_by_its_lower_case_name(text: str) -> None:
    assert oauth.shop_domain(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "-bad.myshopify.com",
        "bad_.myshopify.com",
        "a.b.myshopify.com",
        ".myshopify.com",
        "shop.myshopify.com/",
        "shop.myshopify.com\n",
        "shop.myshopify.com.evil.com",
        "evil.com/shop.myshopify.com",
        "https://shop.myshopify.com",
        "shop.myshopify.io",
        "",
    ],
)
def test_what_is_no_shop_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        oauth.shop_domain(text)

    assert caught.value.code == "not_a_shop"


@pytest.mark.parametrize(
    "typed",
    [
        "syncstore-dev.myshopify.com",
        " https://SyncStore-Dev.myshopify.com/admin/products ",
        "syncstore-dev",
    ],
)
def test_a_merchant_may_type_the_address_in_any_way(typed: str) -> None:
    assert oauth.read_address(typed) == SHOP


def test_a_key_of_our_own_organization_without_a_life_lives_an_hour() -> None:
    far = _Far(_grants(access_token="shpat_own", scope="read_products"))

    with clock.frozen(SENT):
        found = oauth.client_credentials(APP, SHOP, far.wire)

    assert found["expires_at"] == (SENT + timedelta(hours=1)).isoformat()


@pytest.mark.parametrize("typed", ["https://shop.example.com", "[", "https://[::1", "[shop]x"])
def test_an_address_that_is_no_shop_is_refused_in_words(typed: str) -> None:
    with pytest.raises(Refused, match=r"myshopify\.com"):
        oauth.read_address(typed)


def test_an_install_link_of_shopify_is_proved() -> None:
    digest = "409cc09d73979c828c2175aa2846360526314e4a9a0f1fd527704c419f3da6a6"

    assert oauth.read_visit(APP, _params(Q3, hmac=digest), SENT) == SHOP


@pytest.mark.parametrize(
    ("params", "now", "code"),
    [
        (_params(Q3, hmac="0" * 64), SENT, "bad_signature"),
        (_params(Q3), SENT, "bad_signature"),
        (_signed(Q3), SENT + timedelta(hours=1), "stale_link"),
        (_signed(Q3, shop="evil.com"), SENT, "not_a_shop"),
    ],
)
def test_an_install_link_that_proves_nothing_is_refused(
    params: list[tuple[str, str]], now: datetime, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        oauth.read_visit(APP, params, now)

    assert caught.value.code == code


def test_the_merchant_is_sent_off_with_all_we_need() -> None:
    url = urlsplit(oauth.authorize_url(APP, INSTALL))

    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{SHOP}/admin/oauth/authorize"
    assert dict(parse_qsl(url.query)) == {
        "client_id": "client-id",
        "scope": ",".join(schema.SCOPES),
        "redirect_uri": "https://sync.test/back",
        "state": "nonce-0123456789",
    }


REFUSALS: list[tuple[str, list[tuple[str, str]], Install | None, datetime]] = [
    ("wrong_state", _signed(Q4, state="another"), INSTALL, SENT),
    ("wrong_state", _signed(Q4), None, SENT),
    ("not_a_shop", _signed(Q4, shop="shop.evil.com"), INSTALL, SENT),
    ("foreign_shop", _signed(Q4, shop="other.myshopify.com"), INSTALL, SENT),
    ("bad_signature", _params(Q4, hmac="0" * 64), INSTALL, SENT),
    ("stale_link", _signed(Q4), INSTALL, SENT + timedelta(minutes=11)),
    ("stale_link", _signed(Q4), INSTALL, SENT - timedelta(minutes=6)),
    ("stale_link", _signed(Q4, timestamp="soon"), INSTALL, SENT),
    ("no_code", _signed(Q4, code=""), INSTALL, SENT),
]


@pytest.mark.parametrize(("code", "params", "install", "now"), REFUSALS)
def test_each_reason_to_refuse_the_way_back_has_its_code(
    code: str, params: list[tuple[str, str]], install: Install | None, now: datetime
) -> None:
    with pytest.raises(Refused) as caught:
        oauth.read_callback(APP, params, install, now)

    assert caught.value.code == code


def test_each_reason_has_its_own_sentence() -> None:
    sentences: dict[str, str] = {}
    for code, params, install, now in REFUSALS:
        with pytest.raises(Refused) as caught:
            oauth.read_callback(APP, params, install, now)
        sentences[code] = caught.value.sentence

    assert len(set(sentences.values())) == len(sentences)


def test_the_state_is_looked_at_before_anything_else() -> None:
    everything_wrong = _params(Q4, hmac="0" * 64, state="x", shop="evil.com", timestamp="0")

    with pytest.raises(Refused) as caught:
        oauth.read_callback(APP, everything_wrong, INSTALL, SENT)

    assert caught.value.code == "wrong_state"


class _Far:
    """The token address of a shop, as scripted."""

    def __init__(self, *answers: Callable[[], httpx.Response]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.wire = Transport(inner=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((str(request.url), json.loads(request.content)))
        return self._answers.pop(0)()


def _grants(**fields: Any) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(200, json=fields)


def _says(status: int, **fields: Any) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, json=fields)


def _lost() -> httpx.Response:
    raise httpx.ReadTimeout("gone")


FULL = {
    "access_token": "shpat_1",
    "scope": "write_products,write_inventory",
    "expires_in": 3600,
    "refresh_token": "shprt_1",
    "refresh_token_expires_in": 7_776_000,
}


def test_a_code_becomes_keys_that_expire() -> None:
    far = _Far(_grants(**FULL))

    with clock.frozen(SENT):
        found = oauth.exchange(APP, SHOP, "the-code", far.wire)

    assert far.asked == [
        (
            f"{SHOP}/admin/oauth/access_token",
            {
                "client_id": "client-id",
                "client_secret": SECRET,
                "code": "the-code",
                "expiring": "1",
            },
        )
    ]
    assert found == {
        "access_token": "shpat_1",
        "scope": "write_products,write_inventory",
        "expires_at": (SENT + timedelta(hours=1)).isoformat(),
        "refresh_token": "shprt_1",
        "refresh_expires_at": (SENT + timedelta(days=90)).isoformat(),
    }


def test_a_key_nobody_can_renew_is_used_until_it_is_refused() -> None:
    far = _Far(_grants(access_token="shpat_1", scope="write_products"))

    found = oauth.exchange(APP, SHOP, "the-code", far.wire)

    assert (found["expires_at"], found["refresh_token"]) == (None, None)


def test_renewing_rotates_both_keys() -> None:
    far = _Far(_grants(**{**FULL, "access_token": "shpat_2", "refresh_token": "shprt_2"}))

    found = oauth.refresh(APP, SHOP, {"refresh_token": "shprt_1"}, far.wire)

    assert far.asked[0][1]["grant_type"] == "refresh_token"
    assert far.asked[0][1]["refresh_token"] == "shprt_1"
    assert (found["access_token"], found["refresh_token"]) == ("shpat_2", "shprt_2")


def test_a_lost_renewal_is_tried_again_with_the_old_key() -> None:
    far = _Far(_lost, _grants(**FULL))

    with pytest.raises(Unavailable):
        oauth.refresh(APP, SHOP, {"refresh_token": "shprt_0"}, far.wire)
    oauth.refresh(APP, SHOP, {"refresh_token": "shprt_0"}, far.wire)

    assert [asked["refresh_token"] for _, asked in far.asked] == ["shprt_0", "shprt_0"]


def test_a_renewal_without_a_life_lives_an_hour() -> None:
    far = _Far(_grants(access_token="shpat_2", refresh_token="shprt_2"))

    with clock.frozen(SENT):
        found = oauth.refresh(APP, SHOP, {"refresh_token": "x", "scope": "a"}, far.wire)

    assert found["expires_at"] == (SENT + timedelta(hours=1)).isoformat()
    assert found["scope"] == "a"


def test_a_pasted_key_never_expires() -> None:
    found = oauth.normalised({"access_token": "shpat_static"}, {}, SENT)

    assert found["expires_at"] is None
    assert not oauth.is_due(found, SENT + timedelta(days=1000))


def test_a_key_of_our_own_organization_lives_a_day() -> None:
    far = _Far(_grants(access_token="shpat_own", scope="read_products", expires_in=86_399))

    with clock.frozen(SENT):
        found = oauth.client_credentials(APP, SHOP, far.wire)

    assert far.asked[0][1]["grant_type"] == "client_credentials"
    assert found["expires_at"] == (SENT + timedelta(seconds=86_399)).isoformat()
    assert found["refresh_token"] is None


def test_a_key_without_end_can_be_exchanged_for_one_that_expires() -> None:
    far = _Far(_grants(**FULL))

    oauth.make_expiring(APP, SHOP, {"access_token": "shpat_old"}, far.wire)

    asked = far.asked[0][1]
    assert asked["subject_token"] == "shpat_old"
    assert asked["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
    assert asked["requested_token_type"] == asked["subject_token_type"]
    assert asked["expiring"] == "1"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (_says(400, error="invalid_grant"), NeedsReauth, "invalid_grant"),
        (_says(400, error="invalid_request"), Refused, "invalid_request"),
        (_says(401, error="invalid_client"), Refused, "invalid_client"),
        (_says(400, error="application_cannot_be_found"), Refused, "application_cannot_be_found"),
        (_says(400, error="shop_not_permitted"), Refused, "shop_not_permitted"),
        (_says(400, error="brand_new"), Refused, "brand_new"),
        (_says(503), Unavailable, "503"),
        (_lost, Unavailable, "no_answer"),
        (lambda: httpx.Response(429, headers={"retry-after": "3"}), Throttled, "429"),
    ],
)
def test_each_refusal_of_a_key_is_told_apart(
    answer: Callable[[], httpx.Response], kind: type[AdapterError], code: str
) -> None:
    with pytest.raises(kind) as caught:
        oauth.exchange(APP, SHOP, "code", _Far(answer).wire)

    assert caught.value.code == code


def test_an_answer_without_a_key_is_none() -> None:
    with pytest.raises(BadPayload):
        oauth.exchange(APP, SHOP, "code", _Far(_grants(scope="x")).wire)


def test_nothing_is_asked_without_a_renewal_key() -> None:
    far = _Far()

    with pytest.raises(NeedsReauth):
        oauth.refresh(APP, SHOP, {"access_token": "shpat_static"}, far.wire)

    assert far.asked == []


@pytest.mark.parametrize(
    ("left", "renewal", "is_due"),
    [
        (timedelta(minutes=4), timedelta(days=90), True),
        (timedelta(minutes=6), timedelta(days=90), False),
        (timedelta(minutes=-6), timedelta(days=90), True),
        (timedelta(minutes=50), timedelta(days=82), True),
        (timedelta(minutes=50), None, False),
    ],
)
def test_a_key_is_renewed_early_and_when_idle(
    left: timedelta, renewal: timedelta | None, is_due: bool
) -> None:
    credentials = {
        "expires_at": (SENT + left).isoformat(),
        "refresh_expires_at": (SENT + renewal).isoformat() if renewal else None,
    }

    assert oauth.is_due(credentials, SENT) is is_due


def test_a_write_scope_brings_the_read_scope_along() -> None:
    wanted = ["read_products", "write_products", "read_inventory", "read_orders"]

    assert oauth.missing_scopes(["write_products", " read_inventory "], wanted) == ["read_orders"]
