"""Deliveries: signed over raw bytes, known again by their id, and read for what they hint at."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.adapters.errors import BadPayload, Refused
from app.adapters.port import AppKeys
from app.adapters.shopify import schema, webhooks
from app.adapters.types import Delivery, DeliveryKind

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "shopify"
SECRET = "syncstore-test-client-secret"
SHOP = "syncstore-dev.myshopify.com"
W1 = (
    b'{"id":788032119674292922,"title":"Example T-Shirt","variants":[{"id":642667041472713922,'
    b'"sku":"example-shirt-s","inventory_quantity":75}]}'
)
W2 = (
    '{"id":1,"title":"Café — Straße","vendor":"\\u65e5\\u672c"}'.encode()  # the escapes are text
)
W3 = b'{"shop_id":954889,"shop_domain":"syncstore-dev.myshopify.com"}'
VECTORS = [
    (W1, 138, "tjVwYQwFysaMX8Yphd/p8CKefoiDfjnf4uWmIq7p0HA="),
    (W2, 60, "2l5/ak+wZYZ3pPKWblF45gubYnSX1ixFrLs750jmovw="),
    (W3, 62, "iWlyaMKvNfAWdKPs+PO92f1HsmevbJgpY2cTd0VR1nE="),
    (b"{}", 2, "oNR7cfNsReRT4/Bqx9PQi1Vik6QxHu66qhHZFkT0dss="),
    (b"", 0, "mdF2PiDJvSES89lhTbeB+XY9uhxtvpRxF7vlpUM3oTA="),
]


def _headers(body: bytes, topic: str, **more: str) -> dict[str, str]:
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Hmac-Sha256": webhooks.signature(SECRET, body),
        "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Event-Id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "X-Shopify-Triggered-At": "2026-11-22T10:00:00.123456789Z",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


def _read(body: Any, topic: str, **more: str) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return webhooks.read_delivery(_headers(raw, topic, **more), raw, secrets=[SECRET], shop=SHOP)


@pytest.mark.parametrize(
    ("body", "length", "expected"), VECTORS, ids=["W1", "W2", "W3", "W4", "W5"]
)
def test_a_body_is_signed_as_the_contract_says(body: bytes, length: int, expected: str) -> None:
    assert len(body) == length
    assert webhooks.signature(SECRET, body) == expected
    assert webhooks.is_genuine(expected, body, [SECRET])


def test_a_body_that_was_parsed_and_written_again_is_refused() -> None:
    again = json.dumps(json.loads(W1)).encode()

    assert len(again) == 148
    assert webhooks.signature(SECRET, again) == "mQbQpmGv+nX8a3vWOYiH9gfz79aqLE/q3aURcYryr1w="
    assert not webhooks.is_genuine(VECTORS[0][2], again, [SECRET])


def test_an_older_secret_is_good_while_it_is_being_changed() -> None:
    assert webhooks.is_genuine(VECTORS[0][2], W1, ["new", SECRET])
    assert not webhooks.is_genuine(VECTORS[0][2], W1, ["new"])
    assert not webhooks.is_genuine(VECTORS[0][2], W1, [])
    assert not webhooks.is_genuine("", W1, [SECRET])


@pytest.mark.parametrize("given", ["", "é", "0" * 44])
def test_a_delivery_without_a_good_signature_is_refused(given: str) -> None:
    headers = {**_headers(W1, "products/update"), "X-Shopify-Hmac-Sha256": given}

    with pytest.raises(Refused) as caught:
        webhooks.read_delivery(headers, W1, secrets=[SECRET], shop=SHOP)

    assert caught.value.code in ("no_signature", "bad_signature")


def test_a_delivery_of_another_shop_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        _read(W1, "products/update", X_Shopify_Shop_Domain="other.myshopify.com")

    assert caught.value.code == "foreign_source"


def test_a_product_is_named_and_dated() -> None:
    found = _read(W1, "products/update")

    assert (found.kind, found.external_id) == (DeliveryKind.PRODUCT, "788032119674292922")
    assert found.occurred_at == datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)


def test_a_retry_has_the_same_key_and_another_delivery_of_the_same_event_has_not() -> None:
    first = _read(W1, "products/update")
    retried = _read(W1, "products/update", X_Shopify_Triggered_At="2026-11-22T11:00:00Z")
    other = _read(W1, "products/update", X_Shopify_Webhook_Id="another")

    assert retried.event_key == first.event_key
    assert other.event_key != first.event_key


def test_without_an_id_the_body_tells_deliveries_apart() -> None:
    first = _read(W1, "products/update", X_Shopify_Webhook_Id="")
    again = _read(W1, "products/update", X_Shopify_Webhook_Id="")
    other = _read(W2, "products/update", X_Shopify_Webhook_Id="")

    assert first.event_key == again.event_key
    assert first.event_key != other.event_key


def test_header_names_may_be_spelled_in_any_case_and_without_the_x() -> None:
    sent = {
        name.lower().removeprefix("x-"): value
        for name, value in _headers(W1, "products/create").items()
    }

    found = webhooks.read_delivery(sent, W1, secrets=[SECRET], shop=SHOP)

    assert found.topic == "products/create"


@pytest.mark.parametrize(
    ("topic", "body", "kind", "external_id"),
    [
        ("products/delete", {"id": 7}, DeliveryKind.PRODUCT_DELETED, "7"),
        (
            "inventory_levels/update",
            {"inventory_item_id": 31, "location_id": 2, "available": 6},
            DeliveryKind.INVENTORY,
            "item:31",
        ),
        ("inventory_items/update", {"id": 31, "sku": "A"}, DeliveryKind.INVENTORY, "item:31"),
        ("orders/create", {"id": 450789469}, DeliveryKind.ORDER, "450789469"),
        ("orders/delete", {"id": 450789469}, DeliveryKind.ORDER, "450789469"),
        (
            "orders/edited",
            {"order_edit": {"id": 5, "order_id": 450789469, "line_items": {}}},
            DeliveryKind.ORDER,
            "450789469",
        ),
        ("refunds/create", {"id": 5, "order_id": 450789469}, DeliveryKind.ORDER, "450789469"),
        ("refunds/create", {"id": 5}, DeliveryKind.ORDER, None),
        ("fulfillments/update", {"id": 5, "order_id": 450789469}, DeliveryKind.ORDER, "450789469"),
        (
            "fulfillment_orders/placed_on_hold",
            {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/9", "status": "on_hold"}},
            DeliveryKind.ORDER,
            "routed:9",
        ),
        ("fulfillment_orders/hold_released", {}, DeliveryKind.ORDER, None),
        ("app/uninstalled", {"id": 690933842}, DeliveryKind.UNINSTALLED, None),
        (
            "bulk_operations/finish",
            {"admin_graphql_api_id": "gid://shopify/BulkOperation/720918", "status": "completed"},
            DeliveryKind.OTHER,
            "720918",
        ),
        ("customers/data_request", {"shop_id": 954889}, DeliveryKind.PRIVACY, None),
        ("customers/redact", {"shop_id": 954889}, DeliveryKind.PRIVACY, None),
        ("shop/redact", {"shop_id": 954889}, DeliveryKind.PRIVACY, None),
    ],
)
def test_each_topic_is_about_something(
    topic: str, body: dict[str, Any], kind: DeliveryKind, external_id: str | None
) -> None:
    found = _read(body, topic)

    assert (found.kind, found.external_id) == (kind, external_id)


@pytest.mark.parametrize("domain", [SHOP, ""])
def test_a_request_for_privacy_comes_to_the_app_and_names_its_shop(domain: str) -> None:
    headers = _headers(W3, "shop/redact", X_Shopify_Shop_Domain=domain)

    address, found = webhooks.read_app_delivery(AppKeys("id", ("new", SECRET)), headers, W3)

    assert address == f"https://{SHOP}"
    assert found.kind is DeliveryKind.PRIVACY


def test_a_forged_request_for_privacy_is_refused() -> None:
    with pytest.raises(Refused):
        webhooks.read_app_delivery(AppKeys("id", ("another",)), _headers(W3, "shop/redact"), W3)


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]"])
def test_a_signed_body_that_is_no_object_cannot_be_read(body: bytes) -> None:
    with pytest.raises(BadPayload):
        _read(body, "products/update")


def test_a_strange_date_is_no_reason_to_drop_a_delivery() -> None:
    found = _read(
        {"id": 1, "updated_at": "yesterday"}, "products/update", X_Shopify_Triggered_At="?"
    )

    assert found.occurred_at is None


def test_every_topic_we_arm_but_the_plain_ones_is_told_apart() -> None:
    plain = ("LOCATIONS_", "APP_SCOPES_", "SHOP_", "BULK_OPERATIONS_")
    known = {topic.replace("/", "_").upper() for topic in webhooks._KINDS}

    unknown = {topic for topic in schema.TOPICS if topic not in known}

    assert all(topic.startswith(plain) for topic in unknown), unknown


def test_bodies_shopify_sent_can_be_read() -> None:
    if not SAMPLES.exists():
        pytest.skip("Shopify's samples are not beside the checkout")
    paths = [*SAMPLES.glob("webhook_payloads/*.json"), *SAMPLES.glob("rest_products/*.json")]
    assert paths

    for path in paths:
        body = path.read_bytes()
        if isinstance(json.loads(body), dict):
            assert _read(body, "products/update").kind is DeliveryKind.PRODUCT
