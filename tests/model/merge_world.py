"""Two writers, one field, and everything that can happen between them, one step at a time.

A world is a frozen value; `steps` yields every world one step away. A step is what the engine does
in one transaction or one call: an edit on either side, a webhook arriving (or lost, or twice), a
read that begins, an answer taken in, a push that looks, plans, arrives, is answered, is recorded,
or dies between any two of these. Whatever decides here is the production code: `plan_listing`,
`rebase`, `confirmed` and the comparison of values.

Each side knows which edits its value has seen. A write of ours may replace a value only by one that
has seen every edit the replaced one had: else somebody's edit is lost, and `Lost` is raised.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from app.adapters.port import Capabilities
from app.adapters.values import PRODUCT_FIELDS, VARIANT_FIELDS
from app.sync import compare, planner
from app.sync.planner import Intent, Way
from app.sync.policy import OnBoth, Origin, Policy
from app.sync.sides import MISSING, Side

VARIANT: Final = "v"
Seen = frozenset[str]
CARRIES: Final = Capabilities(frozenset(PRODUCT_FIELDS), frozenset(VARIANT_FIELDS))


class Lost(Exception):
    """A write replaced an edit it had not seen."""


class Unequal(Exception):
    """Everything is at rest, and the sides differ without a conflict."""


class Needless(Exception):
    """Nothing went wrong on the way, one side had seen the other's edits, and a person is asked."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value on one side, and the edits it has seen."""

    value: Any
    seen: Seen = frozenset()

    @property
    def key(self) -> tuple[str, Seen]:
        """What makes two cells the same."""
        return repr(self.value), self.seen


@dataclass(frozen=True, slots=True)
class Rules:
    """How the engine behaves; the last three are bugs that the search has to find."""

    field: str
    of_variant: bool
    first: Any
    here: tuple[Any, ...]  # values, or changes to the value, of the edits here, in order
    there: tuple[Any, ...]
    third: Any = None  # what a person may write instead of both
    is_calm: bool = False  # nothing is lost and nobody dies
    stores_base: bool = True
    knows_late_echoes: bool = True
    keeps_conflicts: bool = True

    def edited(self, cell: Cell, change: Any, name: str) -> Cell:
        """Return a side after a person's edit: a new value, or a change to the one they see."""
        value = change(cell.value) if callable(change) else change
        return Cell(value, cell.seen | {name})

    def side(self, cell: Cell) -> Side:
        """Return a cell as the planner sees a side."""
        values = {self.field: cell.value}
        return Side(variants={VARIANT: values}) if self.of_variant else Side(values=values)

    def base(self, value: Any) -> Side:
        """Return a base as it is stored."""
        if value is MISSING:
            return Side()
        return self.side(Cell(value))

    def value(self, side: Side) -> Any:
        """Return the field's value of a side, or MISSING."""
        return side.value(self.field, VARIANT if self.of_variant else None)

    def plan(self, ours: Cell, theirs: Cell, base: Any) -> planner.ListingPlan:
        """Plan as production does."""
        policy = Policy.from_settings({}).of(Origin.CREATED)
        if not self.keeps_conflicts:
            groups = {k: each._replace(on_both=OnBoth.OURS) for k, each in policy.groups.items()}
            policy = replace(policy, groups=groups, on_first=OnBoth.OURS)
        return planner.plan_listing(
            self.side(ours), self.side(theirs), self.base(base), policy, carries=CARRIES
        )


@dataclass(frozen=True, slots=True)
class Push:
    """A push under way. `looked`: their answer is here. `sent`: the draft is on its way."""

    phase: str  # looked, sent, answered
    theirs: Cell
    order: int
    base: Any = None  # as it was when the plan was made
    intents: tuple[Intent, ...] = ()
    seen: Seen = frozenset()  # edits that the value on its way has seen
    answer: Cell | None = None


@dataclass(frozen=True, slots=True)
class Pull:
    """A read whose answer is on its way."""

    theirs: Cell
    order: int


@dataclass(frozen=True, slots=True)
class Question:
    """An open conflict, with what it showed."""

    ours: Cell
    theirs: Cell


@dataclass(frozen=True, slots=True)
class World:
    """One state of everything."""

    ours: Cell
    theirs: Cell
    base: Any
    shown: Any = None  # what the listing remembers of their last answer
    read_order: int = 0
    next_order: int = 1
    question: Question | None = None
    push_due: bool = False
    pull_due: bool = False
    hooks: int = 0
    push: Push | None = None
    pull: Pull | None = None
    edits_here: int = 0
    edits_there: int = 0
    faults: int = 0
    decisions: int = 0
    writes: int = 0  # to either side, by the engine

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is due or under way."""
        return not (self.push_due or self.pull_due or self.hooks or self.push or self.pull)

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two worlds the same; numbers of reads count by their order alone."""
        orders = {self.read_order}
        orders |= {each.order for each in (self.push, self.pull) if each}
        rank = {order: at for at, order in enumerate(sorted(orders))}
        push = self.push and (
            self.push.phase,
            self.push.theirs.key,
            rank[self.push.order],
            repr(self.push.base),
            repr(self.push.intents),
            self.push.seen,
            self.push.answer and self.push.answer.key,
        )
        return (
            self.ours.key,
            self.theirs.key,
            repr(self.base),
            repr(self.shown),
            rank[self.read_order],
            self.question and (self.question.ours.key, self.question.theirs.key),
            (self.push_due, self.pull_due, self.hooks),
            push,
            self.pull and (self.pull.theirs.key, rank[self.pull.order]),
            (self.edits_here, self.edits_there, self.faults, self.decisions),
        )


