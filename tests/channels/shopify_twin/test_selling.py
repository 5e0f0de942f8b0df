"""Shoppers, merchants and the app at one till: what is sold, changed and given back."""

import json
from typing import Any

import pytest

from app.simulators.shopify import OutOfStock, ShopRefused, StoreState
from tests.channels.shopify_twin.test_orders import CANCEL, CORE, ONE
from tests.channels.shopify_twin.world import World

REFUND = """
mutation Back($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund {
      id note totalRefundedSet { shopMoney { amount } }
      refundLineItems(first: 5) { nodes { quantity restockType } }
    }
    order { id }
    userErrors { field message }
  }
}
"""
SUGGESTED = """
query Suggested($id: ID!, $lines: [RefundLineItemInput!], $full: Boolean) {
  order(id: $id) {
    risk { recommendation assessments { riskLevel } }
    transactions(first: 3) { id kind status gateway amountSet { shopMoney { amount } } }
    suggestedRefund(refundLineItems: $lines, suggestFullRefund: $full) {
      amountSet { shopMoney { amount } }
      maximumRefundableSet { shopMoney { amount } }
      refundLineItems { quantity restockType location { id } lineItem { id } }
      suggestedTransactions {
        gateway kind amountSet { shopMoney { amount } } parentTransaction { id }
      }
    }
  }
}
"""
JOB = "query Job($id: ID!) { job(id: $id) { id done } }"


def _gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def _line(store: StoreState, order: int, at: int = 0) -> int:
    return int(store.orders.rows[order]["lines"][at]["id"])


def _shelves(store: StoreState, variant: int) -> tuple[int, int]:
    return store.stock(variant), store.stock(variant, name="committed")


def _refund(world: World, order: int, *, key: str = "k", **given: Any) -> dict[str, Any]:
    body = {"orderId": _gid("Order", order), **given}
    told: dict[str, Any] = world.ask(REFUND, input=body, key=key)["refundCreate"]
    return told


def _paid_back(order: int, amount: str) -> list[dict[str, Any]]:
    gid = _gid("Order", order)
    return [{"amount": amount, "gateway": "bogus", "kind": "REFUND", "orderId": gid}]


