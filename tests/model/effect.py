"""Random cases on a channel: what a plan says is what happens, whoever edits meanwhile.

A case is a product both sides agreed on, edits on either side, and sometimes one more edit there
between our look and our write. The plan is made and pushed by production code; the channel is the
shop in a dict, or any other whose stage the conformance suite knows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

from app.adapters.port import ChannelAdapter
from app.adapters.types import Applied, ChannelProduct, ListingDraft, Moved, VariantDraft
from app.sync import compare, planner
from app.sync.planner import ListingPlan
from app.sync.policy import OnBoth, Origin, Policy
from app.sync.sides import Side

_WORDS: Final = ("Mug", "Cup", "Jar", "Bowl", "Vase", "Lamp")


class Broken(Exception):
    """A plan and its effect differ."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What many cases came to."""

    cases: int = 0
    writes: int = 0
    conflicts: int = 0
    moved: int = 0
    undone: int = 0


def value_of(random: Random, name: str) -> Any:
    """Return some value of a field; a handful of values, so that sides often agree by chance."""
    match name:
        case "title":
            return " ".join(random.sample(_WORDS, 2))
        case "description":
            return f"<p>{random.choice(_WORDS)} {random.randrange(50)}</p>"
        case "tags":
            return sorted(random.sample(("red", "blue", "sale", "new", "old"), random.randrange(4)))
        case "price":
            return {"minor": random.randrange(900, 1200), "currency": "USD"}
        case "quantity":
            return random.randrange(40)
        case "brand":
            return random.choice(_WORDS)
    raise KeyError(name)


PRODUCT: Final = ("title", "description", "tags", "brand")
VARIANT: Final = ("price", "quantity")


@dataclass(slots=True)
class Case:
    """One product on both sides, mapped one to one."""

    adapter: ChannelAdapter
    random: Random
    key: str = ""  # ours; the variant has one of its own, because shops keep keys apart
    external_id: str = ""
    variant_id: str = ""

    @property
    def variant_key(self) -> str:
        """Our key of the only variant."""
        return f"{self.key}-v"

    def list_it(self) -> Side:
        """Create the product there; returns what both sides agree on."""
        values = {name: value_of(self.random, name) for name in PRODUCT}
        sellable = {name: value_of(self.random, name) for name in VARIANT}
        self.key = sku = f"S-{self.random.randrange(10**12)}"
        variant = VariantDraft(self.variant_key, None, {**sellable, "sku": sku})
        draft = ListingDraft(sku, None, {**values, "status": "active"}, (variant,), skus=(sku,))
        [outcome] = self.adapter.push_listings([draft])
        if not isinstance(outcome, Applied):
            raise Broken(f"a creation came to {outcome}")
        self.external_id = outcome.external_id
        self.variant_id = outcome.variant_ids[self.variant_key]
        return self.shown(self.read())

    def read(self) -> ChannelProduct:
        """Return what the channel shows now."""
        return self.adapter.read_products([self.external_id])[0]

    def shown(self, product: ChannelProduct) -> Side:
        """Return the channel's side with our key for the variant."""
        [variant] = product.variants
        return Side(
            {name: product.values.get(name) for name in PRODUCT},
            {self.variant_key: {name: variant.values.get(name) for name in VARIANT}},
        )

    def edited(self, side: Side) -> Side:
        """Return a side after up to three edits by its people."""
        values, sellable = dict(side.values), dict(side.variants[self.variant_key])
        for name in self.random.sample((*PRODUCT, *VARIANT), self.random.randrange(4)):
            target = values if name in PRODUCT else sellable
            target[name] = value_of(self.random, name)
        return Side(values, {self.variant_key: sellable})

    def write(self, side: Side) -> None:
        """Let the people of the channel have made their side look so."""
        held = side.variants[self.variant_key]
        variant = VariantDraft(self.variant_key, self.variant_id, held)
        [outcome] = self.adapter.push_listings(
            [ListingDraft(self.key, self.external_id, side.values, (variant,))]
        )
        if not isinstance(outcome, Applied):
            raise Broken(f"an edit there came to {outcome}")

    def push(self, plan: ListingPlan, seen: ChannelProduct) -> Any:
        """Send what a plan wants; returns the outcome."""
        draft = planner.to_draft(
            plan,
            key=self.key,
            external_id=self.external_id,
            variant_ids={self.variant_key: self.variant_id},
        )
        return self.adapter.push_listings([replace(draft, seen=seen)])[0]


def policy(random: Random) -> Policy:
    """Return the usual rules, or others for every group."""
    chosen = Policy.from_settings({"price_move_limit_percent": 1000}).of(Origin.CREATED)
    on_both = random.choice((None, OnBoth.ASK, OnBoth.OURS, OnBoth.THEIRS))
    if on_both is None:
        return chosen
    groups = {group: each._replace(on_both=on_both) for group, each in chosen.groups.items()}
    return replace(chosen, groups=groups)


