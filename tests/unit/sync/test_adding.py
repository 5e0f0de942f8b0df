from app.sync.adding import add_up
from app.sync.plans import Way
from app.sync.sides import MISSING


def test_two_equal_counts_may_be_two_sales() -> None:
    found = add_up("v", 9, 9, 10)

    assert found is not None
    intents, shown = found
    assert [(each.way, each.old, each.new, each.base_after) for each in intents] == [
        (Way.PULL, 9, 8, 9),
        (Way.PUSH, 9, 8, 8),
    ]
    assert shown == 8


def test_more_sold_than_there_is_shows_nothing_and_is_known() -> None:
    found = add_up("v", 0, 1, 3)

    assert found is not None
    assert [(each.way, each.old, each.new) for each in found[0]] == [
        (Way.PULL, 0, -2),
        (Way.PUSH, 1, 0),
    ]


def test_a_count_nobody_agreed_on_is_no_movement() -> None:
    assert add_up("v", 9, 8, MISSING) is None
    assert add_up("v", None, 8, 8) is None
    assert add_up("v", 8, 8, 8) == ([], 8)
