"""What reports call a movement, and how long stock lasts."""

from app.inventory.ledger import MOVES, PostingKind
from app.inventory.reporting import FLOWS, Flow, days_left, flow_of


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
