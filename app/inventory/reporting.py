"""What reports call a movement, pure: each posting that moves what is on hand is of one flow."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.inventory.ledger import PostingKind


class Flow(StrEnum):
    """Why units came or went, in the words of a report."""

    SOLD = "sold"
    RECEIVED = "received"
    RETURNED = "returned"
    ADJUSTED = "adjusted"
    COUNTED = "counted"
    MOVED = "moved"  # between locations of ours


FLOWS: Final[Mapping[PostingKind, Flow]] = {
    PostingKind.SHIP: Flow.SOLD,
    PostingKind.UNSHIP: Flow.SOLD,  # so many fewer
    PostingKind.RECEIVE: Flow.RECEIVED,
    PostingKind.ARRIVE: Flow.RECEIVED,
    PostingKind.RETURN: Flow.RETURNED,
    PostingKind.SEND: Flow.MOVED,
    PostingKind.COUNT: Flow.COUNTED,
    PostingKind.ADJUST: Flow.ADJUSTED,
    PostingKind.IMPORT: Flow.ADJUSTED,
    PostingKind.SYNC: Flow.ADJUSTED,
    PostingKind.GONE: Flow.ADJUSTED,
}
# What comes by a transfer that left another location of ours only moved.
OF_TRANSFERS: Final = frozenset((PostingKind.ARRIVE, PostingKind.RETURN))


def flow_of(kind: PostingKind, *, is_of_ours: bool = False) -> Flow:
    """Return the flow of a posting; `is_of_ours`: by a transfer between locations of ours."""
    return Flow.MOVED if is_of_ours and kind in OF_TRANSFERS else FLOWS[kind]


def days_left(stock: int, sold: int, days: int) -> int | None:
    """Return how many whole days a stock lasts at that speed; None: nothing is sold of it."""
    return max(stock, 0) * days // sold if sold > 0 else None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A level that runs low, as somebody who buys sees it."""

    available: int
    point: int
    usual: int | None = None  # how many are ordered at once
    incoming: int = 0  # on the way, or in a draft
    sold: int = 0  # in the days that were looked at

    @property
    def rest(self) -> int:
        """What is there once everything that was ordered has come."""
        return self.available + self.incoming


def to_order(shelf: Shelf, *, looked_at: int, ahead: int) -> int:
    """Return how many units to order; none while what is coming lifts it above its point.

    Whoever named a usual order gets whole ones of it, as many as lift the level above its point.
    Else so many that after the days `ahead`, at the speed of those looked at, the point is left.
    """
    if shelf.rest > shelf.point:
        return 0
    gap = shelf.point - shelf.rest
    if shelf.usual:
        return (gap // shelf.usual + 1) * shelf.usual
    needed = -(-max(shelf.sold, 0) * ahead // looked_at)  # rounded up
    return gap + max(needed, 1)
