from itertools import pairwise
from math import exp
from random import Random

import pytest

from app.inventory.oversell import NO_RISK, Seller, beyond, risk, seconds, words

HOUR = 3600.0


def test_one_shop_alone_sells_nothing_twice() -> None:
    assert risk([Seller(1 / HOUR, hears=60, writes=60)]).is_none
    assert risk([]).is_none
    assert words(NO_RISK) == "No unit can be sold twice."


def test_two_slow_shops_risk_what_the_other_sells_within_the_window() -> None:
    shop = Seller(1 / HOUR, hears=30, writes=30)

    found = risk([shop, shop])

    window = 60.0
    mean = 2 * window / HOUR * (1 - 0.5 * exp(-window / HOUR))
    assert found.units == pytest.approx(mean)
    assert found.chance == pytest.approx(1 - exp(-mean))
    assert (found.window, found.rate) == (window, 2 / HOUR)


def test_a_buffer_is_sold_before_anything_is_sold_twice() -> None:
    mean, kept = 2.0, 3
    chance, units = beyond(mean, kept)
    parts = [exp(-mean), mean * exp(-mean), mean**2 / 2 * exp(-mean), mean**3 / 6 * exp(-mean)]

    assert chance == pytest.approx(1 - sum(parts))
    assert units == pytest.approx(mean - kept + sum((kept - n) * p for n, p in enumerate(parts)))
    assert all(a[1] > b[1] for a, b in pairwise([beyond(5, n) for n in range(8)]))


def test_a_shop_that_cannot_compare_adds_what_its_writes_hide() -> None:
    sees, deaf = Seller(1 / HOUR), Seller(1 / HOUR, blind=2.0)

    assert risk([sees, sees], 100).is_none
    assert risk([sees, deaf], 100).units == pytest.approx(100 * 0.5 * 2 / HOUR)


def test_sales_played_out_oversell_no_more_than_is_said() -> None:
    random, shops = Random(3), [Seller(0.5, 1, 2), Seller(0.2, 2, 4)]  # noqa: S311 (repeatable)
    late = [max(o.hears for o in shops if o is not s) + s.writes for s in shops]
    twice = 0
    for _ in range(2000):
        at, sold = 0.0, list[tuple[float, int]]()
        while at < 120:
            at += random.expovariate(sum(each.rate for each in shops))
            who = random.choices((0, 1), [each.rate for each in shops])[0]
            seen = sum(1 for then, shop in sold if shop == who or then <= at - late[who])
            if seen < 10:
                sold.append((at, who))
        twice += max(0, len(sold) - 10)

    assert twice / 2000 <= risk(shops, 10).units
    assert twice > 0


def test_the_figure_is_said_in_words() -> None:
    assert words(risk([Seller(1e-9, 1, 1)] * 2)).startswith("Less than 1 in 1,000 times")
    assert words(risk([Seller(1 / HOUR, 30, 30)] * 2)) == (
        "About 1 in 60 times that it sells out, a unit is sold twice: 0.017 units on average."
    )
    assert words(risk([Seller(1.0, 30, 30)] * 2)).startswith("Almost every time it sells out")
    assert [seconds(each) for each in (0.04, 1.2, 61, 600)] == [
        "0.1 seconds", "1 second", "61 seconds", "10 minutes",
    ]  # fmt: skip
