"""Worlds for laws: values of every kind, sides, policies, and a channel that carries everything."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from app.adapters.values import FIELDS, PRODUCT_FIELDS, VARIANT_FIELDS, Group, Kind
from app.sync.policy import Direction, OnBoth, OnRemoved, Policy, Rule
from app.sync.sides import Side

# LAW_EXAMPLES=2000 looks much harder; the default keeps the folder quick.
law = settings(deadline=None, max_examples=int(os.environ.get("LAW_EXAMPLES", "25")))


def _pictures(keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "alt": None, "url": None} for key in keys.split()]


# Few values, so that sides often agree, and spellings that mean the same.
_WORDS = st.sampled_from(["Mug", " Mug ", "Blue mug", "mug", "Café", "Cafe\u0301", "", "茶杯"])
_MARKUP = st.sampled_from(
    [
        "Good mug",
        "<p>Good mug</p>",
        "<p>Good <b>mug</b></p>",
        "<p>Good <strong>mug</strong></p>\n",
        "Good&nbsp;mug",
        "<ul><li>a</li><li>b</li></ul>",
        "<ul>\n <li>a <li>b</ul>",
        "",
        "a<br />b",
    ]
)
_LABELS = st.sampled_from(["red", "Red", "blue", " blue", "green", "S", "M"])
_TEXT = st.one_of(st.none(), _WORDS)
_MONEY = st.builds(
    lambda minor, currency: {"minor": minor, "currency": currency},
    st.sampled_from([0, 100, 999, 1000, 1200, 5000]),
    st.sampled_from(["USD", "usd", "EUR"]),
)
_MEASURE = st.builds(
    lambda value, unit: {"value": value, "unit": unit},
    st.sampled_from(["0.5", "500", "0.50", "1", "1.1023", "16", ""]),
    st.sampled_from(["kg", "g", "lb", "oz", "stone"]),
)
_MOMENT = st.sampled_from(
    ["2026-11-20T00:00:00+00:00", "2026-11-20T01:00:00+01:00", "2026-11-20T00:00:00.4Z", "soon"]
)
_IMAGES = st.lists(
    st.builds(
        lambda key, alt: {"key": key, "alt": alt, "url": None},
        st.sampled_from(["m1", "m2", "m3", "ext:4"]),
        st.sampled_from([None, "front", "back"]),
    ),
    max_size=4,
    unique_by=lambda image: image["key"],
)
_LISTED = st.lists(_LABELS, max_size=3)
_OPTIONS = st.lists(
    st.builds(
        lambda name, values: {"name": name, "values": values},
        st.sampled_from(["Color", "Size", "Fit"]),
        st.lists(_LABELS, max_size=3, unique_by=lambda label: label.strip().casefold()),
    ),
    max_size=3,
    unique_by=lambda option: option["name"],
)

VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.SCALAR: _TEXT,
    Kind.TEXT: _TEXT,
    Kind.HTML: st.one_of(st.none(), _MARKUP),
    Kind.MONEY: st.one_of(st.none(), _MONEY),
    Kind.QUANTITY: st.one_of(st.none(), st.integers(0, 12)),
    Kind.MEASURE: st.one_of(st.none(), _MEASURE),
    Kind.MOMENT: st.one_of(st.none(), _MOMENT),
    Kind.SET: st.one_of(st.none(), _LISTED),
    Kind.IMAGES: st.one_of(st.none(), _IMAGES),
    Kind.MAP: st.one_of(
        st.none(), st.dictionaries(st.sampled_from(["Care", "Origin"]), _LISTED, max_size=2)
    ),
    Kind.OPTIONS: st.one_of(st.none(), _OPTIONS),
    Kind.CHOICE: st.one_of(
        st.none(), st.dictionaries(st.sampled_from(["Color", "color", "Size"]), _LABELS, max_size=2)
    ),
}


@st.composite
def trios(draw: st.DrawFn, *kinds: Kind) -> tuple[str, Any, Any, Any]:
    """Return a field of one of these kinds (or of any), and three values of it."""
    names = sorted(name for name, field in FIELDS.items() if not kinds or field.kind in kinds)
    name = draw(st.sampled_from(names))
    values = VALUES[FIELDS[name].kind]
    return name, draw(values), draw(values), draw(values)


ABSENT = object()
# What a side may have in a world: a handful of fields, one of each way to merge, few values each.
POOL: dict[str, list[Any]] = {
    "title": [ABSENT, None, "Mug", " Mug", "Blue mug", "Cup"],
    "tags": [ABSENT, None, ["a"], ["a", "b"], ["b", "c"], ["A", "d"]],
    "images": [ABSENT, [], _pictures("1 2"), _pictures("2 1"), _pictures("1 3 2"), _pictures("1")],
    "status": [ABSENT, "active", "draft", "archived"],
    "sku": [ABSENT, None, "A", "B"],
    "price": [ABSENT, None, *({"minor": n, "currency": "USD"} for n in (0, 1000, 1100, 5000))],
    "quantity": [ABSENT, None, 0, 3, 5, 9],
}


def _values(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    drawn = st.tuples(*(st.sampled_from(POOL[name]) for name in names))
    return drawn.map(
        lambda values: {
            name: value for name, value in zip(names, values, strict=True) if value is not ABSENT
        }
    )


PRODUCT = frozenset(PRODUCT_FIELDS)
VARIANT = frozenset(VARIANT_FIELDS)
_KEYS = st.sampled_from(["v1", "v2", "v3"])
_BORN = datetime(2026, 11, 20, tzinfo=UTC)
_MOMENTS = st.one_of(
    st.none(), st.integers(0, 3).map(lambda minutes: _BORN + timedelta(minutes=minutes))
)

_OF_PRODUCT = _values("title", "tags", "images", "status")
_VARIANTS = _values("sku", "price", "quantity")
any_sides = st.builds(
    Side,
    _OF_PRODUCT,
    st.dictionaries(_KEYS, _VARIANTS, max_size=3),
    _MOMENTS,
    st.sampled_from([True, True, True, False]),
)
sides = st.builds(Side, _OF_PRODUCT, st.dictionaries(_KEYS, _VARIANTS, min_size=1, max_size=2))

rules = st.builds(Rule, st.sampled_from(list(Direction)), st.sampled_from(list(OnBoth)))
policies = st.builds(
    Policy,
    groups=st.fixed_dictionaries(dict.fromkeys(Group, rules)),
    imported=st.dictionaries(st.sampled_from(list(Group)), rules, max_size=2),
    on_first=st.sampled_from(list(OnBoth)),
    on_removed=st.sampled_from(list(OnRemoved)),
    auto_push=st.booleans(),
    auto_import=st.booleans(),
    price_move_limit_percent=st.integers(0, 100),
    mass_limit=st.integers(0, 500),
    mass_percent=st.integers(0, 100),
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """A channel's abilities, as far as planning asks for them."""

    product_fields: frozenset[str] = PRODUCT
    variant_fields: frozenset[str] = VARIANT


EVERYTHING = Carrier()


def ruled(direction: Direction, on_both: OnBoth = OnBoth.ASK, **others: Any) -> Policy:
    """Return a policy with one rule for every group."""
    return Policy(groups={group: Rule(direction, on_both) for group in Group}, **others)


TWO_WAY = ruled(Direction.BOTH)
# For planning: every direction with every winner, the same for all groups.
uniform = st.builds(
    ruled,
    st.sampled_from(list(Direction)),
    st.sampled_from(list(OnBoth)),
    on_first=st.sampled_from(list(OnBoth)),
    on_removed=st.sampled_from(list(OnRemoved)),
)
