"""What pages of reports share: the period that is asked for, in the organization's own days."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.errors import Invalid
from app.core.periods import LENGTHS, Period
from app.web.ui import with_args


@dataclass(frozen=True, slots=True)
class Asked:
    """A period somebody asked for, or the usual one with what is wrong about theirs."""

    period: Period
    problem: str = ""

    @property
    def status(self) -> int:
        """The status of the page that shows it."""
        return Invalid.status if self.problem else 200

    @property
    def tabs(self) -> list[tuple[Any, ...]]:
        """The usual lengths, as links to this page."""
        plain = dict.fromkeys(("from", "to", "show", "sort"))
        return [
            (
                f"Last {each} days",
                with_args(**plain, days=each),
                not self.problem and self.period.is_last(each, clock.now()),
                None,
            )
            for each in LENGTHS
        ]


def asked_period(args: Mapping[str, str], zone: str) -> Asked:
    """Read the period of an address in the days of a zone, for a page that says what is wrong."""
    try:
        return Asked(period_of(args, zone))
    except Invalid as refusal:
        return Asked(period_of({}, zone), refusal.sentence)


def period_of(args: Mapping[str, str], zone: str) -> Period:
    """Read the period of an address in the days of a zone; raises Invalid."""
    return Period.from_args(args, clock.now(), ZoneInfo(zone))
