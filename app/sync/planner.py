"""From (ours, theirs, base, policy) to a plan: every change of one listing, before it is sent.

A plan is a list of intents (what shall be written where, from what, to what, why), conflicts (a
person decides), and differences that are left alone because the policy says so. It writes nothing
itself. Applying every intent makes both sides agree on `agreed`, which is then the new base;
planning again finds nothing to do.

Absent is not deleted: a variant that a side no longer has counts as removed only when both sides
once agreed on it and that side was read completely, and even then the removal waits for a person.
"""

from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from app.adapters.values import FIELDS, PRODUCT_STATUSES, Group, Kind, Value, Values
from app.sync import compare
from app.sync.adding import add_up
from app.sync.merge import Conflict
from app.sync.plans import (
    LISTING,
    VARIANT,
    WAITING_RISKS,
    Action,
    Cell,
    Difference,
    FieldConflict,
    Intent,
    ListingPlan,
    Risk,
    Way,
    Why,
    apply,
    confirmed,
    rebase,
    to_draft,
    waits,
)
from app.sync.policy import Direction, OnBoth, OnRemoved, Policy, decide, first_winner
from app.sync.sides import MISSING, NOTHING, Missing, Side
from app.sync.together import SALE_FIELDS, contradictions
from app.sync.verdicts import Leave, Trio, Write, judge, newest, of_kit

# The door to planning: callers need this module alone.
__all__ = (
    "LISTING",
    "VARIANT",
    "WAITING_RISKS",
    "Action",
    "Carries",
    "Cell",
    "Difference",
    "FieldConflict",
    "Intent",
    "ListingPlan",
    "Missing",
    "Risk",
    "Way",
    "Why",
    "apply",
    "confirmed",
    "plan_creation",
    "plan_disappearance",
    "plan_listing",
    "rebase",
    "to_draft",
    "waits",
    "with_removal",
)

_SEEN: Final = PRODUCT_STATUSES[0]
_LEFT: Final = "Only one side has this variant, and the rules of this connection leave it so."
_OPTIONS_FIRST: Final = (
    "The options of this product are in conflict. This waits for their decision."
)


class Carries(Protocol):
    """What a channel carries; adapters.port.Capabilities is one."""

    @property
    def product_fields(self) -> frozenset[str]:
        """Fields of products."""

    @property
    def variant_fields(self) -> frozenset[str]:
        """Fields of variants."""


def plan_listing(
    ours: Side,
    theirs: Side,
    base: Side,
    policy: Policy,
    *,
    carries: Carries,
    decided: frozenset[Cell] = frozenset(),
) -> ListingPlan:
    """Plan one paired listing; `policy` as it applies to it (`Policy.of`).

    `decided` are cells a person decided about just now: they travel both ways this once.
    """
    desk = _Desk(ours, theirs, base, policy, decided)
    desk.meet(None, carries.product_fields)
    for key in dict.fromkeys((*ours.variants, *theirs.variants, *base.variants)):
        if key in ours.variants and key in theirs.variants:
            desk.meet(key, carries.variant_fields)
        else:
            desk.miss(key, carries.variant_fields)
    return desk.plan()


def plan_creation(ours: Side, *, carries: Carries) -> ListingPlan:
    """Plan a listing that is not on the channel yet: everything it carries and we have."""
    desk = _Desk(ours, NOTHING, NOTHING, Policy(groups={}))
    for name, value in _filled(ours.values, carries.product_fields).items():
        desk.write(_Spot(name), Write(value, (Way.PUSH,), Why.LISTED))
    for key, values in ours.variants.items():
        desk.add_variant(key, _filled(values, carries.variant_fields), Way.PUSH)
    return desk.plan()


def plan_disappearance(ours: Side, base: Side, policy: Policy) -> ListingPlan:
    """Plan for a listing that the channel no longer has: nothing here is touched unasked."""
    risk = Risk.LOW if policy.on_removed is OnRemoved.FOLLOW else Risk.DELETES
    gone = Intent(
        Way.PULL, LISTING, None, dict(ours.values), None, Why.REMOVED_THERE, risk, Action.DELETE
    )
    return ListingPlan(intents=(gone,), agreed=base)


def with_removal(plan: ListingPlan, theirs: Side) -> ListingPlan:
    """Add to a plan that the listing leaves the channel: it was put away here; a person decides."""
    gone = Intent(
        Way.PUSH,
        LISTING,
        None,
        dict(theirs.values),
        None,
        Why.REMOVED_HERE,
        Risk.DELETES,
        Action.DELETE,
    )
    return replace(plan, intents=(*plan.intents, gone))


