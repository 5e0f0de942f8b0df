"""The ledger, pure: what each kind of posting does to a level, and what it may not do.

A level is one variant at one location, in whole units:

    on hand     what lies there
    committed   promised to orders, not shipped yet
    reserved    kept back for a while: a cart, a sale seen in a shop whose order is on its way
    locked      kept back by a channel: a campaign
    incoming    on its way here; not yet on hand
    available   on hand - committed - reserved - locked: what may still be promised

`MOVES` is the whole of it: the database statement in `service.moving` is built from this table, and
the explorer in tests/model walks through `post`. Promises (`PROMISES`) need as much available as
they take, unless the merchant sells beyond the stock. Facts about the world are never refused for
what was promised: when five are promised and the count finds three, two are short, and say so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class PostingKind(StrEnum):
    """Why stock moved."""

    ADJUST = "adjust"  # a person said so
    COUNT = "count"  # a count found so
    IMPORT = "import"  # a file said so
    SYNC = "sync"  # a shop that keeps the stock, or its merchant, said so
    RECEIVE = "receive"  # goods came in
    COMMIT = "commit"  # an order was promised units
    RELEASE = "release"  # … and no longer is
    SHIP = "ship"  # promised units left
    UNSHIP = "unship"  # … and did not after all: they are promised as before
    RETURN = "return"  # units came back and may be sold again
    RESERVE = "reserve"  # units are kept back for a while
    FREE = "free"  # … and no longer are
    TAKE = "take"  # kept-back units became an order's
    GONE = "gone"  # kept-back units are not there any more
    EXPECT = "expect"  # units set out for this place
    UNEXPECT = "unexpect"  # … and will not come
    ARRIVE = "arrive"  # expected units came
    SEND = "send"  # units left for another place of ours
    LOCK = "lock"  # a channel keeps units for a campaign
    UNLOCK = "unlock"  # … and no longer does


class Move(NamedTuple):
    """By how much each bucket of a level moves."""

    on_hand: int = 0
    committed: int = 0
    reserved: int = 0
    locked: int = 0
    incoming: int = 0

    def times(self, quantity: int) -> "Move":
        """Return the move of so many units."""
        return Move(*[each * quantity for each in self])

    @property
    def available(self) -> int:
        """By how much what may still be promised moves."""
        return self.on_hand - self.committed - self.reserved - self.locked

    def plus(self, other: "Move") -> "Move":
        """Return both moves as one."""
        return Move(*(a + b for a, b in zip(self, other, strict=True)))


# What one unit does. Adjustments, counts, imports and what shops say carry a sign; others do not.
MOVES: Final[Mapping[PostingKind, Move]] = {
    PostingKind.ADJUST: Move(on_hand=1),
    PostingKind.COUNT: Move(on_hand=1),
    PostingKind.IMPORT: Move(on_hand=1),
    PostingKind.SYNC: Move(on_hand=1),
    PostingKind.RECEIVE: Move(on_hand=1),
    PostingKind.COMMIT: Move(committed=1),
    PostingKind.RELEASE: Move(committed=-1),
    PostingKind.SHIP: Move(on_hand=-1, committed=-1),
    PostingKind.UNSHIP: Move(on_hand=1, committed=1),
    PostingKind.RETURN: Move(on_hand=1),
    PostingKind.RESERVE: Move(reserved=1),
    PostingKind.FREE: Move(reserved=-1),
    PostingKind.TAKE: Move(reserved=-1, committed=1),
    PostingKind.GONE: Move(on_hand=-1, reserved=-1),
    PostingKind.EXPECT: Move(incoming=1),
    PostingKind.UNEXPECT: Move(incoming=-1),
    PostingKind.ARRIVE: Move(on_hand=1, incoming=-1),
    PostingKind.SEND: Move(on_hand=-1),
    PostingKind.LOCK: Move(locked=1),
    PostingKind.UNLOCK: Move(locked=-1),
}
SIGNED: Final = frozenset(
    (PostingKind.ADJUST, PostingKind.COUNT, PostingKind.IMPORT, PostingKind.SYNC)
)
PROMISES: Final = frozenset((PostingKind.COMMIT, PostingKind.RESERVE, PostingKind.SEND))


class Impossible(Exception):
    """A posting that no level may take; the message says which bucket it would empty twice."""


class NotEnough(Impossible):
    """A promise of more than is available."""


@dataclass(frozen=True, slots=True)
class Level:
    """One variant at one location."""

    on_hand: int = 0
    committed: int = 0
    reserved: int = 0
    locked: int = 0
    incoming: int = 0
    allows_negative: bool = False  # stock below zero is a fact somebody told us

    @property
    def available(self) -> int:
        """What may still be promised; below zero when more is promised than is there."""
        return self.on_hand - self.committed - self.reserved - self.locked

    @property
    def buckets(self) -> Move:
        """The level as a move from nothing."""
        return Move(self.on_hand, self.committed, self.reserved, self.locked, self.incoming)


@dataclass(frozen=True, slots=True)
class Posting:
    """So many units of one kind; `is_beyond`: the merchant sells beyond the stock."""

    kind: PostingKind
    quantity: int
    is_beyond: bool = False

    def __post_init__(self) -> None:
        if self.quantity == 0 or (self.quantity < 0 and self.kind not in SIGNED):
            raise Impossible(f"{self.quantity} units cannot be posted as {self.kind}.")

    @property
    def move(self) -> Move:
        """What it does to a level."""
        return MOVES[self.kind].times(self.quantity)

    @property
    def needs_available(self) -> bool:
        """Whether it may be refused for want of stock."""
        return self.kind in PROMISES and not self.is_beyond


def total(postings: Iterable[Posting]) -> Move:
    """Return what several postings do together."""
    sum_of_all = Move()
    for each in postings:
        sum_of_all = sum_of_all.plus(each.move)
    return sum_of_all


def post(level: Level, *postings: Posting) -> Level:
    """Return the level after these postings, taken as one; raises Impossible or NotEnough."""
    after = Level(*level.buckets.plus(total(postings)), allows_negative=level.allows_negative)
    if after.available < 0 and any(each.needs_available for each in postings):
        raise NotEnough(f"available would be {after.available}")
    for bucket, value in after.buckets._asdict().items():
        if value < 0 and not (bucket == "on_hand" and level.allows_negative):
            raise Impossible(f"{bucket} would be {value}")
    return after


def let_go(level: Level, units: int) -> list[Posting]:
    """Return the postings that end kept-back units nobody explained: they are not there any more.

    What was counted away meanwhile went already, and is only no longer kept back.
    """
    there = units if level.allows_negative else min(units, max(0, level.on_hand))
    parts = ((PostingKind.GONE, there), (PostingKind.FREE, units - there))
    return [Posting(kind, count) for kind, count in parts if count]


def rebuilt(postings: Iterable[Posting]) -> Move:
    """Return what a level holds by its postings alone; the nightly check compares."""
    return total(postings)
