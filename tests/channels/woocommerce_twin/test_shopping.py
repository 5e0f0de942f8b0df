"""Shoppers and the merchant at work: sold, paid, edited, cancelled, refunded, thrown away."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.simulators.woocommerce import TwinSettings, create_twin
from app.simulators.woocommerce.order_stock import SoldOut
from tests.channels.woocommerce_twin.world import World


def _mug(world: World, quantity: int = 10, **how: Any) -> int:
    return world.store.add_product(
        name="Mug", regular_price="4.50", manage_stock=True, stock_quantity=quantity, **how
    )


def _left(world: World, product: int) -> int:
    return int(world.store.product(product)["stock_quantity"])


def _line(world: World, order: int) -> dict[str, object]:
    line: dict[str, object] = world.store.order(order)["line_items"][0]
    return line


def _taken(world: World, order: int) -> list[str]:
    metas = world.store.order(order)["line_items"][0]["meta_data"]
    return [meta["value"] for meta in metas if meta["key"] == "_reduced_stock"]


def test_a_shopper_buys_and_the_line_remembers_what_it_took(world: World) -> None:
    mug = _mug(world)

    order = world.store.sell([(mug, 3)])

    shown = world.store.order(order)
    assert (shown["status"], shown["billing"]["email"]) == ("processing", "alice@example.com")
    assert (_left(world, mug), _taken(world, order)) == (7, ["3"])


def test_a_cart_with_too_little_left_is_refused_whole(world: World) -> None:
    mug, cup = _mug(world, 2), _mug(world, 5)

    with pytest.raises(SoldOut):
        world.store.sell([(cup, 1), (mug, 3)])

    assert (_left(world, mug), _left(world, cup)) == (2, 5)
    assert world.store.counts()["orders"] == 0


def test_the_same_thing_twice_in_a_cart_counts_twice(world: World) -> None:
    mug = _mug(world, 3)

    with pytest.raises(SoldOut):
        world.store.sell([(mug, 2), (mug, 2)])


def test_what_may_be_sold_on_backorder_is_sold(world: World) -> None:
    mug = _mug(world, 1, backorders="notify")

    world.store.sell([(mug, 3)])

    assert _left(world, mug) == -2


def test_an_open_checkout_holds_its_cart_for_an_hour(world: World) -> None:
    mug = _mug(world, 1)
    world.store.sell([(mug, 1)], status="pending")

    with pytest.raises(SoldOut):
        world.store.sell([(mug, 1)])
    world.clock.pass_seconds(3601)
    world.store.sell([(mug, 1)])

    assert _left(world, mug) == 0


def test_many_shoppers_never_buy_more_than_there_is(world: World) -> None:
    mug = _mug(world, 7)

    def buy(_number: int) -> bool:
        try:
            world.store.sell([(mug, 1)])
        except SoldOut:
            return False
        return True

    with ThreadPoolExecutor(8) as shoppers:
        bought = list(shoppers.map(buy, range(30)))

    assert (sum(bought), _left(world, mug)) == (7, 0)


def test_stock_follows_an_edited_line_and_its_price_stays(world: World) -> None:
    mug = _mug(world)
    order = world.store.sell([(mug, 4)])

    world.store.edit_line(order, int(str(_line(world, order)["id"])), 1)

    shown = _line(world, order)
    assert (shown["quantity"], shown["total"]) == (1, "4.50")
    assert (_left(world, mug), _taken(world, order)) == (9, ["1"])


def test_a_line_added_through_the_api_takes_its_stock(world: World) -> None:
    mug, cup = _mug(world), _mug(world)
    order = world.store.sell([(mug, 1)])

    world.api.put(f"/orders/{order}", json={"line_items": [{"product_id": cup, "quantity": 2}]})

    assert (_left(world, mug), _left(world, cup)) == (9, 8)


def test_refunded_units_come_back_only_when_told(world: World) -> None:
    mug = _mug(world)
    order = world.store.sell([(mug, 3)])
    line = int(str(_line(world, order)["id"]))

    world.store.refund_order(order, {line: 1}, restock=False)
    world.store.refund_order(order, {line: 1})
    world.store.cancel_order(order)

    assert _left(world, mug) == 10
    shown = world.store.order(order)
    assert [refund["total"] for refund in shown["refunds"]] == ["-4.50", "-4.50"]
    assert _taken(world, order) == []


def test_a_refund_names_the_line_it_takes_back_and_is_listed_over_all_orders(world: World) -> None:
    order = world.store.sell([(_mug(world), 3)])
    line = int(str(_line(world, order)["id"]))
    refund = world.store.refund_order(order, {line: 2})
    world.store.refund_order(order, amount="1.00")

    [shown] = world.api.get("/refunds", params={"include": str(refund)}).json()

    assert (shown["id"], shown["parent_id"], shown["amount"]) == (refund, order, "9.00")
    metas = shown["line_items"][0]["meta_data"]
    assert [(meta["key"], meta["value"]) for meta in metas] == [("_refunded_item_id", str(line))]
    assert len(world.api.get("/refunds").json()) == 2


def test_older_shops_do_not_list_all_refunds() -> None:
    world = World(TwinSettings(lists_refunds=False))

    assert world.api.get("/refunds").json()["code"] == "rest_no_route"


def test_taxes_inside_the_price_are_shown_apart() -> None:
    world = World(TwinSettings(tax_percent=19, prices_include_tax=True))
    mug = world.store.add_product(name="Mug", regular_price="11.90")

    shown = world.store.order(
        world.store.sell([(mug, 2)], coupon_lines=[{"code": "ten"}], fee_lines=[{"total": "1.00"}])
    )

    line = shown["line_items"][0]
    assert (line["subtotal"], line["subtotal_tax"]) == ("20.00", "3.80")
    assert (line["total"], line["total_tax"]) == ("18.00", "3.42")
    assert (shown["discount_total"], shown["discount_tax"]) == ("2.00", "0.38")
    assert (shown["total"], shown["total_tax"]) == ("22.61", "3.61")
    assert shown["tax_lines"][0]["tax_total"] == "3.61"
    assert shown["prices_include_tax"] is True


def test_the_trash_and_the_way_back_are_told_as_deleted_and_restored(world: World) -> None:
    order = world.store.sell([(_mug(world), 1)])
    for event in ("deleted", "restored", "updated"):
        world.add_webhook(f"order.{event}")

    world.store.trash_order(order)
    hidden = world.api.get("/orders", params={"include": str(order)}).json()
    world.store.restore_order(order)
    world.store.deliver_due()

    told = [call.headers["X-WC-Webhook-Topic"] for call in world.internet.deliveries()]
    assert (hidden, told) == ([], ["order.deleted", "order.restored"])
    assert world.store.order(order)["status"] == "processing"


def test_parcels_show_in_the_meta_data_of_their_order() -> None:
    world = World(TwinSettings(tracking="shipment_tracking"))
    order = world.store.sell([(_mug(world), 1)])
    client = world.client(auth=world.pair, path="/wp-json/wc-shipment-tracking/v3")

    client.post(
        f"/orders/{order}/shipment-trackings",
        json={"tracking_provider": "UPS", "tracking_number": "1Z", "date_shipped": "2026-11-21"},
    )

    [meta] = world.store.order(order)["meta_data"]
    assert meta["key"] == "_wc_shipment_tracking_items"
    assert [(each["tracking_number"], each["date_shipped"]) for each in meta["value"]] == [
        ("1Z", "1795219200")
    ]


def test_fulfillments_tell_how_far_they_reach() -> None:
    world = World(TwinSettings(tracking="fulfillments"))
    order = world.store.sell([(_mug(world), 2)])
    line = _line(world, order)["id"]

    def pack(quantity: int) -> str:
        items = {"key": "_items", "value": [{"item_id": line, "qty": quantity}]}
        body = {"status": "fulfilled", "meta_data": [items]}
        made = world.api.post(f"/orders/{order}/fulfillments", json=body).json()
        packed.append(made["id"])
        return str(world.store.order(order)["meta_data"][0]["value"])

    packed: list[int] = []

    assert [pack(1), pack(1)] == ["partially_fulfilled", "fulfilled"]
    assert world.api.delete(f"/orders/{order}/fulfillments/{packed[0]}").status_code == 200
    assert world.store.order(order)["meta_data"][0]["value"] == "partially_fulfilled"


@pytest.fixture
def panel(world: World) -> httpx.Client:
    app = create_twin(world.store, with_control=True)
    return httpx.Client(transport=httpx.WSGITransport(app=app), base_url="https://store.test/_twin")


def test_the_panel_sells_pays_edits_refunds_and_cancels(world: World, panel: httpx.Client) -> None:
    mug = _mug(world, 5, sku="MUG-1")

    order = panel.post("/sell", json={"lines": [["MUG-1", 4]], "status": "pending"}).json()
    refused = panel.post("/sell", json={"lines": [[mug, 2]]})
    line = order["line_items"][0]["id"]
    panel.post(f"/orders/{order['id']}/pay")
    edited = panel.post(f"/orders/{order['id']}/lines/{line}", json={"quantity": 3}).json()
    panel.post(f"/orders/{order['id']}/refunds", json={"lines": {str(line): 1}})
    shown = panel.get(f"/orders/{order['id']}").json()

    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "woocommerce_rest_product_out_of_stock",
    )
    assert (edited["line_items"][0]["quantity"], shown["status"]) == (3, "processing")
    assert [refund["total"] for refund in shown["refunds"]] == ["-4.50"]
    assert _left(world, mug) == 3
    panel.post(f"/orders/{order['id']}/cancel")
    assert (_left(world, mug), world.store.order(order["id"])["status"]) == (5, "cancelled")
    assert panel.post("/orders/999/pay").status_code == 404
    assert panel.post("/sell", json={"lines": [["NOBODY", 1]]}).status_code == 404
