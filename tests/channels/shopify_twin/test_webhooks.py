"""Webhooks: subscribed, signed, sent, tried again, lost, doubled, shuffled."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.simulators.chaos import Profile
from app.simulators.shopify import StoreState, TwinSettings
from app.simulators.shopify.deliveries import signature, topic_name
from tests.channels.shopify_twin.documents import (
    HOOK_DROP,
    HOOKS,
    PRODUCT_SET,
    STOCK_SET,
)
from tests.channels.shopify_twin.world import HOOK, HOOK_ADD, World

SECRET = "syncstore-test-client-secret"


def _subscribe_errors(world: World, topic: str, **hook: Any) -> list[str]:
    told = world.ask(HOOK_ADD, topic=topic, hook=hook)["webhookSubscriptionCreate"]
    return [error["message"] for error in told["userErrors"]]


def _body(call: httpx.Request) -> dict[str, Any]:
    return json.loads(call.content)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b'{"id":788032119674292922,"title":"Example T-Shirt","variants":'
            b'[{"id":642667041472713922,"sku":"example-shirt-s","inventory_quantity":75}]}',
            "tjVwYQwFysaMX8Yphd/p8CKefoiDfjnf4uWmIq7p0HA=",
        ),
        (
            '{"id":1,"title":"Café — Straße","vendor":"\\u65e5\\u672c"}'.encode(),
            "2l5/ak+wZYZ3pPKWblF45gubYnSX1ixFrLs750jmovw=",
        ),
        (b"{}", "oNR7cfNsReRT4/Bqx9PQi1Vik6QxHu66qhHZFkT0dss="),
        (b"", "mdF2PiDJvSES89lhTbeB+XY9uhxtvpRxF7vlpUM3oTA="),
    ],
)
def test_signatures_are_those_of_the_contract(body: bytes, expected: str) -> None:
    assert signature(SECRET, body) == expected


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("PRODUCTS_UPDATE", "products/update"),
        ("INVENTORY_LEVELS_UPDATE", "inventory_levels/update"),
        ("FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE", "fulfillment_orders/order_routing_complete"),
        ("APP_SCOPES_UPDATE", "app/scopes_update"),
        ("BULK_OPERATIONS_FINISH", "bulk_operations/finish"),
    ],
)
def test_topics_are_spelled_with_a_slash(topic: str, name: str) -> None:
    assert topic_name(topic) == name


def test_a_change_is_told_with_every_header(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_UPDATE", name="catalog")
    mug, _ = world.add_mug()
    store.edit_product(mug, title="Cup")

    store.deliver_due()

    (call,) = world.internet.deliveries("products/update")
    assert call.headers["X-Shopify-Shop-Domain"] == "sandbox-store.myshopify.com"
    assert call.headers["X-Shopify-Hmac-Sha256"] == signature(SECRET, call.content)
    assert call.headers["X-Shopify-API-Version"] == "2026-10"
    assert call.headers["X-Shopify-Name"] == "catalog"
    assert call.headers["X-Shopify-Triggered-At"] == "2026-11-21T08:01:00Z"
    assert call.headers["X-Shopify-Webhook-Id"] != call.headers["X-Shopify-Event-Id"]
    assert _body(call)["title"] == "Cup"
    assert _body(call)["variant_gids"][0]["admin_graphql_api_id"].startswith(
        "gid://shopify/ProductVariant/"
    )


def test_one_action_is_one_event_for_all_its_deliveries(world: World, store: StoreState) -> None:
    for topic in ("PRODUCTS_CREATE", "INVENTORY_ITEMS_CREATE", "INVENTORY_LEVELS_CONNECT"):
        world.add_webhook(topic)
    world.ask(PRODUCT_SET, input={"title": "Mug"}, now=True)

    store.deliver_due()

    calls = world.internet.deliveries()
    assert {call.headers["X-Shopify-Topic"] for call in calls} == {
        "products/create",
        "inventory_items/create",
        "inventory_levels/connect",
    }
    assert len({call.headers["X-Shopify-Event-Id"] for call in calls}) == 1
    assert len({call.headers["X-Shopify-Webhook-Id"] for call in calls}) == 3


def test_making_is_not_told_as_updating_too(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_UPDATE")
    world.ask(PRODUCT_SET, input={"title": "Mug"}, now=True)

    assert store.deliver_due() == []


def test_own_writes_come_back(world: World, store: StoreState) -> None:
    world.add_webhook("INVENTORY_LEVELS_UPDATE")
    _, mug = world.add_mug()
    store.deliver_due()
    row = {"inventoryItemId": world.item(mug), "locationId": world.place}
    rows = [row | {"quantity": 8, "changeFromQuantity": None}]
    body = {"name": "available", "reason": "correction", "quantities": rows}
    world.ask(STOCK_SET, input=body, key="k")

    store.deliver_due()

    told = _body(world.internet.deliveries("inventory_levels/update")[-1])
    assert set(told) == {
        "inventory_item_id",
        "location_id",
        "available",
        "updated_at",
        "admin_graphql_api_id",
    }
    assert told["available"] == 8


def test_a_sale_tells_several_topics(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    topics = ("ORDERS_CREATE", "ORDERS_PAID", "PRODUCTS_UPDATE", "INVENTORY_LEVELS_UPDATE")
    for topic in topics:
        world.add_webhook(topic)

    store.place_order((mug, 2))
    sent = store.deliver_due()

    assert {call.topic for call in sent} == set(topics)
    order = _body(world.internet.deliveries("orders/create")[0])
    assert (order["total_price"], order["line_items"][0]["sku"]) == ("19.00", "MUG")
    assert _body(world.internet.deliveries("inventory_levels/update")[0])["available"] == 3


def test_a_delete_tells_only_the_number(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_DELETE")
    mug, _ = world.add_mug()
    store.delete_product(mug)

    store.deliver_due()

    assert _body(world.internet.deliveries("products/delete")[0]) == {"id": mug}


def test_the_list_of_variants_is_cut_at_a_hundred(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_CREATE")
    values = [f"V{number}" for number in range(120)]
    store.add_product(
        title="Paint",
        productOptions=[{"name": "Shade", "values": [{"name": value} for value in values]}],
        variants=[{"optionValues": [{"optionName": "Shade", "name": value}]} for value in values],
    )

    store.deliver_due()

    told = _body(world.internet.deliveries("products/create")[0])
    assert (len(told["variants"]), len(told["variant_gids"])) == (100, 120)


def test_only_the_fields_asked_for_are_sent(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_CREATE", includeFields=["id", "updated_at"])
    world.add_mug()

    store.deliver_due()

    told = _body(world.internet.deliveries("products/create")[0])
    assert set(told) == {"id", "updated_at"}


def test_the_same_address_for_a_topic_is_taken(world: World) -> None:
    world.add_webhook("PRODUCTS_UPDATE")

    assert _subscribe_errors(world, "PRODUCTS_UPDATE", uri=HOOK) == [
        "Address for this topic has already been taken"
    ]
    assert _subscribe_errors(world, "PRODUCTS_DELETE", uri=HOOK) == []
    assert _subscribe_errors(world, "PRODUCTS_CREATE", uri="http://localhost/x") == [
        "Address is invalid"
    ]
    assert _subscribe_errors(world, "PRODUCTS_CREATE") == ["Address can't be blank"]


def test_subscriptions_are_listed_changed_and_dropped(world: World) -> None:
    hook = world.add_webhook("PRODUCTS_UPDATE")
    world.add_webhook("ORDERS_CREATE")
    change = """
    mutation Change($id: ID!, $hook: WebhookSubscriptionInput!) {
      webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) {
        webhookSubscription { uri }
        userErrors { field message }
      }
    }"""

    changed = world.ask(change, id=hook, hook={"uri": "https://sync.test/other"})
    listed = world.ask(HOOKS, topics=["PRODUCTS_UPDATE"])["webhookSubscriptions"]["nodes"]
    dropped = world.ask(HOOK_DROP, id=hook)["webhookSubscriptionDelete"]
    again = world.ask(HOOK_DROP, id=hook)["webhookSubscriptionDelete"]

    assert changed["webhookSubscriptionUpdate"]["userErrors"] == []
    assert [(each["uri"], each["format"]) for each in listed] == [
        ("https://sync.test/other", "JSON")
    ]
    assert dropped["deletedWebhookSubscriptionId"] == hook
    assert again["userErrors"][0]["message"] == "Webhook subscription does not exist"


def test_a_topic_needs_its_scope(world: World, store: StoreState) -> None:
    world.token = store.install(["read_products"])["access"]

    (message,) = _subscribe_errors(world, "ORDERS_CREATE", uri=HOOK)

    assert "read_orders" in message


def test_a_failed_delivery_is_tried_again_with_the_same_id(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_CREATE")
    world.add_mug()
    world.internet.hook_status = 503

    store.deliver_due()
    at_once = store.deliver_due()
    world.internet.hook_status = 200
    world.clock.pass_seconds(15)
    later = store.deliver_due()

    ids = {call.headers["X-Shopify-Webhook-Id"] for call in world.internet.deliveries()}
    assert (at_once, len(later), len(ids)) == ([], 1, 1)


def test_a_redirect_and_a_silent_receiver_are_failures(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_CREATE")
    world.add_mug()
    world.internet.hook_status = 301
    (moved,) = store.deliver_due()
    world.internet.hook_status = 0
    world.clock.pass_seconds(15)

    (silent,) = store.deliver_due()

    assert (moved.status, silent.status) == (301, 0)
    assert store.counts()["waiting_deliveries"] == 1


def test_eight_failures_in_a_row_delete_the_subscription(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_CREATE")
    world.add_mug()
    world.internet.hook_status = 500

    for _ in range(9):
        store.deliver_due()
        world.clock.pass_seconds(5000)

    assert store.counts()["webhooks"] == 0
    assert len(world.internet.deliveries()) == 8
    assert store.counts()["waiting_deliveries"] == 0


def test_deliveries_are_lost_doubled_and_delayed(world: World, store: StoreState) -> None:
    world.add_webhook("PRODUCTS_UPDATE")
    mug, _ = world.add_mug()

    store.chaos.use(Profile(drop_delivery=1.0))
    store.edit_product(mug, title="Lost")
    lost = store.deliver_due()
    store.chaos.use(Profile(duplicate_delivery=1.0))
    store.edit_product(mug, title="Twice")
    twice = store.deliver_due()
    store.chaos.use(Profile(delay_delivery=1.0, delay_seconds=30))
    store.edit_product(mug, title="Later")
    at_once = store.deliver_due()
    world.clock.pass_seconds(30)
    later = store.deliver_due()

    assert (lost, len(twice), at_once, len(later)) == ([], 2, [], 1)
    assert twice[0].headers["X-Shopify-Webhook-Id"] == twice[1].headers["X-Shopify-Webhook-Id"]


def test_deliveries_are_shuffled_but_say_when_they_were_triggered(
    world: World, store: StoreState
) -> None:
    world.add_webhook("PRODUCTS_UPDATE")
    mug, _ = world.add_mug()
    store.chaos.use(Profile(reorder_deliveries=1.0), seed=3)
    for number in range(6):
        world.clock.pass_seconds(1)
        store.edit_product(mug, title=f"Mug {number}")

    sent = store.deliver_due()

    moments = [call.headers["X-Shopify-Triggered-At"] for call in sent]
    assert moments != sorted(moments)
    assert sorted(json.loads(call.body)["title"] for call in sent) == [
        f"Mug {number}" for number in range(6)
    ]


def test_removing_the_app_is_told_once_more_and_everything_ends(
    world: World, store: StoreState
) -> None:
    world.add_webhook("APP_UNINSTALLED")
    world.add_webhook("PRODUCTS_UPDATE")
    store.uninstall()

    sent = store.deliver_due()

    assert [topic_name(call.topic) for call in sent] == ["app/uninstalled"]
    assert _body(world.internet.deliveries()[0])["myshopify_domain"] == store.settings.shop
    assert store.counts()["webhooks"] == 0
    assert world.post("{ shop { name } }").status_code == 401


def test_the_shop_is_redacted_two_days_after_leaving() -> None:
    world = World(TwinSettings(compliance_url="https://sync.test/privacy"))
    world.store.uninstall()

    early = world.store.deliver_due()
    world.store.pass_time(timedelta(hours=49))

    (call,) = world.internet.deliveries("shop/redact")
    assert early == []
    assert call.headers["X-Shopify-Hmac-Sha256"] == signature(SECRET, call.content)
    assert set(_body(call)) == {"shop_id", "shop_domain"}


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact"])
def test_a_customer_asks_for_privacy(topic: str) -> None:
    world = World(TwinSettings(compliance_url="https://sync.test/privacy"))
    world.store.ask_privacy(topic, {"id": 7})

    world.store.deliver_due()

    told = _body(world.internet.deliveries(topic)[0])
    assert (told["customer"]["id"], told["shop_domain"]) == (7, world.settings.shop)


def test_after_a_rotation_webhooks_keep_the_old_secret_for_an_hour(
    world: World, store: StoreState
) -> None:
    world.add_webhook("PRODUCTS_UPDATE")
    mug, _ = world.add_mug()
    store.rotate_secret("brand-new")

    store.edit_product(mug, title="Soon")
    (soon,) = store.deliver_due()
    world.clock.pass_seconds(3600)
    store.edit_product(mug, title="Late")
    (late,) = store.deliver_due()

    assert soon.headers["X-Shopify-Hmac-Sha256"] == signature(SECRET, soon.body)
    assert late.headers["X-Shopify-Hmac-Sha256"] == signature("brand-new", late.body)


def test_the_test_button_of_the_admin_signs_with_another_secret(
    world: World, store: StoreState
) -> None:
    world.add_webhook("PRODUCTS_UPDATE")
    mug, _ = world.add_mug()
    store.send_test_notification("PRODUCTS_UPDATE", mug)

    (sent,) = store.deliver_due()

    assert sent.headers["X-Shopify-Hmac-Sha256"] != signature(SECRET, sent.body)


def test_the_newer_flavour_has_plain_header_names() -> None:
    world = World(TwinSettings(names_headers_plainly=True))
    world.add_webhook("PRODUCTS_CREATE")
    world.add_mug()

    (sent,) = world.store.deliver_due()

    assert sent.headers["shopify-topic"] == "products/create"
    assert sent.headers["shopify-hmac-sha256"] == signature(SECRET, sent.body)
    assert not any(name.startswith("x-") for name in sent.headers)


def test_changed_scopes_are_told(world: World, store: StoreState) -> None:
    world.add_webhook("APP_SCOPES_UPDATE")
    store.change_scopes(["read_products"])

    store.deliver_due()

    assert _body(world.internet.deliveries("app/scopes_update")[0])["current"] == ["read_products"]
    assert world.code("{ locations(first: 1) { nodes { id } } }") == "ACCESS_DENIED"


def test_locations_are_told(world: World, store: StoreState) -> None:
    world.add_webhook("LOCATIONS_CREATE")
    world.add_webhook("LOCATIONS_DEACTIVATE")

    number = store.add_location("Attic")
    store.close_location(number)
    sent = store.deliver_due()

    assert [topic_name(call.topic) for call in sent] == ["locations/create", "locations/deactivate"]
    assert json.loads(sent[1].body)["active"] is False
