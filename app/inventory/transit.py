"""Goods on their way, pure: the states of a transfer, and what each of its steps posts where.

Units that set out leave what is on hand at the origin and are incoming at the destination, in one.
Each of them comes to one end, once: it arrives, is missing or damaged, or turns back. Goods that
are bought have no origin of ours; all else is the same.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from app.inventory.ledger import Posting, PostingKind


class TransferState(StrEnum):
    """How far a transfer is."""

    DRAFT = "draft"
    SENT = "sent"
    PARTLY = "partly"  # some of it came
    RECEIVED = "received"
    CANCELLED = "cancelled"


FOLLOWS: Final[Mapping[TransferState, frozenset[TransferState]]] = {
    TransferState.DRAFT: frozenset((TransferState.SENT, TransferState.CANCELLED)),
    TransferState.SENT: frozenset(
        (TransferState.PARTLY, TransferState.RECEIVED, TransferState.CANCELLED)
    ),
    TransferState.PARTLY: frozenset((TransferState.PARTLY, TransferState.RECEIVED)),
    TransferState.RECEIVED: frozenset(),
    TransferState.CANCELLED: frozenset(),
}
ON_THE_WAY: Final = frozenset((TransferState.SENT, TransferState.PARTLY))
OPEN: Final = ON_THE_WAY | {TransferState.DRAFT}


class Arrival(NamedTuple):
    """What became of units of one line."""

    arrived: int = 0
    missing: int = 0
    damaged: int = 0

    @property
    def units(self) -> int:
        """How many units are on their way no longer."""
        return sum(self)


class Ends(NamedTuple):
    """What is posted at both ends."""

    origin: tuple[Posting, ...] = ()
    destination: tuple[Posting, ...] = ()


def _some(kind: PostingKind, quantity: int) -> tuple[Posting, ...]:
    return (Posting(kind, quantity),) if quantity else ()


def set_out(quantity: int, *, is_ours: bool) -> Ends:
    """Units leave for the destination; from outside (not ours) they are only expected."""
    left = _some(PostingKind.SEND, quantity) if is_ours else ()
    return Ends(left, _some(PostingKind.EXPECT, quantity))


def come_in(arrival: Arrival) -> Ends:
    """Units came, or are known not to come: those do not lie anywhere of ours any more."""
    lost = arrival.missing + arrival.damaged
    came = _some(PostingKind.ARRIVE, arrival.arrived)
    return Ends(destination=came + _some(PostingKind.UNEXPECT, lost))


def turn_back(quantity: int, *, is_ours: bool) -> Ends:
    """Units on their way do not come: ours lie at the origin again."""
    back = _some(PostingKind.RETURN, quantity) if is_ours else ()
    return Ends(back, _some(PostingKind.UNEXPECT, quantity))
