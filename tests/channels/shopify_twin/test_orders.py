"""Orders: read, changed by the merchant, sent and called off by the app."""

import json
from typing import Any

import pytest

from app.simulators.shopify import StoreState, TwinSettings
from tests.channels.shopify_twin.world import World

CORE = """
fragment OrderCore on Order {
  id legacyResourceId name createdAt processedAt updatedAt cancelledAt cancelReason test sourceName
  note tags email phone currencyCode presentmentCurrencyCode taxesIncluded closed closedAt confirmed
  displayFinancialStatus displayFulfillmentStatus fulfillable fullyPaid unpaid refundable edited
  requiresShipping subtotalLineItemsQuantity
  totalPriceSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
  currentTotalPriceSet { shopMoney { amount } }
  subtotalPriceSet { shopMoney { amount } }
  totalShippingPriceSet { shopMoney { amount } }
  totalTaxSet { shopMoney { amount } }
  totalDiscountsSet { shopMoney { amount } }
  totalRefundedSet { shopMoney { amount } }
  customer { id displayName }
  shippingAddress {
    name company address1 address2 city provinceCode zip countryCodeV2 phone
    formatted(withName: true)
  }
  billingAddress { name company address1 address2 city provinceCode zip countryCodeV2 phone }
  shippingLines(first: 5) { nodes { title code originalPriceSet { shopMoney { amount } } } }
  taxLines { title priceSet { shopMoney { amount } } }
  lineItems(first: 50) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id title name sku quantity currentQuantity unfulfilledQuantity requiresShipping vendor
      variantTitle refundableQuantity nonFulfillableQuantity
      variant { id } product { id }
      originalUnitPriceSet { shopMoney { amount } }
      discountedTotalSet { shopMoney { amount } }
      taxLines { title rate priceSet { shopMoney { amount } } }
    }
  }
  refunds(first: 10) {
    id createdAt totalRefundedSet { shopMoney { amount } } order { id }
    refundLineItems(first: 20) {
      nodes { quantity restockType restocked lineItem { id sku } location { id } }
    }
  }
}
"""
PAGE = """
query Page($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { ...OrderCore }
  }
}
"""
ONE = "query One($id: ID!) { order(id: $id) { ...OrderCore } }"
TO_SEND = """
query ToSend($id: ID!) {
  order(id: $id) {
    fulfillmentOrders(first: 20) {
      nodes {
        id status requestStatus createdAt updatedAt orderId orderName order { name }
        supportedActions { action externalUrl }
        assignedLocation { name countryCode location { id } }
        lineItems(first: 100) {
          nodes {
            id sku totalQuantity remainingQuantity productTitle vendor variantTitle
            requiresShipping inventoryItemId lineItem { id } variant { id }
          }
        }
      }
    }
    fulfillments(first: 20) { id status createdAt trackingInfo { company number url } }
  }
}
"""
SHIP = """
mutation Ship($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment {
      id name status totalQuantity location { id } order { id }
      trackingInfo { company number url }
      fulfillmentLineItems(first: 5) { nodes { id quantity lineItem { sku } } }
    }
    userErrors { field message }
  }
}
"""
RETRACK = """
mutation Fix($id: ID!, $tracking: FulfillmentTrackingInput!) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking) {
    fulfillment { id trackingInfo { company number url } }
    userErrors { field message }
  }
}
"""
TAKE_BACK = """
mutation Back($id: ID!) {
  fulfillmentCancel(id: $id) { fulfillment { id status } userErrors { field message } }
}
"""
CARRIED = """
query Carried($id: ID!) {
  order(id: $id) {
    fulfillments(first: 5) {
      id displayStatus inTransitAt deliveredAt estimatedDeliveryAt
      events(first: 1, reverse: true) { nodes { id status happenedAt message } }
    }
  }
}
"""
CANCEL = """
mutation Cancel($id: ID!, $restock: Boolean!, $refund: OrderCancelRefundMethodInput) {
  orderCancel(orderId: $id, reason: CUSTOMER, restock: $restock, refundMethod: $refund) {
    job { id done }
    orderCancelUserErrors { field message code }
  }
}
"""
CHANGED = """
query Changed($query: String, $closed: Boolean) {
  fulfillmentOrders(first: 50, query: $query, includeClosed: $closed, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { id status orderId orderName updatedAt }
  }
}
"""


