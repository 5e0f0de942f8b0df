"""Spans of whole days in a time zone, as reports are asked for; pure.

A day begins at its first moment there, so that one of 23 or 25 hours is whole, and the next begins
where it ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from app.core.errors import Invalid

LENGTHS: Final = (7, 28, 90)
USUAL: Final = 28
MOST_DAYS: Final = 366
_EARLIEST: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from the first to the last, both whole, in a zone."""

    first: date
    last: date
    zone: ZoneInfo

    @classmethod
    def ending(cls, last: date, length: int, zone: ZoneInfo) -> Self:
        """Return so many days, the last of which is given."""
        return cls(last - timedelta(days=length - 1), last, zone)

    @classmethod
    def from_args(cls, args: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Self:
        """Read an address: `days`, or `from` and `to`; raises Invalid at what cannot be shown."""
        today = now.astimezone(zone).date()
        first, last = (_day(args.get(name, ""), name) for name in ("from", "to"))
        if first is None and last is None:
            asked = str(args.get("days", ""))
            lengths = {str(each): each for each in LENGTHS}
            return cls.ending(today, lengths.get(asked, USUAL), zone)
        last = min(last or today, today)
        found = cls(first, last, zone) if first else cls.ending(last, USUAL, zone)
        if found.first > found.last:
            raise Invalid(fields={"from": "Choose a first day that is not after the last."})
        if found.length > MOST_DAYS:
            raise Invalid(fields={"from": f"Choose at most {MOST_DAYS} days."})
        return found

    @property
    def length(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def starts_at(self) -> datetime:
        """The first moment of the first day."""
        return datetime.combine(self.first, time.min, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is not in it any more."""
        return datetime.combine(self.last + timedelta(days=1), time.min, self.zone)

    @property
    def days(self) -> list[date]:
        """Its days, the first one first."""
        return [self.first + timedelta(days=each) for each in range(self.length)]

    @property
    def before(self) -> "Period":
        """As many days right before it."""
        return Period.ending(self.first - timedelta(days=1), self.length, self.zone)

    def is_last(self, length: int, now: datetime) -> bool:
        """Tell whether it is the last so many days."""
        return self == Period.ending(now.astimezone(self.zone).date(), length, self.zone)


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Invalid(fields={name: "Enter a day, such as 2026-12-24."}) from None
    if not _EARLIEST <= found <= date(9990, 1, 1):
        raise Invalid(fields={name: f"Choose a day from {_EARLIEST.year} on."})
    return found
