"""Stock: who keeps it, and what the status says."""

import pytest

from app.simulators.woocommerce import TwinSettings
from tests.channels.woocommerce_twin.world import World


@pytest.mark.parametrize(
    ("quantity", "backorders", "status"),
    [(5, "no", "instock"), (0, "no", "outofstock"), (-2, "yes", "onbackorder")],
)
def test_the_status_follows_the_quantity_while_stock_is_managed(
    world: World, quantity: int, backorders: str, status: str
) -> None:
    product = world.store.add_product(name="Mug", manage_stock=True)

    world.api.put(
        f"/products/{product}",
        json={"stock_quantity": quantity, "backorders": backorders, "stock_status": "instock"},
    )

    shown = world.store.product(product)
    assert (shown["stock_quantity"], shown["stock_status"]) == (quantity, status)


def test_a_quantity_without_managed_stock_is_dropped(world: World) -> None:
    product = world.store.add_product(name="Mug")

    world.api.put(f"/products/{product}", json={"stock_quantity": 5})

    assert world.store.product(product)["stock_quantity"] is None


def test_managing_no_more_clears_everything_about_stock(world: World) -> None:
    product = world.store.add_product(
        name="Mug", manage_stock=True, stock_quantity=3, backorders="yes", low_stock_amount=1
    )

    world.api.put(f"/products/{product}", json={"manage_stock": False})

    shown = world.store.product(product)
    assert (shown["stock_quantity"], shown["backorders"], shown["low_stock_amount"]) == (
        None,
        "no",
        None,
    )


def test_a_null_quantity_is_ignored_but_a_null_low_stock_amount_clears(world: World) -> None:
    product = world.store.add_product(
        name="Mug", manage_stock=True, stock_quantity=3, low_stock_amount=1
    )

    world.api.put(f"/products/{product}", json={"stock_quantity": None, "low_stock_amount": None})

    shown = world.store.product(product)
    assert (shown["stock_quantity"], shown["low_stock_amount"]) == (3, None)


def test_an_inventory_delta_adds_unless_a_quantity_comes_with_it(world: World) -> None:
    product = world.store.add_product(name="Mug", manage_stock=True, stock_quantity=3)

    world.api.put(f"/products/{product}", json={"inventory_delta": -2})
    after_delta = world.store.product(product)["stock_quantity"]
    world.api.put(f"/products/{product}", json={"inventory_delta": -2, "stock_quantity": 9})

    assert after_delta == 1
    assert world.store.product(product)["stock_quantity"] == 9


def test_a_shop_that_keeps_no_stock_ignores_manage_stock() -> None:
    world = World(TwinSettings(keeps_stock=False))

    product = world.store.add_product(
        name="Mug", manage_stock=True, stock_quantity=3, stock_status="onbackorder"
    )

    shown = world.store.product(product)
    assert (shown["manage_stock"], shown["stock_status"]) == (False, "onbackorder")


def test_the_status_of_a_variable_parent_cannot_be_set(world: World) -> None:
    shirt, _ = world.add_shirt()

    world.api.put(f"/products/{shirt}", json={"stock_status": "outofstock"})

    assert world.store.product(shirt)["stock_status"] == "instock"


def test_the_parent_runs_out_with_its_last_variation(world: World) -> None:
    shirt, variations = world.add_shirt()

    world.api.post(
        f"/products/{shirt}/variations/batch",
        json={"update": [{"id": row_id, "stock_quantity": 0} for row_id in variations]},
    )

    assert world.store.product(shirt)["stock_status"] == "outofstock"


def test_a_variation_can_show_the_stock_of_its_parent(world: World) -> None:
    shirt, (red, _) = world.add_shirt()
    world.api.put(f"/products/{shirt}", json={"manage_stock": True, "stock_quantity": 40})

    answer = world.api.put(
        f"/products/{shirt}/variations/{red}",
        json={"manage_stock": "parent", "stock_quantity": 3},
    )

    assert (answer.json()["manage_stock"], answer.json()["stock_quantity"]) == ("parent", 40)


def test_a_variation_without_managed_stock_loses_its_numbers(world: World) -> None:
    shirt, (red, _) = world.add_shirt()

    answer = world.api.put(
        f"/products/{shirt}/variations/{red}",
        json={"manage_stock": False, "stock_quantity": 3, "backorders": "yes"},
    )

    shown = answer.json()
    assert (shown["stock_quantity"], shown["backorders"], shown["manage_stock"]) == (
        None,
        "no",
        False,
    )


@pytest.mark.parametrize("kind", ["grouped", "external"])
def test_some_types_never_manage_stock(world: World, kind: str) -> None:
    product = world.store.add_product(name="Set", type=kind, manage_stock=True, stock_quantity=3)

    shown = world.store.product(product)
    assert (shown["manage_stock"], shown["stock_quantity"]) == (False, None)
