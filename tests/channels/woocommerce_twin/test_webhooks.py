"""Webhooks: pings, signatures, the queue, and how failures add up."""

import base64
import hashlib
import hmac
import json
import re

import pytest

from app.simulators.chaos import Profile
from app.simulators.woocommerce.deliveries import signature
from tests.channels.woocommerce_twin.world import HOOK, World, code

SECRET = "syncstore-webhook-secret-0123456789"
H1 = (
    b'{"id":794,"name":"Premium Quality","type":"simple","sku":"PQ-1",'
    b'"regular_price":"21.99","stock_quantity":7}'
)


@pytest.mark.parametrize(
    ("secret", "body", "length", "signed"),
    [
        (SECRET, H1, 107, "57Lc3s9IqkN4msFtlsGvbYKwbIu6w/KnWfFM8Umyqkg="),
        (SECRET, b'{"id":794}', 10, "VvUJ8EZ41CKSyeaSQ8pPpZW4/+tzvohN4YKQlkpdCio="),
        (
            SECRET,
            rb'{"id":795,"name":"Caf\u00e9 \u2014 \/shop\/"}',
            45,
            "J94f8SKSm6KUg22zSDQQF66eQQ7oe/IJoDeUW2dHoFQ=",
        ),
        ("k&amp;y", b'{"id":794}', 10, "/m3dG56xPFq5zLJtP1qkWqOw0Tca0RjZBrWKLpbt8JM="),
    ],
    ids=["H1", "H2", "H3", "H4"],
)
def test_signature_vectors(secret: str, body: bytes, length: int, signed: str) -> None:
    assert len(body) == length
    assert signature(secret, body) == signed


def test_creation_pings_without_signature_as_a_form(world: World) -> None:
    webhook = world.add_webhook("product.updated")

    (ping,) = world.internet.pings()
    assert ping.content == f"webhook_id={webhook}".encode()
    assert ping.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not [name for name in ping.headers if name.startswith("x-wc-webhook")]


def test_the_secret_never_comes_back(world: World) -> None:
    webhook = world.add_webhook("product.updated")

    shown = world.api.get(f"/webhooks/{webhook}").json()

    assert "secret" not in shown
    assert (shown["resource"], shown["event"], shown["status"]) == ("product", "updated", "active")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"topic": "product.sold"}, "woocommerce_rest_shop_webhook_invalid_topic"),
        ({"topic": "action.other_hook"}, "woocommerce_rest_shop_webhook_invalid_topic"),
        ({"delivery_url": "ftp://x"}, "woocommerce_rest_shop_webhook_invalid_delivery_url"),
    ],
)
def test_bad_webhooks_are_refused(world: World, body: dict[str, str], refusal: str) -> None:
    wanted = {"topic": "product.updated", "delivery_url": HOOK, **body}

    assert code(world.api.post("/webhooks", json=wanted)) == (400, refusal)


def test_a_bad_status_is_refused_on_update(world: World) -> None:
    webhook = world.add_webhook("product.updated")

    answer = world.api.put(f"/webhooks/{webhook}", json={"status": "asleep"})

    assert code(answer) == (400, "woocommerce_rest_shop_webhook_invalid_status")


def test_webhooks_are_deleted_by_force_only(world: World) -> None:
    webhook = world.add_webhook("product.updated")

    assert code(world.api.delete(f"/webhooks/{webhook}")) == (
        501,
        "woocommerce_rest_trash_not_supported",
    )
    assert world.api.delete(f"/webhooks/{webhook}?force=true").status_code == 200
    assert code(world.api.get(f"/webhooks/{webhook}")) == (
        404,
        "woocommerce_rest_shop_webhook_invalid_id",
    )
    assert code(world.api.put(f"/webhooks/{webhook}", json={})) == (
        400,
        "woocommerce_rest_shop_webhook_invalid_id",
    )


def test_duplicates_are_allowed(world: World) -> None:
    world.add_webhook("product.updated")
    world.add_webhook("product.updated")

    assert len(world.api.get("/webhooks").json()) == 2


def test_nothing_arrives_until_the_queue_is_ticked(world: World) -> None:
    world.add_webhook("product.created")
    world.store.add_product(name="Mug")
    before = len(world.internet.deliveries())

    world.store.deliver_due()

    assert (before, len(world.internet.deliveries())) == (0, 1)


