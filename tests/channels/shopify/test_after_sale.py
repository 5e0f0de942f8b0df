"""What is told to a shop about its orders: parcels, cancellations, refunds; each of them once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.adapters.errors import Throttled
from app.adapters.orders import CancelDraft, RefundDraft, ShipmentDraft
from app.adapters.shopify.order_reads import OrderReads
from app.adapters.shopify.refunding import Refunding
from app.adapters.shopify.shipping import Shipping
from app.adapters.shopify.shop import Shop
from app.adapters.types import Applied, Outcome, Pending, Rejected, Unanswered
from app.simulators.shopify import Quirk, TwinSettings
from tests.channels.order_conformance import applied, orders_of, read_one, settled
from tests.channels.shopify.scripted import Answer, Desk, lost, says
from tests.channels.shopify.stage import ShopifyStage


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


def _lines(stage: ShopifyStage, order: str) -> list[str]:
    return [str(line["id"]) for line in stage.store.orders.rows[int(order)]["lines"]]


def _parcel(
    order: str, lines: Mapping[str, int], number: str = "1Z1", **more: Any
) -> ShipmentDraft:
    return ShipmentDraft(f"parcel-{number}", order, lines, number=number, **more)


def _ship(stage: ShopifyStage, draft: ShipmentDraft) -> Outcome:
    [outcome] = orders_of(stage.open()).ship_orders([draft])
    return outcome


def _cancel(stage: ShopifyStage, order: str, **how: Any) -> Outcome:
    draft = CancelDraft(f"cancel-{order}", order, **how)
    [outcome] = orders_of(stage.open()).cancel_orders([draft])
    return outcome


def _refund(stage: ShopifyStage, order: str, amount: int, **how: Any) -> Outcome:
    draft = RefundDraft("refund-1", order, amount, "USD", **how)
    [outcome] = orders_of(stage.open()).refund_orders([draft])
    return outcome


def _codes(outcome: Outcome) -> list[tuple[str | None, str | None]]:
    assert isinstance(outcome, Rejected), outcome
    return [(problem.field, problem.code) for problem in outcome.problems]


def _writes(stage: ShopifyStage, mutation: str) -> int:
    return len(stage.store.writes(mutation=mutation))


# Parcels


def test_a_parcel_from_two_locations_is_told_to_each(stage: ShopifyStage, mug: str) -> None:
    cup = stage.variant_of(stage.add_simple("Cup", "C-1"))
    order = _sold(stage, {mug: 2, cup: 1})
    stage.store.split_order(int(order), max(stage.store.locations.rows))
    lines = dict(zip(_lines(stage, order), (2, 1), strict=True))

    outcome = applied(_ship(stage, _parcel(order, lines)))
    again = applied(_ship(stage, _parcel(order, lines)))

    assert _writes(stage, "fulfillmentCreate") == 2
    assert stage.numbers_of(order) == ["1Z1", "1Z1"]
    assert outcome.external_id == again.external_id
    assert read_one(stage.open(), order).is_done


def test_the_rest_of_a_parcel_is_told_when_half_of_it_is_known(
    stage: ShopifyStage, mug: str
) -> None:
    cup = stage.variant_of(stage.add_simple("Cup", "C-1"))
    order = _sold(stage, {mug: 2, cup: 1})
    first, second = _lines(stage, order)

    applied(_ship(stage, _parcel(order, {first: 2})))
    applied(_ship(stage, _parcel(order, {first: 2, second: 1})))

    shown = read_one(stage.open(), order)
    assert [dict(each.lines) for each in shown.shipments] == [{first: 2}, {second: 1}]


def test_what_is_held_is_not_shipped(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1}, on_hold=True)
    [line] = _lines(stage, order)

    held = _ship(stage, _parcel(order, {line: 1}))
    stage.store.hold_order(int(order), is_held=False)
    let_go = _ship(stage, _parcel(order, {line: 1}))

    assert _codes(held) == [("lines", "held")]
    applied(let_go)


def test_what_is_cancelled_is_not_shipped(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1})
    [line] = _lines(stage, order)
    stage.cancel(order)

    assert _codes(_ship(stage, _parcel(order, {line: 1}))) == [(None, "cancelled")]
    assert stage.numbers_of(order) == []


def test_nothing_left_to_ship_is_done(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 3})
    [line] = _lines(stage, order)
    stage.ship_units(order, line, 2, 1)

    applied(_ship(stage, _parcel(order, {line: 2}, number="")))

    assert _writes(stage, "fulfillmentCreate") == 0
    assert len(read_one(stage.open(), order).shipments) == 2


def test_more_than_is_left_ships_what_is_left(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 3})
    [line] = _lines(stage, order)
    stage.ship_units(order, line, 2)

    applied(_ship(stage, _parcel(order, {line: 3})))

    assert [dict(each.lines) for each in read_one(stage.open(), order).shipments] == [
        {line: 2},
        {line: 1},
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"carrier": "UPS"}, {"carrier": "FedEx"}),
        ({"number": "1Z1"}, {"number": "1Z2"}),
        ({"url": "https://a.example/1"}, {"url": "https://b.example/1"}),
    ],
)
def test_other_tracking_of_the_same_parcel_corrects_it(
    stage: ShopifyStage, mug: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    order = _sold(stage, {mug: 2})
    [line] = _lines(stage, order)
    draft = replace(_parcel(order, {line: 2}), **before)
    first = applied(_ship(stage, draft))

    corrected = applied(_ship(stage, replace(draft, **after)))
    again = applied(_ship(stage, replace(draft, **after)))

    [parcel] = read_one(stage.open(), order).shipments
    assert {name: getattr(parcel, name) for name in after} == after
    assert first.external_id == corrected.external_id == again.external_id
    assert _writes(stage, "fulfillmentTrackingInfoUpdate") == 1


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("ups", "UPS"),
        ("USPS", "USPS"),
        ("FedEx", "FedEx"),
        ("DHL", "DHL Express"),
        ("OnTrac", "OnTrac"),
        ("LaserShip", "Lasership"),
        ("Royal Mail", "Royal Mail"),
    ],
)
def test_a_carrier_is_spelled_as_shopify_knows_it(
    stage: ShopifyStage, mug: str, ours: str, theirs: str
) -> None:
    order = _sold(stage, {mug: 1})
    [line] = _lines(stage, order)
    draft = _parcel(order, {line: 1}, carrier=ours, notifies=False)

    applied(_ship(stage, draft))
    applied(_ship(stage, draft))

    [write] = stage.store.writes(mutation="fulfillmentCreate")
    assert write.body["trackingInfo"] == {"company": theirs, "number": "1Z1"}
    assert write.body["notifyCustomer"] is False
    assert _writes(stage, "fulfillmentTrackingInfoUpdate") == 0


def test_a_parcel_without_a_number_tells_only_what_is_in_it(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1})
    [line] = _lines(stage, order)

    applied(_ship(stage, _parcel(order, {line: 1}, number="")))

    [write] = stage.store.writes(mutation="fulfillmentCreate")
    assert "trackingInfo" not in write.body


def _route(number: int, location: int, line: int, **fields: Any) -> dict[str, Any]:
    units = {
        "id": f"gid://shopify/FulfillmentOrderLineItem/{number}0",
        "remainingQuantity": 1,
        "lineItem": {"id": f"gid://shopify/LineItem/{line}"},
    }
    return {
        "id": f"gid://shopify/FulfillmentOrder/{number}",
        "status": "OPEN",
        "supportedActions": [{"action": "CREATE_FULFILLMENT"}],
        "assignedLocation": {"location": {"id": f"gid://shopify/Location/{location}"}},
        "lineItems": {"nodes": [units]},
        **fields,
    }


def _order(*parcels: dict[str, Any], **fields: Any) -> dict[str, Any]:
    lines = [
        {"id": f"gid://shopify/LineItem/{number}", "title": "Mug", "quantity": 1}
        | {"currentQuantity": 1, "unfulfilledQuantity": 1}
        for number in (1, 2)
    ]
    return {
        "id": "gid://shopify/Order/7",
        "processedAt": "2026-11-22T10:00:00Z",
        "currencyCode": "USD",
        "lineItems": {"nodes": lines},
        "fulfillments": list(parcels),
        **fields,
    }


def _shipping(**script: Answer | list[Answer]) -> tuple[Shipping, Desk]:
    desk = Desk(**script)
    shop = Shop(desk.client, {"currency": "USD"}, {"location_id": "1"})
    return Shipping(shop, OrderReads(shop)), desk


def _routes(*rows: dict[str, Any], after: str | None = None) -> Any:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return says({"order": {"fulfillmentOrders": {"nodes": list(rows), "pageInfo": info}}})


def _made(number: int) -> Any:
    made = {"id": f"gid://shopify/Fulfillment/{number}"}
    return says({"fulfillmentCreate": {"fulfillment": made, "userErrors": []}})


def _refused(message: str, *path: str) -> Any:
    errors = [{"field": list(path), "message": message}]
    return says({"fulfillmentCreate": {"fulfillment": None, "userErrors": errors}})


BOTH = ShipmentDraft("p", "7", {"1": 1, "2": 1}, "UPS", "1Z1")


def test_a_refusal_after_the_first_location_is_a_part_that_failed() -> None:
    shipping, desk = _shipping(
        OrdersById=says({"nodes": [_order()]}),
        ToShip=[_routes(_route(1, 5, 1), after="c"), _routes(_route(2, 6, 2))],
        Ship=[_made(30), _refused("Url is invalid", "fulfillment", "trackingInfo", "url")],
    )

    [outcome] = shipping.push([BOTH])

    assert isinstance(outcome, Applied)
    assert outcome.external_id == "30"
    assert [problem.field for problem in outcome.problems] == ["url"]
    assert [each["after"] for each in desk.of("ToShip")] == [None, "c"]


def test_a_refused_parcel_says_what_shopify_said() -> None:
    shipping, _ = _shipping(
        OrdersById=says({"nodes": [_order()]}),
        ToShip=_routes(_route(1, 5, 1)),
        Ship=_refused("Fulfillment order does not exist.", "fulfillment"),
    )

    [outcome] = shipping.push([BOTH])

    assert isinstance(outcome, Rejected)
    assert "Fulfillment order does not exist" in outcome.problems[0].sentence


@pytest.mark.parametrize("is_made", [True, False])
def test_a_lost_answer_is_looked_for_among_the_parcels(*, is_made: bool) -> None:
    parcel = {
        "id": "gid://shopify/Fulfillment/30",
        "status": "SUCCESS",
        "trackingInfo": [{"company": "UPS", "number": "1Z1"}],
    }
    after = says({"nodes": [_order(*([parcel] if is_made else []))]})
    shipping, _ = _shipping(
        OrdersById=[says({"nodes": [_order()]}), after],
        ToShip=_routes(_route(1, 5, 1), _route(2, 5, 2)),
        Ship=lost,
    )

    [outcome] = shipping.push([BOTH])

    kind = Applied if is_made else Unanswered
    assert isinstance(outcome, kind)


def test_lines_to_ship_beyond_a_page_are_read_to_their_end() -> None:
    more = {"hasNextPage": True, "endCursor": "l"}
    first = _route(1, 5, 1)
    rest = {"fulfillmentOrder": {"lineItems": _route(9, 5, 2)["lineItems"]}}
    long = first | {"lineItems": first["lineItems"] | {"pageInfo": more}}
    shipping, desk = _shipping(
        OrdersById=says({"nodes": [_order()]}),
        ToShip=_routes(long),
        ToShipLines=says(rest),
        Ship=_made(30),
    )

    applied(shipping.push([BOTH])[0])

    [sent] = desk.of("Ship")
    [row] = sent["fulfillment"]["lineItemsByFulfillmentOrder"]
    assert [each["quantity"] for each in row["fulfillmentOrderLineItems"]] == [1, 1]


# Cancellations


@pytest.fixture
def slow() -> ShopifyStage:
    """A shop that takes a minute to cancel an order."""
    return ShopifyStage(TwinSettings(bulk_seconds=60))


def test_a_cancellation_is_pending_until_the_order_says_so(slow: ShopifyStage) -> None:
    mug = slow.variant_of(slow.add_simple("Mug", "M-1"))
    order = _sold(slow, {mug: 2})
    adapter = slow.open()

    first = _cancel(slow, order, reason="Out of stock")
    assert isinstance(first, Pending)
    [still] = adapter.collect(first.ticket)
    slow.store.pass_time(timedelta(seconds=60))
    [done] = adapter.collect(first.ticket)

    assert isinstance(still, Pending)
    assert applied(done).external_id == order
    shown = read_one(adapter, order)
    assert (shown.cancel_reason, shown.status) == ("inventory", "cancelled")


def test_a_cancellation_that_came_too_late_is_refused(slow: ShopifyStage) -> None:
    mug = slow.variant_of(slow.add_simple("Mug", "M-1"))
    order = _sold(slow, {mug: 2})
    first = _cancel(slow, order)
    assert isinstance(first, Pending)
    slow.store.ship_order(int(order))
    slow.store.pass_time(timedelta(seconds=60))

    [outcome] = slow.open().collect(first.ticket)

    assert _codes(outcome) == [(None, "not_cancelled")]


def test_what_was_sent_is_not_cancelled(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1})
    stage.store.ship_order(int(order))

    outcome = _cancel(stage, order)

    assert isinstance(outcome, Rejected)
    assert "fulfilled" in outcome.problems[0].sentence
    assert not outcome.is_gone


@pytest.mark.parametrize(("refunds", "back"), [(True, [2000]), (False, [])])
@pytest.mark.parametrize(("restocks", "left"), [(True, 50), (False, 48)])
def test_money_and_stock_go_back_as_wished(
    stage: ShopifyStage, mug: str, *, refunds: bool, back: list[int], restocks: bool, left: int
) -> None:
    order = _sold(stage, {mug: 2})

    outcome = _cancel(stage, order, refunds=refunds, restocks=restocks)

    applied(settled(stage.open(), outcome))
    shown = read_one(stage.open(), order)
    assert (stage.given_back(order), stage.stock_of(mug)) == (back, left)
    assert shown.lines[0].taken == 50 - left
    assert shown.payment.value == ("refunded" if refunds else "paid")


def test_a_reason_of_our_own_words_is_for_the_staff(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1})

    _cancel(stage, order, reason="Alice changed her mind", notifies=True)

    [write] = stage.store.writes(mutation="orderCancel")
    asked = {name: write.body[name] for name in ("reason", "staffNote", "notifyCustomer")}
    assert asked == {
        "reason": "OTHER",
        "staffNote": "Alice changed her mind",
        "notifyCustomer": True,
    }


def test_what_is_no_number_is_no_order(stage: ShopifyStage, mug: str) -> None:
    outcome = _cancel(stage, "not-a-number")

    assert isinstance(outcome, Rejected)
    assert outcome.is_gone


# Refunds


def test_units_sent_come_back_and_units_waiting_are_called_off(
    stage: ShopifyStage, mug: str
) -> None:
    order = _sold(stage, {mug: 3})
    [line] = _lines(stage, order)
    stage.ship_units(order, line, 1)

    applied(_refund(stage, order, 3000, lines={line: 3}, restocks=True, reason="Broken"))

    [refund] = read_one(stage.open(), order).refunds
    kept = stage.store.orders.rows[int(order)]["refunds"][0]
    assert [(each["quantity"], each["restock_type"]) for each in kept["lines"]] == [
        (2, "CANCEL"),
        (1, "RETURN"),
    ]
    assert (refund.reason, dict(refund.lines), dict(refund.restocked)) == (
        "Broken",
        {line: 3},
        {line: 3},
    )
    assert stage.stock_of(mug) == 50
    assert "refund-1" in kept["note"]


def test_units_go_back_to_the_location_that_was_to_send_them(stage: ShopifyStage, mug: str) -> None:
    cup = stage.variant_of(stage.add_simple("Cup", "C-1"))
    other = max(stage.store.locations.rows)
    order = _sold(stage, {mug: 1, cup: 1})
    stage.store.split_order(int(order), other)
    line = _lines(stage, order)[1]

    applied(_refund(stage, order, 0, lines={line: 1}, restocks=True))

    assert stage.store.stock(int(cup), location=other) == 0
    assert stage.store.stock(int(cup), location=other, name="committed") == 0


def test_nothing_is_given_back_in_another_currency(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1})
    draft = RefundDraft("refund-1", order, 500, "EUR")

    [outcome] = orders_of(stage.open()).refund_orders([draft])

    assert _codes(outcome) == [("amount", "currency")]


def test_a_line_that_is_not_there_is_not_refunded(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1})

    outcome = _refund(stage, order, 500, lines={"999": 1})

    assert _codes(outcome) == [("lines", "line_gone")]
    assert stage.given_back(order) == []


def test_more_units_than_there_were_are_refused_at_the_lines(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1})
    [line] = _lines(stage, order)

    outcome = _refund(stage, order, 500, lines={line: 2})

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].field == "lines"


def test_an_order_that_is_not_there_gets_nothing_back(stage: ShopifyStage) -> None:
    outcome = _refund(stage, "999999999", 500)

    assert isinstance(outcome, Rejected)
    assert outcome.is_gone


@pytest.mark.parametrize(("quirk", "kind"), [("key_failed", Applied), ("key_in_use", Unanswered)])
def test_a_used_up_key_is_renewed_and_a_busy_one_waited_for(
    stage: ShopifyStage, mug: str, quirk: str, kind: type[Outcome]
) -> None:
    order = _sold(stage, {mug: 1})
    stage.store.next(Quirk(quirk))

    outcome = _refund(stage, order, 500)
    again = applied(_refund(stage, order, 500))

    assert isinstance(outcome, kind)
    assert stage.given_back(order) == [500]
    assert again.external_id


def test_a_throttled_refund_has_given_nothing(stage: ShopifyStage, mug: str) -> None:
    order = _sold(stage, {mug: 1})
    stage.store.throttle_next()

    with pytest.raises(Throttled):
        _refund(stage, order, 500)

    assert stage.given_back(order) == []


def _suggested(*payments: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "suggestedTransactions": [
            {
                "gateway": gateway,
                "parentTransaction": {"id": f"gid://shopify/OrderTransaction/{at}"},
                "maximumRefundableSet": {
                    "shopMoney": {"amount": ours},
                    "presentmentMoney": {"amount": theirs},
                },
            }
            for at, (gateway, ours, theirs) in enumerate(payments)
        ]
    }


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        (1000, [("card", "8.00")]),
        (1500, [("card", "12.00")]),
        (2000, [("card", "12.00"), ("gift_card", "4.00")]),
    ],
)
def test_money_goes_back_the_way_it_came_in_the_currency_of_the_buyer(
    amount: int, sent: list[tuple[str, str]]
) -> None:
    state = _order(
        presentmentCurrencyCode="EUR",
        money=_suggested(("card", "15.00", "12.00"), ("gift_card", "10.00", "8.00")),
    )
    desk = Desk(
        OrdersById=says({"nodes": [_order()]}),
        Refundable=says({"order": state}),
        Refund=says(
            {"refundCreate": {"refund": {"id": "gid://shopify/Refund/3"}, "userErrors": []}}
        ),
    )
    shop = Shop(desk.client, {"currency": "USD"}, {"location_id": "1"})
    draft = RefundDraft("k", "7", amount, "USD", notifies=True)

    [outcome] = Refunding(shop, OrderReads(shop)).push([draft])

    body = desk.of("Refund")[0]["input"]
    assert applied(outcome).external_id == "3"
    assert [(each["gateway"], each["amount"]) for each in body["transactions"]] == sent
    assert (body["currency"], body["notify"]) == ("EUR", True)
    assert body["transactions"][0]["parentId"] == "gid://shopify/OrderTransaction/0"


def test_money_in_a_currency_we_cannot_count_is_given_back_by_a_person() -> None:
    state = _order(presentmentCurrencyCode="USDC", money=_suggested(("card", "15.00", "15.00")))
    desk = Desk(
        OrdersById=says({"nodes": [_order()]}),
        Refundable=says({"order": state}),
    )
    shop = Shop(desk.client, {"currency": "USD"}, {"location_id": "1"})

    [outcome] = Refunding(shop, OrderReads(shop)).push([RefundDraft("k", "7", 1000, "USD")])

    assert isinstance(outcome, Rejected)
    assert "USDC" in outcome.problems[0].sentence
    assert "Refund" not in desk.names
