"""Orders, and what hangs on them."""

import httpx
import pytest

from app.simulators.woocommerce import TwinSettings
from tests.channels.woocommerce_twin.world import World, code


def _mug(world: World, quantity: int = 10) -> int:
    product = world.store.add_product(
        name="Mug", sku="MUG", regular_price="4.50", manage_stock=True, stock_quantity=quantity
    )
    world.clock.pass_seconds(60)
    return product


def test_a_sale_lowers_stock_moves_the_date_and_is_told(world: World) -> None:
    product = _mug(world)
    world.add_webhook("product.updated")
    world.add_webhook("order.created")

    order = world.store.place_order((product, 3))
    world.store.deliver_due()

    shown = world.store.product(product)
    assert (shown["stock_quantity"], shown["total_sales"]) == (7, 3)
    assert shown["date_modified_gmt"] == "2026-11-21T08:01:00"
    assert world.store.order(order)["total"] == "13.50"
    assert [call.headers["X-WC-Webhook-Topic"] for call in world.internet.deliveries()] == [
        "product.updated",
        "order.created",
    ]


def test_some_stores_sell_without_moving_the_date() -> None:
    world = World(TwinSettings(sale_moves_modified=False))
    product = _mug(world)

    world.store.place_order((product, 3))

    shown = world.store.product(product)
    assert (shown["stock_quantity"], shown["date_modified_gmt"]) == (7, "2026-11-21T08:00:00")


def test_a_pending_order_takes_nothing_until_it_is_paid(world: World) -> None:
    product = _mug(world)
    body = {"line_items": [{"product_id": product, "quantity": 2}]}

    order = world.api.post("/orders", json=body).json()
    before = world.store.product(product)["stock_quantity"]
    paid = world.api.put(f"/orders/{order['id']}", json={"set_paid": True}).json()

    assert (order["status"], before) == ("pending", 10)
    assert paid["status"] == "processing"
    assert paid["date_paid_gmt"] == "2026-11-21T08:01:00"
    assert world.store.product(product)["stock_quantity"] == 8


def test_a_cancelled_order_gives_its_stock_back_once(world: World) -> None:
    product = _mug(world)
    order = world.store.place_order((product, 3))

    for _ in range(2):
        world.api.put(f"/orders/{order}", json={"status": "cancelled"})

    assert world.store.product(product)["stock_quantity"] == 10


def test_selling_the_last_one_makes_it_out_of_stock(world: World) -> None:
    product = _mug(world, quantity=1)

    world.store.place_order((product, 1))

    assert world.store.product(product)["stock_status"] == "outofstock"


def test_a_variation_sells_from_itself_or_from_its_parent(world: World) -> None:
    shirt, (red, blue) = world.add_shirt()
    world.store.edit_product(shirt, manage_stock=True, stock_quantity=50)
    world.store.edit_variation(blue, manage_stock="parent")

    order = world.store.place_order((red, 1), (blue, 2))

    assert world.store.variation(red)["stock_quantity"] == 4
    assert world.store.product(shirt)["stock_quantity"] == 48
    lines = world.store.order(order)["line_items"]
    assert [(line["product_id"], line["variation_id"]) for line in lines] == [
        (shirt, red),
        (shirt, blue),
    ]


def test_a_line_looks_its_sku_up_live_and_its_price_is_a_number(world: World) -> None:
    product = _mug(world)
    order = world.store.place_order((product, 2))
    world.store.edit_product(product, sku="MUG-2")

    line = world.api.get(f"/orders/{order}").json()["line_items"][0]

    assert (line["sku"], line["price"], line["total"]) == ("MUG-2", 4.5, "9.00")


def test_a_line_of_a_deleted_product_has_no_product(world: World) -> None:
    product = _mug(world)
    order = world.store.place_order((product, 2))
    world.store.erase(product)

    assert world.api.get(f"/orders/{order}").json()["line_items"][0]["product_id"] == 0


def test_orders_are_read_by_date_and_status(world: World) -> None:
    product = _mug(world)
    first = world.store.place_order((product, 1))
    world.clock.pass_seconds(10)
    second = world.store.place_order((product, 1), status="on-hold")

    def ids(**params: str) -> list[int]:
        return [order["id"] for order in world.api.get("/orders", params=params).json()]

    assert ids(orderby="modified", order="asc") == [first, second]
    assert ids(modified_after="2026-11-21T08:01:00", dates_are_gmt="true") == [second]
    assert ids(status="on-hold") == [second]
    assert ids(status="processing,on-hold") == [second, first]


def test_missing_orders(api: httpx.Client) -> None:
    assert code(api.get("/orders/9")) == (404, "woocommerce_rest_shop_order_invalid_id")
    assert code(api.put("/orders/9", json={})) == (400, "woocommerce_rest_shop_order_invalid_id")
    assert code(api.get("/orders/9/notes")) == (404, "woocommerce_rest_order_invalid_id")
    assert code(api.post("/orders/9/refunds", json={})) == (
        404,
        "woocommerce_rest_invalid_order_id",
    )


