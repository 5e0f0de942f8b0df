"""Rush, pure: which orders go before others, by a short table of rules, and why.

A rule looks at one thing. The first rule of the table that is on and fits makes an order a rush
order, and its words are kept as the reason. Texts are compared without regard to case, spaces,
hyphens and the ways Unicode writes the same letter.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from app.core.money import Money

MOST_RULES: Final = 30
LONGEST: Final = 100
BY_HAND: Final = "by hand"
_JOINERS: Final = frozenset(("Pd", "Pc"))  # hyphens and dashes, underscores


class Look(StrEnum):
    """What a rule looks at."""

    TAG = "tag"
    METHOD = "method"
    TOTAL = "total"
    COUNTRY = "country"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class RushRule:
    """One rule. Its value is a text; of a total “10000 USD” in minor units, of a channel its id."""

    look: Look
    value: str
    is_on: bool = True

    @property
    def key(self) -> tuple[Look, str]:
        """What two rules that say the same share."""
        return self.look, folded(self.value)


DEFAULT: Final = (
    RushRule(Look.TAG, "rush"),
    RushRule(Look.METHOD, "express"),
    RushRule(Look.METHOD, "overnight"),
    RushRule(Look.METHOD, "next day"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at in an order."""

    tags: tuple[str, ...] = ()
    method: str = ""
    total_minor: int = 0
    currency: str = ""
    country: str = ""
    connection_id: str = ""


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return a text as it is compared."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    bare = (" " if unicodedata.category(each) in _JOINERS else each for each in plain)
    return " ".join("".join(bare).split())


def fits(rule: RushRule, facts: Facts) -> bool:
    """Tell whether a rule fits an order; one that is off, or says nothing, fits none."""
    sought = folded(rule.value)
    if not rule.is_on or not sought:
        return False
    match rule.look:
        case Look.TAG:
            return any(folded(tag) == sought for tag in facts.tags)
        case Look.METHOD:
            return sought in folded(facts.method)
        case Look.TOTAL:
            least = total_of(rule.value)
            is_same = facts.currency.upper() == least.currency
            return is_same and facts.total_minor >= least.minor
        case Look.COUNTRY:
            return folded(facts.country) == sought
        case Look.CHANNEL:
            return folded(facts.connection_id) == sought


def first_fit(rules: Iterable[RushRule], facts: Facts) -> RushRule | None:
    """Return the rule that makes an order a rush order; None: it is none."""
    return next((rule for rule in rules if fits(rule, facts)), None)


def total_of(value: str) -> Money:
    """Return the amount a rule about a total asks for."""
    minor, _, currency = value.partition(" ")
    return Money(int(minor), currency)


def value_of(total: Money) -> str:
    """Return an amount as the value of a rule."""
    return f"{total.minor} {total.currency}"


def words(rule: RushRule, channels: Mapping[str, str]) -> str:
    """Say a rule in a few words; `channels` are names by id."""
    match rule.look:
        case Look.TAG:
            return f"tag is “{rule.value}”"
        case Look.METHOD:
            return f"shipping method contains “{rule.value}”"
        case Look.TOTAL:
            return f"total is at least {total_of(rule.value)}"
        case Look.COUNTRY:
            return f"ships to {rule.value}"
        case Look.CHANNEL:
            return f"sold on {channels.get(rule.value, 'a channel that is gone')}"


def to_json(rules: Iterable[RushRule]) -> list[dict[str, Any]]:
    """Return rules as they are kept."""
    return [{"look": rule.look.value, "value": rule.value, "is_on": rule.is_on} for rule in rules]


def from_json(kept: Sequence[Any]) -> tuple[RushRule, ...]:
    """Read rules as they are kept."""
    return tuple(RushRule(Look(each["look"]), each["value"], each["is_on"]) for each in kept)
