"""Five cron fields: what they mean, on clocks that jump, too."""

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from app.core.cron import NotCron, next_time, next_times, read_cron

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")


def due(text: str, after: str, count: int = 3, zone: ZoneInfo = UTC_ZONE) -> list[str]:
    found = next_times(read_cron(text), datetime.fromisoformat(after).replace(tzinfo=UTC), zone)
    return [each.strftime("%a %d %b %H:%M") for each in islice(found, count)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*/15 * * * *", ["Sat 28 Nov 12:15", "Sat 28 Nov 12:30", "Sat 28 Nov 12:45"]),
        ("0 6 * * *", ["Sun 29 Nov 06:00", "Mon 30 Nov 06:00", "Tue 01 Dec 06:00"]),
        ("0 6 * * mon-fri", ["Mon 30 Nov 06:00", "Tue 01 Dec 06:00", "Wed 02 Dec 06:00"]),
        ("30 9-17/4 * * 1", ["Mon 30 Nov 09:30", "Mon 30 Nov 13:30", "Mon 30 Nov 17:30"]),
        ("0 0 1 jan,jul *", ["Fri 01 Jan 00:00", "Thu 01 Jul 00:00", "Sat 01 Jan 00:00"]),
        ("0 0 1 * sun", ["Sun 29 Nov 00:00", "Tue 01 Dec 00:00", "Sun 06 Dec 00:00"]),
        ("5/20 3 * * *", ["Sun 29 Nov 03:05", "Sun 29 Nov 03:25", "Sun 29 Nov 03:45"]),
        ("0 0 29 2 *", ["Tue 29 Feb 00:00", "Sun 29 Feb 00:00"]),
        ("0 12 * * 7", ["Sun 29 Nov 12:00", "Sun 06 Dec 12:00", "Sun 13 Dec 12:00"]),
    ],
)
def test_fields_mean_what_cron_says(text: str, expected: list[str]) -> None:
    assert due(text, "2026-11-28T12:00", len(expected)) == expected


def test_a_moment_that_fits_is_not_due_again() -> None:
    at = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)

    assert next_time(read_cron("0 6 * * *"), at, UTC_ZONE).day == 29


def test_times_are_those_of_the_zone() -> None:
    assert due("0 6 * * *", "2026-07-01T00:00", 1, BERLIN) == ["Wed 01 Jul 04:00"]
    assert due("0 6 * * *", "2026-12-01T00:00", 1, BERLIN) == ["Tue 01 Dec 05:00"]


def test_what_spring_skips_is_due_right_after_it() -> None:
    # 29 March 2026: clocks go from 02:00 to 03:00, at 01:00 UTC.
    assert due("30 2 * * *", "2026-03-28T12:00", 2, BERLIN) == [
        "Sun 29 Mar 01:00",
        "Mon 30 Mar 00:30",
    ]


def test_what_autumn_shows_twice_is_due_once() -> None:
    # 25 October 2026: clocks go back from 03:00 to 02:00, at 01:00 UTC.
    assert due("30 2 * * *", "2026-10-24T12:00", 2, BERLIN) == [
        "Sun 25 Oct 00:30",
        "Mon 26 Oct 01:30",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0 6 * *", "five fields"),
        ("60 * * * *", "The minute “60” is not a number from 0 to 59."),
        ("* 24 * * *", "The hour “24”"),
        ("* * 0 * *", "The day of the month “0”"),
        ("* * * 13 *", "The month “13”"),
        ("* * * * someday", "The day of the week “someday”"),
        ("9-5 * * * *", "The minute “9-5” runs backwards."),
        ("*/0 * * * *", "is not a number from 1"),
        ("* * 31 2 *", "No day of any year fits"),
        ("²  * * * *", "is not a number"),
        ("", "five fields"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(NotCron, match=sentence.replace("(", r"\(")):
        read_cron(text)
