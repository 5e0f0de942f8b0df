"""Who owns a field on a connection, who wins when both sides changed it, and what may go by itself.

A connection has one policy: a direction and a rule for each field group, and limits. Listings that
were in the shop before SyncStore may have rules of their own (`Policy.of`): prices of a running
shop, for example, come in and are never sent unasked (decision DEC-27).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from app.adapters.values import FIELDS, Group
from app.inventory.offering import Mode

Choice = TypeVar("Choice", bound=StrEnum)


class Direction(StrEnum):
    """Which way changes of a field group travel."""

    BOTH = "both"
    TO_CHANNEL = "to_channel"
    FROM_CHANNEL = "from_channel"
    OFF = "off"

    @property
    def goes_out(self) -> bool:
        """Whether our changes may be written to the channel."""
        return self in (Direction.BOTH, Direction.TO_CHANNEL)

    @property
    def comes_in(self) -> bool:
        """Whether the channel's changes may be written here."""
        return self in (Direction.BOTH, Direction.FROM_CHANNEL)


class OnBoth(StrEnum):
    """What happens when both sides changed one field."""

    ASK = "ask"
    OURS = "ours"
    THEIRS = "theirs"
    NEWEST = "newest"


class OnRemoved(StrEnum):
    """What happens when the channel no longer has a variant or a product that we have."""

    ASK = "ask"
    FOLLOW = "follow"


class Origin(StrEnum):
    """How a listing came to be: found in the shop, or created there by us."""

    IMPORTED = "imported"
    CREATED = "created"


