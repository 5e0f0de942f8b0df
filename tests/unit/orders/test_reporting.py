"""Sums of orders: along days, channels and currencies, whose money is never added."""

from datetime import date
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.money import MAX_MINOR, Money
from app.orders.reporting import (
    Cell,
    Channel,
    Sums,
    added_up,
    by_channel,
    by_currency,
    counted,
    money_of,
)

# Drawn as one number, because twelve are slow to draw.
SUMS = st.integers(0, 10**9).map(lambda some: Sums(*(some // each for each in range(1, 13))))
CELLS = st.lists(
    st.builds(
        Cell,
        st.dates(date(2026, 1, 1), date(2026, 1, 5)),
        st.sampled_from((Channel(None, "Entered here"), Channel(UUID(int=1), "Shop"))),
        st.sampled_from(("EUR", "JPY", "USD")),
        SUMS,
    ),
    max_size=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CELLS)
def test_whichever_way_cells_are_added_up_nothing_is_lost_or_mixed(cells: list[Cell]) -> None:
    currencies = by_currency(cells)
    by_day = added_up(cells, lambda each: (each.day, each.currency))

    for currency, sums in currencies.items():
        theirs = [each.sums for each in cells if each.currency == currency]
        assert sums.total_minor == sum(each.total_minor for each in theirs)
        of_days = [each for (_, code), each in by_day.items() if code == currency]
        of_channels = [each[currency] for each in by_channel(cells).values() if currency in each]
        for some in (of_days, of_channels):
            assert sum(each.net_minor for each in some) == sums.net_minor
    total = counted(currencies.values())
    assert total.placed == sum(each.sums.placed for each in cells)
    assert total.total_minor == total.net_minor == 0


def test_what_is_used_most_comes_first() -> None:
    at = date(2026, 1, 1)
    here, shop = Channel(None, "Entered here"), Channel(UUID(int=1), "Shop")
    cells = [Cell(at, here, "USD", Sums(placed=1)), Cell(at, shop, "EUR", Sums(placed=2))]

    assert list(by_currency(cells)) == ["EUR", "USD"]
    assert list(by_channel(cells)) == [shop, here]


def test_averages_and_shares() -> None:
    sums = Sums(placed=4, cancelled=1, refunded=1, total_minor=1000, refunded_minor=100)

    assert (sums.orders, sums.average_minor, sums.net_minor) == (3, 333, 900)
    assert Sums(placed=2, total_minor=1001).average_minor == 501
    assert (sums.cancelled_share, sums.refunded_share) == (0.25, 1 / 3)
    assert Sums().average_minor is Sums().cancelled_share is Sums().refunded_share is None


def test_no_amount_is_shown_that_is_none() -> None:
    assert money_of(1, "JPY") == Money(1, "JPY")
    assert money_of(None, "USD") is money_of(MAX_MINOR + 1, "USD") is None