def test_a_delivery_carries_the_headers_and_a_signature_over_the_raw_body(world: World) -> None:
    webhook = world.add_webhook("product.created")
    product = world.store.add_product(name="Café/Mug")

    world.store.deliver_due()

    (call,) = world.internet.deliveries()
    mac = hmac.new(b"s3cret", call.content, hashlib.sha256).digest()
    assert call.headers["X-WC-Webhook-Signature"] == base64.b64encode(mac).decode()
    assert call.headers["X-WC-Webhook-Topic"] == "product.created"
    assert call.headers["X-WC-Webhook-Resource"] == "product"
    assert call.headers["X-WC-Webhook-Event"] == "created"
    assert call.headers["X-WC-Webhook-Source"] == "https://store.test/"
    assert call.headers["X-WC-Webhook-ID"] == str(webhook)
    assert call.headers["User-Agent"] == "WooCommerce/10.5.2 Hookshot (WordPress/6.8)"
    assert rb"Caf\u00e9\/Mug" in call.content
    assert json.loads(call.content)["id"] == product


def test_two_deliveries_in_one_second_share_their_delivery_id(world: World) -> None:
    world.add_webhook("product.created")
    for name in ("Mug", "Cup"):
        world.store.add_product(name=name)
    world.store.deliver_due()
    world.clock.pass_seconds(1)
    world.store.add_product(name="Jug")
    world.store.deliver_due()

    ids = [call.headers["X-WC-Webhook-Delivery-ID"] for call in world.internet.deliveries()]

    assert ids[0] == ids[1] != ids[2]
    assert re.fullmatch(r"[0-9a-f]{32}", ids[0])


def test_a_variation_is_told_as_a_product_of_type_variation(world: World) -> None:
    shirt, (red, _) = world.add_shirt()
    world.add_webhook("product.updated")

    world.api.put(f"/products/{shirt}/variations/{red}", json={"regular_price": "21"})
    world.store.deliver_due()

    (call,) = world.internet.deliveries()
    body = json.loads(call.content)
    assert (body["id"], body["type"], body["parent_id"]) == (red, "variation", shirt)


def test_changes_merge_while_a_delivery_waits_and_the_body_is_of_the_moment_it_goes(
    world: World,
) -> None:
    product = world.store.add_product(name="Mug")
    world.clock.pass_seconds(60)
    world.add_webhook("product.updated")

    for name in ("One", "Two", "Three"):
        world.api.put(f"/products/{product}", json={"name": name})
    world.store.deliver_due()

    (call,) = world.internet.deliveries()
    assert json.loads(call.content)["name"] == "Three"


def test_trash_tells_deleted_with_nothing_but_the_id(world: World) -> None:
    product = world.store.add_product(name="Mug")
    world.add_webhook("product.deleted")

    world.api.delete(f"/products/{product}")
    world.store.deliver_due()

    (call,) = world.internet.deliveries("product.deleted")
    assert json.loads(call.content) == {"id": product}


def test_outside_the_admin_screen_a_trashed_order_is_told_as_a_deleted_product(
    world: World,
) -> None:
    product = world.store.add_product(name="Mug", regular_price="5")
    order = world.store.place_order((product, 1))
    world.add_webhook("product.deleted")

    world.api.delete(f"/orders/{order}")
    world.store.deliver_due()

    assert json.loads(world.internet.deliveries("product.deleted")[0].content) == {"id": order}


def test_on_the_admin_screen_trash_is_told_to_products_only(world: World) -> None:
    product = world.store.add_product(name="Mug")
    world.add_webhook("product.deleted")
    world.add_webhook("order.deleted")

    world.store.trash(product)
    world.store.deliver_due()

    assert [call.headers["X-WC-Webhook-Topic"] for call in world.internet.deliveries()] == [
        "product.deleted"
    ]


def test_trash_of_a_variable_product_tells_of_each_variation(world: World) -> None:
    shirt, variations = world.add_shirt()
    world.add_webhook("product.deleted")

    world.api.delete(f"/products/{shirt}")
    world.store.deliver_due()

    told = [json.loads(call.content)["id"] for call in world.internet.deliveries()]
    assert told == [*variations, shirt]


def test_a_final_delete_is_told_by_the_action_hooks_only(world: World) -> None:
    shirt, (red, blue) = world.add_shirt()
    for topic in (
        "product.deleted",
        "action.woocommerce_delete_product",
        "action.woocommerce_delete_product_variation",
    ):
        world.add_webhook(topic)

    world.api.delete(f"/products/{shirt}", params={"force": "true"})
    world.store.deliver_due()

    told = [
        (call.headers["X-WC-Webhook-Topic"], json.loads(call.content)["arg"])
        for call in world.internet.deliveries()
    ]
    assert sorted(told) == [
        ("action.woocommerce_delete_product", shirt),
        ("action.woocommerce_delete_product_variation", red),
        ("action.woocommerce_delete_product_variation", blue),
    ]
    assert world.internet.deliveries()[0].headers["X-WC-Webhook-Resource"] == "action"