def test_a_line_without_a_product_is_refused(api: httpx.Client) -> None:
    answer = api.post("/orders", json={"line_items": [{"quantity": 1}]})

    assert code(answer) == (400, "woocommerce_rest_required_product_reference")


def test_a_line_set_to_nothing_is_removed_and_restocked(world: World) -> None:
    product = _mug(world)
    order = world.store.place_order((product, 3))
    line = world.store.order(order)["line_items"][0]["id"]

    answer = world.api.put(f"/orders/{order}", json={"line_items": [{"id": line, "quantity": 0}]})

    assert answer.json()["line_items"] == []
    assert world.store.product(product)["stock_quantity"] == 10


def test_notes_are_for_the_customer_or_internal(world: World) -> None:
    order = world.store.place_order((_mug(world), 1))
    path = f"/orders/{order}/notes"

    world.api.post(path, json={"note": "Packed"})
    made = world.api.post(path, json={"note": "On its way", "customer_note": True})

    assert made.status_code == 201
    notes = world.api.get(path, params={"type": "customer"}).json()
    assert [note["note"] for note in notes] == ["On its way"]


def test_a_refund_moves_money_and_restocks_unless_told_otherwise(world: World) -> None:
    product = _mug(world)
    order = world.store.place_order((product, 2), payment_method="stripe")
    line = world.store.order(order)["line_items"][0]["id"]
    lines = [{"id": line, "refund_total": "4.50", "quantity": 1}]

    quiet = world.api.post(
        f"/orders/{order}/refunds",
        json={"amount": "4.50", "line_items": lines, "api_refund": False, "api_restock": False},
    )
    loud = world.api.post(f"/orders/{order}/refunds", json={"amount": "4.50", "line_items": lines})

    assert (quiet.status_code, quiet.json()["refunded_payment"]) == (201, False)
    assert loud.json()["refunded_payment"] is True
    assert world.store.product(product)["stock_quantity"] == 9
    shown = world.store.order(order)
    assert (shown["status"], [refund["total"] for refund in shown["refunds"]]) == (
        "refunded",
        ["-4.50", "-4.50"],
    )


def test_a_refund_through_a_gateway_that_cannot_is_an_error_whose_data_is_a_number(
    world: World,
) -> None:
    order = world.store.place_order((_mug(world), 1))

    answer = world.api.post(f"/orders/{order}/refunds", json={"amount": "1.00"})

    assert code(answer) == (500, "woocommerce_rest_cannot_create_order_refund")
    assert answer.json()["data"] == 500


def test_more_than_was_paid_is_not_refunded(world: World) -> None:
    order = world.store.place_order((_mug(world), 1))

    answer = world.api.post(f"/orders/{order}/refunds", json={"amount": "99"})

    assert code(answer) == (400, "woocommerce_rest_invalid_order_refund")


@pytest.mark.parametrize(
    ("tracking", "namespace"),
    [
        ("shipment_tracking", "wc-shipment-tracking/v3"),
        ("advanced_shipment_tracking", "wc-ast/v3"),
    ],
)
def test_tracking_numbers_need_an_extension_and_are_not_idempotent(
    tracking: str, namespace: str
) -> None:
    world = World(TwinSettings(tracking=tracking))  # type: ignore[arg-type]  # from the list above
    bare = World()
    order = world.store.place_order((_mug(world), 1))
    path = f"/wp-json/{namespace}/orders/{order}/shipment-trackings"
    body = {"tracking_provider": "Fedex", "tracking_number": "1", "date_shipped": "2026-11-21"}
    client = world.client(auth=world.pair, path="")

    made = [client.post(path, json=body) for _ in range(2)]
    client.delete(f"{path}/{made[0].json()['tracking_id']}")

    assert [answer.status_code for answer in made] == [201, 201]
    assert [entry["tracking_id"] for entry in client.get(path).json()] == [
        made[1].json()["tracking_id"]
    ]
    assert code(bare.client(auth=bare.pair, path="").get(path)) == (404, "rest_no_route")


def test_fulfillments_need_their_items() -> None:
    world = World(TwinSettings(tracking="fulfillments"))
    order = world.store.place_order((_mug(world), 1))
    path = f"/orders/{order}/fulfillments"
    items = {"key": "_items", "value": [{"item_id": 1, "qty": 1}]}

    bare = world.api.post(path, json={"status": "fulfilled"})
    made = world.api.post(path, json={"status": "fulfilled", "meta_data": [items]})

    assert (bare.status_code, bare.json()["code"]) == (400, 0)
    assert made.status_code == 201
    assert len(world.api.get(path).json()) == 1
    assert code(World().api.get(path)) == (404, "rest_no_route")
