"""Failures of the shop in a dict are data, and each does what its name says."""

from collections.abc import Sequence

import pytest

from app.adapters.errors import AdapterError, NeedsReauth, Throttled, Unavailable, Unknown
from app.adapters.memory import FaultKind
from app.adapters.types import Applied, Cursor, Outcome, Rejected, Unanswered
from tests.channels.conformance import simple
from tests.channels.memory.test_conformance import MemoryStage


def _push(stage: MemoryStage, count: int = 4) -> Sequence[Outcome]:
    return stage.open().push_listings([simple(f"m{n}", f"M-{n}") for n in range(count)])


@pytest.mark.parametrize(
    ("kind", "error", "products"),
    [
        (FaultKind.THROTTLE, Throttled, 0),
        (FaultKind.UNAVAILABLE, Unavailable, 0),
        (FaultKind.REAUTH, NeedsReauth, 0),
        (FaultKind.LOST, Unknown, 4),
    ],
)
def test_a_call_fails_before_or_after_its_effect(
    kind: FaultKind, error: type[AdapterError], products: int
) -> None:
    stage = MemoryStage()
    stage.shop.fail(kind, on="push_listings")

    with pytest.raises(error):
        _push(stage)

    assert stage.count() == products
    assert all(isinstance(outcome, Applied) for outcome in _push(stage))
    assert stage.count() == 4


@pytest.mark.parametrize(
    ("kind", "expected", "products"),
    [
        (FaultKind.UNANSWERED, [Unanswered] * 4, 4),
        (FaultKind.REJECT, [Rejected] * 4, 0),
        (FaultKind.CUT, [Applied, Applied, Unanswered, Unanswered], 2),
    ],
)
def test_items_fail_one_by_one(
    kind: FaultKind, expected: list[type[Outcome]], products: int
) -> None:
    stage = MemoryStage()
    stage.shop.fail(kind, on="push_listings")

    outcomes = _push(stage)

    assert [type(outcome) for outcome in outcomes] == expected
    assert stage.count() == products


def test_a_fault_may_befall_one_key_and_come_several_times() -> None:
    stage = MemoryStage()
    stage.shop.fail(FaultKind.REJECT, keys=frozenset({"m2"}), times=2)

    rounds = [[type(outcome) for outcome in _push(stage)] for _ in range(3)]

    assert rounds[0] == [Applied, Applied, Rejected, Applied]
    assert rounds[1] == rounds[0]
    assert rounds[2] == [Applied] * 4


def test_latency_is_counted_and_not_slept() -> None:
    stage = MemoryStage()
    stage.shop.latency = 30.0

    stage.open().pull_products(Cursor("full"))
    stage.open().check()

    assert stage.shop.elapsed == 60.0
    assert [call.method for call in stage.shop.calls] == ["pull_products", "check"]


def test_customers_and_merchants_move_what_is_on_the_shelf() -> None:
    stage = MemoryStage()
    mug = stage.add_simple("Mug", "M-1", quantity=5)

    stage.shop.sell(mug, 2)
    stage.shop.edit_product(mug, title="Blue mug")

    [shown] = stage.open().read_products([mug])
    assert shown.variants[0].values["quantity"] == 3
    assert stage.shop.titles() == ["Blue mug"]