class Rule(NamedTuple):
    """Direction and winner of one field group."""

    direction: Direction
    on_both: OnBoth


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one connection."""

    groups: Mapping[Group, Rule]
    imported: Mapping[Group, Rule] = field(default_factory=dict)  # for listings the shop had first
    on_first: OnBoth = OnBoth.ASK  # both sides differ when they first meet, and the group asks
    on_removed: OnRemoved = OnRemoved.ASK
    auto_push: bool = True  # changes made here go out by themselves
    auto_import: bool = False  # products only the shop has come in by themselves
    price_move_limit_percent: int = 30  # a larger move of one price waits for a person
    mass_limit: int = 100  # more listings than this in one plan deleted, hidden or repriced: wait
    mass_percent: int = 20  # … or more than this share of the connection
    is_mirror: bool = False  # the shop stays master of its stock, whatever the group says
    # Orders come in: what a shop's count moves by are its sales, and two equal counts may stand for
    # two sales.
    adds_counts: bool = False

    def of(self, origin: Origin, *, sends_prices: bool | None = None) -> "Policy":
        """Return the policy as it applies to listings of this origin.

        `sends_prices` is the listing's own switch (MAP-04); None: the rules decide.
        """
        own = self.imported if origin is Origin.IMPORTED else {}
        groups = {**self.groups, **own}
        if sends_prices is not None:
            rule = groups.get(Group.PRICE, _TWO_WAY)
            groups[Group.PRICE] = self._switched(rule, is_on=sends_prices)
        if self.is_mirror:
            groups[Group.STOCK] = MIRROR
        if groups == self.groups:
            return self
        return replace(self, groups=groups, imported={})

    def _switched(self, rule: Rule, *, is_on: bool) -> Rule:
        """Return the rule of prices after a switch: the usual one of sending, or of not sending."""
        if rule.direction.goes_out is is_on:
            return rule
        if not is_on:
            return DEFAULTS.imported[Group.PRICE]
        usual = self.groups.get(Group.PRICE, _TWO_WAY)
        return usual if usual.direction.goes_out else DEFAULTS.groups[Group.PRICE]

    def with_winner(self, group: Group, winner: OnBoth) -> "Policy":
        """Return the policy with another winner for a field group, directions as they are."""
        there = (
            {group: self.imported[group]._replace(on_both=winner)} if group in self.imported else {}
        )
        here = {group: self.groups.get(group, _TWO_WAY)._replace(on_both=winner)}
        return replace(self, groups={**self.groups, **here}, imported={**self.imported, **there})

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any] | None) -> "Policy":
        """Read stored settings; what is absent or unknown falls back to the default."""
        stored = settings or {}
        return cls(
            groups=_rules(stored.get("groups"), DEFAULTS.groups),
            imported={
                **DEFAULTS.imported,
                **_rules(
                    stored.get("imported"), {**DEFAULTS.groups, **DEFAULTS.imported}, only=True
                ),
            },
            on_first=_member(OnBoth, stored.get("on_first"), DEFAULTS.on_first),
            on_removed=_member(OnRemoved, stored.get("on_removed"), DEFAULTS.on_removed),
            auto_push=_flag(stored, "auto_push", default=DEFAULTS.auto_push),
            auto_import=_flag(stored, "auto_import", default=DEFAULTS.auto_import),
            price_move_limit_percent=_figure(stored, "price_move_limit_percent"),
            mass_limit=_figure(stored, "mass_limit"),
            mass_percent=_figure(stored, "mass_percent"),
            is_mirror=stored.get("stock_mode") == Mode.MIRROR,
        )

    def to_settings(self) -> dict[str, Any]:
        """Return plain JSON that `from_settings` reads back to the same policy."""
        return {
            "groups": _spelled(self.groups),
            "imported": _spelled(self.imported),
            "on_first": self.on_first.value,
            "on_removed": self.on_removed.value,
            "auto_push": self.auto_push,
            "auto_import": self.auto_import,
            "price_move_limit_percent": self.price_move_limit_percent,
            "mass_limit": self.mass_limit,
            "mass_percent": self.mass_percent,
        }


_TWO_WAY: Final = Rule(Direction.BOTH, OnBoth.ASK)
MIRROR: Final = Rule(Direction.FROM_CHANNEL, OnBoth.THEIRS)  # of stock the shop is master of

# Content travels both ways and asks when edits collide. Stock travels both ways because movements
# add up (app.sync.merge), so a sale in the shop is not undone by our next write. Prices go out for
# listings we made and come in for listings the shop had first (DEC-27). Our status goes out; what a
# shop does with its own listing is shown and does not spread to other channels (DEC-06).
DEFAULTS: Final = Policy(
    groups={
        Group.CONTENT: _TWO_WAY,
        Group.ORGANISATION: _TWO_WAY,
        Group.MEDIA: _TWO_WAY,
        Group.PRICE: Rule(Direction.TO_CHANNEL, OnBoth.OURS),
        Group.STOCK: _TWO_WAY,
        Group.IDENTITY: _TWO_WAY,
        Group.SHIPPING: _TWO_WAY,
        Group.STATUS: Rule(Direction.TO_CHANNEL, OnBoth.ASK),
    },
    imported={Group.PRICE: Rule(Direction.FROM_CHANNEL, OnBoth.ASK)},
)

GROUP_LABELS: Final[Mapping[Group, str]] = {
    Group.CONTENT: "Titles, descriptions and options",
    Group.ORGANISATION: "Brands, categories, tags and attributes",
    Group.MEDIA: "Pictures",
    Group.PRICE: "Prices",
    Group.STOCK: "Stock",
    Group.IDENTITY: "SKUs and barcodes",
    Group.SHIPPING: "Weights and sizes",
    Group.STATUS: "The status of products",
}
DIRECTIONS: Final[dict[str, str]] = {
    Direction.BOTH.value: "Both ways",
    Direction.TO_CHANNEL.value: "SyncStore to shop",
    Direction.FROM_CHANNEL.value: "Shop to SyncStore",
    Direction.OFF.value: "Leave alone",
}
WINNERS: Final[dict[str, str]] = {
    OnBoth.ASK.value: "Ask me",
    OnBoth.OURS.value: "SyncStore wins",
    OnBoth.THEIRS.value: "Shop wins",
    OnBoth.NEWEST.value: "Newest wins",
}
MODES: Final[dict[str, str]] = {
    Mode.SHARED.value: "Everything that is there",
    Mode.STRICT.value: "A part of its own, never oversold",
    Mode.MIRROR.value: "Its own count, which comes in",
}
REMOVED: Final[dict[str, str]] = {
    OnRemoved.ASK.value: "Ask me",
    OnRemoved.FOLLOW.value: "Archive it here, too",
}
# One word has no plural verb: “Stock goes”, “Prices go”.
_SINGULAR: Final = frozenset((Group.STOCK, Group.STATUS))


def decide(field_name: str, policy: Policy) -> Rule:
    """Return direction and winner of a field; a field we do not know is never written."""
    known = FIELDS.get(field_name)
    if known is None:
        return Rule(Direction.OFF, OnBoth.ASK)
    return policy.groups.get(known.group, _TWO_WAY)


def first_winner(rule: Rule, policy: Policy) -> OnBoth:
    """Return who wins when both sides differ before they ever agreed."""
    return policy.on_first if rule.on_both is OnBoth.ASK else rule.on_both


def describe(policy: Policy) -> list[str]:
    """Say in a merchant's words what the policy does, a sentence per rule."""
    lines = [_sentence(group, rule) for group, rule in policy.groups.items()]
    lines += [
        f"For products that were in the shop first: {_lowered(_sentence(group, rule))}"
        for group, rule in policy.imported.items()
        if rule != policy.groups.get(group)
    ]
    return [*lines, *_limits(policy)]


