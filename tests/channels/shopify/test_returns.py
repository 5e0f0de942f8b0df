"""Reading the returns of an order: large ones, only where allowed, and what webhooks hint at."""

import json
from typing import Any

import pytest

from app.adapters.orders import ChannelOrder, Fate, ReturnStep
from app.adapters.shopify.webhooks import signature
from app.adapters.types import DeliveryKind
from tests.channels.order_conformance import orders_of
from tests.channels.shopify.stage import ShopifyStage


@pytest.fixture
def stage() -> ShopifyStage:
    return ShopifyStage()


def _sent(stage: ShopifyStage, *, lines: int = 1, units: int = 2) -> str:
    """Sell and send so many units of so many things; returns the order."""
    variants = [stage.variant_of(stage.add_simple(f"Mug {n}", f"M-{n}")) for n in range(lines)]
    order = stage.sell(dict.fromkeys(variants, units))
    assert order is not None
    stage.store.ship_order(int(order))
    return order


def _read(stage: ShopifyStage, order: str, *scopes: str, **settings: Any) -> ChannelOrder:
    """Read an order as an app that was granted these scopes, by what we know of it."""
    facts = {"currency": "USD", "weight_unit": "kg", "details": {"scopes": list(scopes)}}
    adapter = stage.open(facts=facts, **settings)
    [found] = orders_of(adapter).read_orders([order])
    return found


def test_a_return_of_many_lines_is_read_whole(stage: ShopifyStage) -> None:
    order = _sent(stage, lines=13)
    rows = stage.store.orders.rows[int(order)]["lines"]
    back = stage.store.open_return(int(order), *((row["id"], 2) for row in rows))
    for row in rows:
        stage.store.dispose(back, "RESTOCKED", line=row["id"])

    found = _read(stage, order, "read_returns")

    [whole] = found.returns
    assert (whole.external_id, whole.step) == (str(back), ReturnStep.OPEN)
    assert whole.lines == {str(row["id"]): 2 for row in rows}
    assert [each.fate for each in whole.decisions] == [Fate.RESTOCKED] * 13
    assert {line.taken for line in found.lines} == {1}
    assert stage.stock_of(found.lines[0].variant_external_id or "") == 4


def test_every_return_of_an_order_is_read(stage: ShopifyStage) -> None:
    order = _sent(stage, units=5)
    backs = [stage.store.open_return(int(order)) for _ in range(5)]
    stage.store.move_return(backs[0], "cancel")

    found = _read(stage, order, "read_returns")

    assert [each.external_id for each in found.returns] == [str(each) for each in backs]
    assert [each.step for each in found.returns[:2]] == [ReturnStep.CANCELLED, ReturnStep.OPEN]


def test_without_the_scope_nothing_is_asked(stage: ShopifyStage) -> None:
    order = _sent(stage)
    stage.store.open_return(int(order))
    stage.store.change_scopes(
        [each for each in stage.store.settings.scopes if each != "read_returns"]
    )

    found = _read(stage, order, "read_orders")

    assert found.returns == ()
    assert not any("ACCESS_DENIED" in each.response for each in stage.exchanges)


def test_a_scope_that_was_taken_away_costs_the_returns_and_nothing_else(
    stage: ShopifyStage,
) -> None:
    order = _sent(stage)
    stage.store.open_return(int(order))
    stage.store.change_scopes(
        [each for each in stage.store.settings.scopes if each != "read_returns"]
    )

    found = _read(stage, order, "read_returns")

    assert found.returns == ()
    assert found.email


def test_webhooks_about_returns_and_carriers_name_the_order(stage: ShopifyStage) -> None:
    adapter = stage.open()
    adapter.arm_hooks()
    order = _sent(stage)
    stage.deliveries()
    back = stage.store.open_return(int(order), is_open=False)
    stage.store.move_return(back, "approve")
    stage.store.carry(int(order), "IN_TRANSIT")

    read = [adapter.read_delivery(*each) for each in stage.deliveries()]

    unnamed = json.dumps({"id": back, "status": "open"}).encode()
    signed = {
        "X-Shopify-Topic": "returns/process",
        "X-Shopify-Hmac-Sha256": signature(stage.store.settings.client_secret, unnamed),
    }
    named = adapter.read_delivery(signed, unnamed).external_id or ""
    topics = {each.topic for each in read}
    assert named == f"returned:{back}"
    assert [each.external_id for each in orders_of(adapter).read_orders([named])] == [order]
    assert {"returns/request", "returns/approve", "fulfillment_events/create"} <= topics
    assert {(each.kind, each.external_id) for each in read} == {(DeliveryKind.ORDER, order)}