def _filled(values: Values, carried: frozenset[str]) -> dict[str, Value]:
    return {
        name: value
        for name, value in values.items()
        if name in carried and not compare.is_empty(name, value)
    }


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value lives."""

    field: str
    variant_key: str | None = None


@dataclass(slots=True)
class _Desk:
    """Where one listing is planned: four inputs, and what was decided so far."""

    ours: Side
    theirs: Side
    base: Side
    policy: Policy
    decided: frozenset[Cell] = frozenset()
    intents: list[Intent] = field(default_factory=list)
    conflicts: list[FieldConflict] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    agreed: dict[str | None, dict[str, Value]] = field(default_factory=dict)
    settled: dict[str | None, dict[str, Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.agreed[None] = dict(self.base.values)
        for key, values in self.base.variants.items():
            self.agreed[key] = dict(values)

    def meet(self, key: str | None, carried: frozenset[str]) -> None:
        """Plan every field both sides carry, of the product or of a variant both have."""
        theirs, base, begin = self.theirs.of(key), self.base.of(key), len(self.intents)
        if key is not None and key not in self.base.variants:
            # The pair itself is agreed on: should it vanish later, it was removed, not never there.
            self.agreed[key], self.settled[key] = {}, {}
        for name, value in self.ours.of(key).items():
            if name not in carried or name not in theirs or name not in FIELDS:
                continue
            spot = _Spot(name, key)
            if name == "quantity" and self._adds_up(spot):
                continue
            if not compare.equal(name, value, theirs[name]):
                self._judge(spot)
                continue
            self._agree(spot, value)
            if not compare.equal(name, value, base.get(name, MISSING)):
                self.settled.setdefault(key, {})[name] = value
        if any(each.field in SALE_FIELDS for each in self.intents[begin:]):
            self._refuse_contradictions(key, begin)

    def miss(self, key: str, carried: frozenset[str]) -> None:
        """Plan a variant that at least one side does not have."""
        was_agreed = key in self.base.variants
        if key in self.ours.variants:
            if was_agreed:
                self._remove_variant(key, Way.PULL)
            else:
                self.add_variant(key, _filled(self.ours.variants[key], carried), Way.PUSH)
        elif key in self.theirs.variants:
            if was_agreed:
                self._remove_variant(key, Way.PUSH)
            else:
                self.add_variant(key, _filled(self.theirs.variants[key], carried), Way.PULL)
        elif self.ours.is_complete and _is_whole(self.theirs):
            self.agreed.pop(key, None)

    def write(self, spot: _Spot, verdict: Write) -> None:
        """Turn a verdict into intents."""
        for way in verdict.ways:
            side = self.theirs if way is Way.PUSH else self.ours
            old = side.of(spot.variant_key).get(spot.field)
            risk = self._risk(spot.field, old, verdict)
            seen = self.theirs.of(spot.variant_key).get(spot.field)
            self.intents.append(
                Intent(
                    way,
                    spot.field,
                    spot.variant_key,
                    old,
                    verdict.value,
                    verdict.why,
                    risk,
                    base_after=verdict.value if way is Way.PUSH else seen,
                )
            )
        self._agree(spot, verdict.value)

    def add_variant(self, key: str, values: dict[str, Value], way: Way) -> None:
        """Plan a variant that only one side has and that is new."""
        if not self._may_travel(way):
            self._leave_variant(key)
            return
        if self._asks_for_options:
            self._leave_variant(key, _OPTIONS_FIRST)
            return
        why = Why.ONLY_HERE if way is Way.PUSH else Why.ONLY_THERE
        self.intents.append(
            Intent(way, VARIANT, key, None, values, why, action=Action.CREATE, base_after=values)
        )
        self.agreed[key] = dict(values)

    def plan(self) -> ListingPlan:
        """Return what was decided."""
        return ListingPlan(
            intents=tuple(self.intents),
            conflicts=tuple(self.conflicts),
            differences=tuple(self.differences),
            agreed=_side(self.agreed),
            settled=_side(self.settled),
        )

    @property
    def _asks_for_options(self) -> bool:
        """Whether nobody knows yet by which names variants tell what they are."""
        return any(each.field == "options" for each in self.conflicts)

    def _adds_up(self, spot: _Spot) -> bool:
        """Plan stock whose movements are sales; False: the rules of every other field hold."""
        is_added = self.policy.adds_counts and spot.variant_key not in self.ours.kits
        if not is_added or decide(spot.field, self.policy).direction is not Direction.BOTH:
            return False
        sides = (self.ours, self.theirs, self.base)
        found = add_up(spot.variant_key, *(s.value(spot.field, spot.variant_key) for s in sides))
        if found is not None:
            self.intents += found[0]
            self._agree(spot, found[1])
        return found is not None

    def _refuse_contradictions(self, key: str | None, begin: int) -> None:
        """Ask about edits that fit one by one and make no sense together, such as a sale's ends.

        `begin` is where the intents of this key begin.
        """
        fresh = self.intents[begin:]
        torn: set[str] = set()
        for side, way in ((self.ours, Way.PULL), (self.theirs, Way.PUSH)):
            after = apply(side, (each for each in fresh if each.way is way)).of(key)
            torn.update(*(set(contradictions(after)) - set(contradictions(side.of(key)))))
        asked = [each for each in fresh if each.field in torn]
        self.intents[begin:] = [each for each in fresh if each not in asked]
        for name in dict.fromkeys(each.field for each in asked):
            ours, theirs, base = (s.value(name, key) for s in (self.ours, self.theirs, self.base))
            self.conflicts.append(FieldConflict(name, key, base, ours, theirs))
            self._disagree(_Spot(name, key), base)

    def _disagree(self, spot: _Spot, base: Value | Missing) -> None:
        if base is MISSING:
            self.agreed[spot.variant_key].pop(spot.field, None)
        else:
            self._agree(spot, base)

    def _agree(self, spot: _Spot, value: Value) -> None:
        self.agreed.setdefault(spot.variant_key, {})[spot.field] = value

    def _judge(self, spot: _Spot) -> None:
        ours, theirs, base = (
            side.value(spot.field, spot.variant_key) for side in (self.ours, self.theirs, self.base)
        )
        if spot.field == "choice" and self._asks_for_options:
            self.differences.append(
                Difference(spot.field, spot.variant_key, ours, theirs, _OPTIONS_FIRST)
            )
            return
        rule = decide(spot.field, self.policy)
        winner = first_winner(rule, self.policy) if base is MISSING else rule.on_both
        is_newest = winner is OnBoth.NEWEST
        if is_newest:
            winner = newest(self.ours, self.theirs)
        is_decided = (spot.variant_key, spot.field) in self.decided
        direction = Direction.BOTH if is_decided else rule.direction
        trio = Trio(spot.field, base, ours, theirs, winner)
        if spot.field == "quantity" and spot.variant_key in self.ours.kits:
            trio, direction = of_kit(trio, direction)
        verdict = judge(trio, direction)
        if isinstance(verdict, Conflict):
            self.conflicts.append(FieldConflict(spot.field, spot.variant_key, base, ours, theirs))
        elif isinstance(verdict, Leave):
            left = Difference(spot.field, spot.variant_key, ours, theirs, verdict.sentence)
            self.differences.append(left)
        else:
            self.write(spot, _as_newer(verdict) if is_newest else verdict)

    def _risk(self, field_name: str, old: Value, verdict: Write) -> Risk:
        if _moves_price(field_name, old, verdict.value, self.policy.price_move_limit_percent):
            return Risk.PRICE_MOVE
        if FIELDS[field_name].group is Group.STATUS and old == _SEEN:
            return Risk.HIDES
        return verdict.risk

    def _may_travel(self, way: Way) -> bool:
        if not self.policy.groups:  # a creation: everything goes out
            return True
        direction = decide("options", self.policy).direction
        return direction.goes_out if way is Way.PUSH else direction.comes_in

    def _remove_variant(self, key: str, way: Way) -> None:
        is_known = _is_whole(self.theirs) if way is Way.PULL else _is_whole(self.ours)
        if not is_known:
            return
        if not self._may_travel(way):
            self._leave_variant(key)
            return
        side = self.ours if way is Way.PULL else self.theirs
        follows = way is Way.PULL and self.policy.on_removed is OnRemoved.FOLLOW
        self.intents.append(
            Intent(
                way,
                VARIANT,
                key,
                dict(side.of(key)),
                None,
                Why.REMOVED_THERE if way is Way.PULL else Why.REMOVED_HERE,
                Risk.LOW if follows else Risk.DELETES,
                Action.DELETE,
            )
        )
        self.agreed.pop(key, None)

    def _leave_variant(self, key: str, sentence: str = _LEFT) -> None:
        ours, theirs = self.ours.variants.get(key), self.theirs.variants.get(key)
        self.differences.append(Difference(VARIANT, key, ours, theirs, sentence))


def _is_whole(side: Side) -> bool:
    return side.is_complete and bool(side.variants)


def _side(cells: dict[str | None, dict[str, Value]]) -> Side:
    return Side(
        values=cells.get(None, {}),
        variants={key: values for key, values in cells.items() if key is not None},
    )


def _as_newer(verdict: Write) -> Write:
    why = {Why.OWNED_HERE: Why.NEWER_HERE, Why.OWNED_THERE: Why.NEWER_THERE}
    return Write(verdict.value, verdict.ways, why.get(verdict.why, verdict.why))


def _moves_price(field_name: str, old: Value, new: Value, limit_percent: int) -> bool:
    if FIELDS[field_name].kind is not Kind.MONEY or old is None:
        return False
    if new is None:
        return field_name == "price"  # the end of a sale is no danger, a lost price is
    if old["currency"] != new["currency"]:
        return True
    moved = abs(int(new["minor"]) - int(old["minor"]))
    return moved * 100 > limit_percent * abs(int(old["minor"])) and old["minor"] != 0
