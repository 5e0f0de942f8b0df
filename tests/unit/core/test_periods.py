"""Periods: whole days of a zone, of 23 or 25 hours, too; what cannot be shown is refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.periods import MOST_DAYS, Period

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo",
         "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")  # fmt: skip
NOW = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)  # in Berlin it is the third already


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 1), 24)],
)
def test_a_day_is_as_long_as_it_is_there(day: date, hours: int) -> None:
    period = Period(day, day, BERLIN)

    assert period.ends_at.astimezone(UTC) - period.starts_at.astimezone(UTC) == timedelta(
        hours=hours
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(ZONES),
    st.dates(date(2011, 12, 1), date(2030, 1, 1)),
    st.integers(1, MOST_DAYS),
    st.integers(0, 10**6),
)
def test_every_moment_is_in_the_period_of_its_day_and_in_no_other(
    zone: str, last: date, length: int, second: int
) -> None:
    period = Period.ending(last, length, ZoneInfo(zone))
    moment = period.starts_at.astimezone(UTC) + timedelta(seconds=second * 40)
    day = moment.astimezone(period.zone).date()

    assert (period.starts_at <= moment < period.ends_at) == (period.first <= day <= period.last)
    assert len(period.days) == period.length == length
    assert period.before.ends_at == period.starts_at
    assert period.before.length == length


def test_the_usual_period_ends_today_in_its_zone() -> None:
    found = Period.from_args({}, NOW, BERLIN)

    assert (found.first, found.last) == (date(2026, 10, 7), date(2026, 11, 3))
    assert found.is_last(28, NOW)
    assert Period.from_args({"days": "7"}, NOW, BERLIN).is_last(7, NOW)
    assert Period.from_args({"days": "²"}, NOW, BERLIN) == found


def test_two_days_are_taken_as_they_are_and_end_today_at_the_latest() -> None:
    asked = {"days": "7", "from": "2026-10-25", "to": "2030-01-01"}

    assert Period.from_args(asked, NOW, BERLIN) == Period(
        date(2026, 10, 25), date(2026, 11, 3), BERLIN
    )
    assert Period.from_args({"to": "2026-01-28"}, NOW, BERLIN).first == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"from": "soon"}, "Enter a day, such as 2026-12-24."),
        ({"to": "9999-12-31"}, "Choose a day from 2000 on."),
        ({"from": "0001-01-01"}, "Choose a day from 2000 on."),
        ({"from": "2026-10-02", "to": "2026-10-01"},
         "Choose a first day that is not after the last."),
        ({"from": "2025-11-02", "to": "2026-11-03"}, "Choose at most 366 days."),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(asked: dict[str, str], sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Period.from_args(asked, NOW, BERLIN)

    assert list(refusal.value.fields.values()) == [sentence]
