"""What reports call a movement, how long stock lasts, and how much is ordered again."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.inventory.ledger import MOVES, PostingKind
from app.inventory.reporting import FLOWS, Flow, Shelf, days_left, flow_of, to_order

SHELVES = st.builds(
    Shelf,
    available=st.integers(-50, 200),
    point=st.integers(0, 100),
    usual=st.none() | st.integers(1, 60),
    incoming=st.integers(0, 100),
    sold=st.integers(-5, 500),
)
AHEAD = st.sampled_from((14, 28, 56, 91))


def test_everything_that_moves_what_is_on_hand_is_of_one_flow() -> None:
    assert set(FLOWS) == {kind for kind, move in MOVES.items() if move.on_hand}
    assert flow_of(PostingKind.ARRIVE) is Flow.RECEIVED
    assert flow_of(PostingKind.ARRIVE, is_of_ours=True) is Flow.MOVED
    assert flow_of(PostingKind.RETURN, is_of_ours=True) is Flow.MOVED
    assert flow_of(PostingKind.SHIP, is_of_ours=True) is Flow.SOLD


def test_stock_lasts_as_long_as_it_sells() -> None:
    assert days_left(10, 28, 28) == 10
    assert days_left(10, 3, 28) == 93
    assert days_left(-2, 3, 28) == 0
    assert days_left(10, 0, 28) is None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SHELVES, AHEAD)
def test_what_is_ordered_lifts_a_shelf_above_its_point_and_nothing_is_ordered_twice(
    shelf: Shelf, ahead: int
) -> None:
    quantity = to_order(shelf, looked_at=28, ahead=ahead)
    later = Shelf(shelf.available, shelf.point, shelf.usual, shelf.incoming + quantity, shelf.sold)

    assert (quantity > 0) == (shelf.rest <= shelf.point)
    assert later.rest > shelf.point
    assert to_order(later, looked_at=28, ahead=ahead) == 0
    if shelf.usual and quantity:
        assert quantity % shelf.usual == 0
        assert later.rest - shelf.usual <= shelf.point


def test_without_a_usual_order_the_speed_tells_how_much() -> None:
    shelf = Shelf(available=2, point=5, sold=28)

    assert to_order(shelf, looked_at=28, ahead=14) == 3 + 14
    assert to_order(shelf, looked_at=28, ahead=56) == 3 + 56
    assert to_order(Shelf(available=5, point=5), looked_at=28, ahead=28) == 1
