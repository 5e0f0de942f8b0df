"""Fingerprints of what we wrote: reading our own write back is an acknowledgement, not a change.

Three kinds of echo are told apart from an edit made in the shop:

- *plain*: the shop shows what we wrote;
- *rendered*: the shop shows our value in its own words (sanitised HTML, a rounded weight), which we
  noted when the write was confirmed (`read_back`);
- *late*: a stale read shows a value that we ourselves wrote or replaced a moment ago.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.adapters.values import Kind, Value
from app.sync import compare
from app.sync.sides import MISSING, NOTHING, Side

# Kinds a channel may spell differently without changing what it sells. A price or a stock that
# comes back different is a refused write.
_RENDERED: Final = frozenset(
    (Kind.TEXT, Kind.HTML, Kind.MEASURE, Kind.SET, Kind.MAP, Kind.IMAGES, Kind.OPTIONS)
)

Stamps = Mapping[str, str]  # cell name → fingerprint of a value


def cell(field_name: str, variant_key: str | None = None) -> str:
    """Return the name under which a value is stamped: `title`, or `<variant>/price`."""
    return field_name if variant_key is None else f"{variant_key}/{field_name}"


def stamp(written: Side) -> dict[str, str]:
    """Return a fingerprint for each value of a side; plain JSON."""
    return {
        cell(name, key): compare.value_fingerprint(name, value)
        for key, name, value in written.cells()
    }


def side_fingerprint(side: Side) -> str:
    """Return one fingerprint over a whole side: equal means nothing changed since."""
    variants = {key: compare.fingerprint(values) for key, values in side.variants.items()}
    return compare.digest([compare.fingerprint(side.values), variants])


def is_echo(theirs: Side, written: Stamps) -> bool:
    """Tell whether the channel shows every value we stamped; an empty stamp proves nothing."""
    shown = stamp(theirs)
    return bool(written) and all(shown.get(name) == mark for name, mark in written.items())


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What became of a write: shown as written, shown in the channel's words, or not taken."""

    confirmed: Side
    rendered: Side  # what the channel shows instead; keep it for `read_through`
    ignored: tuple[tuple[str | None, str], ...]  # (variant key, field): not taken


def read_back(before: Side, written: Side, shown: Side) -> ReadBack:
    """Sort what was written by what the channel shows now; values it does not show are ignored."""
    confirmed: dict[str | None, dict[str, Value]] = {}
    rendered: dict[str | None, dict[str, Value]] = {}
    ignored: list[tuple[str | None, str]] = []
    for key, name, value in written.cells():
        now = shown.value(name, key)
        if compare.equal(name, now, value):
            confirmed.setdefault(key, {})[name] = value
        elif _is_rendering(name, now, before.value(name, key)):
            rendered.setdefault(key, {})[name] = now
        else:
            ignored.append((key, name))
    return ReadBack(_side(confirmed), _side(rendered), tuple(ignored))


def read_through(
    theirs: Side,
    base: Side,
    rendered: Side = NOTHING,
    recent: Mapping[str, Collection[str]] | None = None,
) -> Side:
    """Return their side with echoes replaced by the base, so that only real edits differ from it.

    `rendered` is what `read_back` noted; `recent` holds, per cell, fingerprints of values we wrote
    or replaced a moment ago (the caller lets them expire).
    """
    values = dict(theirs.values)
    variants = {key: dict(held) for key, held in theirs.variants.items()}
    for key, name, shown in theirs.cells():
        agreed = base.value(name, key)
        if agreed is MISSING or compare.equal(name, shown, agreed):
            continue
        if compare.equal(name, shown, rendered.value(name, key)) or _is_late(
            cell(name, key), name, shown, recent or {}
        ):
            (values if key is None else variants[key])[name] = agreed
    return replace(theirs, values=values, variants=variants)


def _is_rendering(field_name: str, now: Value, before: Value) -> bool:
    if now is MISSING or compare.kind_of(field_name) not in _RENDERED:
        return False
    return not compare.equal(field_name, now, before) and not compare.is_empty(field_name, now)


def _is_late(
    name: str, field_name: str, shown: Value, recent: Mapping[str, Collection[str]]
) -> bool:
    marks = recent.get(name)
    return bool(marks) and compare.value_fingerprint(field_name, shown) in (marks or ())


def _side(cells: dict[str | None, dict[str, Value]]) -> Side:
    return Side(
        values=cells.get(None, {}),
        variants={key: values for key, values in cells.items() if key is not None},
    )