def test_a_shopper_buys_only_what_is_there(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    _, (red, _) = world.add_shirt()

    with pytest.raises(OutOfStock):
        store.sell((red, 1), (mug, 6))
    untouched = (_shelves(store, mug), _shelves(store, red), len(store.orders.rows))
    store.sell((red, 1), (mug, 5))

    assert untouched == ((5, 0), (5, 0), 0)
    assert (_shelves(store, mug), _shelves(store, red)) == ((0, 5), (4, 1))


def test_what_may_be_sold_beyond_its_stock_is(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    store.edit_variant(mug, inventoryPolicy="CONTINUE")

    store.sell((mug, 6))

    assert _shelves(store, mug) == (-1, 6)


def test_one_thing_bought_twice_is_counted_together(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()

    with pytest.raises(OutOfStock):
        store.sell((mug, 3), (mug, 3))


def test_each_location_sends_what_only_it_has(world: World, store: StoreState) -> None:
    first, second = sorted(store.locations.rows)
    _, mug = world.add_mug()
    _, (red, _) = world.add_shirt()
    store.set_stock(red, 0, location=first)
    store.set_stock(red, 2, location=second)

    order = store.sell((mug, 1), (red, 1))

    rows = store.fulfillment_orders.where("order", order)
    assert [row["location_id"] for row in rows] == [first, second]
    assert store.stock(red, location=second, name="committed") == 1


def test_an_order_is_paid_later(world: World, store: StoreState) -> None:
    world.add_webhook("ORDERS_PAID")
    _, mug = world.add_mug()
    order = store.sell((mug, 1), financial_status="PENDING")
    before = world.ask(SUGGESTED, id=_gid("Order", order))["order"]
    store.pay_order(order)
    store.pay_order(order)
    after = world.ask(SUGGESTED, id=_gid("Order", order))["order"]
    store.deliver_due()

    assert (before["transactions"], before["suggestedRefund"]["suggestedTransactions"]) == ([], [])
    assert after["transactions"][0]["status"] == "SUCCESS"
    assert len(world.internet.deliveries("orders/paid")) == 1


@pytest.mark.parametrize(("quantity", "shelves"), [(1, (4, 1)), (4, (1, 4)), (0, (5, 0))])
def test_the_merchant_changes_how_many_are_ordered(
    world: World, store: StoreState, quantity: int, shelves: tuple[int, int]
) -> None:
    world.add_webhook("ORDERS_EDITED")
    _, mug = world.add_mug()
    order = store.sell((mug, 3), tax="3.00")
    store.edit_line(order, _line(store, order), quantity)
    store.deliver_due()

    shown = world.ask(ONE + CORE, id=_gid("Order", order))["order"]

    line = shown["lineItems"]["nodes"][0]
    assert shown["edited"]
    assert (line["currentQuantity"], line["unfulfilledQuantity"]) == (quantity, quantity)
    assert line["quantity"] == max(3, quantity)
    assert _shelves(store, mug) == shelves
    [told] = world.internet.deliveries("orders/edited")
    assert json.loads(told.content)["order_edit"]["order_id"] == order


def test_what_was_sent_cannot_be_edited_away(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    sent, ended = store.sell((mug, 2)), store.sell((mug, 2))
    store.ship_order(sent)
    store.cancel_order(ended)

    for order in (sent, ended):
        with pytest.raises(ShopRefused):
            store.edit_line(order, _line(store, order), 1)

    assert _shelves(store, mug) == (3, 0)


def test_what_is_left_of_an_edited_order_is_worth_less(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    order = store.sell((mug, 3), tax="3.00")
    store.edit_line(order, _line(store, order), 1)

    shown = world.ask(ONE + CORE, id=_gid("Order", order))["order"]

    amounts = [
        shown[name]["shopMoney"]["amount"] for name in ("totalPriceSet", "currentTotalPriceSet")
    ]
    assert amounts == ["31.5", "10.5"]


def test_discount_and_tax_fall_to_the_lines(world: World, store: StoreState) -> None:
    _, mug = world.add_mug(price="10.00")
    _, (red, _) = world.add_shirt()
    order = store.sell((mug, 1), (red, 1), discount="1.00", tax="2.00")

    lines = store.orders.rows[order]["lines"]

    assert [line["discount"] for line in lines] == ["0.33", "0.67"]
    assert [line["tax"] for line in lines] == ["0.67", "1.33"]


def test_a_refund_is_suggested_with_the_place_it_goes_back_to(
    world: World, store: StoreState
) -> None:
    _, mug = world.add_mug(price="10.00")
    order = store.sell((mug, 2), risk="HIGH")
    line = {"lineItemId": _gid("LineItem", _line(store, order)), "quantity": 1}
    wanted = [{**line, "restockType": "CANCEL"}]

    some = world.ask(SUGGESTED, id=_gid("Order", order), lines=wanted)["order"]
    full = world.ask(SUGGESTED, id=_gid("Order", order), full=True)["order"]["suggestedRefund"]

    place = _gid("Location", min(store.locations.rows))
    assert some["risk"]["recommendation"] == "CANCEL"
    assert some["suggestedRefund"]["amountSet"]["shopMoney"]["amount"] == "10.0"
    assert some["suggestedRefund"]["refundLineItems"][0]["location"] == {"id": place}
    assert full["maximumRefundableSet"]["shopMoney"]["amount"] == "20.0"
    assert full["suggestedTransactions"][0]["parentTransaction"] == {
        "id": some["transactions"][0]["id"]
    }


def test_a_refund_is_made_once_per_key(world: World, store: StoreState) -> None:
    world.add_webhook("REFUNDS_CREATE")
    _, mug = world.add_mug(price="10.00")
    order = store.sell((mug, 3))
    place = _gid("Location", min(store.locations.rows))
    line = {"lineItemId": _gid("LineItem", _line(store, order)), "quantity": 1}
    given: dict[str, Any] = {
        "note": "Scratched",
        "refundLineItems": [{**line, "restockType": "CANCEL", "locationId": place}],
        "transactions": _paid_back(order, "9.00"),
    }

    first, again = _refund(world, order, **given), _refund(world, order, **given)
    store.deliver_due()

    assert first["userErrors"] == []
    assert again["refund"]["id"] == first["refund"]["id"]
    assert first["refund"]["totalRefundedSet"]["shopMoney"]["amount"] == "9.0"
    assert _shelves(store, mug) == (3, 2)
    assert store.order(order)["financial_status"] == "partially_refunded"
    assert len(world.internet.deliveries("refunds/create")) == 1


@pytest.mark.parametrize(
    ("how", "sent", "shelves"),
    [
        ("RETURN", 0, (3, 2)),
        ("NO_RESTOCK", 0, (2, 2)),
        ("CANCEL", 0, (3, 2)),
        ("RETURN", 3, (3, 0)),
        ("NO_RESTOCK", 3, (2, 0)),
    ],
)
def test_units_go_back_where_the_refund_says(
    world: World, store: StoreState, how: str, sent: int, shelves: tuple[int, int]
) -> None:
    _, mug = world.add_mug()
    order = store.sell((mug, 3))
    if sent:
        store.ship_order(order, number="1Z")
    line = {"lineItemId": _gid("LineItem", _line(store, order)), "quantity": 1, "restockType": how}
    if how != "NO_RESTOCK":
        line["locationId"] = _gid("Location", min(store.locations.rows))

    told = _refund(world, order, refundLineItems=[line])

    assert told["userErrors"] == []
    assert _shelves(store, mug) == shelves
    assert store.order(order)["financial_status"] == "paid"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"transactions": "100.00"}, "transactions"),
        ({"line": 1}, "lineItemId"),
        ({"quantity": 9}, "quantity"),
        ({"restockType": "RETURN"}, "locationId"),
        ({"sent": True, "restockType": "CANCEL", "place": True}, "restockType"),
        ({}, None),
    ],
)
def test_a_wrong_refund_is_refused(
    world: World, store: StoreState, given: dict[str, Any], field: str | None
) -> None:
    _, mug = world.add_mug()
    order = store.sell((mug, 2))
    if given.get("sent"):
        store.ship_order(order)
    number = given.get("line") or _line(store, order)
    line = {"lineItemId": _gid("LineItem", number), "quantity": given.get("quantity", 1)}
    if "restockType" in given:
        line["restockType"] = given["restockType"]
    if given.get("place"):
        line["locationId"] = _gid("Location", min(store.locations.rows))
    body: dict[str, Any] = {"refundLineItems": [line] if given else []}
    if "transactions" in given:
        body = {"transactions": _paid_back(order, given["transactions"])}

    told = _refund(world, order, **body)

    assert told["refund"] is None
    assert (told["userErrors"][0]["field"] or [None])[-1] == field
    assert store.orders.rows[order]["refunds"] == []


def test_a_refund_of_no_order_is_refused(world: World) -> None:
    told = _refund(world, 1)

    assert told["userErrors"][0]["field"] == ["orderId"]


def test_a_cancellation_is_done_when_its_job_is(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    first, second = store.sell((mug, 1)), store.sell((mug, 1))
    store.settings = type(store.settings)(bulk_seconds=60)
    jobs = [
        world.ask(CANCEL, id=_gid("Order", each), restock=True)["orderCancel"]["job"]["id"]
        for each in (first, second)
    ]
    waiting = world.ask(JOB, id=jobs[0])["job"]
    store.ship_order(second)
    world.clock.pass_seconds(60)

    done = [world.ask(JOB, id=each)["job"]["done"] for each in jobs]

    assert not waiting["done"]
    assert done == [True, True]
    assert [bool(store.order(each)["cancelled_at"]) for each in (first, second)] == [True, False]
    assert world.ask(JOB, id=_gid("Job", 1))["job"] is None


def test_a_deleted_order_is_gone(world: World, store: StoreState) -> None:
    world.add_webhook("ORDERS_DELETE")
    _, mug = world.add_mug()
    order = store.sell((mug, 1))
    store.delete_order(order)
    store.deliver_due()

    assert world.ask(ONE + CORE, id=_gid("Order", order))["order"] is None
    [told] = world.internet.deliveries("orders/delete")
    assert json.loads(told.content) == {"id": order}
