"""When a failing task is parked for a person, and when it goes on trying by itself."""

from datetime import timedelta

from app.sync.rules import Failing, is_poison

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
