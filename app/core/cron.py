"""Pure: when something is due by five cron fields: minute, hour, day of month, month, day of week.

Each field is `*`, a number, a range `1-5`, a step `*/15` or `9-17/2`, or several with commas;
months and days of the week also by name. Sunday is 0 or 7. When both days are narrowed, either
fits, as cron has it. Times are those of a clock on a wall: what falls into the hour that spring
skips is due right after it, and what autumn shows twice is due once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST: Final = timedelta(days=366 * 9)  # 29 February comes within so long


class NotCron(ValueError):
    """What is wrong with an expression, in a sentence."""


@dataclass(frozen=True, slots=True)
class _Part:
    label: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    first: int = 0  # number of the first name


_PARTS: Final = (
    _Part("minute", 0, 59),
    _Part("hour", 0, 23),
    _Part("day of the month", 1, 31),
    _Part("month", 1, 12, _MONTHS, 1),
    _Part("day of the week", 0, 7, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A read expression."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # Sunday is 0
    has_any_day: bool
    has_any_weekday: bool

    def fits(self, day: datetime) -> bool:
        """Tell whether a day is one of those meant."""
        if day.month not in self.months:
            return False
        is_day = day.day in self.days
        is_weekday = day.isoweekday() % 7 in self.weekdays
        if self.has_any_day or self.has_any_weekday:
            return is_day and is_weekday
        return is_day or is_weekday


def read_cron(text: str) -> Cron:
    """Read an expression; raises NotCron with a sentence."""
    fields = text.lower().split()
    if len(fields) != 5:
        raise NotCron(
            "Write five fields: minute, hour, day, month, day of the week, such as “0 6 * * *”."
        )
    minutes, hours, days, months, weekdays = (
        _read(field, part) for field, part in zip(fields, _PARTS, strict=True)
    )
    found = Cron(
        minutes,
        hours,
        days,
        months,
        frozenset(day % 7 for day in weekdays),
        has_any_day=fields[2].startswith("*"),
        has_any_weekday=fields[4].startswith("*"),
    )
    if next(_days(found, datetime(2024, 1, 1)), None) is None:  # noqa: DTZ001 - a day on the wall
        raise NotCron("No day of any year fits this expression.")
    return found


def _read(field: str, part: _Part) -> frozenset[int]:
    found: set[int] = set()
    for piece in field.split(","):
        found |= _piece(piece, part)
    return frozenset(found)


def _piece(piece: str, part: _Part) -> set[int]:
    span, slash, step_text = piece.partition("/")
    step = _number(step_text, part, is_step=True) if slash else 1
    if span == "*":
        least, most = part.least, part.most
    elif "-" in span:
        least_text, _, most_text = span.partition("-")
        least, most = _number(least_text, part), _number(most_text, part)
    else:
        least = _number(span, part)
        most = part.most if slash else least
    if most < least:
        raise NotCron(f"The {part.label} “{span}” runs backwards.")
    return set(range(least, most + 1, step))


def _number(text: str, part: _Part, *, is_step: bool = False) -> int:
    if not is_step and text in part.names:
        return part.names.index(text) + part.first
    least = 1 if is_step else part.least
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= part.most:
        raise NotCron(f"The {part.label} “{text}” is not a number from {least} to {part.most}.")
    return int(text)


def _days(cron: Cron, first: datetime) -> Iterator[datetime]:
    """Yield the days meant, from the first one on, as midnights on the wall."""
    day = first.replace(hour=0, minute=0, second=0, microsecond=0)
    end = day + _LONGEST
    while day < end:
        if cron.fits(day):
            yield day
        day += timedelta(days=1)


def next_times(cron: Cron, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield when it is due after a moment, in UTC, earliest first."""
    seen = after
    wall = after.astimezone(zone).replace(tzinfo=None)
    for day in _days(cron, wall - timedelta(days=1)):
        for hour in sorted(cron.hours):
            for minute in sorted(cron.minutes):
                due = _moment(day.replace(hour=hour, minute=minute), zone)
                if due > seen:
                    seen = due
                    yield due


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when a clock on the wall shows a time; one that spring skips: right after the gap."""
    local = wall.replace(tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # In the gap: the offset before it leads behind it, by as much as the wall is into it.
    before = (wall - timedelta(days=1)).replace(tzinfo=zone).utcoffset() or timedelta()
    return _gap_end((wall - before).replace(tzinfo=UTC), zone)


def _gap_end(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment after the change of clocks just before this one."""
    offset = moment.astimezone(zone).utcoffset()
    while (moment - timedelta(minutes=1)).astimezone(zone).utcoffset() == offset:
        moment -= timedelta(minutes=1)
    return moment


def next_time(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime:
    """Return when it is due next after a moment, in UTC."""
    return next(next_times(cron, after, zone))