def _gid(number: int) -> str:
    return f"gid://shopify/Order/{number}"


def _order(world: World, number: int) -> dict[str, Any]:
    return world.ask(ONE + CORE, id=_gid(number))["order"]


def _found(world: World, query: str | None) -> list[str]:
    told = world.ask(PAGE + CORE, first=25, after=None, query=query)["orders"]
    return [node["name"] for node in told["nodes"]]


def _to_send(world: World, number: int) -> list[dict[str, Any]]:
    return world.ask(TO_SEND, id=_gid(number))["order"]["fulfillmentOrders"]["nodes"]


def _ship(world: World, *rows: dict[str, Any], **tracking: Any) -> dict[str, Any]:
    body = {"lineItemsByFulfillmentOrder": list(rows), "trackingInfo": tracking}
    return world.ask(SHIP, fulfillment=body)["fulfillmentCreate"]


def test_an_order_is_read_whole(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    details: dict[str, Any] = {"note": "Gift", "tags": ["rush"], "shipping_method": "Express"}
    number = store.place_order((mug, 2), tax="1.50", shipping_price="5.00", **details)

    order = _order(world, number)

    assert order["totalPriceSet"]["shopMoney"] == {"amount": "25.5", "currencyCode": "USD"}
    assert (order["displayFinancialStatus"], order["displayFulfillmentStatus"]) == (
        "PAID",
        "UNFULFILLED",
    )
    assert order["lineItems"]["nodes"][0]["sku"] == "MUG"
    assert order["lineItems"]["nodes"][0]["unfulfilledQuantity"] == 2
    assert order["shippingAddress"]["countryCodeV2"] == "US"
    assert order["shippingAddress"]["formatted"][0] == "Bob Norman"
    assert order["shippingLines"]["nodes"][0]["title"] == "Express"
    assert (order["note"], order["tags"]) == ("Gift", ["rush"])


def test_orders_are_found_by_their_states(world: World, store: StoreState) -> None:
    _, mug = world.add_mug(quantity=50)
    first = store.place_order((mug, 1), tags=["rush"])
    second = store.place_order((mug, 1), test=True, financial_status="PENDING")
    world.clock.pass_seconds(60)
    store.cancel_order(first)
    store.ship_order(second)

    assert _found(world, None) == ["#1001", "#1002"]
    assert _found(world, "status:cancelled") == ["#1001"]
    assert _found(world, "status:open") == ["#1002"]
    assert _found(world, "fulfillment_status:fulfilled") == ["#1002"]
    assert _found(world, "financial_status:pending") == ["#1002"]
    assert _found(world, "tag:rush test:false name:#1001") == ["#1001"]
    assert _found(world, "updated_at:>'2026-11-21T08:01:30Z'") == ["#1001", "#1002"]
    assert _found(world, "created_at:>'2026-11-21T08:01:30Z'") == []


def test_old_orders_need_a_scope_of_their_own(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    number = store.place_order((mug, 1))
    world.clock.pass_seconds(61 * 86400)
    world.token = store.install()["access"]
    hidden = (_found(world, None), world.ask(ONE + CORE, id=_gid(number))["order"])

    world.token = store.install([*store.settings.scopes, "read_all_orders"])["access"]

    assert hidden == ([], None)
    assert _found(world, None) == ["#1001"]


def test_who_bought_is_protected(world: World) -> None:
    closed = World(TwinSettings(shows_customers=False))
    closed.add_webhook("ORDERS_CREATE")
    _, mug = closed.add_mug()
    number = closed.store.place_order((mug, 1))
    closed.store.deliver_due()

    order = _order(closed, number)

    assert (order["email"], order["shippingAddress"], order["billingAddress"]) == (None, None, None)
    told = json.loads(closed.internet.deliveries("orders/create")[0].content)
    assert (told["email"], told["shipping_address"]) == ("", None)
    assert isinstance(world.store, StoreState)


def test_the_customer_needs_a_scope_that_orders_do_not(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    number = store.place_order((mug, 1))
    world.token = store.install(["read_orders"])["access"]
    text = "query Q($id: ID!) { order(id: $id) { name customer { id } } }"

    told = world.post(text, {"id": _gid(number)}).json()

    assert told["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert told["data"]["order"] == {"name": "#1001", "customer": None}


def test_an_order_is_sent_whole(world: World, store: StoreState) -> None:
    world.add_webhook("FULFILLMENTS_CREATE")
    world.add_webhook("ORDERS_FULFILLED")
    _, mug = world.add_mug()
    number = store.place_order((mug, 2))
    (row,) = _to_send(world, number)

    told = _ship(world, {"fulfillmentOrderId": row["id"]}, company="UPS", number="1Z")
    again = _ship(world, {"fulfillmentOrderId": row["id"]})
    store.deliver_due()

    made = told["fulfillment"]
    assert row["status"] == "OPEN"
    assert "CREATE_FULFILLMENT" in [each["action"] for each in row["supportedActions"]]
    assert (made["status"], made["totalQuantity"], made["name"]) == ("SUCCESS", 2, "#1001-F1")
    assert made["trackingInfo"] == [
        {"company": "UPS", "number": "1Z", "url": "https://www.ups.com/track?id=1Z"}
    ]
    assert "closed" in again["userErrors"][0]["message"]
    assert (store.stock(mug), store.stock(mug, name="on_hand")) == (3, 3)
    assert _order(world, number)["displayFulfillmentStatus"] == "FULFILLED"
    (sent,) = world.internet.deliveries("fulfillments/create")
    assert json.loads(sent.content)["tracking_number"] == "1Z"
    assert len(world.internet.deliveries("orders/fulfilled")) == 1
    assert store.writes(mutation="fulfillmentCreate", refused=True)


def test_an_order_is_sent_in_parts(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    number = store.place_order((mug, 3))
    (row,) = _to_send(world, number)
    line = row["lineItems"]["nodes"][0]["id"]

    def part(quantity: int) -> dict[str, Any]:
        lines = [{"id": line, "quantity": quantity}]
        return _ship(world, {"fulfillmentOrderId": row["id"], "fulfillmentOrderLineItems": lines})

    first, too_many, rest = part(1), part(3), part(2)

    assert first["fulfillment"]["totalQuantity"] == 1
    assert too_many["userErrors"][0]["message"].startswith("Invalid fulfillment order line item")
    assert rest["userErrors"] == []
    assert [each["name"] for each in (first["fulfillment"], rest["fulfillment"])] == [
        "#1001-F1",
        "#1001-F2",
    ]


def test_a_held_order_is_not_sent(world: World, store: StoreState) -> None:
    world.add_webhook("FULFILLMENT_ORDERS_HOLD_RELEASED")
    _, mug = world.add_mug()
    number = store.place_order((mug, 1), on_hold=True)
    (held,) = _to_send(world, number)

    refused = _ship(world, {"fulfillmentOrderId": held["id"]})
    word = _order(world, number)["displayFulfillmentStatus"]
    store.hold_order(number, is_held=False)
    sent = _ship(world, {"fulfillmentOrderId": held["id"]})
    store.deliver_due()

    assert (held["status"], word) == ("ON_HOLD", "ON_HOLD")
    assert [each["action"] for each in held["supportedActions"]] == ["RELEASE_HOLD"]
    assert "on hold" in refused["userErrors"][0]["message"]
    assert sent["userErrors"] == []
    assert len(world.internet.deliveries("fulfillment_orders/hold_released")) == 1


def test_two_locations_are_two_calls(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    _, (red, _) = world.add_shirt()
    number = store.place_order((mug, 1), (red, 1))
    other = max(store.locations.rows)
    store.split_order(number, other)
    promised = store.stock(red, location=other, name="committed")
    rows = [{"fulfillmentOrderId": row["id"]} for row in _to_send(world, number)]

    both = _ship(world, *rows)
    each = [_ship(world, row) for row in rows]

    assert "same order and location" in both["userErrors"][0]["message"]
    assert [told["userErrors"] for told in each] == [[], []]
    assert (promised, store.stock(red, location=other, name="committed")) == (1, 0)
    assert store.stock(red, location=other) == -1
    assert len(_order(world, number)["lineItems"]["nodes"]) == 2


def test_what_needs_no_shipping_needs_no_fulfilment(world: World, store: StoreState) -> None:
    _, card = world.add_mug(title="Card")
    store.edit_item(card, requiresShipping=False)
    number = store.place_order((card, 1))

    assert _to_send(world, number) == []
    assert _order(world, number)["displayFulfillmentStatus"] == "FULFILLMENT_NOT_REQUIRED"


def test_tracking_is_corrected_and_a_parcel_called_back(world: World, store: StoreState) -> None:
    world.add_webhook("FULFILLMENTS_UPDATE")
    _, mug = world.add_mug()
    number = store.place_order((mug, 2))
    (row,) = _to_send(world, number)
    made = _ship(world, {"fulfillmentOrderId": row["id"]}, numbers=["A", "B"], company="Own")
    own = made["fulfillment"]["id"]

    tracking = {"company": "Own", "number": "C", "url": "https://own.test/C"}
    fixed = world.ask(RETRACK, id=own, tracking=tracking)["fulfillmentTrackingInfoUpdate"]
    back = world.ask(TAKE_BACK, id=own)["fulfillmentCancel"]
    twice = world.ask(TAKE_BACK, id=own)["fulfillmentCancel"]
    unknown = world.ask(RETRACK, id="gid://shopify/Fulfillment/1", tracking={})
    store.deliver_due()

    assert [each["number"] for each in made["fulfillment"]["trackingInfo"]] == ["A", "B"]
    assert fixed["fulfillment"]["trackingInfo"] == [tracking]
    assert back["fulfillment"]["status"] == "CANCELLED"
    assert "cancelled" in twice["userErrors"][0]["message"]
    assert unknown["fulfillmentTrackingInfoUpdate"]["userErrors"]
    assert store.stock(mug, name="committed") == 2
    assert _to_send(world, number)[0]["status"] == "OPEN"
    assert len(world.internet.deliveries("fulfillments/update")) == 2


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1"}, "does not exist"),
        (
            {
                "fulfillmentOrderLineItems": [
                    {"id": "gid://shopify/FulfillmentOrderLineItem/1", "quantity": 1}
                ]
            },
            "line item does not exist",
        ),
    ],
)
def test_a_wrong_parcel_is_refused(
    world: World, store: StoreState, row: dict[str, Any], word: str
) -> None:
    _, mug = world.add_mug()
    (own,) = _to_send(world, store.place_order((mug, 1)))

    told = _ship(world, {"fulfillmentOrderId": own["id"]} | row)

    assert word in told["userErrors"][0]["message"]
    assert _ship(world)["userErrors"][0]["message"] == "Nothing to fulfill."
    assert store.fulfillments.rows == {}


def test_a_carrier_tells_where_a_parcel_is(world: World, store: StoreState) -> None:
    for topic in ("FULFILLMENTS_UPDATE", "FULFILLMENT_EVENTS_CREATE"):
        world.add_webhook(topic)
    _, mug = world.add_mug()
    number = store.place_order((mug, 2))
    store.ship_order(number, company="UPS", number="1Z")
    [plain] = world.ask(CARRIED, id=_gid(number))["order"]["fulfillments"]
    soon = store.now() + 86_400

    store.carry(number, "IN_TRANSIT", estimated=soon)
    world.clock.pass_seconds(60)
    store.carry(number, "ATTEMPTED_DELIVERY", message="Nobody was at home")
    [tried] = world.ask(CARRIED, id=_gid(number))["order"]["fulfillments"]
    store.carry(number, "DELIVERED")
    [there] = world.ask(CARRIED, id=_gid(number))["order"]["fulfillments"]
    store.deliver_due()

    assert (plain["displayStatus"], plain["inTransitAt"]) == ("FULFILLED", None)
    assert plain["events"] == {"nodes": []}
    assert (tried["displayStatus"], tried["deliveredAt"]) == ("ATTEMPTED_DELIVERY", None)
    assert tried["inTransitAt"] < tried["events"]["nodes"][0]["happenedAt"]
    assert tried["estimatedDeliveryAt"] == there["estimatedDeliveryAt"]
    assert tried["events"]["nodes"][0]["message"] == "Nobody was at home"
    assert (there["displayStatus"], there["deliveredAt"] is None) == ("DELIVERED", False)
    told = json.loads(world.internet.deliveries("fulfillment_events/create")[-1].content)
    assert (told["order_id"], told["status"]) == (number, "delivered")
    told = json.loads(world.internet.deliveries("fulfillments/update")[-1].content)
    assert (told["order_id"], told["shipment_status"]) == (number, "delivered")
    with pytest.raises(ValueError, match="A carrier says one of"):
        store.carry(number, "TELEPORTED")


def test_an_order_is_called_off_a_little_later(world: World, store: StoreState) -> None:
    for topic in ("ORDERS_CANCELLED", "REFUNDS_CREATE", "FULFILLMENT_ORDERS_CANCELLED"):
        world.add_webhook(topic)
    _, mug = world.add_mug()
    number = store.place_order((mug, 2))
    money_back = {"originalPaymentMethodsRefund": True}

    told = world.ask(CANCEL, id=_gid(number), restock=True, refund=money_back)["orderCancel"]
    order = _order(world, number)
    again = world.ask(CANCEL, id=_gid(number), restock=True)["orderCancel"]
    missing = world.ask(CANCEL, id=_gid(1), restock=True)["orderCancel"]
    store.deliver_due()

    assert not told["job"]["done"]
    assert (order["cancelReason"], order["displayFinancialStatus"]) == ("CUSTOMER", "REFUNDED")
    assert order["refunds"][0]["refundLineItems"]["nodes"][0]["restockType"] == "CANCEL"
    assert (store.stock(mug), store.stock(mug, name="committed")) == (5, 0)
    assert again["orderCancelUserErrors"][0]["code"] == "INVALID"
    assert missing["orderCancelUserErrors"][0]["code"] == "NOT_FOUND"
    assert {call.headers["X-Shopify-Topic"] for call in world.internet.deliveries()} == {
        "orders/cancelled",
        "refunds/create",
        "fulfillment_orders/cancelled",
    }


def test_without_restock_what_was_promised_is_lost(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    number = store.place_order((mug, 2), financial_status="PENDING")

    world.ask(CANCEL, id=_gid(number), restock=False)

    assert _order(world, number)["displayFinancialStatus"] == "VOIDED"
    assert (store.stock(mug), store.stock(mug, name="on_hand")) == (3, 3)


def test_what_was_sent_cannot_be_called_off(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    number = store.place_order((mug, 1))
    store.ship_order(number)

    told = world.ask(CANCEL, id=_gid(number), restock=True)["orderCancel"]

    assert told["orderCancelUserErrors"][0]["code"] == "INVALID"


def test_a_piece_comes_back(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    number = store.place_order((mug, 2))
    store.refund_order(number)

    order = _order(world, number)

    assert order["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    assert order["currentTotalPriceSet"]["shopMoney"] == {"amount": "9.5"}
    line = order["lineItems"]["nodes"][0]
    assert (line["quantity"], line["currentQuantity"]) == (2, 1)
    assert order["refunds"][0]["refundLineItems"]["nodes"][0]["restocked"]
    assert store.stock(mug) == 4


def test_the_words_of_an_order_change(world: World, store: StoreState) -> None:
    world.add_webhook("ORDERS_UPDATED")
    _, mug = world.add_mug()
    number = store.place_order((mug, 1))
    store.deliver_due()
    world.clock.pass_seconds(60)

    store.edit_order(number, note="Ring twice", shipping_address={"city": "Shelbyville"})
    store.deliver_due()

    order = _order(world, number)
    assert (order["note"], order["shippingAddress"]["city"]) == ("Ring twice", "Shelbyville")
    assert order["updatedAt"] == "2026-11-21T08:02:00Z"
    assert len(world.internet.deliveries("orders/updated")) == 2
    with pytest.raises(KeyError, match="price"):
        store.edit_order(number, price="1")


def test_what_has_to_be_sent_is_listed_over_all_orders(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    first, second = store.place_order((mug, 1)), store.place_order((mug, 1))
    store.ship_order(first)

    still = world.ask(CHANGED, closed=False)["fulfillmentOrders"]["nodes"]
    every = world.ask(CHANGED, closed=True)["fulfillmentOrders"]["nodes"]
    shut = world.ask(CHANGED, closed=True, query="status:closed")["fulfillmentOrders"]["nodes"]

    assert [row["orderId"] for row in still] == [_gid(second)]
    assert len(every) == 2
    assert [row["orderName"] for row in shut] == ["#1001"]


def test_sending_needs_its_scope(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    (row,) = _to_send(world, store.place_order((mug, 1)))
    world.token = store.install(["read_orders", "read_merchant_managed_fulfillment_orders"])[
        "access"
    ]
    body = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": row["id"]}]}

    assert world.code(SHIP, fulfillment=body) == "ACCESS_DENIED"