def same(a: Side, b: Side) -> bool:
    """Tell whether two sides show the same."""
    return all(
        compare.equal(name, value, b.value(name, key)) for key, name, value in a.cells()
    ) and all(compare.equal(name, value, a.value(name, key)) for key, name, value in b.cells())


def check(case: Case) -> Mapping[str, int]:
    """Play one case; returns what to count. Raises Broken."""
    base = case.list_it()
    ours = case.edited(base)
    case.write(case.edited(base))
    product = case.read()
    theirs = case.shown(product)
    plan = planner.plan_listing(
        ours, theirs, base, policy(case.random), carries=case.adapter.capabilities
    )
    if case.random.random() < 0.3:
        return _with_an_edit_meanwhile(case, plan, product, theirs)
    if plan.pushes:
        outcome = case.push(plan, product)
        if not isinstance(outcome, Applied) or outcome.problems:
            raise Broken(f"a push came to {outcome}")
    after, wanted = case.shown(case.read()), planner.apply(theirs, plan.pushes)
    if not same(after, wanted):
        raise Broken(f"planned {wanted}, and the channel shows {after}")
    _comes_to_rest(case, plan, ours, after, base)
    _takes_back(case, plan, theirs, after)
    return {"writes": len(plan.pushes), "conflicts": len(plan.conflicts), "undone": 1}


def _comes_to_rest(case: Case, plan: ListingPlan, ours: Side, after: Side, base: Side) -> None:
    """Both sides carried out: planning again with the new base finds nothing to write."""
    here = planner.apply(ours, plan.pulls)
    agreed = planner.rebase(base, plan.intents, plan.settled)
    again = planner.plan_listing(
        here, after, agreed, Policy.from_settings({}), carries=case.adapter.capabilities
    )
    open_cells = {(each.variant_key, each.field) for each in plan.conflicts}
    left = {(each.variant_key, each.field) for each in again.intents} - open_cells
    differing = {(each.variant_key, each.field) for each in plan.differences}
    if left - differing:
        raise Broken(f"planned twice, it writes {sorted(map(str, left))} again")


def _takes_back(case: Case, plan: ListingPlan, before: Side, after: Side) -> None:
    """Undo is a push of what was there; the channel then shows it. So is an undo of the undo."""
    if not plan.pushes:
        return
    inverse = tuple(
        replace(each, old=each.new, new=before.value(each.field, each.variant_key))
        for each in plan.pushes
    )
    for words, intents, wanted in (
        ("taken back", inverse, before),
        ("done again", plan.pushes, after),
    ):
        outcome = case.push(ListingPlan(intents=intents), case.read())
        if not isinstance(outcome, Applied) or outcome.problems:
            raise Broken(f"{words}, it came to {outcome}")
        shown = case.shown(case.read())
        if not same(shown, wanted):
            raise Broken(f"{words}, the channel shows {shown} and not {wanted}")


def _with_an_edit_meanwhile(
    case: Case, plan: ListingPlan, product: ChannelProduct, theirs: Side
) -> Mapping[str, int]:
    """Somebody edits there after our look: nothing they wrote is replaced by what we planned."""
    meanwhile = case.edited(theirs)
    case.write(meanwhile)
    if not plan.pushes:
        return {}
    outcome = case.push(plan, product)
    after = case.shown(case.read())
    if isinstance(outcome, Moved):
        if not same(after, meanwhile):
            raise Broken(f"answered as moved, and yet {meanwhile} became {after}")
        return {"moved": 1}
    for key, name, value in meanwhile.cells():
        is_theirs = not compare.equal(name, value, theirs.value(name, key))
        if is_theirs and not compare.equal(name, after.value(name, key), value):
            raise Broken(f"{name} was edited to {value!r} meanwhile, and the channel shows {after}")
    return {"writes": len(plan.pushes)}


def cases(adapter: ChannelAdapter, seed: int) -> Iterator[Case]:
    """Yield cases on one channel, without end."""
    random = Random(seed)  # noqa: S311 (cases, always the same)
    while True:
        yield Case(adapter, random)


def play(some: Iterator[Case], count: int) -> Tally:
    """Play so many cases; returns what they came to."""
    totals = dict.fromkeys(("writes", "conflicts", "moved", "undone"), 0)
    for number in range(1, count + 1):
        try:
            counted = check(next(some))
        except Broken as error:
            raise Broken(f"case {number}: {error}") from error
        for name, by in counted.items():
            totals[name] += by
    return Tally(count, **totals)
