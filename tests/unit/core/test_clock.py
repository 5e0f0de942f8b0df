"""The clock that stands is moved on by whoever waits."""

from datetime import timedelta

from app.core import clock


def test_waiting_moves_a_clock_that_stands() -> None:
    with clock.frozen(clock.now()):
        began = clock.now()

        clock.sleep(90)

        assert clock.now() - began == timedelta(seconds=90)
