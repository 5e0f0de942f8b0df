"""Requests for privacy as Shopify sends them, and the webhooks that name the person."""

import json
from typing import Any

import pytest

from app.adapters.errors import BadPayload
from app.adapters.shopify import privacy
from app.adapters.types import PrivacyRequest, PrivacyWish

# As the guide to privacy law shows them.
ASKED = {
    "shop_id": 954889,
    "shop_domain": "syncstore-dev.myshopify.com",
    "orders_requested": [299938, 280263, 220458],
    "customer": {"id": 191167, "email": "bob@example.com", "phone": "555-625-1199"},
    "data_request": {"id": 9999},
}
REDACT = {
    "shop_id": 954889,
    "shop_domain": "syncstore-dev.myshopify.com",
    "customer": {"id": 191167, "email": "bob@example.com", "phone": "555-625-1199"},
    "orders_to_redact": [299938],
}


def _read(topic: str, body: Any) -> PrivacyRequest:
    return privacy.read_request(topic, json.dumps(body).encode())


def test_a_request_names_its_wish_the_customer_and_the_orders() -> None:
    asked = _read("customers/data_request", ASKED)
    redact = _read("customers/redact", REDACT)

    assert (asked.wish, asked.customer) == (PrivacyWish.SHOW, "191167")
    assert asked.orders == ("299938", "280263", "220458")
    assert asked.traces == ("bob@example.com", "555-625-1199", "gid://shopify/Customer/191167")
    assert (redact.wish, redact.orders) == (PrivacyWish.ERASE, ("299938",))


def test_a_customer_may_have_no_address() -> None:
    found = _read("customers/redact", {"customer": {"id": 7, "email": None}})

    assert found == PrivacyRequest(
        PrivacyWish.ERASE, customer="7", traces=("gid://shopify/Customer/7",)
    )


def test_a_shop_that_is_left_names_nobody() -> None:
    assert _read("shop/redact", {"shop_id": 1}) == PrivacyRequest(PrivacyWish.ERASE_SHOP)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("products/update", ASKED),
        ("customers/redact", {"shop_id": 954889}),
        ("customers/redact", {"customer": 7}),
        ("customers/redact", [1]),
    ],
)
def test_what_is_no_request_cannot_be_read(topic: str, body: Any) -> None:
    with pytest.raises(BadPayload):
        _read(topic, body)


PERSON = _read("customers/redact", REDACT)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/create", {"id": 1, "customer": {"id": 191167}}),
        ("orders/create", {"id": 1, "email": "Bob@Example.com"}),
        ("orders/updated", {"id": 1, "billing_address": {"phone": "555-625-1199"}}),
        ("orders/delete", {"id": 299938}),
        ("refunds/create", {"id": 5, "order_id": 299938}),
        ("fulfillments/create", {"lines": [{"customer_id": 191167}]}),
        ("customers/update", {"id": 191167}),
        ("customers/data_request", ASKED),
    ],
)
def test_a_webhook_that_names_the_person_is_found(topic: str, body: Any) -> None:
    assert privacy.names(PERSON, topic, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/create", {"id": 1, "customer": {"id": 191168}, "email": "carol@example.com"}),
        ("orders/create", {"id": 191167}),
        ("products/update", {"id": 299938, "title": "191167", "price": "191167"}),
        ("orders/create", {"id": 1, "customer": None}),
    ],
)
def test_a_webhook_of_somebody_else_is_left_alone(topic: str, body: Any) -> None:
    assert not privacy.names(PERSON, topic, json.dumps(body).encode())


def test_a_body_nobody_can_read_is_judged_by_its_text() -> None:
    assert privacy.names(PERSON, "orders/create", b"bob@example.com {")
    assert not privacy.names(PERSON, "orders/create", b"carol@example.com {")


def test_a_person_without_a_number_is_nobody_by_it() -> None:
    nameless = _read("customers/redact", {"customer": {"email": "bob@example.com"}})

    assert not privacy.names(nameless, "orders/create", b'{"id": 1, "customer": {"email": "x"}}')
    assert privacy.names(nameless, "orders/create", b'{"id": 1, "email": "bob@example.com"}')
