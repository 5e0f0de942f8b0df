"""Stock: compared with what was expected, set once, and told apart when it moved."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from app.adapters.errors import Refused
from app.adapters.shopify.levels import Levels
from app.adapters.shopify.shop import Shop
from app.adapters.types import Applied, LevelDraft, Outcome, Rejected, Unanswered
from tests.channels.shopify.scripted import Answer, Desk, fails, lost, says

SET = says({"inventorySetQuantities": {"userErrors": []}})


def _push(desk: Desk, *levels: LevelDraft, more: Sequence[str] = ()) -> list[Outcome]:
    settings = {"location_id": "1", "more_location_ids": more}
    shop = Shop(desk.client, {"currency": "USD"}, settings)
    return Levels(shop).push(levels)


def _level(number: int, quantity: int, expected: int | None = None, **more: Any) -> LevelDraft:
    return LevelDraft(f"l-{number}", str(number), "7", quantity, expected, **more)


def _shows(
    *shown: tuple[int, int | None], tracked: bool = True, at: str = "10:00"
) -> httpx.Response:
    return says(
        {
            "nodes": [
                {
                    "id": f"gid://shopify/ProductVariant/{number}",
                    "inventoryItem": {
                        "id": f"gid://shopify/InventoryItem/{number}1",
                        "tracked": tracked,
                        "inventoryLevel": None
                        if quantity is None
                        else {
                            "updatedAt": f"2026-11-22T{at}:00Z",
                            "quantities": [{"name": "available", "quantity": quantity}],
                        },
                    },
                }
                for number, quantity in shown
            ]
        }
    )


def _refused(*errors: tuple[str, Sequence[str]]) -> httpx.Response:
    listed = [{"code": code, "field": list(path), "message": "No."} for code, path in errors]
    return says({"inventorySetQuantities": {"userErrors": listed}})


def _row(position: int) -> Sequence[str]:
    return ("input", "quantities", str(position), "changeFromQuantity")


STALE = "CHANGE_FROM_QUANTITY_STALE"


def test_what_we_saw_goes_along_and_is_compared() -> None:
    desk = Desk(Stock=_shows((1, 5), (2, 3)), StockSet=SET)

    outcomes = _push(desk, _level(1, 9, 5), _level(2, 4))

    [sent] = desk.of("StockSet")
    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert sent["input"]["name"] == "available"
    assert sent["input"]["reason"] == "correction"
    assert sent["input"]["referenceDocumentUri"] == f"gid://syncstore/SyncJob/{sent['key']}"
    assert [
        (row["inventoryItemId"][-2:], row["quantity"], row["changeFromQuantity"])
        for row in sent["input"]["quantities"]
    ] == [("11", 9, 5), ("21", 4, None)]


def test_what_is_there_already_is_not_written() -> None:
    desk = Desk(Stock=_shows((1, 9)))

    [outcome] = _push(desk, _level(1, 9, 5))

    assert isinstance(outcome, Applied)
    assert desk.names == ["Stock"]


@pytest.mark.parametrize(
    ("shown", "tracked", "words"), [(2, True, "it is 2"), (2, False, "not counted")]
)
def test_what_was_not_expected_is_not_overwritten(shown: int, tracked: bool, words: str) -> None:
    desk = Desk(Stock=_shows((1, shown), tracked=tracked))

    [outcome] = _push(desk, _level(1, 9, 5))

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].code == "changed_meanwhile"
    assert words in outcome.problems[0].sentence
    assert desk.names == ["Stock"]


def test_a_sale_between_looking_and_writing_is_seen_and_not_overwritten() -> None:
    desk = Desk(Stock=[_shows((1, 5)), _shows((1, 4))], StockSet=_refused((STALE, _row(0))))

    [outcome] = _push(desk, _level(1, 9, 5))

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].code == "changed_meanwhile"
    assert "it is 4" in outcome.problems[0].sentence


def test_a_refused_row_is_left_out_and_the_others_are_set() -> None:
    desk = Desk(
        Stock=_shows((1, 5), (2, 5), (3, 5)),
        StockSet=[_refused(("INVALID_QUANTITY_TOO_HIGH", _row(1))), SET],
    )

    outcomes = _push(desk, _level(1, 6), _level(2, 2_000_000_000), _level(3, 7))

    first, second = desk.of("StockSet")
    assert [type(outcome) for outcome in outcomes] == [Applied, Rejected, Applied]
    assert len(first["input"]["quantities"]) == 3
    assert [row["quantity"] for row in second["input"]["quantities"]] == [6, 7]
    assert first["key"] != second["key"]


@pytest.mark.parametrize(
    "spent",
    [
        _refused(("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", ())),
        fails("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"),
    ],
)
def test_a_key_that_is_used_up_is_replaced(spent: Answer) -> None:
    desk = Desk(Stock=_shows((1, 5)), StockSet=[spent, SET])

    [outcome] = _push(desk, _level(1, 9))

    first, second = desk.of("StockSet")
    assert isinstance(outcome, Applied)
    assert first["key"] != second["key"]
    assert first["input"]["quantities"] == second["input"]["quantities"]


@pytest.mark.parametrize(
    "running",
    [
        _refused(("IDEMPOTENCY_CONCURRENT_REQUEST", ())),
        fails("IDEMPOTENCY_CONCURRENT_REQUEST"),
    ],
)
def test_a_write_that_still_runs_is_not_made_again(running: Answer) -> None:
    desk = Desk(Stock=_shows((1, 5)), StockSet=running)

    [outcome] = _push(desk, _level(1, 9))

    assert isinstance(outcome, Unanswered)
    assert desk.names.count("StockSet") == 1


@pytest.mark.parametrize(("seen", "kind"), [(9, Applied), (5, Unanswered)])
def test_a_lost_answer_is_settled_by_looking(seen: int, kind: type[Outcome]) -> None:
    desk = Desk(Stock=[_shows((1, 5)), _shows((1, seen))], StockSet=lost)

    [outcome] = _push(desk, _level(1, 9))

    assert isinstance(outcome, kind)


def test_a_lost_answer_is_asked_for_under_its_own_key_before_anybody_looks() -> None:
    desk = Desk(Stock=_shows((1, 5)), StockSet=[lost, SET])

    [outcome] = _push(desk, _level(1, 9, 5))

    first, second = desk.of("StockSet")
    assert isinstance(outcome, Applied)
    assert first == second
    assert desk.names == ["Stock", "StockSet", "StockSet"]


def test_a_count_sold_down_to_what_was_lost_is_not_taken_for_it() -> None:
    shows = [_shows((1, 5)), _shows((1, 4))]
    desk = Desk(Stock=shows, StockSet=[lost, _refused((STALE, _row(0)))])

    [outcome] = _push(desk, _level(1, 3, 5))

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].code == "changed_meanwhile"


def test_after_a_lost_answer_the_same_write_has_the_same_key() -> None:
    first = Desk(Stock=_shows((1, 5)), StockSet=lost)
    second = Desk(Stock=_shows((1, 5)), StockSet=SET)
    later = Desk(Stock=_shows((1, 5), at="11:00"), StockSet=SET)
    other = Desk(Stock=_shows((1, 5)), StockSet=SET)

    for desk in (first, second, later):
        _push(desk, _level(1, 9, 5, errand="a"))
    _push(other, _level(1, 9, 5, errand="b"))

    keys = [desk.of("StockSet")[0]["key"] for desk in (first, second, later, other)]
    assert keys[0] == keys[1]
    assert len(set(keys[1:])) == 3


def test_an_item_that_was_not_counted_is_counted_first() -> None:
    counted = says({"inventoryItemUpdate": {"inventoryItem": {}, "userErrors": []}})
    desk = Desk(Stock=_shows((1, None), tracked=False), ItemUpdate=counted, StockSet=SET)

    [outcome] = _push(desk, _level(1, 9))

    assert isinstance(outcome, Applied)
    assert desk.names == ["Stock", "ItemUpdate", "StockSet"]
    assert desk.of("ItemUpdate")[0]["input"] == {"tracked": True}


def test_an_item_that_may_not_be_counted_is_told() -> None:
    errors = [{"field": ["id"], "message": "Inventory item is not editable"}]
    desk = Desk(
        Stock=_shows((1, None), tracked=False),
        ItemUpdate=says({"inventoryItemUpdate": {"userErrors": errors}}),
    )

    [outcome] = _push(desk, _level(1, 9))

    assert isinstance(outcome, Rejected)
    assert "not editable" in outcome.problems[0].sentence


def test_stock_of_something_gone_is_gone() -> None:
    desk = Desk(Stock=says({"nodes": [None]}))

    outcomes = _push(desk, _level(1, 9), LevelDraft("x", "not-a-number", None, 1))

    assert all(isinstance(each, Rejected) and each.is_gone for each in outcomes)


def test_a_level_may_be_at_another_location() -> None:
    desk = Desk(Stock=_shows((1, 5)), StockSet=SET)

    _push(desk, _level(1, 9), _level(1, 8, location="4"))

    assert [each["location"] for each in desk.of("Stock")] == [
        "gid://shopify/Location/1",
        "gid://shopify/Location/4",
    ]
    assert [each["input"]["quantities"][0]["locationId"][-1] for each in desk.of("StockSet")] == [
        "1",
        "4",
    ]


def _at_two(first: int, second: int, *, tracked: bool = True) -> httpx.Response:
    figures = {"inventoryLevel": first, "level1": second}
    shown = {
        name: {"quantities": [{"name": "available", "quantity": units}]}
        for name, units in figures.items()
    }
    item = {"id": "gid://shopify/InventoryItem/11", "tracked": tracked, **shown}
    return says({"nodes": [{"id": "gid://shopify/ProductVariant/1", "inventoryItem": item}]})


def _written(sent: Any) -> list[tuple[str, int, int | None]]:
    return [
        (row["locationId"][-1], row["quantity"], row["changeFromQuantity"])
        for row in sent["input"]["quantities"]
    ]


def test_of_several_locations_the_sum_is_what_is_compared_and_set() -> None:
    desk = Desk(StockAt2=_at_two(5, 3), StockSet=SET)

    [fewer] = _push(desk, _level(1, 2, 8), more=["4"])
    [more] = _push(desk, _level(1, 9), more=["4"])
    [same] = _push(desk, _level(1, 8), more=["4"])
    [moved] = _push(desk, _level(1, 2, 7), more=["4"])

    first, second = desk.of("StockSet")
    assert [type(each) for each in (fewer, more, same, moved)] == [
        Applied,
        Applied,
        Applied,
        Rejected,
    ]
    assert _written(first) == [("1", 0, 5), ("4", 2, 3)]
    assert _written(second) == [("1", 6, 5)]
    assert desk.of("StockAt2")[0]["location1"] == "gid://shopify/Location/4"


def test_what_lies_there_uncounted_in_the_right_number_has_only_to_be_counted() -> None:
    counted = says({"inventoryItemUpdate": {"userErrors": []}})
    desk = Desk(StockAt2=_at_two(5, 3, tracked=False), ItemUpdate=counted)

    [outcome] = _push(desk, _level(1, 8), more=["4"])

    assert isinstance(outcome, Applied)
    assert desk.names == ["StockAt2", "ItemUpdate"]


def test_a_count_that_moved_at_one_location_leaves_the_other_alone_too() -> None:
    desk = Desk(
        StockAt2=[_at_two(5, 3), _at_two(5, 2)],
        StockSet=_refused((STALE, _row(1))),
    )

    [outcome] = _push(desk, _level(1, 2, 8), more=["4"])

    assert isinstance(outcome, Rejected)
    assert "it is 7, and 8 was expected" in outcome.problems[0].sentence
    assert desk.names == ["StockAt2", "StockSet", "StockAt2"]


def test_a_wrong_location_is_not_a_variant_that_is_gone() -> None:
    error = ("INVALID_LOCATION", ("input", "quantities", "0", "locationId"))
    desk = Desk(Stock=_shows((1, 5)), StockSet=_refused(error))

    [outcome] = _push(desk, _level(1, 9))

    assert isinstance(outcome, Rejected)
    assert not outcome.is_gone


def test_many_levels_go_in_calls_of_250() -> None:
    levels = [_level(number, 9) for number in range(1, 301)]
    desk = Desk(Stock=_shows(*((number, 5) for number in range(1, 301))), StockSet=SET)

    outcomes = _push(desk, *levels)

    assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert [len(each["input"]["quantities"]) for each in desk.of("StockSet")] == [250, 50]


def test_a_missing_key_would_be_told_as_our_mistake() -> None:
    desk = Desk(Stock=_shows((1, 5)), StockSet=fails("BAD_REQUEST"))

    with pytest.raises(Refused, match="our mistake"):
        _push(desk, _level(1, 9))