def _limits(policy: Policy) -> list[str]:
    return [
        _FIRST[policy.on_first],
        "Changes made here are sent by themselves."
        if policy.auto_push
        else "Changes made here wait until you send them.",
        "New products of the shop come in by themselves."
        if policy.auto_import
        else "New products of the shop wait on the mapping page.",
        "What the shop deletes is archived here, too, unless another channel sells it."
        if policy.on_removed is OnRemoved.FOLLOW
        else "What the shop deletes stays here until you decide.",
        f"A price that moves by more than {policy.price_move_limit_percent} % waits for you.",
        f"When more than {policy.mass_limit} listings, or {policy.mass_percent} % of the shop, "
        "would be hidden within an hour, the rest waits for you.",
    ]


def _sentence(group: Group, rule: Rule) -> str:
    label, s = GROUP_LABELS[group], "es" if group in _SINGULAR else ""
    way = {
        Direction.BOTH: f"{label} go{s} both ways.",
        Direction.TO_CHANNEL: f"{label} go{s} from SyncStore to the shop.",
        Direction.FROM_CHANNEL: f"{label} come{'s' if s else ''} from the shop.",
        Direction.OFF: f"{label} {'is' if s else 'are'} left alone.",
    }[rule.direction]
    return way if rule.direction is Direction.OFF else f"{way} {_WINNERS[rule.on_both]}"


def _lowered(sentence: str) -> str:
    return sentence if sentence.startswith("SKU") else sentence[0].lower() + sentence[1:]


_WINNERS: Final[Mapping[OnBoth, str]] = {
    OnBoth.ASK: "When both sides changed, SyncStore asks you.",
    OnBoth.OURS: "When both sides changed, SyncStore wins.",
    OnBoth.THEIRS: "When both sides changed, the shop wins.",
    OnBoth.NEWEST: "When both sides changed, the newer change wins.",
}
_FIRST: Final[Mapping[OnBoth, str]] = {
    OnBoth.ASK: "When a product is first paired and differs, SyncStore asks you.",
    OnBoth.OURS: "When a product is first paired and differs, SyncStore wins.",
    OnBoth.THEIRS: "When a product is first paired and differs, the shop wins.",
    OnBoth.NEWEST: "When a product is first paired and differs, the newer version wins.",
}


def _rules(stored: Any, defaults: Mapping[Group, Rule], *, only: bool = False) -> dict[Group, Rule]:
    given = stored if isinstance(stored, Mapping) else {}
    names = [group for group in Group if not only or group.value in given]
    return {group: _rule(given.get(group.value), defaults.get(group, _TWO_WAY)) for group in names}


def _rule(stored: Any, default: Rule) -> Rule:
    given = stored if isinstance(stored, Mapping) else {}
    return Rule(
        _member(Direction, given.get("direction"), default.direction),
        _member(OnBoth, given.get("on_both"), default.on_both),
    )


def _member(kind: type[Choice], stored: Any, default: Choice) -> Choice:
    is_known = isinstance(stored, str) and stored in kind._value2member_map_
    return kind(stored) if is_known else default


def _flag(stored: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = stored.get(name, default)
    return value if isinstance(value, bool) else default


def _figure(stored: Mapping[str, Any], name: str) -> int:
    value, default = stored.get(name), getattr(DEFAULTS, name)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return int(default)


def _spelled(rules: Mapping[Group, Rule]) -> dict[str, dict[str, str]]:
    return {
        group.value: {"direction": rule.direction.value, "on_both": rule.on_both.value}
        for group, rule in rules.items()
    }
