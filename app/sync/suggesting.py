"""The best join of two values to begin an edit from; a suggestion for a person, never a decision.

Where `merge` refuses to guess, this guesses: elements that one side added or removed follow that
side, words woven together where the edits do not touch, and our value wherever they do.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Final, NamedTuple

from app.adapters.values import Kind, Value
from app.sync import compare
from app.sync.merge import Merged, merge_field
from app.sync.policy import OnBoth
from app.sync.sides import MISSING, Missing

_TOKEN: Final = re.compile(r"<[^>]*>|\s+|\w+|[^\w\s]")
_MOST_TOKENS: Final = 4_000


class _Trio(NamedTuple):
    base: Any
    ours: Any
    theirs: Any


def suggest(field_name: str, base: Value | Missing, ours: Value, theirs: Value) -> Value:
    """Return a value to begin an edit from; with `base` MISSING nothing counts as removed."""
    known = None if base is MISSING else base
    merged = merge_field(field_name, known, ours, theirs, OnBoth.ASK)
    if base is not MISSING and isinstance(merged, Merged):
        return merged.value
    if compare.is_empty(field_name, ours) or compare.is_empty(field_name, theirs):
        return theirs if compare.is_empty(field_name, ours) else ours
    join = _BY_KIND.get(compare.kind_of(field_name))
    return join(_Trio(known, ours, theirs)) if join else ours


def weave(base: str, ours: str, theirs: str) -> str | None:
    """Lay both edits of a text over each other; None when they touch the same words."""
    words = _TOKEN.findall(base)
    edits = sorted({*_edits(words, ours), *_edits(words, theirs)})
    if any(
        after.begin < before.end or after.begin == before.begin for before, after in pairwise(edits)
    ):
        return None
    if max(len(words), *(each.end for each in edits), 0) > _MOST_TOKENS:
        return None
    for each in reversed(edits):
        words[each.begin : each.end] = [each.text]
    return "".join(words)


class _Edit(NamedTuple):
    begin: int
    end: int
    text: str


def _edits(words: list[str], after: str) -> Iterable[_Edit]:
    new = _TOKEN.findall(after)
    if max(len(words), len(new)) > _MOST_TOKENS:
        return [_Edit(0, len(words), after)]
    matcher = SequenceMatcher(None, words, new, autojunk=False)
    return [
        _Edit(i, j, "".join(new[k:m]))
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    ]


def _texts(trio: _Trio) -> Value:
    woven = weave(trio.base or "", trio.ours, trio.theirs) if trio.base else None
    return trio.ours if woven is None else woven


def _quantities(trio: _Trio) -> Value:
    if None in trio:
        return trio.ours
    return max(0, trio.ours + trio.theirs - trio.base)


def _keys(trio: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what stays: all of ours in order, then theirs, without what one side took away."""
    base, ours, theirs = trio
    every = dict.fromkeys((*ours, *theirs))
    return [key for key in every if key not in base or (key in ours and key in theirs)]


def _sets(trio: _Trio) -> Value:
    base, ours, theirs = ({str(each).casefold(): each for each in side or ()} for side in trio)
    return sorted(ours.get(key, theirs.get(key)) for key in _keys((base, ours, theirs)))


def _maps(trio: _Trio) -> Value:
    base, ours, theirs = (side or {} for side in trio)
    joined = {}
    for key in _keys((base, ours, theirs)):
        values = _Trio(
            base.get(key), ours.get(key, theirs.get(key)), theirs.get(key, ours.get(key))
        )
        joined[key] = _sets(values)
    return {key: values for key, values in joined.items() if values}


def _pictures(trio: _Trio) -> Value:
    base, ours, theirs = ({each["key"]: each for each in side or ()} for side in trio)
    kept = _keys((base, ours, theirs))
    return [
        {**theirs.get(key, {}), **{k: v for k, v in ours.get(key, {}).items() if v}} for key in kept
    ]


def _options(trio: _Trio) -> Value:
    base, ours, theirs = ({each["name"].casefold(): each for each in side or ()} for side in trio)
    joined = []
    for key in _keys((base, ours, theirs)):
        shown = ours[key] if key in ours else theirs[key]
        values = _values(_Trio(base.get(key), ours.get(key), theirs.get(key)))
        joined.append({"name": shown["name"], "values": values})
    return joined


def _values(trio: _Trio) -> list[str]:
    """Join the values of one option in order; a side that lacks the option says nothing."""
    if trio.ours is None or trio.theirs is None:
        return list((trio.ours or trio.theirs)["values"])
    base, ours, theirs = (
        {value.casefold(): value for value in (side or {"values": []})["values"]} for side in trio
    )
    return [ours.get(key) or theirs[key] for key in _keys((base, ours, theirs))]


def _choices(trio: _Trio) -> Value:
    base, ours, theirs = (side or {} for side in trio)
    return {
        name: theirs[name]
        if name not in ours or (ours[name] == base.get(name) and name in theirs)
        else ours[name]
        for name in _keys((base, ours, theirs))
    }


_BY_KIND: Final[Mapping[Kind, Callable[[_Trio], Value]]] = {
    Kind.TEXT: _texts,
    Kind.HTML: _texts,
    Kind.QUANTITY: _quantities,
    Kind.SET: _sets,
    Kind.MAP: _maps,
    Kind.IMAGES: _pictures,
    Kind.OPTIONS: _options,
    Kind.CHOICE: _choices,
}
