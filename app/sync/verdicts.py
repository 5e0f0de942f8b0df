"""The verdict over one field: who is written, why, or why nothing is.

In a two-way group the merge decides. In a one-way group the side that owns the field is carried
over; what the other side did meanwhile is overwritten only where the policy says that the owner
wins, and never in our own catalog: a change made here stays, even when the shop owns the field.
"""

from dataclasses import dataclass, replace
from typing import Final

from app.adapters.values import Value
from app.sync import compare
from app.sync.merge import Conflict, merge_field
from app.sync.plans import Risk, Way, Why, label
from app.sync.policy import Direction, OnBoth
from app.sync.sides import MISSING, Missing, Side


@dataclass(frozen=True, slots=True)
class Trio:
    """The three values of a field; `winner` when both changed it (NEWEST is settled before)."""

    field: str
    base: Value | Missing
    ours: Value
    theirs: Value
    winner: OnBoth

    @property
    def is_first(self) -> bool:
        """Whether the sides never agreed on this field."""
        return self.base is MISSING

    def is_empty(self, way: Way) -> bool:
        """Whether the side this way comes from has nothing."""
        return compare.is_empty(self.field, self.ours if way is Way.PUSH else self.theirs)

    def has_moved(self, way: Way) -> bool:
        """Whether the side this way comes from changed since the sides agreed."""
        source = self.ours if way is Way.PUSH else self.theirs
        return not compare.equal(self.field, source, self.base)


@dataclass(frozen=True, slots=True)
class Write:
    """Write this value to these sides."""

    value: Value
    ways: tuple[Way, ...]
    why: Why

    @property
    def risk(self) -> Risk:
        """The risk that follows from the reason alone."""
        return Risk.OVERWRITES if self.why in _OVERWRITING else Risk.LOW


@dataclass(frozen=True, slots=True)
class Leave:
    """The sides differ and stay so."""

    sentence: str


Verdict = Write | Leave | Conflict

_OVERWRITING: Final = frozenset((Why.OWNED_HERE, Why.OWNED_THERE, Why.NEWER_HERE, Why.NEWER_THERE))
_OTHER: Final = {Way.PUSH: Way.PULL, Way.PULL: Way.PUSH}
_CHANGED: Final = {Way.PUSH: Why.CHANGED_HERE, Way.PULL: Why.CHANGED_THERE}
_ONLY: Final = {Way.PUSH: Why.ONLY_HERE, Way.PULL: Why.ONLY_THERE}
_OWNED: Final = {Way.PUSH: Why.OWNED_HERE, Way.PULL: Why.OWNED_THERE}
_WINS: Final = {Way.PUSH: OnBoth.OURS, Way.PULL: OnBoth.THEIRS}


def newest(ours: Side, theirs: Side) -> OnBoth:
    """Return who changed last; ASK when that cannot be told."""
    if ours.changed_at is None or theirs.changed_at is None:
        return OnBoth.ASK
    if ours.changed_at == theirs.changed_at:
        return OnBoth.ASK
    return OnBoth.OURS if ours.changed_at > theirs.changed_at else OnBoth.THEIRS


def judge(trio: Trio, direction: Direction) -> Verdict:
    """Decide over a field whose sides differ."""
    if direction is Direction.OFF:
        return Leave(f"“{label(trio.field)}” is left alone on this connection.")
    if direction is Direction.BOTH:
        return _two_way(trio)
    way = Way.PUSH if direction is Direction.TO_CHANNEL else Way.PULL
    return _first_one_way(trio, way) if trio.is_first else _one_way(trio, way)


def of_kit(trio: Trio, direction: Direction) -> tuple[Trio, Direction]:
    """Return how the count of a kit is judged: nobody counts kits, so ours goes out.

    Where both movements add up they still meet: what a shop sold is known of by it.
    """
    is_known = None not in (trio.ours, trio.theirs) and isinstance(trio.base, int)
    if direction is Direction.BOTH and is_known and trio.ours + trio.theirs >= trio.base:
        return trio, direction
    goes = Direction.TO_CHANNEL if direction.goes_out else Direction.OFF
    return replace(trio, winner=OnBoth.OURS), goes


def _two_way(trio: Trio) -> Verdict:
    merged = merge_field(trio.field, trio.base, trio.ours, trio.theirs, trio.winner)
    if isinstance(merged, Conflict):
        return merged
    ways = ((Way.PULL, merged.changed_ours), (Way.PUSH, merged.changed_theirs))
    return Write(
        merged.value, tuple(way for way, is_due in ways if is_due), _reason(trio, merged.value)
    )


def _reason(trio: Trio, value: Value) -> Why:
    for way in (Way.PUSH, Way.PULL):
        other = _OTHER[way]
        if trio.is_first and trio.is_empty(other):
            return _ONLY[way]
        if not trio.is_first and not trio.has_moved(other):
            return _CHANGED[way]
        source = trio.ours if way is Way.PUSH else trio.theirs
        if trio.winner is _WINS[way] and compare.equal(trio.field, value, source):
            return _OWNED[way]
    return Why.JOINED


def _first_one_way(trio: Trio, way: Way) -> Verdict:
    if trio.is_empty(way):
        return _left(trio, way)
    if trio.is_empty(_OTHER[way]):
        return _carried(trio, way, _ONLY[way])
    return _ruled(trio, way)


def _one_way(trio: Trio, way: Way) -> Verdict:
    if not trio.has_moved(_OTHER[way]):
        return _carried(trio, way, _CHANGED[way])
    if not trio.has_moved(way):
        is_enforced = way is Way.PUSH and trio.winner is OnBoth.OURS
        return _carried(trio, way, Why.OWNED_HERE) if is_enforced else _left(trio, way)
    return _ruled(trio, way)


def _ruled(trio: Trio, way: Way) -> Verdict:
    if trio.winner is _WINS[way]:
        return _carried(trio, way, _OWNED[way])
    if trio.winner is _WINS[_OTHER[way]]:
        return _left(trio, way)
    return Conflict(trio.base, trio.ours, trio.theirs)


def _carried(trio: Trio, way: Way, why: Why) -> Write:
    return Write(trio.ours if way is Way.PUSH else trio.theirs, (way,), why)


def _left(trio: Trio, way: Way) -> Leave:
    name = label(trio.field)
    if way is Way.PUSH:
        return Leave(f"“{name}” only goes to the shop; what the shop has stays as it is.")
    return Leave(f"“{name}” only comes from the shop; what you have here is not sent.")