def begin(rules: Rules, *, edits: int, faults: int, decisions: int) -> World:
    """Return a world at rest: both sides agreed on the first value."""
    cell = Cell(rules.first)
    return World(
        cell,
        cell,
        base=rules.first,
        shown=rules.first,
        edits_here=min(edits, len(rules.here)),
        edits_there=min(edits, len(rules.there)),
        faults=faults,
        decisions=decisions,
    )


def steps(rules: Rules, world: World) -> Iterator[tuple[str, World]]:
    """Yield what can happen next, by name."""
    yield from _people(rules, world)
    yield from _reading(rules, world)
    yield from _sending(rules, world)


def _people(rules: Rules, world: World) -> Iterator[tuple[str, World]]:
    if world.edits_here:
        at = len(rules.here) - world.edits_here
        ours = rules.edited(world.ours, rules.here[at], f"here-{at}")
        yield (
            "edit here",
            replace(world, ours=ours, push_due=True, edits_here=world.edits_here - 1),
        )
    if world.edits_there:
        at = len(rules.there) - world.edits_there
        theirs = rules.edited(world.theirs, rules.there[at], f"there-{at}")
        moved = replace(world, theirs=theirs, edits_there=world.edits_there - 1)
        yield "edit there", replace(moved, hooks=min(world.hooks + 1, 2))
        if world.faults:
            yield "edit there, webhook lost", replace(moved, faults=world.faults - 1)
    if world.question and world.decisions:
        decided = replace(world, decisions=world.decisions - 1)
        ours, theirs = world.question.ours, world.question.theirs
        both = ours.seen | theirs.seen
        yield "decide for ours", _decided(rules, decided, Cell(ours.value, both))
        yield "decide for theirs", _decided(rules, decided, theirs)
        if rules.third is not None:
            yield "decide for another", _decided(rules, decided, Cell(rules.third, both))


def _decided(rules: Rules, world: World, chosen: Cell) -> World:
    """Carry out what a person chose about the two values the conflict showed."""
    asked = world.question
    assert asked is not None
    if not compare.equal(rules.field, world.ours.value, asked.ours.value):
        return world  # edited since: refused as out of date
    is_written = not compare.equal(rules.field, chosen.value, world.ours.value)
    return replace(
        world,
        ours=chosen,
        base=asked.theirs.value,
        question=None,
        push_due=True,
        writes=world.writes + is_written,
    )


def _reading(rules: Rules, world: World) -> Iterator[tuple[str, World]]:
    if world.hooks:
        yield "webhook", replace(world, hooks=world.hooks - 1, pull_due=True)
        if world.faults:
            yield "webhook twice", replace(world, pull_due=True, faults=world.faults - 1)
            lost = replace(world, hooks=world.hooks - 1, faults=world.faults - 1)
            yield "webhook lost", lost
    if world.pull_due and world.pull is None:
        pull = Pull(world.theirs, world.next_order)
        began = replace(world, pull=pull, pull_due=False, next_order=world.next_order + 1)
        yield "read", began
    if world.pull is not None:
        yield "take in", _taken_in(rules, replace(world, pull=None), world.pull)
        if world.faults:
            died = replace(world, pull=None, pull_due=True, faults=world.faults - 1)
            yield "die while reading", died


def _taken_in(rules: Rules, world: World, pull: Pull) -> World:
    if rules.knows_late_echoes and world.read_order > pull.order:
        return replace(world, pull_due=True)
    is_news = not compare.equal(rules.field, pull.theirs.value, world.shown)
    if not is_news and world.question is None:
        return world
    met, pushes = meet(rules, world, pull.theirs, pull.order)
    return replace(met, push_due=met.push_due or bool(pushes))


def meet(rules: Rules, world: World, theirs: Cell, order: int) -> tuple[World, tuple[Intent, ...]]:
    """Plan against their answer and write our part of it, as `apply.meet` does in one unit."""
    plan = rules.plan(world.ours, theirs, world.base)
    ours, writes = world.ours, world.writes
    for each in plan.pulls:
        value = each.new
        seen = theirs.seen if compare.equal(rules.field, value, theirs.value) else frozenset()
        seen |= theirs.seen | (world.ours.seen if _joins(plan) else frozenset())
        _refuse_loss(world.ours, seen, "here")
        ours, writes = Cell(value, seen), writes + 1
    if not plan.intents and not plan.conflicts:
        both = world.ours.seen | theirs.seen
        ours = Cell(ours.value, both)
    base = rules.value(planner.rebase(rules.base(world.base), plan.pulls, plan.settled))
    question = Question(world.ours, theirs) if plan.conflicts else None
    met = replace(
        world,
        ours=ours,
        base=base if rules.stores_base else world.base,
        question=question,
        shown=theirs.value,
        read_order=max(order, world.read_order),
        writes=writes,
    )
    return met, plan.pushes


