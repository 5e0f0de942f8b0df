"""Reading orders of a shop: large ones, edited ones, hidden ones, and what webhooks hint at."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from app.adapters.errors import BadPayload, NeedsReauth
from app.adapters.orders import Address, ChannelOrder, Payment
from app.adapters.shopify.order_reads import OrderReads
from app.adapters.shopify.problems import TooCostly
from app.adapters.shopify.shop import Shop
from app.adapters.types import Cursor, DeliveryKind
from app.core import clock
from app.simulators.shopify import TwinSettings
from tests.channels.order_conformance import adds_up, line_of, orders_of, read_all, read_one
from tests.channels.shopify.scripted import Answer, Desk, fails, says
from tests.channels.shopify.stage import ShopifyStage

DAY = 86_400


@pytest.fixture
def stage() -> ShopifyStage:
    return ShopifyStage()


@pytest.fixture
def mug(stage: ShopifyStage) -> str:
    """Put fifty mugs at 10.00 on the shelf; returns their variant."""
    return stage.variant_of(stage.add_simple("Mug", "M-1", quantity=50))


def _sold(stage: ShopifyStage, lines: Mapping[str, int], **details: Any) -> str:
    order = stage.sell(lines, **details)
    assert order is not None
    return order


def _age(stage: ShopifyStage, order: str, **moments: int) -> None:
    """Date an order back by seconds: `created`, `updated`."""
    store, number = stage.store, int(order)
    past = {name: store.now() - seconds for name, seconds in moments.items()}
    with store.change():
        store.orders.put(store.orders.rows[number] | past)
        store.touch("order", number)


def _facts(stage: ShopifyStage) -> dict[str, Any]:
    health = stage.open().check()
    assert health.facts is not None
    return {"currency": "USD", "weight_unit": "kg", "details": health.facts.details}


def test_an_order_of_many_lines_is_read_whole(stage: ShopifyStage) -> None:
    variants = [stage.variant_of(stage.add_simple(f"Mug {n}", f"M-{n}")) for n in range(23)]
    order = _sold(stage, dict.fromkeys(variants, 1))

    found = read_one(stage.open(), order)

    assert [line.variant_external_id for line in found.lines] == variants
    assert adds_up(found)


def test_more_parcels_and_refunds_than_a_page_brings_are_read(
    stage: ShopifyStage, mug: str
) -> None:
    order = _sold(stage, {mug: 12})
    line = str(stage.store.orders.rows[int(order)]["lines"][0]["id"])
    for _ in range(5):
        stage.refund(order, line, 1, restocks=True)
    stage.ship_units(order, line, *[1] * 5)

    found = read_one(stage.open(), order)

    assert [refund.lines for refund in found.refunds] == [{line: 1}] * 5
    assert [parcel.lines for parcel in found.shipments] == [{line: 1}] * 5
    assert (found.lines[0].shipped, found.lines[0].quantity, found.lines[0].taken) == (5, 7, 7)


def test_a_parcel_of_many_lines_is_read_whole(stage: ShopifyStage) -> None:
    variants = [stage.variant_of(stage.add_simple(f"Mug {n}", f"M-{n}")) for n in range(13)]
    order = _sold(stage, dict.fromkeys(variants, 1))
    stage.store.ship_order(int(order), company="DHL Express", number="JD1")

    found = read_one(stage.open(), order)

    [parcel] = found.shipments
    assert len(parcel.lines) == 13
    assert (parcel.carrier, parcel.number, found.is_done) == ("DHL", "JD1", True)
    assert {line.shipped for line in found.lines} == {1}


def test_discount_tax_and_shipping_add_up(stage: ShopifyStage, mug: str) -> None:
    amounts = {"discount": "3.00", "tax": "1.70", "shipping_price": "4.95"}
    order = _sold(stage, {mug: 2}, shipping_method="Express", **amounts)

    found = read_one(stage.open(), order)

    parts = (found.items, found.discount, found.shipping, found.tax, found.fees, found.total)
    assert parts == (2000, 300, 495, 170, 0, 2365)
    assert (found.lines[0].discount, found.lines[0].tax, found.lines[0].total) == (300, 170, 1700)
    assert adds_up(found)
    assert (found.shipping_method, found.source) == ("Express", "web")
    assert found.url == f"https://sandbox-store.myshopify.com/admin/orders/{order}"


def test_what_was_edited_away_is_neither_owed_nor_wanted(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 4}, discount="4.00", tax="2.00")
    line = str(stage.store.orders.rows[int(order)]["lines"][0]["id"])
    stage.edit_line(order, line, 3)

    found = read_one(stage.open(), order)

    edited = found.lines[0]
    assert (edited.ordered, edited.quantity, edited.taken) == (4, 3, 3)
    assert (edited.discount, edited.tax, edited.total) == (300, 150, 2700)
    assert (found.items, found.discount, found.tax, found.fees) == (3000, 300, 150, 0)
    assert found.total == 2850


def test_units_that_came_back_after_delivery_were_got(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 3})
    line = str(stage.store.orders.rows[int(order)]["lines"][0]["id"])
    stage.ship_units(order, line, 2)
    stage.refund(order, line, 1, restocks=True)

    found = read_one(stage.open(), order).lines[0]

    assert (found.quantity, found.shipped, found.taken) == (3, 2, 2)
    assert stage.stock_of(mug) == 50 - found.taken


def test_what_nobody_counts_and_what_is_deleted_took_nothing(stage: ShopifyStage, mug: str) -> None:
    gone = stage.add_simple("Cup", "C-1")
    free = stage.variant_of(stage.add_simple("Card", "K-1"))
    stage.store.edit_item(int(free), tracked=False)
    order = _sold(stage, {mug: 1, free: 1, stage.variant_of(gone): 1})
    stage.erase(gone)

    found = read_one(stage.open(), order)

    assert [line.taken for line in found.lines] == [1, 0, 0]
    assert found.lines[2].variant_external_id is None
    assert (found.lines[2].title, found.lines[2].sku) == ("Cup", "C-1")


def test_what_needs_no_shipping_needs_nothing_more(stage: ShopifyStage) -> None:
    card = stage.variant_of(stage.add_simple("Card", "K-1"))
    stage.store.edit_item(int(card), requiresShipping=False)

    found = read_one(stage.open(), _sold(stage, {card: 2}))

    line = line_of(found, card)
    assert (line.needs_shipping, line.quantity, line.taken) == (False, 2, 2)
    assert found.is_done


def test_who_bought_stays_empty_where_it_is_none_of_our_business(mug: str) -> None:
    stage = ShopifyStage(TwinSettings(shows_customers=False))
    cup = stage.variant_of(stage.add_simple("Cup", "C-1"))

    found = read_one(stage.open(), _sold(stage, {cup: 1}))

    assert (found.email, found.phone, found.ship_to, found.bill_to) == ("", "", Address(), None)


def test_words_of_an_order_come_along(stage: ShopifyStage, mug: str) -> None:
    details = {"note": "Ring twice", "tags": ["vip", "rush"], "test": True, "risk": "MEDIUM"}
    order = _sold(stage, {mug: 1}, on_hold=True, **details)

    found = read_one(stage.open(), order)

    assert (found.note, found.tags, found.is_test, found.risk) == (
        "Ring twice",
        ("vip", "rush"),
        True,
        "medium",
    )
    assert (found.number, found.status, found.is_held) == ("#1001", "on_hold", True)
    assert "hold" in found.hold_reason


@pytest.mark.parametrize("is_all", [True, False])
def test_an_order_older_than_we_may_see_is_not_called_deleted(
    stage: ShopifyStage, mug: str, *, is_all: bool
) -> None:
    old, fresh = _sold(stage, {mug: 1}), _sold(stage, {mug: 1})
    _age(stage, old, created=70 * DAY, updated=70 * DAY)
    with stage.store.change():
        stage.store.set_fact("created", stage.store.now() - 100 * DAY)
    if is_all:
        stage.store.change_scopes([*stage.store.settings.scopes, "read_all_orders"])
    gone = str(int(fresh) + 1_000)

    found = orders_of(stage.open()).read_orders([old, gone, fresh])

    shown = {each.external_id: each.is_deleted for each in found}
    assert shown == ({old: False} if is_all else {}) | {gone: True, fresh: False}


def test_a_quiet_shop_shows_nothing_twice(stage: ShopifyStage, mug: str) -> None:
    for _ in range(3):
        _age(stage, _sold(stage, {mug: 1}), created=900, updated=600)
    adapter = stage.open()
    _, watermark = read_all(adapter, Cursor("full"))

    first, watermark = read_all(adapter, watermark)
    second, _ = read_all(adapter, watermark)

    assert (len(first), second) == (3, [])


def test_what_moves_in_the_second_it_was_read_in_is_read_again(
    stage: ShopifyStage, mug: str
) -> None:
    order = _sold(stage, {mug: 1}, is_paid=False)
    adapter = stage.open()
    _, watermark = read_all(adapter, Cursor("changes"))
    stage.pay(order)

    items, _ = read_all(adapter, watermark)

    assert [item.payment for item in items] == [Payment.PAID]


def test_a_history_goes_by_the_day_an_order_was_placed(stage: ShopifyStage, mug: str) -> None:
    old, fresh = _sold(stage, {mug: 1}), _sold(stage, {mug: 1})
    _age(stage, old, created=20 * DAY)
    since = clock.now() - timedelta(days=7)

    items, watermark = read_all(stage.open(), Cursor("full", {"since": since.isoformat()}))

    assert [item.external_id for item in items] == [fresh]
    assert watermark.state["since"] < items[0].placed_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(stage: ShopifyStage) -> list[ChannelOrder]:
    adapter = stage.open()
    deliveries = [adapter.read_delivery(*each) for each in stage.deliveries()]
    named = {each.external_id for each in deliveries if each.kind is DeliveryKind.ORDER}
    found = [orders_of(adapter).read_orders([each]) for each in sorted(map(str, named))]
    return [order for few in found for order in few]


def test_webhooks_lead_to_the_order_as_it_stands(stage: ShopifyStage, mug: str) -> None:
    stage.open().arm_hooks()
    order = _sold(stage, {mug: 3}, on_hold=True)
    number = int(order)
    line = str(stage.store.orders.rows[number]["lines"][0]["id"])
    acts: list[tuple[Any, Any]] = [
        (lambda: None, lambda seen: seen.is_held),
        (lambda: stage.store.hold_order(number, is_held=False), lambda seen: not seen.is_held),
        (lambda: stage.edit_line(order, line, 2), lambda seen: seen.lines[0].quantity == 2),
        (lambda: stage.refund(order, line, 1, restocks=True), lambda seen: seen.refunded == 1000),
        (lambda: stage.store.ship_order(number), lambda seen: seen.is_done),
        (lambda: stage.store.delete_order(number), lambda seen: seen.is_deleted),
    ]

    for act, holds in acts:
        act()
        seen = _told(stage)

        assert {each.external_id for each in seen} >= {order}
        assert all(holds(each) for each in seen if each.external_id == order)


def test_a_hold_names_the_order_only_by_what_has_to_be_sent(stage: ShopifyStage, mug: str) -> None:
    stage.open().arm_hooks()
    order = _sold(stage, {mug: 1})
    stage.deliveries()
    stage.store.hold_order(int(order))

    told = [stage.open().read_delivery(*each) for each in stage.deliveries()]

    [hold] = [each for each in told if each.topic == "fulfillment_orders/placed_on_hold"]
    assert str(hold.external_id).startswith("routed:")
    found = orders_of(stage.open()).read_orders([str(hold.external_id), "routed:1", order])
    assert [(each.external_id, each.is_deleted) for each in found] == [
        (order, False),
        ("routed:1", True),
    ]


def test_what_another_location_sends_takes_nothing_of_ours(stage: ShopifyStage, mug: str) -> None:
    here, there = sorted(stage.store.locations.rows)
    cup = stage.variant_of(stage.add_simple("Cup", "C-1", quantity=0))
    stage.store.set_stock(int(cup), 5, location=there)
    order = _sold(stage, {mug: 2, cup: 1})
    facts = _facts(stage)

    found = read_one(stage.open(facts=facts, location_id=str(here)), order)
    other = read_one(stage.open(facts=facts, location_id=str(there)), order)

    assert [line.taken for line in found.lines] == [2, 0]
    assert [line.taken for line in other.lines] == [0, 1]
    assert stage.store.stock(int(cup), location=here) == 0


def test_an_order_sent_in_many_parts_is_routed_whole() -> None:
    facts: dict[str, Any] = {"currency": "USD", "details": _SPREAD}
    line = {**_LINE, "quantity": 14, "currentQuantity": 14, "unfulfilledQuantity": 14}
    routes = [_route(number, "2", 2, "OPEN") for number in range(1, 7)]
    following = {"hasNextPage": True, "endCursor": "c"}
    desk = Desk(
        OrdersById=says(
            {
                "nodes": [
                    _row(
                        7,
                        lineItems={"nodes": [line]},
                        fulfillmentOrders={"nodes": routes[:5], "pageInfo": following},
                    )
                ]
            }
        ),
        OrderRoutes=says({"order": {"fulfillmentOrders": {"nodes": routes[5:]}}}),
    )

    [found] = OrderReads(Shop(desk.client, facts, {"location_id": "1"})).orders(["7"])

    assert found.lines[0].taken == 2


@pytest.mark.parametrize(("routes", "taken"), [(("2-", "1"), 3), (("2-",), 0), (("2",), 0)])
def test_what_was_called_off_elsewhere_and_is_sent_from_here_is_taken_here(
    routes: tuple[str, ...], taken: int
) -> None:
    line = {**_LINE, "quantity": 3, "currentQuantity": 3, "unfulfilledQuantity": 3}
    listed = [
        _route(number, each[0], 3, "CANCELLED" if each.endswith("-") else "OPEN")
        for number, each in enumerate(routes)
    ]
    row = _row(7, lineItems={"nodes": [line]}, fulfillmentOrders={"nodes": listed})
    desk = Desk(OrdersById=says({"nodes": [row]}))
    facts: dict[str, Any] = {"currency": "USD", "details": _SPREAD}

    [found] = OrderReads(Shop(desk.client, facts, {"location_id": "1"})).orders(["7"])

    assert found.lines[0].taken == taken


def _route(number: int, place: str, units: int, status: str) -> dict[str, Any]:
    line = {"totalQuantity": units, "lineItem": {"id": _LINE["id"]}}
    return {
        "id": f"gid://shopify/FulfillmentOrder/{number}",
        "status": status,
        "assignedLocation": {"location": {"id": f"gid://shopify/Location/{place}"}},
        "lineItems": {"nodes": [line]},
    }


_SPREAD: dict[str, Any] = {
    "locations": [{"id": "1", "is_active": True}, {"id": "2", "is_active": True}],
    "scopes": ["read_merchant_managed_fulfillment_orders"],
}
_LINE: dict[str, Any] = {
    "id": "gid://shopify/LineItem/1",
    "title": "Mug",
    "variant": {"id": "gid://shopify/ProductVariant/9", "inventoryItem": {"tracked": True}},
}


def _reads(**script: Answer | list[Answer]) -> tuple[OrderReads, Desk]:
    desk = Desk(**script)
    return OrderReads(Shop(desk.client, {"currency": "USD"}, {"location_id": "1"})), desk


def _row(number: int, **fields: Any) -> dict[str, Any]:
    moment = "2026-11-22T10:00:00Z"
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "processedAt": moment,
        "updatedAt": moment,
        "currencyCode": "USD",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "lineItems": {"nodes": []},
        **fields,
    }


def test_where_the_question_who_bought_is_refused_it_is_left_out() -> None:
    reads, desk = _reads(OrdersById=[fails("ACCESS_DENIED"), says({"nodes": [_row(7)]})])

    [found] = reads.orders(["7"])

    assert found.external_id == "7"
    assert [each["personal"] for each in desk.of("OrdersById")] == [True, False]


def test_where_orders_are_refused_altogether_a_person_is_needed() -> None:
    reads, desk = _reads(OrdersById=fails("ACCESS_DENIED"))

    with pytest.raises(NeedsReauth):
        reads.orders(["7"])

    assert len(desk.of("OrdersById")) == 2


def test_pages_that_are_too_costly_get_smaller() -> None:
    dear: list[Answer] = [fails("MAX_COST_EXCEEDED")] * 4
    reads, desk = _reads(OrdersPage=[*dear, says({"orders": {"nodes": [_row(7)]}})])

    page = reads.pull(Cursor("full", {"query": "", "mark": {}}))

    assert [item.external_id for item in page.items] == ["7"]
    asked = desk.of("OrdersPage")
    assert [each["lines"] for each in asked] == [5, 2, 1, 1, 1]
    assert asked[3]["first"] == asked[2]["first"] // 2


def test_orders_that_are_too_costly_together_are_asked_for_by_halves() -> None:
    dear: list[Answer] = [fails("MAX_COST_EXCEEDED")] * 3
    few = [says({"nodes": [_row(7)]}), says({"nodes": [_row(8)]})]
    reads, desk = _reads(OrdersById=[*dear, *few])

    found = reads.orders(["7", "8"])

    assert [each.external_id for each in found] == ["7", "8"]
    assert [len(each["ids"]) for each in desk.of("OrdersById")] == [2, 2, 2, 1, 1]


def test_one_order_that_is_too_costly_is_given_up() -> None:
    reads, _ = _reads(OrdersById=fails("MAX_COST_EXCEEDED"))

    with pytest.raises(TooCostly):
        reads.orders(["7"])


def test_an_order_that_cannot_be_read_is_named() -> None:
    rows = [_row(7, currencyCode=None), _row(8)]
    reads, _ = _reads(
        OrderMarks=says({"orders": {"nodes": rows}}), OrdersById=says({"nodes": rows})
    )

    page = reads.pull(Cursor("changes"))

    assert [item.external_id for item in page.items] == ["8"]
    assert page.unreadable[0].field == "order 7.currencyCode"
    with pytest.raises(BadPayload):
        reads.orders(["7", "8"])


def test_of_what_moved_only_what_is_not_known_is_read() -> None:
    rows = [_row(7), _row(8)]
    reads, desk = _reads(
        OrderMarks=says({"orders": {"nodes": rows}}), OrdersById=says({"nodes": rows[1:]})
    )
    known = {"7": rows[0]["updatedAt"]}

    page = reads.pull(Cursor("changes", {"since": None, "known": known}))

    assert [item.external_id for item in page.items] == ["8"]
    assert [each["ids"] for each in desk.of("OrdersById")] == [["gid://shopify/Order/8"]]


def test_a_long_history_begins_a_new_search_before_shopify_shows_no_more() -> None:
    following = {"hasNextPage": True, "endCursor": "c"}
    page = says({"orders": {"nodes": [_row(7)], "pageInfo": following}})
    reads, desk = _reads(OrdersPage=page)
    state = {"query": "created_at:>='2026-01-01T00:00:00Z'", "mark": {}, "seen": 9_999}

    found = reads.pull(Cursor("full", state))

    assert found.next is not None
    again = reads.pull(found.next)
    assert desk.of("OrdersPage")[1]["query"] == (
        "created_at:>='2026-01-01T00:00:00Z' updated_at:>='2026-11-22T09:59:59Z'"
    )
    assert desk.of("OrdersPage")[1]["after"] is None
    assert again.items == []
