"""OAuth 1.0a as WooCommerce checks it (the contract's vectors), and approvals that bring keys."""

import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from app.adapters.errors import BadPayload, Refused
from app.adapters.woocommerce import oauth

MOMENT = ("0123456789abcdef0123456789abcdef", 1795305600)
BASE = "http://example.test/wp-json/wc/v3/"
PAGED = {"page": 1, "per_page": 100}
CHANGES = {"modified_after": "2026-11-20T00:00:00Z", "dates_are_gmt": "true", "per_page": 100}


@pytest.mark.parametrize(
    ("method", "path", "params", "algorithm", "expected"),
    [
        ("GET", "products", PAGED, "HMAC-SHA256", "RVBj7LYoki0wyupSJFUvR+DvKm7PuCStyp1rC2rUXkU="),
        ("GET", "products", PAGED, "HMAC-SHA1", "78GMtwwVARfSRyfQPWTaOuMaNmQ="),
        ("GET", "products", CHANGES, "HMAC-SHA256", "NhNtqZQjB4zD40sKtlWNi79eZ1S0ExX+9SS/ILhXDmU="),
        ("PUT", "products/794", {}, "HMAC-SHA256", "DkhMtzMErrg/IsbrF65Mnq2LZV7ycD0qQ2N5+twmEv8="),
        (
            "GET",
            "products",
            {"sku": "A B+C/1"},
            "HMAC-SHA256",
            "XnpTElqhi9BtAJ8wrPUOlS0pMJEb2tsxHjRpW6+Zl5A=",
        ),
        (
            "GET",
            "products",
            {"search": "100% wool ~ café"},
            "HMAC-SHA256",
            "B91TW0H7fVguWAzCesW+Q2GPzslwsgGbbsqzCAvCDQo=",
        ),
    ],
    ids=["O1", "O2", "O3", "O4", "O5", "O6"],
)
def test_signatures_match_the_vectors(
    method: str, path: str, params: dict[str, Any], algorithm: str, expected: str
) -> None:
    signed = oauth.signed(
        method,
        BASE + path,
        params,
        keys=("ck_test", "cs_test"),
        moment=MOMENT,
        algorithm=algorithm,
    )

    assert signed["oauth_signature"] == expected
    assert params.items() <= signed.items()


def test_the_base_string_encodes_values_twice() -> None:
    text = oauth.base_string("get", BASE + "products", {"sku": "A B+C/1", "page": 1})

    assert text == (
        "GET&http%3A%2F%2Fexample.test%2Fwp-json%2Fwc%2Fv3%2Fproducts"
        "&page%3D1%26sku%3DA%2520B%252BC%252F1"
    )


def test_a_signature_is_encoded_as_a_parameter() -> None:
    encoded = urlencode({"oauth_signature": "RVBj7LYoki0wyupSJFUvR+DvKm7PuCStyp1rC2rUXkU="})

    assert encoded == "oauth_signature=RVBj7LYoki0wyupSJFUvR%2BDvKm7PuCStyp1rC2rUXkU%3D"


def test_the_approval_address_carries_all_five_parameters() -> None:
    url = oauth.approval_url(
        "https://shop.test/store", "token-1", "https://sync.test/back", "https://sync.test/keys"
    )

    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://shop.test/store/wc-auth/v1/authorize"
    )
    assert parse_qs(parts.query) == {
        "app_name": ["SyncStore"],
        "scope": ["read_write"],
        "user_id": ["token-1"],
        "return_url": ["https://sync.test/back"],
        "callback_url": ["https://sync.test/keys"],
    }


def test_keys_are_not_asked_for_over_plain_http() -> None:
    with pytest.raises(Refused, match="https"):
        oauth.approval_url("https://shop.test", "t", "http://sync.test", "http://sync.test/keys")


def _approval(**changes: Any) -> bytes:
    sent = {
        "key_id": 1,
        "user_id": "token-1",
        "consumer_key": "ck_" + "a1" * 20,
        "consumer_secret": "cs_" + "b2" * 20,
        "key_permissions": "read_write",
    }
    return json.dumps({**sent, **changes}).encode()


def test_an_approval_brings_keys_and_our_token() -> None:
    credentials, token = oauth.read_approval(_approval())

    assert token == "token-1"
    assert credentials == {"key": "ck_" + "a1" * 20, "secret": "cs_" + "b2" * 20}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"consumer_key=ck_1",
        _approval(consumer_key="ck_short"),
        _approval(consumer_secret=None),
        _approval(user_id=""),
    ],
)
def test_an_approval_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(BadPayload):
        oauth.read_approval(body)


def test_keys_that_may_only_read_are_refused() -> None:
    with pytest.raises(Refused, match="both"):
        oauth.read_approval(_approval(key_permissions="read"))
