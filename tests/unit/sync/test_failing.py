"""When a failing task is parked, when it is tried again, and when a read is doubted."""

from datetime import timedelta

import pytest

from app.sync.rules import Failing, is_poison, is_suspicious

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_what_may_pass_is_tried_for_a_day() -> None:
    assert not is_poison(Failing(500, 500, age=23 * HOUR), is_retryable=True)
    assert is_poison(Failing(500, 500, age=DAY), is_retryable=True)


def test_a_shop_that_is_down_for_everybody_parks_nothing() -> None:
    weekend = Failing(900, 900, age=3 * DAY, connection_failures=900)

    assert not is_poison(weekend, is_retryable=True)


def test_the_same_refusal_three_times_waits_for_a_person() -> None:
    assert not is_poison(Failing(2, 2), is_retryable=False)
    assert is_poison(Failing(3, 3), is_retryable=False)
    assert not is_poison(Failing(5, 1), is_retryable=False)


@pytest.mark.parametrize(
    ("missing", "seen", "is_doubted"),
    [(0, 0, False), (1, 0, False), (2, 0, True), (8, 1, False), (11, 44, False), (11, 43, True)],
)
def test_a_read_that_shows_too_little_is_doubted(missing: int, seen: int, is_doubted: bool) -> None:
    assert is_suspicious(missing=missing, seen=seen) is is_doubted
