"""What customers send back: asked for, agreed to, decided on unit by unit, and told of."""

import json
from typing import Any

import pytest

from app.simulators.shopify import StoreState
from tests.channels.shopify_twin.world import World

RETURNS = """
query Returns($id: ID!) {
  order(id: $id) {
    returns(first: 5) {
      nodes {
        id name status totalQuantity closedAt requestApprovedAt decline { reason }
        refunds(first: 5) { nodes { id } }
        returnLineItems(first: 5) {
          nodes {
            id quantity processedQuantity unprocessedQuantity refundableQuantity
            returnReasonDefinition { name handle }
            ... on ReturnLineItem { fulfillmentLineItem { id quantity lineItem { id } } }
          }
        }
        reverseFulfillmentOrders(first: 5) {
          nodes {
            id status
            lineItems(first: 5) {
              nodes {
                id totalQuantity fulfillmentLineItem { lineItem { id } }
                dispositions { type quantity location { id } }
              }
            }
          }
        }
      }
    }
  }
}
"""
TOPICS = ("REQUEST", "APPROVE", "DECLINE", "CANCEL", "PROCESS", "CLOSE", "REOPEN", "UPDATE")


@pytest.fixture
def sent(world: World, store: StoreState) -> tuple[int, int]:
    """Three mugs of five were sent; returns the order and the variant."""
    for topic in TOPICS:
        world.add_webhook(f"RETURNS_{topic}")
    _, mug = world.add_mug()
    number = store.place_order((mug, 3))
    store.ship_order(number)
    return number, mug


def _returns(world: World, number: int) -> list[dict[str, Any]]:
    told = world.ask(RETURNS, id=f"gid://shopify/Order/{number}")
    found: list[dict[str, Any]] = told["order"]["returns"]["nodes"]
    return found


def _told(world: World) -> list[tuple[str, str]]:
    world.store.deliver_due()
    calls = [call for call in world.internet.deliveries() if "returns/" in str(call.headers)]
    return [(call.headers["X-Shopify-Topic"], json.loads(call.content)["status"]) for call in calls]


def test_a_return_is_asked_for_agreed_to_decided_on_and_closed(
    world: World, store: StoreState, sent: tuple[int, int]
) -> None:
    number, mug = sent
    line = store.orders.rows[number]["lines"][0]["id"]
    back = store.open_return(number, (line, 2), is_open=False)
    [asked] = _returns(world, number)
    store.move_return(back, "approve")
    for kind in ("RESTOCKED", "NOT_RESTOCKED"):
        store.dispose(back, kind)
    store.move_return(back, "close")
    [closed] = _returns(world, number)

    assert (asked["status"], asked["name"], asked["totalQuantity"]) == ("REQUESTED", "#1001-R1", 2)
    assert asked["reverseFulfillmentOrders"]["nodes"] == []
    assert (closed["status"], closed["closedAt"] is None) == ("CLOSED", False)
    [way] = closed["reverseFulfillmentOrders"]["nodes"]
    [decided] = way["lineItems"]["nodes"]
    kinds = [(each["type"], each["quantity"]) for each in decided["dispositions"]]
    assert kinds == [("RESTOCKED", 1), ("NOT_RESTOCKED", 1)]
    assert decided["dispositions"][0]["location"]["id"] == world.place
    [announced] = closed["returnLineItems"]["nodes"]
    assert (announced["quantity"], announced["processedQuantity"]) == (2, 2)
    assert announced["returnReasonDefinition"]["name"] == "Too small"
    assert store.stock(mug) == 3
    assert _told(world) == [
        ("returns/request", "requested"),
        ("returns/approve", "open"),
        ("returns/process", "open"),
        ("returns/process", "open"),
        ("returns/close", "closed"),
    ]


def test_a_return_is_refunded_and_its_stock_decided_on_apart(
    world: World, store: StoreState, sent: tuple[int, int]
) -> None:
    number, mug = sent
    back = store.open_return(number)
    store.refund_return(back)
    [told] = _returns(world, number)

    assert len(told["refunds"]["nodes"]) == 1
    assert store.order(number)["financial_status"] == "partially_refunded"
    assert store.stock(mug) == 2
    store.dispose(back)
    assert store.stock(mug) == 3


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (["decline"], "DECLINED"),
        (["approve", "cancel"], "CANCELED"),
        (["approve", "close", "reopen"], "OPEN"),
    ],
)
def test_a_return_that_is_not_to_be(
    world: World, store: StoreState, sent: tuple[int, int], actions: list[str], status: str
) -> None:
    number, _ = sent
    back = store.open_return(number, is_open=False)
    for action in actions:
        store.move_return(back, action)

    assert [each["status"] for each in _returns(world, number)] == [status]
    with pytest.raises(ValueError, match="cannot be moved by approve"):
        store.move_return(back, "approve")


def test_no_more_comes_back_than_was_sent(store: StoreState, sent: tuple[int, int]) -> None:
    number, _ = sent
    line = store.orders.rows[number]["lines"][0]["id"]
    back = store.open_return(number, (line, 2))

    with pytest.raises(ValueError, match="Only 1 of line"):
        store.open_return(number, (line, 2))
    with pytest.raises(ValueError, match="Only 2 are left to decide on"):
        store.dispose(back, quantity=3)
    with pytest.raises(ValueError, match="What came is one of"):
        store.dispose(back, "EATEN")


def test_returns_need_a_scope_of_their_own(
    world: World, store: StoreState, sent: tuple[int, int]
) -> None:
    number, _ = sent
    world.token = store.install(["read_orders"])["access"]

    assert world.code(RETURNS, id=f"gid://shopify/Order/{number}") == "ACCESS_DENIED"
