"""What each channel may sell, pure.

*Shared*: every channel sees everything less a buffer; two channels may sell the last unit at once.
*Strict*: the sum of what all channels may sell never exceeds what is there, whatever they sell at
once, and whichever writes are still on their way. A channel's share is lowered first and confirmed;
only then is another one raised.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Name = TypeVar("Name", bound=str)


class Mode(StrEnum):
    """How a connection gets its stock."""

    SHARED = "shared"
    STRICT = "strict"
    MIRROR = "mirror"  # the shop stays master: its count comes in, ours does not go out


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection may see of the stock."""

    buffer: int = 0
    buffer_percent: int = 0  # of what is there, rounded up
    cap: int | None = None
    weight: int = 1  # strict: its part of the whole, against the other channels

    def less(self, available: int) -> int:
        """Return what may be shown of so much."""
        kept = max(self.buffer, -(-max(available, 0) * self.buffer_percent // 100))
        shown = max(0, available - kept)
        return shown if self.cap is None else min(shown, self.cap)


def ideal(available: int, terms: Mapping[Name, Terms]) -> dict[Name, int]:
    """Split what is there by weight; what does not divide goes to the first names, one each."""
    total = max(available, 0)
    weights = sum(each.weight for each in terms.values())
    if not weights:
        return dict.fromkeys(terms, 0)
    parts = {name: total * each.weight // weights for name, each in terms.items()}
    rest = total - sum(parts.values())
    for name in sorted(terms)[:rest]:
        parts[name] += 1
    return {name: terms[name].less(part) for name, part in parts.items()}


def grants(
    available: int, exposed: Mapping[Name, int], terms: Mapping[Name, Terms]
) -> dict[Name, int]:
    """Return what each strict channel is to be shown next.

    `exposed` is the most each may still sell: what it was last confirmed to show, or what is on its
    way to it, whichever is more. A grant at or below that is safe at any time; grants above it use
    only what nobody is exposed to. Shares move only when a channel has too little: otherwise every
    sale would write to every channel.
    """
    wanted = ideal(available, terms)
    granted = {name: exposed.get(name, 0) for name in terms}
    over = sum(granted.values()) - max(available, 0)
    for name in sorted(terms, key=lambda each: (wanted[each] - granted[each], each)):
        if over <= 0:
            break
        less = min(over, max(granted[name] - wanted[name], 0))
        granted[name] -= less
        over -= less
    room = max(available, 0) - sum(exposed.get(name, 0) for name in terms)
    for name in sorted(terms, key=lambda each: (granted[each] - wanted[each], each)):
        more = min(room, max(0, wanted[name] - granted[name]))
        if more > 0 and granted[name] >= exposed.get(name, 0):
            granted[name] += more
            room -= more
    if starving := [n for n in terms if wanted[n] and not granted[n] and not exposed.get(n, 0)]:
        rich = max(sorted(terms), key=lambda name: granted[name] - wanted[name])
        spare = granted[rich] - wanted[rich]
        if spare > 0:
            granted[rich] -= min(spare, sum(wanted[name] for name in starving))
    return {
        name: min(value, terms[name].less(max(available, 0))) for name, value in granted.items()
    }
