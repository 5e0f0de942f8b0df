"""What a channel says of parcels and returns, and what of it is news."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.orders import Journey, ReturnStep
from app.orders.rules import (
    Back,
    OrderState,
    ReturnState,
    has_arrived,
    heard,
    return_follows,
)

THERE = Journey.DELIVERED


@pytest.mark.parametrize(
    ("state", "journeys", "arrived"),
    [
        (OrderState.SHIPPED, [THERE, THERE], True),
        (OrderState.SHIPPED, [THERE, Journey.ATTEMPTED], False),
        (OrderState.SHIPPED, [THERE, None], False),
        (OrderState.SHIPPED, [], False),
        (OrderState.PARTIALLY_SHIPPED, [THERE], False),
        (OrderState.DELIVERED, [THERE], False),
        (OrderState.RETURNED, [THERE], False),
    ],
)
def test_an_order_arrives_with_its_last_parcel(
    state: OrderState, journeys: list[Journey | None], *, arrived: bool
) -> None:
    assert has_arrived(state, journeys) is arrived


COUNTS = st.integers(0, 4)


@given(told=st.tuples(COUNTS, COUNTS), here=st.tuples(COUNTS, COUNTS, COUNTS), room=COUNTS)
def test_what_a_channel_decided_is_news_once(
    told: tuple[int, int], here: tuple[int, int, int], room: int
) -> None:
    known = Back(0, *here)

    fresh = heard(*told, known, room)
    after = known.with_return(*fresh, 0)

    assert min(fresh) >= 0
    assert sum(fresh) <= room
    assert after.kept + after.sent_back <= max(sum(told), sum(here))
    if sum(here) >= sum(told):
        assert fresh == (0, 0)
    if here == (0, 0, 0) and room >= sum(told):
        assert fresh == told
        assert heard(*told, after, room) == (0, 0)


@pytest.mark.parametrize(
    ("state", "before", "after", "came", "expected"),
    [
        ("expected", "", "requested", False, "expected"),
        ("expected", "requested", "open", False, "expected"),
        ("expected", "requested", "declined", False, "cancelled"),
        ("expected", "open", "cancelled", False, "cancelled"),
        ("expected", "open", "cancelled", True, "received"),
        ("expected", "open", "closed", False, "received"),
        ("received", "closed", "open", True, "expected"),
        # Somebody unpacked it here, or said that nothing came, while it stood still there.
        ("received", "open", "open", True, "received"),
        ("received", "open", "closed", True, "received"),
        ("received", "requested", "open", True, "received"),
        ("cancelled", "open", "open", False, "cancelled"),
        ("cancelled", "open", "open", True, "received"),
        ("cancelled", "open", "closed", False, "cancelled"),
        ("cancelled", "open", "closed", True, "received"),
    ],
)
def test_a_return_follows_its_channel(
    state: str, before: str, after: str, *, came: bool, expected: str
) -> None:
    moved = return_follows(ReturnState(state), before, ReturnStep(after), came=came, is_lost=False)

    assert moved == expected


def test_a_return_of_which_all_is_missing_brought_nothing() -> None:
    moved = return_follows(
        ReturnState.EXPECTED, "open", ReturnStep.CLOSED, came=False, is_lost=True
    )

    assert moved is ReturnState.CANCELLED