def _joins(plan: planner.ListingPlan) -> bool:
    return {each.way for each in plan.intents} == {Way.PUSH, Way.PULL}


def _refuse_loss(replaced: Cell, seen: Seen, where: str) -> None:
    if not replaced.seen <= seen:
        lost = ", ".join(sorted(replaced.seen - seen))
        raise Lost(f"{lost} was overwritten {where}")


def _sending(rules: Rules, world: World) -> Iterator[tuple[str, World]]:
    push = world.push
    if world.push_due and push is None:
        looked = Push("looked", world.theirs, world.next_order)
        yield "look", replace(world, push=looked, push_due=False, next_order=world.next_order + 1)
    if push is None:
        return
    if world.faults:
        died = replace(world, push=None, push_due=True, faults=world.faults - 1)
        yield f"die when {push.phase}", died
    if push.phase == "looked":
        yield "plan", _planned(rules, world, push)
    elif push.phase == "sent":
        yield from _arrivals(rules, world, push)
    else:
        yield "record", _recorded(rules, world, push)


def _planned(rules: Rules, world: World, push: Push) -> World:
    again = replace(world, push=None, push_due=True)
    if rules.knows_late_echoes and world.read_order > push.order:
        return again
    met, pushes = meet(rules, world, push.theirs, push.order)
    if not pushes:
        return replace(met, push=None)
    seen = met.ours.seen | (push.theirs.seen if met.ours != world.ours else frozenset())
    sent = replace(push, phase="sent", base=world.base, intents=pushes, seen=seen)
    return replace(met, push=sent)


def _arrivals(rules: Rules, world: World, push: Push) -> Iterator[tuple[str, World]]:
    wanted = push.intents[-1].new
    again = replace(world, push=None, push_due=True)
    is_moved = not compare.equal(rules.field, world.theirs.value, push.theirs.value)
    if is_moved and not compare.equal(rules.field, world.theirs.value, wanted):
        yield "found moved", again
        return
    _refuse_loss(world.theirs, push.seen, "there")
    answer = Cell(wanted, push.seen)
    arrived = replace(world, theirs=answer, hooks=min(world.hooks + 1, 2), writes=world.writes + 1)
    yield "arrive", replace(arrived, push=replace(push, phase="answered", answer=answer))
    if world.faults:
        lost = replace(arrived, push=None, push_due=True, faults=world.faults - 1)
        lost = replace(lost, read_order=world.next_order, next_order=world.next_order + 1)
        yield "arrive, answer lost", lost
        yield "lost on the way", replace(again, faults=world.faults - 1)


def _recorded(rules: Rules, world: World, push: Push) -> World:
    stored = rules.base(world.base)
    latest = rules.value(planner.confirmed(rules.base(push.base), stored, push.intents))
    return replace(
        world,
        push=None,
        base=latest if rules.stores_base else world.base,
        pull_due=world.pull_due or world.question is not None,
        shown=push.answer.value if push.answer else world.shown,
        read_order=world.next_order,
        next_order=world.next_order + 1,
    )


def compared(rules: Rules, world: World) -> World:
    """Let the daily comparison meet both sides, and send what it finds, until nothing moves."""
    for _ in range(4):
        met, pushes = meet(rules, world, world.theirs, world.next_order)
        world = replace(met, next_order=world.next_order + 1)
        if not pushes:
            return world
        seen = world.ours.seen | world.theirs.seen
        push = Push("sent", world.theirs, world.next_order, world.base, pushes, seen)
        _, arrived = next(_arrivals(rules, world, push))
        done = arrived.push
        world = replace(_recorded(rules, arrived, done) if done else arrived, hooks=0)
    raise Unequal("the daily comparison does not come to rest")


def judge(rules: Rules, world: World) -> None:
    """Raise when a world at rest is not as promised: equal or asked about, and idle from now on."""
    after = compared(rules, world)
    is_equal = compare.equal(rules.field, after.ours.value, after.theirs.value)
    if not is_equal and after.question is None:
        raise Unequal(f"{after.ours.value!r} here and {after.theirs.value!r} there")
    asked = world.question
    if (
        asked
        and rules.is_calm
        and (asked.ours.seen <= asked.theirs.seen or asked.theirs.seen <= asked.ours.seen)
    ):
        raise Needless(f"asked about {asked.ours.value!r} and {asked.theirs.value!r}")
    if compared(rules, after).writes != after.writes:
        raise Unequal("an idle day writes")