def test_restoring_is_told(world: World) -> None:
    product = world.store.add_product(name="Mug")
    world.store.trash(product)
    world.add_webhook("product.restored")

    world.store.restore(product)
    world.store.deliver_due()

    assert json.loads(world.internet.deliveries()[0].content)["status"] == "publish"


@pytest.mark.parametrize(("age", "topic"), [(5, "product.created"), (60, "product.updated")])
def test_an_admin_save_of_a_young_product_counts_as_its_creation(
    world: World, age: int, topic: str
) -> None:
    product = world.store.add_product(name="Mug")
    world.add_webhook("product.created")
    world.add_webhook("product.updated")
    world.store.deliver_due()
    world.clock.pass_seconds(age)

    world.store.edit_product(product, name="Cup")
    world.store.deliver_due()

    assert [call.headers["X-WC-Webhook-Topic"] for call in world.internet.deliveries()] == [topic]


def test_a_creator_without_rights_sees_an_error_in_the_body(world: World) -> None:
    world.add_webhook("product.created")
    world.store.demote_user()

    world.store.add_product(name="Mug")
    world.store.deliver_due()

    body = json.loads(world.internet.deliveries()[0].content)
    assert body["code"] == "woocommerce_rest_cannot_view"


def _fail(world: World, times: int) -> None:
    world.internet.hook_status = 500
    for _ in range(times):
        world.store.add_product(name="Mug")
        world.store.deliver_due()


def test_a_failed_delivery_is_lost(world: World) -> None:
    world.add_webhook("product.created")
    _fail(world, 1)
    world.internet.hook_status = 200

    world.store.deliver_due()

    assert len(world.internet.deliveries()) == 1


def test_the_seventh_failure_in_a_row_disables(world: World) -> None:
    webhook = world.add_webhook("product.created")

    _fail(world, 6)
    after_six = world.api.get(f"/webhooks/{webhook}").json()["status"]
    _fail(world, 1)

    assert after_six == "active"
    assert world.api.get(f"/webhooks/{webhook}").json()["status"] == "disabled"


def test_a_success_starts_the_count_anew(world: World) -> None:
    webhook = world.add_webhook("product.created")
    _fail(world, 6)
    world.internet.hook_status = 302
    world.store.add_product(name="Cup")
    world.store.deliver_due()

    _fail(world, 6)

    assert world.api.get(f"/webhooks/{webhook}").json()["status"] == "active"


def test_waking_a_disabled_webhook_keeps_the_count(world: World) -> None:
    webhook = world.add_webhook("product.created")
    _fail(world, 7)
    world.api.put(f"/webhooks/{webhook}", json={"status": "active"})

    _fail(world, 1)

    assert world.api.get(f"/webhooks/{webhook}").json()["status"] == "disabled"


def test_what_was_queued_still_goes_out_after_disabling(world: World) -> None:
    world.add_webhook("product.created")
    world.internet.hook_status = 500
    for number in range(20):
        world.store.add_product(name=f"Mug {number}")

    world.store.deliver_due()

    assert len(world.internet.deliveries()) == 20


def test_a_refused_ping_comes_again_with_each_later_save(world: World) -> None:
    world.internet.ping_status = 202
    world.add_webhook("product.created")
    world.store.add_product(name="Mug")
    world.store.deliver_due()
    unanswered = len(world.internet.pings())

    world.internet.ping_status = 200
    for name in ("Cup", "Jug"):
        world.store.add_product(name=name)
        world.store.deliver_due()

    assert unanswered == 2
    assert len(world.internet.pings()) == 3


def test_a_new_delivery_url_is_pinged(world: World) -> None:
    webhook = world.add_webhook("product.created")

    world.api.put(f"/webhooks/{webhook}", json={"delivery_url": "https://sync.test/hooks/2"})

    assert [ping.url.path for ping in world.internet.pings()] == ["/hooks/1", "/hooks/2"]


def test_private_targets_are_refused_at_delivery(world: World) -> None:
    webhook = world.add_webhook("product.created", delivery_url="http://192.168.0.9/hook")

    world.store.add_product(name="Mug")
    (sent,) = world.store.deliver_due()

    assert (sent.webhook_id, sent.status) == (webhook, 0)
    assert world.internet.sent_to("192.168.0.9") == []


def test_deliveries_are_dropped_doubled_and_delayed_on_request(world: World) -> None:
    world.add_webhook("product.created")
    outcomes = []
    for weather in (
        Profile(drop_delivery=1.0),
        Profile(duplicate_delivery=1.0),
        Profile(delay_delivery=1.0),
    ):
        world.store.chaos.use(weather)
        world.store.add_product(name="Mug")
        outcomes.append(len(world.store.deliver_due()))
    world.store.chaos.calm()
    world.clock.pass_seconds(30)

    late = len(world.store.deliver_due())

    assert outcomes == [0, 2, 0]
    assert late == 1
