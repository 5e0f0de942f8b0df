"""The words of a plan: intents, conflicts, differences; and what a channel is asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from app.adapters.types import ListingDraft, VariantDraft
from app.adapters.values import FIELDS, Value
from app.sync import compare
from app.sync.policy import Policy
from app.sync.sides import MISSING, NOTHING, Missing, Side

VARIANT: Final = "variant"  # `Intent.field` when a whole variant comes or goes
LISTING: Final = "listing"  # … when the whole listing goes
Cell = tuple[str | None, str]  # (variant key or None for the product, field)


class Way(StrEnum):
    """Which side an intent writes to: the channel (push) or our catalog (pull)."""

    PUSH = "push"
    PULL = "pull"


class Action(StrEnum):
    """What an intent does."""

    UPDATE = "update"
    CREATE = "create"
    DELETE = "delete"


class Why(StrEnum):
    """Why an intent is planned; `Intent.sentence` says it to a merchant."""

    CHANGED_HERE = "changed_here"
    CHANGED_THERE = "changed_there"
    LISTED = "listed"
    ONLY_HERE = "only_here"
    ONLY_THERE = "only_there"
    JOINED = "joined"
    OWNED_HERE = "owned_here"
    OWNED_THERE = "owned_there"
    NEWER_HERE = "newer_here"
    NEWER_THERE = "newer_there"
    REMOVED_HERE = "removed_here"
    REMOVED_THERE = "removed_there"
    DECIDED = "decided"


_WHY: Final[Mapping[Why, str]] = {
    Why.CHANGED_HERE: "You changed it here.",
    Why.CHANGED_THERE: "The shop changed it.",
    Why.LISTED: "The shop does not have it yet.",
    Why.ONLY_HERE: "It is empty in the shop.",
    Why.ONLY_THERE: "Only the shop has it.",
    Why.JOINED: "Both sides changed it, and the changes fit together.",
    Why.OWNED_HERE: "The sides differ, and for “{label}” SyncStore wins.",
    Why.OWNED_THERE: "The sides differ, and for “{label}” the shop wins.",
    Why.NEWER_HERE: "Both sides changed it, and your change is newer.",
    Why.NEWER_THERE: "Both sides changed it, and the shop's change is newer.",
    Why.REMOVED_HERE: "You removed it here.",
    Why.REMOVED_THERE: "The shop no longer has it.",
    Why.DECIDED: "You decided so.",
}


NEW_THERE: Final = _WHY[Why.LISTED]


class Risk(StrEnum):
    """What may go wrong with an intent; the first three go by themselves."""

    LOW = "low"
    OVERWRITES = "overwrites"  # the other side had a value of its own
    HIDES = "hides"  # shoppers no longer see the product; counts towards the mass limit
    PRICE_MOVE = "price_move"  # larger than the policy's limit
    DELETES = "deletes"


WAITING_RISKS: Final = frozenset((Risk.PRICE_MOVE, Risk.DELETES))  # these never go by themselves


@dataclass(frozen=True, slots=True)
class Intent:
    """One change of one side. `old` is what that side has now, None when it has nothing.

    With `field` VARIANT, `old` or `new` is the mapping of the variant's values. `base_after` is
    what to record as base in the transaction that applies a pull or confirms a push: after a pull
    that is what the channel showed, not the joined value, or a crash before the push would join it
    twice.
    """

    way: Way
    field: str
    variant_key: str | None
    old: Value
    new: Value
    why: Why
    risk: Risk = Risk.LOW
    action: Action = Action.UPDATE
    base_after: Value = None

    @property
    def sentence(self) -> str:
        """Why this is planned, in a merchant's words."""
        return _WHY[self.why].format(label=label(self.field))


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """Both sides changed one field; `base` MISSING: they never agreed on it."""

    field: str
    variant_key: str | None
    base: Value | Missing
    ours: Value
    theirs: Value

    def base_for(self, *, keep_ours: bool) -> Value:
        """Return the base to record so that the next plan carries out a person's decision.

        Whoever shall win must look like the only side that changed since. A third value is written
        here first and then kept as ours.
        """
        return self.theirs if keep_ours else self.ours


@dataclass(frozen=True, slots=True)
class Difference:
    """The sides differ and the policy leaves it so; shown, never written."""

    field: str
    variant_key: str | None
    ours: Value
    theirs: Value
    sentence: str


