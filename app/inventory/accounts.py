"""What one shop's own count tells of our stock, pure: each unit counts once, whichever news first.

A shop counts down when it sells and up when it gives an order back, and we hear of both twice: by
the order and by the count. `base` is the count both sides last agreed on. An order moves it,
because both sides moved; a count that moved without an order waits for one:

- lower: the units are kept back, so that nobody else is promised them, until the order takes them
  or, after a while, the shop's merchant is believed to have taken them away;
- higher, while orders of that shop hold units that it may have given back: nothing is taken in
  before those orders were read again.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Account:
    """One variant in one shop."""

    base: int
    kept: int = 0  # units kept back for orders on their way
    rise_is_asked: bool = False  # the orders that may explain a rise are being read
    unsure: int | None = None  # a write of this count is not answered yet

    @property
    def exposed(self) -> int:
        """The most the shop may still sell, as far as we know."""
        return self.base if self.unsure is None else max(self.base, self.unsure)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a count comes to: the account after it, and what our stock does."""

    account: Account
    keep_back: int = 0
    free: int = 0  # of what was kept back: the shop counted it up again
    take_in: int = 0
    asks_orders: bool = False  # a rise that orders may explain: read them, then look again


def seen(account: Account, count: int, *, held_by_orders: int) -> Seen:
    """Take in what a shop shows now; `held_by_orders` units are its open orders', counted down."""
    moved = count - account.base
    if moved == 0:
        return Seen(replace(account, rise_is_asked=False))
    if moved < 0:
        kept = replace(account, base=count, kept=account.kept - moved, rise_is_asked=False)
        return Seen(kept, keep_back=-moved)
    if free := min(account.kept, moved):
        account = replace(account, base=account.base + free, kept=account.kept - free)
    if count == account.base:
        return Seen(replace(account, rise_is_asked=False), free=free)
    if held_by_orders and not account.rise_is_asked:
        return Seen(replace(account, rise_is_asked=True), free=free, asks_orders=True)
    rest = count - account.base
    return Seen(replace(account, base=count, rise_is_asked=False), free=free, take_in=rest)


def from_kept(account: Account, units: int) -> int:
    """Return how many of the units an order took were seen before and kept back for it."""
    return max(0, min(account.kept, units))


def explain(account: Account, units: int) -> Account:
    """Take in an order: its shop counted `units` down for it (below zero: gave them back)."""
    known = from_kept(account, units)
    return replace(_moved(account, known - units), kept=account.kept - known)


def _moved(account: Account, by: int) -> Account:
    """Move what is agreed on; a write on its way was, or will be, moved by the same."""
    unsure = None if account.unsure is None else account.unsure + by
    return replace(account, base=account.base + by, unsure=unsure)


def explain_ended(account: Account, units: int) -> tuple[Account, int]:
    """Take in an order that was cancelled before it was heard of: counted down, and up again.

    Returns, too, how many units of it had been seen going and are free again.
    """
    known = from_kept(account, units)
    return replace(_moved(account, known), kept=account.kept - known), known


def let_go(account: Account) -> Account:
    """No order came for what is kept back: it is not there any more."""
    return replace(account, kept=0)


def sent(account: Account, count: int) -> Account:
    """A write of this count is on its way, and may be the last we hear of it."""
    return replace(account, unsure=count)


def answered(account: Account, *, is_written: bool) -> Account:
    """The shop answered our write."""
    if account.unsure is None or not is_written:
        return replace(account, unsure=None)
    return replace(account, base=account.unsure, unsure=None)
