"""How values read: money, times, plurals and units in the viewer's language and zone."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from flask import Flask
from markupsafe import Markup

from app.core import clock
from app.core.money import Money, exponent
from app.web.identity import current_identity

ABSENT: Final = Markup('<span class="absent" title="Not set">–</span>')
Number = int | float | Decimal


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def viewer_locale() -> Locale:
    """Return the language and region of whoever looks."""
    identity = current_identity()
    return _locale(identity.locale if identity else "en_US")


def viewer_zone() -> ZoneInfo:
    """Return the time zone of whoever looks."""
    identity = current_identity()
    return _zone(identity.timezone if identity else "UTC")


def money(value: Money | None) -> str:
    """Write an amount with its currency: $12,345.60, 1.234,50 €, ¥1."""
    if value is None:
        return ABSENT
    return _amount(value, viewer_locale())


# Pages write the same amounts and days again and again, and Babel reads its patterns each time.
@lru_cache(maxsize=10_000)
def _amount(value: Money, locale: Locale) -> str:
    text: str = format_currency(
        value.amount,
        value.currency,
        format=None if exponent(value.currency) else locale.currency_formats["standard"],
        locale=locale,
        currency_digits=True,
    )
    return text


@lru_cache(maxsize=10_000)
def _date(value: date, locale: Locale) -> str:
    text: str = format_date(value, "d MMM y", locale)
    return text


def moment_text(moment: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """Write a moment in full in a zone: 21 Nov 2026, 14:05:09 CET."""
    local = moment.astimezone(zone)
    # What a zone is called at a moment changes with its offset alone.
    key = (zone.key, local.utcoffset(), local.dst(), locale)
    if key not in _ZONE_NAMES:
        _ZONE_NAMES[key] = format_datetime(moment, "z", zone, locale)
    return f"{_date(local.date(), locale)}, {local:%H:%M:%S} {_ZONE_NAMES[key]}"


_ZONE_NAMES: Final[dict[tuple[object, ...], str]] = {}


def number(value: Number | None) -> str:
    """Write a number with the grouping of the viewer."""
    if value is None:
        return ABSENT
    if type(value) is int and 0 <= value < 1000:
        return str(value)  # in every language the same, and most numbers of a page
    text: str = format_decimal(value, locale=viewer_locale())
    return text


def compact(value: Number | None) -> str:
    """Write a number in few letters: 12.4K, 3M."""
    if value is None:
        return ABSENT
    if -10_000 < value < 10_000:
        return number(value)
    text: str = format_compact_decimal(value, locale=viewer_locale(), fraction_digits=1)
    return text


def percent(value: Number | None, digits: int = 0) -> str:
    """Write a share (0.125) as a percentage (12.5 %)."""
    if value is None:
        return ABSENT
    spec = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    text: str = format_percent(value, format=spec, locale=viewer_locale())
    return text


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: 1 product, 12,482 products."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def size(count: int | None) -> str:
    """Write a number of bytes: 812 B, 1.4 MB."""
    if count is None:
        return ABSENT
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    digits = 0 if unit == "B" or value >= 100 else 1
    return f"{number(round(value, digits) if digits else round(value))} {unit}"


def weight(grams: Number | None) -> str:
    """Write a weight given in grams: 250 g, 1.2 kg."""
    if grams is None:
        return ABSENT
    return (
        f"{number(grams)} g"
        if -1000 < grams < 1000
        else f"{number(round(Decimal(str(grams)) / 1000, 3))} kg"
    )


def dimension(millimetres: Number | None) -> str:
    """Write a length given in millimetres: 8 mm, 12.5 cm."""
    if millimetres is None:
        return ABSENT
    small = -10 < millimetres < 10
    return f"{number(millimetres)} mm" if small else f"{number(Decimal(str(millimetres)) / 10)} cm"


def when(moment: datetime | None) -> Markup:
    """Write the exact local time of a moment."""
    if moment is None:
        return ABSENT
    return _time(moment, exactly(moment))


def exactly(moment: datetime) -> str:
    """Write a moment in full in the viewer's zone."""
    return moment_text(moment, viewer_zone(), viewer_locale())


def day_time(moment: datetime | None) -> Markup:
    """Write a day and a time of it: Mon 30 Nov, 06:00."""
    if moment is None:
        return ABSENT
    text = format_datetime(moment, "EEE d MMM, HH:mm", viewer_zone(), viewer_locale())
    return _time(moment, text)


def day(value: date | datetime | None) -> str:
    """Write a date: 21 Nov 2026."""
    if value is None:
        return ABSENT
    local = value.astimezone(viewer_zone()).date() if isinstance(value, datetime) else value
    return _date(local, viewer_locale())


def ago(moment: datetime | None) -> Markup:
    """Write a moment relative to now, the exact time on hover; a date when a week or more away."""
    if moment is None:
        return ABSENT
    return _time(moment, _relative(moment), live=True)


def _relative(moment: datetime) -> str:
    away = clock.now() - moment
    past, span = away >= timedelta(0), abs(away)
    if span >= timedelta(days=7):
        return day(moment)
    if span < timedelta(seconds=45):
        return "just now" if past else "in a moment"
    for step, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if (count := int(span.total_seconds() // step)) >= 1:
            return _phrase(count, unit, past=past)
    return _phrase(1, "minute", past=past)


def _phrase(count: int, unit: str, *, past: bool) -> str:
    amount = plural(count, unit)
    return f"{amount} ago" if past else f"in {amount}"


def _time(moment: datetime, text: str, *, live: bool = False) -> Markup:
    mark = Markup(" data-ago") if live else Markup()
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
        moment.isoformat(timespec="seconds"), exactly(moment), mark, text
    )


def span(seconds: Number | None) -> str:
    """Write a duration: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds is None:
        return ABSENT
    if seconds < 10:
        return f"{number(round(Decimal(str(seconds)), 1))} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


FILTERS: Final = (
    money, number, compact, percent, plural, size, weight, dimension, when, day, day_time, ago,
    span, exactly,
)  # fmt: skip


def install_filters(app: Flask) -> None:
    """Make every way of writing a filter and a global of the templates."""
    for each in FILTERS:
        app.jinja_env.filters[each.__name__] = each
        app.jinja_env.globals.setdefault(each.__name__, each)
