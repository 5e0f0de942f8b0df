"""How likely shops that share stock sell a unit twice, pure.

Nobody is asked before a shop sells. Between a sale in one shop and the moment another one shows one
unit less there is a *window*: until we hear of the sale (`hears`), and until our write is confirmed
(`writes`). Whoever buys a unit within it that is gone already buys what was sold before.

Let shop j sell r_j units a second, R of them together, and see every sale elsewhere w_j seconds
late: w_j = the slowest `hears` of the others + its own `writes`. When the last unit is sold, shop j
goes on for at most w_j, so

    m = sum over j of r_j * w_j * (1 - (r_j / R) * exp(-(R - r_j) * w_j))

units are wanted meanwhile: the bracket leaves out the shop that sold the last unit itself and knew
of every sale before. Buyers come one by one and know nothing of each other (Poisson), so

    chance of any      P(N > b)           with N ~ Poisson(m)
    units, on average  E[max(N - b, 0)]

where b is the smallest buffer of these shops: so many have to come before one is sold twice.

A shop that cannot compare before it writes (WooCommerce) may lose a sale to our write: one that
falls between our last look and the write, `blind` seconds. Every sale elsewhere writes to it once,
so until the `available` units are sold, it loses about

    available * (1 - r_j / R) * r_j * blind_j

sales, each of which puts a unit back on show that is not there. These are added to m.

What it does not know: carts of more than one unit count as units one by one; a rush is no Poisson
at last month's speed, so for a sale ask with the speed you expect; windows are taken at their 95th
percentile, so that the figure is rather too high; an outage longer than that is not in it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_EVENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Seller:
    """A shop that shares stock: its speed in units a second, and its windows in seconds."""

    rate: float
    hears: float = 0.0  # from a sale there until we know
    writes: float = 0.0  # from our knowing until it shows it
    blind: float = 0.0  # between its last look and our write; 0: it compares
    buffer: int = 0


@dataclass(frozen=True, slots=True)
class Risk:
    """What selling out once comes to."""

    chance: float  # that at least one unit is sold twice
    units: float  # sold twice, on average
    window: float  # the longest, in seconds
    rate: float  # units a second, all shops together

    @property
    def is_none(self) -> bool:
        """Whether nothing can be sold twice."""
        return self.units == 0


NO_RISK: Final = Risk(0.0, 0.0, 0.0, 0.0)


def risk(sellers: Sequence[Seller], available: int = 1) -> Risk:
    """Return the risk of selling `available` units out in these shops; see the module."""
    total = sum(each.rate for each in sellers)
    if len(sellers) < 2 or total <= 0:
        return Risk(0.0, 0.0, 0.0, total)
    mean, longest = 0.0, 0.0
    for at, each in enumerate(sellers):
        others = [other for number, other in enumerate(sellers) if number != at]
        window = max(other.hears for other in others) + each.writes
        longest = max(longest, window)
        elsewhere = total - each.rate
        knew_all = each.rate / total * math.exp(-elsewhere * window)
        mean += each.rate * window * (1 - knew_all)
        mean += max(available, 0) * elsewhere / total * each.rate * each.blind
    kept = min(each.buffer for each in sellers)
    chance, units = beyond(mean, kept)
    return Risk(chance, units, longest, total)


def beyond(mean: float, kept: int) -> tuple[float, float]:
    """Return P(N > kept) and E[max(N - kept, 0)] of N ~ Poisson(mean)."""
    if mean <= 0:
        return 0.0, 0.0
    if kept <= 0:
        return -math.expm1(-mean), mean
    # E[max(N - k, 0)] = m - k + sum over n <= k of (k - n) P(n); in logs, for large means.
    below, short = 0.0, 0.0
    for count in range(min(kept, MOST_EVENTS) + 1):
        part = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
        below += part
        short += (kept - count) * part
    return max(0.0, 1 - below), max(0.0, mean - kept + short)


def words(found: Risk) -> str:
    """Say a risk in a merchant's words."""
    if found.is_none:
        return "No unit can be sold twice."
    if found.chance < 0.001:
        return "Less than 1 in 1,000 times that it sells out, a unit is sold twice."
    often = (
        "Almost every time it sells out, a unit is sold twice"
        if found.chance > 0.9
        else f"About {_often(found.chance)} that it sells out, a unit is sold twice"
    )
    return f"{often}: {_units(found.units)} on average."


def _often(chance: float) -> str:
    if chance >= 0.1:
        return f"{round(chance * 10)} in 10 times"
    return f"1 in {round(1 / chance):,} times"


def _units(units: float) -> str:
    if units >= 10:
        return f"{round(units):,} units"
    return f"{units:.1f} units" if units >= 0.1 else f"{units:.2g} units"


def seconds(span: float) -> str:
    """Say a span of time that is measured in seconds: “0.4 seconds”, “3 minutes”."""
    if span < 1:
        return f"{max(span, 0.1):.1f} seconds"
    if span < 90:
        return f"{round(span)} second{'' if round(span) == 1 else 's'}"
    if span < 5400:
        return f"{round(span / 60)} minutes"
    return f"{round(span / 3600)} hours"
