"""What each channel may sell, pure.

*Shared*: every channel sees everything less a buffer; two channels may sell the last unit at once.
*Strict*: the sum of what all channels may sell never exceeds what is there, whatever they sell at
once, and whichever writes are still on their way. A channel's share is lowered first and confirmed;
only then is another one raised.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

Name = TypeVar("Name", bound=str)
SHARING: Final = "shared"  # beside strict shops, all that share hold one part together


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


def split(total: int, weights: Mapping[Name, int]) -> dict[Name, int]:
    """Split units by weight; what does not divide goes to the first names, one each."""
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    parts = {name: total * weight // whole for name, weight in weights.items()}
    rest = total - sum(parts.values())
    for name in sorted(weights)[:rest]:
        parts[name] += 1
    return parts


def ideal(available: int, terms: Mapping[Name, Terms]) -> dict[Name, int]:
    """Split what is there by weight, each part less what is held back of it."""
    parts = split(max(available, 0), {name: each.weight for name, each in terms.items()})
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


@dataclass(frozen=True, slots=True)
class Member:
    """One shop that sells a variant.

    `counted` is what is available at the locations that count for it, `exposed` the most it may
    still sell as far as we know. A shop that takes nothing from us keeps what it has, and gets no
    more.
    """

    mode: Mode
    terms: Terms
    counted: int
    exposed: int = 0
    takes: bool = True
    shop: str = ""  # whose part it is, should it sell several variants of one shelf

    @property
    def limits(self) -> Terms:
        """Its terms in a split: never more than lies where it counts."""
        most = max(self.counted, 0)
        return replace(
            self.terms, cap=most if self.terms.cap is None else min(self.terms.cap, most)
        )


@dataclass(frozen=True, slots=True)
class Offered:
    """What a shop is to be shown, and out of how much: everything that counts, or its part."""

    quantity: int
    part: int


def offers(available: int, members: Mapping[str, Member]) -> dict[str, Offered]:
    """Return what each shop is to be shown next; `available` is what all of them count together.

    Without strict shops, everybody sees everything that counts there. Beside strict ones, those
    that share hold one part of weight 1 together, and see that. A mirrored shop is shown nothing.
    """
    strict, sharing = of_mode(members, Mode.STRICT), of_mode(members, Mode.SHARED)
    if not strict:
        return {
            name: Offered(each.terms.less(each.counted), each.counted)
            for name, each in sharing.items()
        }
    parts, terms = parts_of(members, max(available, 0))
    # Who takes nothing from us keeps what it may sell; the others split what is left.
    deaf = {name: exposed for name, exposed in parts.items() if name not in terms}
    heard = {name: exposed for name, exposed in parts.items() if name in terms}
    parts = {**deaf, **grants(available - sum(deaf.values()), heard, terms)}
    return offered(parts, members)


def of_mode(members: Mapping[str, Member], mode: Mode) -> dict[str, Member]:
    """Return the shops that get their stock in one way."""
    return {name: each for name, each in members.items() if each.mode is mode}


def offered(parts: Mapping[str, int], members: Mapping[str, Member]) -> dict[str, Offered]:
    """Return what each shop is shown of the parts: its own, or the one of all that share."""
    shown = {name: Offered(parts[name], parts[name]) for name in of_mode(members, Mode.STRICT)}
    for name, each in of_mode(members, Mode.SHARED).items():
        part = min(parts[SHARING], max(each.counted, 0))
        shown[name] = Offered(each.terms.less(part), part)
    return shown


def parts_of(
    members: Mapping[str, Member], available: int
) -> tuple[dict[str, int], dict[str, Terms]]:
    """Return what each part is exposed to, and the terms of those that can be changed."""
    strict, sharing = of_mode(members, Mode.STRICT), of_mode(members, Mode.SHARED)
    exposed = {name: each.exposed for name, each in strict.items()}
    terms = {name: each.limits for name, each in strict.items() if each.takes}
    if sharing:
        exposed[SHARING] = max(each.exposed for each in sharing.values())
        if any(each.takes for each in sharing.values()):
            most = max(each.limits.less(available) for each in sharing.values())
            terms[SHARING] = Terms(cap=most)
    return exposed, terms
