"""Deliveries: the contract's vectors, pings, and everything that is not genuine."""

import json
from typing import Any

import pytest

from app.adapters.errors import BadPayload, NeedsReauth, Refused
from app.adapters.types import Delivery, DeliveryKind
from app.adapters.woocommerce import webhooks

SECRET = "syncstore-webhook-secret-0123456789"
H1 = (
    b'{"id":794,"name":"Premium Quality","type":"simple","sku":"PQ-1","regular_price":"21.99",'
    b'"stock_quantity":7}'
)
H3 = rb'{"id":795,"name":"Caf\u00e9 \u2014 \/shop\/"}'


@pytest.mark.parametrize(
    ("secret", "body", "expected"),
    [
        (SECRET, H1, "57Lc3s9IqkN4msFtlsGvbYKwbIu6w/KnWfFM8Umyqkg="),
        (SECRET, b'{"id":794}', "VvUJ8EZ41CKSyeaSQ8pPpZW4/+tzvohN4YKQlkpdCio="),
        (SECRET, H3, "J94f8SKSm6KUg22zSDQQF66eQQ7oe/IJoDeUW2dHoFQ="),
        ("k&amp;y", b'{"id":794}', "/m3dG56xPFq5zLJtP1qkWqOw0Tca0RjZBrWKLpbt8JM="),
    ],
    ids=["H1", "H2", "H3", "H4"],
)
def test_signatures_match_the_vectors(secret: str, body: bytes, expected: str) -> None:
    assert webhooks.signature(secret, body) == expected


def _read(body: bytes, *, topic: str = "product.updated", **headers: str) -> Delivery:
    sent = {
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-ID": "42",
        "X-WC-Webhook-Delivery-ID": "d1",
        "X-WC-Webhook-Source": "https://shop.test/",
        "X-WC-Webhook-Signature": webhooks.signature(SECRET, body),
        **headers,
    }
    return webhooks.read_delivery(sent, body, secret=SECRET, home_url="https://www.shop.test")


def test_a_product_is_a_hint_to_read_it() -> None:
    delivery = _read(H1)

    assert (delivery.kind, delivery.external_id) == (DeliveryKind.PRODUCT, "794")


def test_what_a_store_never_sends_as_an_id_is_none() -> None:
    odd = ['{"id":"a\\u0000b"}', '{"id":"' + "9" * 300 + '"}', '{"id":true}', '{"id":[1]}']

    assert [_read(body.encode()).external_id for body in odd] == [None, None, None, None]


def test_long_words_of_a_header_are_cut_to_what_we_keep() -> None:
    delivery = _read(H1, topic="t" * 900, **{"X-WC-Webhook-ID": "4" * 900})

    assert len(delivery.topic) <= 100
    assert len(delivery.event_key) <= 200


def test_a_tower_of_brackets_is_no_delivery() -> None:
    with pytest.raises(BadPayload):
        _read(b"[" * 100_000)


def test_a_body_written_anew_by_a_library_is_refused() -> None:
    rewritten = json.dumps(json.loads(H3)).encode()

    with pytest.raises(Refused):
        _read(rewritten, **{"X-WC-Webhook-Signature": webhooks.signature(SECRET, H3)})


def test_a_ping_is_recognised_and_nothing_else_goes_unsigned() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    ping = webhooks.read_delivery(form, b"webhook_id=42", secret=SECRET, home_url="https://x.test")

    assert ping.kind is DeliveryKind.PING
    for headers, body in (
        (form, b"webhook_id=42&more=1"),
        ({"Content-Type": "application/json"}, b"webhook_id=42"),
        ({}, b'{"id":794}'),
    ):
        with pytest.raises(Refused):
            webhooks.read_delivery(headers, body, secret=SECRET, home_url="https://x.test")


def test_a_variation_names_its_product() -> None:
    delivery = _read(b'{"id":12,"type":"variation","parent_id":7}')

    assert (delivery.external_id, delivery.parent_external_id) == ("12", "7")


@pytest.mark.parametrize(
    ("topic", "body", "kind", "external_id"),
    [
        ("product.deleted", {"id": 5}, DeliveryKind.PRODUCT_DELETED, "5"),
        ("product.restored", {"id": 5}, DeliveryKind.PRODUCT, "5"),
        (
            "action.woocommerce_delete_product",
            {"action": "woocommerce_delete_product", "arg": 5},
            DeliveryKind.PRODUCT_DELETED,
            "5",
        ),
        (
            "action.woocommerce_delete_product_variation",
            {"action": "woocommerce_delete_product_variation", "arg": 6},
            DeliveryKind.PRODUCT_DELETED,
            "6",
        ),
        ("order.updated", {"id": 9}, DeliveryKind.ORDER, "9"),
        ("coupon.updated", {"id": 9}, DeliveryKind.OTHER, "9"),
    ],
)
def test_topics_become_kinds(
    topic: str, body: dict[str, Any], kind: DeliveryKind, external_id: str
) -> None:
    delivery = _read(json.dumps(body).encode(), topic=topic)

    assert (delivery.kind, delivery.external_id) == (kind, external_id)


def test_two_deliveries_of_one_second_are_told_apart_by_their_bodies() -> None:
    first, second, repeated = _read(H1), _read(b'{"id":794}'), _read(H1)

    assert first.event_key != second.event_key
    assert first.event_key == repeated.event_key


def test_a_copy_of_the_shop_is_refused() -> None:
    with pytest.raises(Refused, match=r"staging\.test"):
        _read(H1, **{"X-WC-Webhook-Source": "https://staging.test/"})


def test_a_user_who_lost_the_right_needs_a_new_connection() -> None:
    with pytest.raises(NeedsReauth):
        _read(b'{"code":"woocommerce_rest_cannot_view","message":"Sorry"}')


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":"woocommerce_rest_product_invalid_id","message":"x","data":{"status":404}}',
        b'{"code":"rest_no_route","message":"x","data":{"status":404}}',
    ],
)
def test_an_object_deleted_before_its_delivery_was_written_blames_no_keys(body: bytes) -> None:
    delivery = _read(body)

    assert (delivery.kind, delivery.external_id) == (DeliveryKind.OTHER, None)


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":"rest_forbidden","message":"x","data":{"status":403}}',
        b'{"code":"a_plugin_says_no","message":"x","data":{"status":401}}',
    ],
)
def test_every_refusal_of_a_user_asks_for_a_new_connection(body: bytes) -> None:
    with pytest.raises(NeedsReauth):
        _read(body)


@pytest.mark.parametrize("body", [b"", b"[1]", b"not json"])
def test_a_signed_body_that_is_no_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(BadPayload):
        _read(body)
