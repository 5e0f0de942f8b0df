"""Checking a shop, arming its webhooks, leaving it."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from app.adapters.errors import BadPayload, NeedsReauth, Refused
from app.adapters.orders import OrderAct
from app.adapters.port import ChannelAdapter
from app.adapters.shopify import SHOPIFY, schema, webhooks
from app.adapters.shopify.adapter import ShopifyAdapter, build, capabilities_with
from app.adapters.types import DeliveryKind
from tests.channels.shopify.scripted import BASE, Answer, Desk, answers, fails, says

HOOK = "https://sync.test/hooks/shopify/abc"


def _adapter(desk: Desk, **settings: Any) -> ShopifyAdapter:
    return build(
        {"access_token": "shpat_secret", "client_secret": "own"},
        {"base_url": BASE, "hook_url": HOOK, **settings},
        desk.transport,
    )


def _shop(*scopes: str, **fields: Any) -> httpx.Response:
    shop = {
        "name": "Acme",
        "myshopifyDomain": "syncstore-dev.myshopify.com",
        "currencyCode": "USD",
        "ianaTimezone": "Europe/Berlin",
        "weightUnit": "POUNDS",
        "plan": {"publicDisplayName": "Basic", "shopifyPlus": False, "partnerDevelopment": True},
        "resourceLimits": {"maxProductVariants": 2048, "maxProductOptions": 3},
        **fields,
    }
    granted = [{"handle": scope} for scope in scopes or schema.SCOPES]
    return says({"shop": shop, "currentAppInstallation": {"accessScopes": granted}})


def _locations(*rows: Mapping[str, Any]) -> httpx.Response:
    own = {"isActive": True, "fulfillsOnlineOrders": False, "isFulfillmentService": False}
    nodes = [{"name": "x", **own, **row} for row in rows]
    return says({"locations": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}})


HERE = {"id": "gid://shopify/Location/1"}
WEB = {"id": "gid://shopify/Location/2", "fulfillsOnlineOrders": True}
SERVICE = {"id": "gid://shopify/Location/3", "isFulfillmentService": True}
STORE = {"id": "gid://shopify/Publication/5", "catalog": {"title": "Online Store"}}
TILL = {"id": "gid://shopify/Publication/4", "catalog": {"title": "Point of Sale"}}
DEFINED = says({"metafieldDefinitionCreate": {"userErrors": []}})
TAKEN = says({"metafieldDefinitionCreate": {"userErrors": [{"code": "TAKEN", "message": "Taken"}]}})


def _healthy(**script: Any) -> Desk:
    publications = says({"publications": {"nodes": [TILL, STORE]}})
    told: dict[str, Any] = {
        "ShopInfo": _shop(),
        "Locations": _locations(SERVICE, WEB, HERE),
        "Publications": publications,
        "DefineKey": DEFINED,
    }
    return Desk(**{**told, **script})


def test_a_check_brings_the_facts_of_the_shop() -> None:
    desk = _healthy()

    health = _adapter(desk).check()

    assert health.is_ok
    assert health.warnings == ()
    facts = health.facts
    assert facts is not None
    assert (facts.name, facts.currency, facts.weight_unit) == ("Acme", "USD", "lb")
    assert (facts.timezone, facts.version) == ("Europe/Berlin", "2026-10")
    assert facts.details["location_id"] == "2"
    assert [each["id"] for each in facts.details["locations"]] == ["3", "2", "1"]
    assert [each["title"] for each in facts.details["publications"]] == [
        "Point of Sale",
        "Online Store",
    ]
    assert facts.details["plan"] == "Basic"
    owners = [each["definition"]["ownerType"] for each in desk.of("DefineKey")]
    assert owners == ["PRODUCT", "PRODUCTVARIANT"]


def test_a_key_that_is_defined_already_is_what_we_want() -> None:
    assert _adapter(_healthy(DefineKey=TAKEN)).check().is_ok


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"ShopInfo": _shop("read_products", "write_inventory")}, "scopes"),
        ({"Locations": _locations(SERVICE)}, "no_location"),
        ({"DefineKey": fails("ACCESS_DENIED")}, None),
    ],
)
def test_what_does_not_work_has_a_sentence(script: dict[str, Any], code: str | None) -> None:
    adapter = _adapter(_healthy(**script))
    if code is None:
        with pytest.raises(NeedsReauth):
            adapter.check()
        return

    health = adapter.check()

    assert not health.is_ok
    assert [problem.code for problem in health.problems] == [code]


@pytest.mark.parametrize(
    "script",
    [{"ShopInfo": _shop("write_products")}, {"Locations": fails("BAD_REQUEST", "No.")}],
)
def test_where_stock_counts_is_not_forgotten_while_the_shop_does_not_tell_its_places(
    script: dict[str, Any],
) -> None:
    known = {"location_id": "1", "locations": [{"id": "1", "name": "Attic", "is_active": True}]}
    before = {"currency": "USD", "details": known}

    ill = _adapter(_healthy(**script), facts=before).check()
    assert ill.facts is not None
    again = _adapter(_healthy(), facts={"currency": "USD", "details": ill.facts.details}).check()

    assert (ill.is_ok, again.is_ok) == (False, True)
    assert again.facts is not None
    assert again.facts.details["location_id"] == "1"


def test_missing_scopes_are_named() -> None:
    [problem] = _adapter(_healthy(ShopInfo=_shop("write_products"))).check().problems

    assert "write_inventory, read_locations" in problem.sentence


def test_stock_the_web_shop_sells_elsewhere_is_a_warning() -> None:
    desk = _healthy(
        Locations=_locations(SERVICE, HERE, WEB, {**WEB, "id": "gid://shopify/Location/4"})
    )

    [warning] = _adapter(desk, location_id="1").check().warnings

    assert warning.count("“") == 2
    assert "neither counts nor lowers it" in warning


def test_a_chosen_location_that_closed_is_told() -> None:
    closed = {**HERE, "isActive": False}
    desk = _healthy(Locations=_locations(closed, WEB))

    [problem] = _adapter(desk, location_id="1").check().problems

    assert problem.code == "location_gone"


def test_what_is_not_agreed_to_and_another_version_are_warnings() -> None:
    info = _shop("write_products", "write_inventory", "read_locations")
    info.headers["x-shopify-api-version"] = "2027-01"
    last = answers({"data": {"metafieldDefinitionCreate": {"userErrors": []}}})
    last.headers["x-shopify-api-version"] = "2027-01"
    desk = _healthy(ShopInfo=info, Publications=fails("ACCESS_DENIED"), DefineKey=last)

    health = _adapter(desk).check()

    assert health.is_ok
    assert len(health.warnings) == 5
    assert "2027-01" in health.warnings[0]
    assert "write_orders" in health.warnings[2]
    assert health.warnings[4].startswith("Returns opened in Shopify do not show up here:")


def test_a_revoked_key_needs_a_person() -> None:
    desk = _healthy(ShopInfo=answers({"errors": "Invalid API key"}, status=401))

    with pytest.raises(NeedsReauth):
        _adapter(desk).check()


def test_a_shop_says_how_many_variants_a_product_may_have() -> None:
    assert capabilities_with({"max_variants": 100, "max_options": 2}).max_variants == 100
    assert capabilities_with({"max_options": 2}).max_counts["options"] == 2
    assert capabilities_with({}) == schema.CAPABILITIES


@pytest.mark.parametrize(
    ("scopes", "acts"),
    [
        (schema.SCOPES, set(OrderAct)),
        (["read_orders"], {OrderAct.READ}),
        (["write_orders"], {OrderAct.READ, OrderAct.CANCEL, OrderAct.REFUND}),
        (["write_merchant_managed_fulfillment_orders"], {OrderAct.SHIP, OrderAct.UNSHIP}),
        ([], set()),
    ],
)
def test_what_can_be_done_with_orders_is_what_was_agreed_to(
    scopes: list[str], acts: set[OrderAct]
) -> None:
    assert capabilities_with({"scopes": scopes}).orders == acts


def _hooks(*hooks: tuple[int, str, str]) -> httpx.Response:
    nodes = [
        {"id": f"gid://shopify/WebhookSubscription/{number}", "topic": topic, "uri": uri}
        for number, topic, uri in hooks
    ]
    return says({"webhookSubscriptions": {"nodes": nodes, "pageInfo": {"hasNextPage": False}}})


def _added(request: httpx.Request) -> httpx.Response:
    made = {"id": "gid://shopify/WebhookSubscription/99", "topic": "X", "uri": HOOK}
    return says({"webhookSubscriptionCreate": {"webhookSubscription": made, "userErrors": []}})


DROPPED = says({"webhookSubscriptionDelete": {"userErrors": []}})
FEW = {"facts": {"details": {"scopes": ["read_products"]}}}


def test_only_topics_the_scopes_allow_are_armed_and_only_missing_ones_made() -> None:
    known = _hooks(
        (1, "PRODUCTS_UPDATE", HOOK),
        (2, "PRODUCTS_UPDATE", HOOK),
        (3, "ORDERS_CREATE", HOOK),
        (4, "PRODUCTS_CREATE", "https://other.test/"),
    )
    desk = Desk(Hooks=known, HookAdd=_added, HookDrop=DROPPED)

    armed = _adapter(desk, **FEW).arm_hooks()

    topics = [each["topic"] for each in desk.of("HookAdd")]
    assert len(armed) == 7
    assert topics == [
        "PRODUCTS_CREATE",
        "PRODUCTS_DELETE",
        "APP_UNINSTALLED",
        "APP_SCOPES_UPDATE",
        "SHOP_UPDATE",
        "BULK_OPERATIONS_FINISH",
    ]
    assert desk.of("HookAdd")[0]["hook"] == {"uri": HOOK, "format": "JSON"}
    dropped = [each["id"].rpartition("/")[2] for each in desk.of("HookDrop")]
    assert dropped == ["2", "3"]


def test_scopes_that_are_not_known_are_asked_for_before_arming() -> None:
    desk = Desk(Hooks=_hooks(), HookAdd=_added, ShopInfo=_shop())

    _adapter(desk).arm_hooks()

    assert [each["topic"] for each in desk.of("HookAdd")] == list(schema.TOPICS)


def _taken(_: httpx.Request) -> httpx.Response:
    errors = [{"field": ["webhookSubscription"], "message": "Address has already been taken"}]
    return says({"webhookSubscriptionCreate": {"userErrors": errors}})


def test_a_subscription_somebody_else_just_made_is_taken_over() -> None:
    topics = ("PRODUCTS_CREATE", "PRODUCTS_DELETE", "APP_UNINSTALLED", "APP_SCOPES_UPDATE")
    more = ("SHOP_UPDATE", "BULK_OPERATIONS_FINISH", "PRODUCTS_UPDATE")
    all_there = [(n, topic, HOOK) for n, topic in enumerate((*topics, *more), start=1)]
    desk = Desk(Hooks=[_hooks(*all_there[:6]), _hooks(*all_there)], HookAdd=_taken)

    armed = _adapter(desk, **FEW).arm_hooks()

    assert "7" in {hook.external_id for hook in armed}


def test_a_refused_subscription_is_told() -> None:
    errors = [{"field": ["webhookSubscription", "uri"], "message": "Address is not allowed"}]
    refused: Answer = says({"webhookSubscriptionCreate": {"userErrors": errors}})

    with pytest.raises(Refused, match="not allowed"):
        _adapter(Desk(Hooks=_hooks(), HookAdd=refused), **FEW).arm_hooks()


def test_a_refused_subscription_keeps_no_other_from_being_made() -> None:
    sentence = "This app is not approved to subscribe to topics with protected customer data"

    def answer(request: httpx.Request) -> httpx.Response:
        if not json.loads(request.content)["variables"]["topic"].startswith("ORDERS_"):
            return _added(request)
        return says({"webhookSubscriptionCreate": {"userErrors": [{"message": sentence}]}})

    desk = Desk(Hooks=_hooks(), HookAdd=answer)

    with pytest.raises(Refused, match="not approved"):
        _adapter(desk, facts={"details": {"scopes": schema.SCOPES}}).arm_hooks()

    assert [each["topic"] for each in desk.of("HookAdd")] == list(schema.TOPICS)


def test_a_shop_that_spells_its_own_name_in_capitals_is_heard() -> None:
    details = {"domain": "SyncStore-Dev.myshopify.com"}
    adapter = _adapter(Desk(), facts={"currency": "USD", "details": details})
    told = {
        "X-Shopify-Topic": "app/uninstalled",
        "X-Shopify-Shop-Domain": "syncstore-dev.myshopify.com",
        "X-Shopify-Hmac-Sha256": webhooks.signature("own", b"{}"),
    }

    assert adapter.read_delivery(told, b"{}").kind is DeliveryKind.UNINSTALLED


def test_a_delivery_nobody_can_read_is_refused_and_breaks_nothing() -> None:
    body = b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    headers = {"X-Shopify-Hmac-Sha256": webhooks.signature("own", body)}

    with pytest.raises(BadPayload):
        webhooks.read_delivery(headers, body, secrets=["own"], shop=None)


def test_without_an_address_nothing_is_armed() -> None:
    desk = Desk()

    with pytest.raises(Refused):
        _adapter(desk, hook_url="").arm_hooks()

    assert desk.said == []


def test_a_subscription_that_is_gone_is_dropped() -> None:
    errors = [{"field": ["id"], "message": "Webhook subscription does not exist"}]
    gone = says({"webhookSubscriptionDelete": {"userErrors": errors}})
    desk = Desk(Hooks=_hooks((1, "SHOP_UPDATE", HOOK)), HookDrop=gone)

    assert _adapter(desk).disarm_hooks() == 1


@pytest.mark.parametrize(
    ("answer", "was_there"),
    [
        (says({"appUninstall": {"app": {"id": "x"}, "userErrors": []}}), True),
        (
            says({"appUninstall": {"userErrors": [{"code": "APP_NOT_INSTALLED", "message": "x"}]}}),
            False,
        ),
        (answers({}, status=401), False),
        (answers({}, status=403), False),
        (answers({}, status=404), False),
    ],
)
def test_leaving_a_shop_that_left_us_is_no_error(answer: Answer, was_there: bool) -> None:
    assert _adapter(Desk(Uninstall=answer)).uninstall() is was_there


def test_deliveries_are_proved_with_any_secret_of_the_app() -> None:
    adapter: ChannelAdapter = _adapter(Desk(), app_secrets=["new", "old"])
    for secret in ("own", "new", "old"):
        headers = {
            "X-Shopify-Topic": "app/uninstalled",
            "X-Shopify-Hmac-Sha256": webhooks.signature(secret, b"{}"),
            "X-Shopify-Shop-Domain": "syncstore-dev.myshopify.com",
            "X-Shopify-Webhook-Id": "1",
        }
        assert adapter.read_delivery(headers, b"{}").kind is DeliveryKind.UNINSTALLED
        with pytest.raises(Refused):
            adapter.read_delivery(headers, b"{} ")


def test_the_channel_names_its_install() -> None:
    assert SHOPIFY.oauth is not None
    assert SHOPIFY.oauth.scopes == schema.SCOPES
    assert SHOPIFY.oauth.read_address("acme") == "https://acme.myshopify.com"
