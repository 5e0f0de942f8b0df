"""Batches: no validation, no transaction, an answer per item."""

from app.simulators.chaos import Fault
from app.simulators.woocommerce import seed_synthetic
from tests.channels.woocommerce_twin.world import World, code


def test_a_batch_is_200_and_each_item_says_how_it_went(world: World) -> None:
    owner = world.store.add_product(name="Mug", sku="PQ-1")

    answer = world.api.post(
        "/products/batch",
        json={
            "create": [{"name": "Copy", "sku": "PQ-1"}],
            "update": [{"id": owner, "sku": "PQ-1"}, {"id": 9999, "name": "X"}],
        },
    )

    assert answer.status_code == 200
    refused = answer.json()["create"][0]
    assert refused == {
        "id": 0,
        "error": {
            "code": "product_invalid_sku",
            "message": "Invalid or duplicated SKU.",
            "data": {"status": 400, "resource_id": owner, "unique_sku": "PQ-1-1"},
        },
    }
    changed, missing = answer.json()["update"]
    assert (changed["id"], changed["sku"]) == (owner, "PQ-1")
    assert missing == {
        "id": 9999,
        "error": {
            "code": "woocommerce_rest_product_invalid_id",
            "message": "Invalid ID.",
            "data": {"status": 400},
        },
    }


def test_more_than_a_hundred_items_are_too_many(world: World) -> None:
    items = [{"name": f"Mug {number}"} for number in range(60)]

    answer = world.api.post("/products/batch", json={"create": items, "delete": list(range(41))})

    assert code(answer) == (413, "woocommerce_rest_request_entity_too_large")
    assert world.store.titles() == []


def test_a_batch_skips_validation(world: World) -> None:
    brand = world.api.post("/products/brands", json={"name": "Acme"}).json()["id"]

    answer = world.api.post(
        "/products/batch",
        json={"create": [{"name": "Mug", "regular_price": 21.99, "brands": [brand]}]},
    )

    made = answer.json()["create"][0]
    assert (made["regular_price"], made["brands"][0]["id"]) == ("21.99", brand)


def test_a_value_of_a_hopeless_kind_ends_the_request_with_a_part_done(world: World) -> None:
    answer = world.api.post(
        "/products/batch", json={"create": [{"name": "Mug"}, {"name": ["no", "text"]}]}
    )

    assert code(answer) == (500, "internal_server_error")
    assert world.store.titles() == ["Mug"]


def test_delete_in_a_batch_is_final(world: World) -> None:
    product = world.store.add_product(name="Mug")

    answer = world.api.post("/products/batch", json={"delete": [product, 9999]})

    assert [item["id"] for item in answer.json()["delete"]] == [product, 9999]
    assert answer.json()["delete"][1]["error"]["data"]["status"] == 404
    assert world.store.counts()["trashed"] == 0
    assert world.store.product_ids() == []


def test_a_host_can_end_a_batch_in_the_middle(world: World) -> None:
    world.store.chaos.next(Fault.BATCH_CUT)

    answer = world.api.post(
        "/products/batch", json={"create": [{"name": f"Mug {number}"} for number in range(20)]}
    )

    done = len(world.store.titles())
    assert answer.status_code == 504
    assert answer.text.startswith("<")
    assert 0 <= done < 20
    assert len(world.store.writes(method="create")) == done


def test_stock_of_a_hundred_products_is_one_call(world: World) -> None:
    ids = seed_synthetic(world.store, 100)

    answer = world.api.post(
        "/products/batch",
        json={
            "update": [{"id": row_id, "manage_stock": True, "stock_quantity": 3} for row_id in ids]
        },
    )

    assert {item["stock_quantity"] for item in answer.json()["update"]} == {3}
    assert world.store.writes_of("stock_quantity") == 100


def test_every_item_is_in_the_write_log(world: World) -> None:
    world.api.post("/products", json={"name": "Mug", "sku": "M"})
    world.api.post("/products/batch", json={"create": [{"name": "Cup"}, {"name": "X", "sku": "M"}]})

    assert world.store.writes_of("name") == 2
    refused = world.store.writes(refused=True)
    assert [(write.error, write.fields) for write in refused] == [
        ("product_invalid_sku", ("name", "sku"))
    ]
