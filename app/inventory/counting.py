"""Counting, pure: the states of a count, and what a look at a shelf says about the ledger.

Who counts sees no figure of ours. With each entry the ledger's figure of that very moment is kept,
so that what is sold, or comes in, before somebody approves the count is no difference. Goods that
moved between the first and the last look at one shelf may have been seen or not: such a line says
so, and is better counted again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class CountState(StrEnum):
    """How far a count is."""

    COUNTING = "counting"
    REVIEW = "review"
    CLOSED = "closed"
    CANCELLED = "cancelled"


FOLLOWS: Final[Mapping[CountState, frozenset[CountState]]] = {
    CountState.COUNTING: frozenset((CountState.REVIEW, CountState.CANCELLED)),
    CountState.REVIEW: frozenset((CountState.COUNTING, CountState.CLOSED, CountState.CANCELLED)),
    CountState.CLOSED: frozenset(),
    CountState.CANCELLED: frozenset(),
}
OPEN: Final = frozenset((CountState.COUNTING, CountState.REVIEW))


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the ledger says lies on a shelf, and the posting by which it last moved (0: none)."""

    on_hand: int
    posting_id: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted of one variant so far."""

    counted: int
    expected: int
    posting_id: int
    has_moved: bool = False

    @property
    def variance(self) -> int:
        """By how much the ledger is to be moved; below zero, units are not there."""
        return self.counted - self.expected


def look(before: Seen | None, shelf: Shelf, quantity: int, *, adds: bool) -> Seen:
    """Take in one entry of a counter: so many more, or so many in all."""
    if before is None or not adds:
        return Seen(quantity, shelf.on_hand, shelf.posting_id)
    has_moved = before.has_moved or shelf.posting_id != before.posting_id
    return Seen(before.counted + quantity, shelf.on_hand, shelf.posting_id, has_moved)
