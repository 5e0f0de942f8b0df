"""Moments as Babel writes them, whatever was remembered before."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from hypothesis import given
from hypothesis import strategies as st

from app.web.filters import moment_text

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "ja_JP", "ar_EG", "pt_BR")
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (of the zone beside them)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(LOCALES))
def test_a_moment_is_written_as_its_pattern_says(
    moment: datetime, zone_name: str, locale_name: str
) -> None:
    zone, locale = ZoneInfo(zone_name), Locale.parse(locale_name)

    written = moment_text(moment, zone, locale)

    assert written == format_datetime(moment, "d MMM y, HH:mm:ss z", zone, locale)