@dataclass(frozen=True, slots=True)
class ListingPlan:
    """What shall happen to one listing.

    `settled` are values both sides have now and the base does not know yet: record them at once.
    `agreed` is the whole base once every intent is applied.
    """

    intents: tuple[Intent, ...] = ()
    conflicts: tuple[FieldConflict, ...] = ()
    differences: tuple[Difference, ...] = ()
    agreed: Side = NOTHING
    settled: Side = NOTHING

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to write and nothing to decide."""
        return not self.intents and not self.conflicts

    @property
    def pushes(self) -> tuple[Intent, ...]:
        """What is to be written to the channel."""
        return tuple(intent for intent in self.intents if intent.way is Way.PUSH)

    @property
    def pulls(self) -> tuple[Intent, ...]:
        """What is to be written here."""
        return tuple(intent for intent in self.intents if intent.way is Way.PULL)

    def only(self, keep: Callable[[Intent], bool]) -> "ListingPlan":
        """Return the plan with some of its intents; `agreed` stays that of the whole plan."""
        return replace(self, intents=tuple(intent for intent in self.intents if keep(intent)))


def label(field_name: str) -> str:
    """Return a field's name for people."""
    known = FIELDS.get(field_name)
    return known.label if known else field_name.capitalize()


def price_move(old: Value, new: Value) -> float | None:
    """Return how far a price moves, as a share of what it was; None for anything else."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping) and old.get("minor")):
        return None
    if old.get("currency") != new.get("currency") or new.get("minor") is None:
        return None
    return (int(new["minor"]) - int(old["minor"])) / float(old["minor"])


def waits(intent: Intent, policy: Policy) -> str | None:
    """Say why an intent waits for a person, or None when the policy lets it pass."""
    if intent.risk is Risk.DELETES:
        return "This deletes something. Look at it before it goes."
    if intent.risk is Risk.PRICE_MOVE:
        return f"The price moves by more than {policy.price_move_limit_percent}\u00a0%."
    if intent.way is Way.PUSH and not policy.auto_push:
        return "Changes made here wait until you send them."
    return None


def apply(side: Side, intents: Iterable[Intent]) -> Side:
    """Return a side with intents applied; the caller picks those that are for it."""
    values = dict(side.values)
    variants = {key: dict(held) for key, held in side.variants.items()}
    for intent in intents:
        key = intent.variant_key
        if key is None and intent.action is not Action.DELETE:
            values[intent.field] = intent.new
        elif key is not None and intent.action is Action.DELETE:
            variants.pop(key, None)
        elif key is not None:
            variants[key] = {**variants.get(key, {}), **_written(intent)}
    return replace(side, values=values, variants=variants)


def rebase(base: Side, intents: Iterable[Intent], settled: Side = NOTHING) -> Side:
    """Return the base to record once these intents are applied or confirmed, and no others."""
    noted = (replace(intent, new=intent.base_after) for intent in intents)
    known = apply(base, noted)
    variants = {key: dict(values) for key, values in known.variants.items()}
    for key, values in settled.variants.items():
        variants[key] = {**variants.get(key, {}), **values}
    return replace(known, values={**known.values, **settled.values}, variants=variants)


def confirmed(planned: Side, stored: Side, intents: Sequence[Intent]) -> Side:
    """Return the base once intents are confirmed; `planned` is the base they were planned from.

    While the channel was working, another unit may have met both sides: what it agreed on since is
    newer than our write and stays.
    """
    known = rebase(planned, intents)
    gone = {each.variant_key for each in intents if each.action is Action.DELETE}
    values = dict(stored.values)
    variants = {key: dict(held) for key, held in stored.variants.items() if key not in gone}
    for key, name, value in known.cells():
        target = values if key is None else variants.setdefault(key, {})
        target[name] = _newer(key, name, planned, stored, value)
    for key in known.variants:
        variants.setdefault(key, {})
    return Side(values, variants)


def _newer(key: str | None, name: str, planned: Side, stored: Side, value: Value) -> Value:
    before, now = planned.value(name, key), stored.value(name, key)
    is_same = now is before or now is MISSING or compare.equal(name, now, before)
    return value if is_same else now


def to_draft(
    plan: ListingPlan,
    *,
    key: str,
    external_id: str | None,
    variant_ids: Mapping[str, str],
) -> ListingDraft:
    """Return what the channel is asked for; `variant_ids` maps our variant keys to their ids.

    Kind, SKUs and picture sources are the caller's to add; only fields to write are in it.
    """
    drafts: dict[str, VariantDraft] = {}
    values: dict[str, Value] = {}
    for intent in plan.pushes:
        name = intent.variant_key
        if name is not None:
            blank = VariantDraft(name, variant_ids.get(name), {})
            drafts[name] = _drafted(drafts.get(name, blank), intent)
        elif intent.action is not Action.DELETE:
            values[intent.field] = intent.new
    is_removed = any(intent.field == LISTING for intent in plan.pushes)
    return ListingDraft(key, external_id, values, tuple(drafts.values()), is_removed=is_removed)


def _drafted(draft: VariantDraft, intent: Intent) -> VariantDraft:
    if intent.action is Action.DELETE:
        return replace(draft, is_removed=True)
    return replace(draft, values={**draft.values, **_written(intent)})


def _written(intent: Intent) -> dict[str, Value]:
    return dict(intent.new) if intent.field == VARIANT else {intent.field: intent.new}
