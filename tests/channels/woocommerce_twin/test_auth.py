"""Keys, Basic, query keys and OAuth 1.0a."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import pytest

from app.simulators.woocommerce import StoreState, TwinSettings, create_twin
from app.simulators.woocommerce.auth import base_string, sign
from tests.channels.woocommerce_twin.world import World, code

NONCE = "0123456789abcdef0123456789abcdef"
STAMP = 1795305600
HEAD = "http%3A%2F%2Fexample.test%2Fwp-json%2Fwc%2Fv3%2F"
VECTORS = [
    (
        "GET",
        "products?page=1&per_page=100",
        "SHA256",
        "RVBj7LYoki0wyupSJFUvR+DvKm7PuCStyp1rC2rUXkU=",
    ),
    ("GET", "products?page=1&per_page=100", "SHA1", "78GMtwwVARfSRyfQPWTaOuMaNmQ="),
    (
        "GET",
        "products?modified_after=2026-11-20T00:00:00Z&dates_are_gmt=true&per_page=100",
        "SHA256",
        "NhNtqZQjB4zD40sKtlWNi79eZ1S0ExX+9SS/ILhXDmU=",
    ),
    ("PUT", "products/794", "SHA256", "DkhMtzMErrg/IsbrF65Mnq2LZV7ycD0qQ2N5+twmEv8="),
    ("GET", "products?sku=A%20B%2BC%2F1", "SHA256", "XnpTElqhi9BtAJ8wrPUOlS0pMJEb2tsxHjRpW6+Zl5A="),
    (
        "GET",
        "products?search=100%25%20wool%20~%20caf%C3%A9",
        "SHA256",
        "B91TW0H7fVguWAzCesW+Q2GPzslwsgGbbsqzCAvCDQo=",
    ),
]


def _oauth(path: str, method: str) -> list[tuple[str, str]]:
    return [
        *parse_qsl(urlsplit(path).query, keep_blank_values=True),
        ("oauth_consumer_key", "ck_test"),
        ("oauth_nonce", NONCE),
        ("oauth_signature_method", f"HMAC-{method}"),
        ("oauth_timestamp", str(STAMP)),
    ]


def _plain_store(at: int = STAMP, **settings: object) -> tuple[StoreState, httpx.Client]:
    store = StoreState(
        settings=TwinSettings(home_url="http://example.test", **settings),  # type: ignore[arg-type]  # names checked by the class
        clock=lambda: datetime.fromtimestamp(at, UTC),
    )
    store.add_key(pair=("ck_test", "cs_test"))
    client = httpx.Client(
        transport=httpx.WSGITransport(app=create_twin(store)),
        base_url="http://example.test/wp-json/wc/v3",
    )
    return store, client


@pytest.mark.parametrize(("verb", "path", "method", "signature"), VECTORS)
def test_oauth_vectors_give_the_known_signature_and_are_let_in(
    verb: str, path: str, method: str, signature: str
) -> None:
    _, client = _plain_store()
    params = _oauth(path, method)

    url = f"http://example.test/wp-json/wc/v3/{urlsplit(path).path}"
    base = base_string(verb, url, params)
    query = urlencode([*params, ("oauth_signature", signature)], quote_via=quote)
    answer = client.request(
        verb, f"/{urlsplit(path).path}?{query}", json={} if verb == "PUT" else None
    )

    assert base.startswith(f"{verb}&{HEAD}")
    assert sign(base, "cs_test", f"HMAC-{method}") == signature
    assert answer.status_code == (200 if verb == "GET" else 400)
    assert "authentication" not in answer.text


def _signed_query(path: str = "products", verb: str = "GET", **replaced: str) -> str:
    params = dict(_oauth(path, "SHA256")) | replaced
    url = f"http://example.test/wp-json/wc/v3/{path}"
    signature = sign(base_string(verb, url, params.items()), "cs_test", "HMAC-SHA256")
    return urlencode([*params.items(), ("oauth_signature", signature)], quote_via=quote)


def test_oauth_works_in_the_authorization_header() -> None:
    _, client = _plain_store()
    params = parse_qsl(_signed_query())
    header = "OAuth " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in params)

    answer = client.get("/products", headers={"Authorization": header})

    assert answer.status_code == 200


def test_a_nonce_counts_once() -> None:
    _, client = _plain_store()
    query = _signed_query()

    answers = [client.get(f"/products?{query}") for _ in range(2)]

    assert answers[0].status_code == 200
    assert code(answers[1]) == (401, "woocommerce_rest_authentication_error")


def test_an_old_timestamp_is_refused() -> None:
    _, client = _plain_store(at=STAMP + 1000)

    answer = client.get(f"/products?{_signed_query()}")

    assert code(answer) == (401, "woocommerce_rest_authentication_error")


def test_a_wrong_signature_is_refused() -> None:
    _, client = _plain_store()

    answer = client.get(f"/products?{_signed_query()}&page=2")

    assert code(answer) == (401, "woocommerce_rest_authentication_error")


def test_a_missing_oauth_parameter_has_its_own_code() -> None:
    _, client = _plain_store()

    answer = client.get("/products?oauth_consumer_key=ck_test")

    assert code(answer) == (401, "woocommerce_rest_authentication_missing_parameter")


def test_oauth_signs_with_the_home_url_whatever_host_was_called() -> None:
    _, client = _plain_store()

    answer = client.get(
        f"http://127.0.0.1:8101/wp-json/wc/v3/products?{_signed_query()}",
    )

    assert answer.status_code == 200


def test_basic_over_plain_http_is_ignored() -> None:
    _, client = _plain_store()

    answer = client.get("/products", auth=("ck_test", "cs_test"))

    assert code(answer) == (401, "woocommerce_rest_cannot_view")


def test_basic_behind_a_proxy_counts_once_the_site_believes_in_it() -> None:
    _, deaf = _plain_store()
    _, listening = _plain_store(trusts_forwarded_proto=True)
    proxied = {"X-Forwarded-Proto": "https"}

    answers = [
        client.get("/products", auth=("ck_test", "cs_test"), headers=proxied)
        for client in (deaf, listening)
    ]

    assert [answer.status_code for answer in answers] == [401, 200]


def test_the_site_can_be_told_that_it_is_behind_tls_or_not(world: World) -> None:
    _, told = _plain_store(is_ssl=True)
    doubting = World(TwinSettings(is_ssl=False))

    assert told.get("/products", auth=("ck_test", "cs_test")).status_code == 200
    assert doubting.api.get("/products").status_code == 401


def test_basic_over_https_is_let_in(world: World) -> None:
    token = base64.b64encode(b"ck_test:cs_test").decode()
    world.store.add_key(pair=("ck_test", "cs_test"))

    answer = world.client().get("/products", headers={"Authorization": f"Basic {token}"})

    assert token == "Y2tfdGVzdDpjc190ZXN0"
    assert answer.status_code == 200


def test_keys_in_the_query_beat_a_bad_header(world: World) -> None:
    ck, cs = world.pair

    answer = world.client(auth=("ck_wrong", "cs_wrong")).get(
        "/products", params={"consumer_key": ck, "consumer_secret": cs}
    )

    assert answer.status_code == 200


def test_a_host_that_strips_the_header_needs_keys_in_the_query() -> None:
    world = World(TwinSettings(strips_authorization=True))
    ck, cs = world.pair

    by_header = world.api.get("/products")
    by_query = world.client().get("/products", params={"consumer_key": ck, "consumer_secret": cs})

    assert code(by_header) == (401, "woocommerce_rest_cannot_view")
    assert by_query.status_code == 200


def test_a_wrong_secret_is_an_error_of_authentication(world: World) -> None:
    answer = world.client(auth=(world.pair[0], "cs_wrong")).get("/products")

    assert code(answer) == (401, "woocommerce_rest_authentication_error")


def test_an_unknown_key_goes_on_as_anonymous(world: World) -> None:
    answer = world.client(auth=("ck_unknown", "cs_unknown")).get("/products")

    assert code(answer) == (401, "woocommerce_rest_cannot_view")


def test_a_read_key_may_not_write_and_a_write_key_may_not_read(world: World) -> None:
    read = world.store.add_key(permissions="read")
    write = world.store.add_key(permissions="write")
    reader = world.client(auth=(read.consumer_key, read.consumer_secret))
    writer = world.client(auth=(write.consumer_key, write.consumer_secret))

    refused = [reader.post("/products", json={"name": "Mug"}), writer.get("/products")]

    assert [code(answer) for answer in refused] == [
        (401, "woocommerce_rest_authentication_error")
    ] * 2
    assert reader.get("/products").status_code == 200
    assert world.store.titles() == []


def test_a_user_without_rights_gets_403(world: World) -> None:
    key = world.store.add_key(role="customer")

    answer = world.client(auth=(key.consumer_key, key.consumer_secret)).get("/system_status")

    assert code(answer) == (403, "woocommerce_rest_cannot_view")


@pytest.mark.parametrize(
    ("verb", "path", "refusal"),
    [
        ("POST", "/products", "create"),
        ("PUT", "/products/1", "edit"),
        ("DELETE", "/products/1", "delete"),
        ("POST", "/products/batch", "batch"),
    ],
)
def test_each_anonymous_write_has_its_own_refusal(
    world: World, verb: str, path: str, refusal: str
) -> None:
    answer = world.client().request(verb, path, json={})

    assert code(answer) == (401, f"woocommerce_rest_cannot_{refusal}")


def test_shop_keys_do_not_open_wordpress_itself(world: World) -> None:
    answer = world.api.post("https://store.test/wp-json/wp/v2/media")

    assert code(answer) == (401, "rest_cannot_create")


def test_a_revoked_key_is_unknown(world: World) -> None:
    world.store.revoke_key(world.key.id)

    assert code(world.api.get("/products")) == (401, "woocommerce_rest_cannot_view")


def test_keys_are_43_characters_and_only_a_hash_of_the_public_half_is_kept(world: World) -> None:
    kept = repr(world.store.keys.rows[world.key.id])

    assert [len(half) for half in world.pair] == [43, 43]
    assert world.key.consumer_key not in kept
    assert world.key.consumer_key[-7:] in kept
