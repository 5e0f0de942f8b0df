"""Stock: keys, comparing, ranges, activation."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.simulators.shopify import Quirk, StoreState, TwinSettings
from tests.channels.shopify_twin.documents import LEVELS, STOCK_ADJUST, STOCK_SET
from tests.channels.shopify_twin.world import World

ACTIVATE = """
mutation Activate($item: ID!, $place: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: $available)
    @idempotent(key: $key) {
    inventoryLevel { id isActive quantities(names: ["available"]) { quantity } }
    userErrors { field message }
  }
}
"""
DEACTIVATE = """
mutation Deactivate($level: ID!) {
  inventoryDeactivate(inventoryLevelId: $level) { userErrors { field message } }
}
"""


def _row(world: World, variant: int, quantity: int, **given: Any) -> dict[str, Any]:
    row = {"inventoryItemId": world.item(variant), "locationId": world.place}
    return row | {"quantity": quantity, "changeFromQuantity": None} | given


def _set(world: World, *rows: dict[str, Any], key: str = "k1", **given: Any) -> dict[str, Any]:
    body = {"name": "available", "reason": "correction", "quantities": list(rows)} | given
    return world.ask(STOCK_SET, input=body, key=key)["inventorySetQuantities"]


def _codes(told: dict[str, Any]) -> list[str]:
    return [error["code"] for error in told["userErrors"]]


def test_an_absolute_quantity_is_set_and_its_changes_are_told(world: World) -> None:
    _, mug = world.add_mug()

    told = _set(world, _row(world, mug, 8), referenceDocumentUri="gid://syncstore/SyncJob/1")

    group = told["inventoryAdjustmentGroup"]
    assert told["userErrors"] == []
    assert [
        (each["name"], each["delta"], each["quantityAfterChange"]) for each in group["changes"]
    ] == [
        ("available", 3, 8),
        ("on_hand", 3, 8),
    ]
    assert world.store.stock(mug) == 8


def test_on_hand_is_what_is_available_and_what_is_promised(world: World) -> None:
    _, mug = world.add_mug()
    world.store.place_order((mug, 2))

    levels = world.ask(LEVELS, ids=[world.item(mug)])["nodes"][0]["inventoryLevels"]["nodes"]
    _set(world, _row(world, mug, 10), name="on_hand")

    assert [each["quantity"] for each in levels[0]["quantities"]] == [3, 5, 2]
    assert (world.store.stock(mug), world.store.stock(mug, name="on_hand")) == (8, 10)


def test_a_place_needs_no_activation_first(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()

    told = _set(world, _row(world, mug, 4, locationId=world.other_place))

    assert told["userErrors"] == []
    assert store.stock(mug, location=max(store.locations.rows)) == 4


def test_a_stale_comparison_changes_nothing(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    shirt, (red, _) = world.add_shirt()
    store.place_order((mug, 1))

    told = _set(world, _row(world, red, 9), _row(world, mug, 8, changeFromQuantity=5))

    assert _codes(told) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert told["userErrors"][0]["field"] == ["input", "quantities", "1", "changeFromQuantity"]
    assert (store.stock(mug), store.stock(red)) == (4, 5)
    assert _codes(_set(world, _row(world, mug, 8, changeFromQuantity=4), key="k2")) == []
    assert shirt in store.products.rows


def test_the_directive_is_required(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    body = {"name": "available", "reason": "correction", "quantities": [_row(world, mug, 8)]}
    without = STOCK_SET.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")

    (error,) = world.errors(without, input=body)

    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "@idempotent" in error["message"]
    assert store.stock(mug) == 5


def test_change_from_quantity_has_to_be_there_even_as_null(world: World) -> None:
    _, mug = world.add_mug()
    row = _row(world, mug, 8)
    del row["changeFromQuantity"]
    body = {"name": "available", "reason": "correction", "quantities": [row]}
    changes = [{"inventoryItemId": row["inventoryItemId"], "locationId": world.place, "delta": 1}]

    assert world.code(STOCK_SET, input=body, key="k") == "INVALID_FIELD_ARGUMENTS"
    moved = {"name": "available", "reason": "correction", "changes": changes}
    assert world.code(STOCK_ADJUST, input=moved, key="k") == "INVALID_FIELD_ARGUMENTS"


def test_the_same_key_does_it_once_and_answers_the_same(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    first = _set(world, _row(world, mug, 8))
    store.set_stock(mug, 2)

    again = _set(world, _row(world, mug, 8))

    assert again == first
    assert store.stock(mug) == 2


def test_of_two_who_compare_with_the_same_one_wins(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()

    def take(number: int) -> list[str]:
        return _codes(_set(world, _row(world, mug, number, changeFromQuantity=5), key=f"k{number}"))

    with ThreadPoolExecutor(max_workers=8) as pool:
        outcomes = list(pool.map(take, range(10, 18)))

    assert outcomes.count([]) == 1
    assert outcomes.count(["CHANGE_FROM_QUANTITY_STALE"]) == 7
    assert store.stock(mug) == 10 + outcomes.index([])


def test_old_groups_of_changes_are_forgotten() -> None:
    world = World(TwinSettings(kept_changes=6))
    _, mug = world.add_mug()

    for number in range(5):
        _set(world, _row(world, mug, number), key=f"k{number}")

    assert len(world.store.groups.rows) == 3
    assert world.store.kept_changes == 6


def test_the_same_key_for_something_else_is_refused(world: World) -> None:
    _, mug = world.add_mug()
    _set(world, _row(world, mug, 8))

    assert _codes(_set(world, _row(world, mug, 9))) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_a_key_is_forgotten_after_a_day(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    _set(world, _row(world, mug, 8))
    world.clock.pass_seconds(86401)
    world.token = store.install()["access"]

    assert _codes(_set(world, _row(world, mug, 9))) == []
    assert store.stock(mug) == 9


def test_a_key_can_be_in_use_or_spoilt(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    store.next(Quirk.KEY_IN_USE)
    store.next(Quirk.KEY_FAILED)

    busy = _codes(_set(world, _row(world, mug, 8)))
    spoilt = _codes(_set(world, _row(world, mug, 8)))

    assert busy == ["IDEMPOTENCY_CONCURRENT_REQUEST"]
    assert spoilt == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert store.stock(mug) == 5


@pytest.mark.parametrize(
    ("row", "given", "code"),
    [
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, {}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, {}, "INVALID_LOCATION"),
        ({"quantity": 1_000_000_001}, {}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"quantity": -1_000_000_001}, {}, "INVALID_QUANTITY_TOO_LOW"),
        ({}, {"reason": "because"}, "INVALID_REASON"),
        ({}, {"name": "committed"}, "INVALID_NAME"),
        ({}, {"referenceDocumentUri": "job 1"}, "INVALID_REFERENCE_DOCUMENT"),
    ],
)
def test_a_wrong_row_is_refused(
    world: World, row: dict[str, Any], given: dict[str, Any], code: str
) -> None:
    _, mug = world.add_mug()

    told = _set(world, _row(world, mug, 8) | row, **given)

    assert _codes(told) == [code]
    assert world.store.stock(mug) == 5


def test_the_same_place_twice_is_refused(world: World) -> None:
    _, mug = world.add_mug()

    told = _set(world, _row(world, mug, 8), _row(world, mug, 9))

    assert _codes(told) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"]


def test_more_than_250_rows_are_refused_whole(world: World) -> None:
    _, mug = world.add_mug()
    rows = [_row(world, mug, 8)] * 251
    body = {"name": "available", "reason": "correction", "quantities": rows}

    assert world.code(STOCK_SET, input=body, key="k") == "MAX_INPUT_SIZE_EXCEEDED"


def test_quantities_move_up_and_down(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    change = {"inventoryItemId": world.item(mug), "locationId": world.place, "delta": -2}
    body = {
        "name": "available",
        "reason": "shrinkage",
        "changes": [change | {"changeFromQuantity": 5}],
    }

    told = world.ask(STOCK_ADJUST, input=body, key="k")["inventoryAdjustQuantities"]
    stale = world.ask(STOCK_ADJUST, input=body, key="k2")["inventoryAdjustQuantities"]

    assert told["inventoryAdjustmentGroup"]["changes"][0] == {"name": "available", "delta": -2}
    assert _codes(stale) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert store.stock(mug) == 3


def test_other_quantities_need_a_ledger_document(world: World) -> None:
    _, mug = world.add_mug()
    change = {"inventoryItemId": world.item(mug), "locationId": world.place, "delta": 2}
    change |= {"changeFromQuantity": None}
    body = {"name": "damaged", "reason": "damaged", "changes": [change]}

    told = world.ask(STOCK_ADJUST, input=body, key="k")["inventoryAdjustQuantities"]

    assert _codes(told) == ["INVALID_QUANTITY_DOCUMENT"]


def test_activation_keeps_earlier_quantities(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    place = max(store.locations.rows)
    _set(world, _row(world, mug, 4, locationId=world.other_place))
    level = store.levels.where("place", (store.variant(mug)["item_id"], place))[0]
    gid = f"gid://shopify/InventoryLevel/{level['id']}?inventory_item_id={level['item_id']}"

    off = world.ask(DEACTIVATE, level=gid)["inventoryDeactivate"]
    away = store.stock(mug, location=place)
    told = world.ask(ACTIVATE, item=world.item(mug), place=world.other_place, key="k9")

    assert off["userErrors"] == []
    assert away == 0
    assert told["inventoryActivate"]["inventoryLevel"]["quantities"] == [{"quantity": 4}]


def test_the_only_place_and_a_place_with_promises_cannot_be_left(
    world: World, store: StoreState
) -> None:
    _, mug = world.add_mug()
    level = store.levels.where("item", store.variant(mug)["item_id"])[0]
    gid = f"gid://shopify/InventoryLevel/{level['id']}?inventory_item_id={level['item_id']}"

    alone = world.ask(DEACTIVATE, level=gid)["inventoryDeactivate"]["userErrors"]
    _set(world, _row(world, mug, 4, locationId=world.other_place))
    store.place_order((mug, 1))
    promised = world.ask(DEACTIVATE, level=gid)["inventoryDeactivate"]["userErrors"]

    assert "nowhere else" in alone[0]["message"]
    assert "committed" in promised[0]["message"]


def test_items_are_changed_and_toggled(world: World, store: StoreState) -> None:
    _, mug = world.add_mug()
    change = """
    mutation Item($id: ID!, $input: InventoryItemInput!) {
      inventoryItemUpdate(id: $id, input: $input) {
        inventoryItem { id sku tracked unitCost { amount currencyCode } }
        userErrors { field message }
      }
    }"""
    toggle = """
    mutation Toggle($id: ID!, $updates: [InventoryBulkToggleActivationInput!]!) {
      inventoryBulkToggleActivation(inventoryItemId: $id, inventoryItemUpdates: $updates) {
        inventoryItem { id locationsCount { count } }
        inventoryLevels { id }
        userErrors { field message code }
      }
    }"""

    told = world.ask(change, id=world.item(mug), input={"sku": "CUP", "cost": "3"})
    wrong = world.ask(change, id=world.item(mug), input={"cost": "-3"})["inventoryItemUpdate"]
    updates = [{"locationId": world.other_place, "activate": True}]
    both = world.ask(toggle, id=world.item(mug), updates=updates)["inventoryBulkToggleActivation"]

    assert told["inventoryItemUpdate"]["inventoryItem"]["unitCost"]["amount"] == "3.0"
    assert store.find_sku("CUP") == mug
    assert wrong["userErrors"][0]["field"] == ["input", "cost"]
    assert both["inventoryItem"]["locationsCount"] == {"count": 2}


def test_a_null_product_takes_no_stock(world: World) -> None:
    told = world.ask(LEVELS, ids=["gid://shopify/InventoryItem/1", "nonsense"])

    assert told == {"nodes": [None, None]}
