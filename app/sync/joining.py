"""Joining two edits of one collection, against what it was before both.

Everything here is symmetric: swapping the sides gives the same result. `COLLIDES` says that both
edits touch the same thing in different ways; nothing is guessed then.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, Literal

from app.sync.sides import MISSING


class _Collision(Enum):
    COLLIDES = "collides"


Collides = Literal[_Collision.COLLIDES]
COLLIDES: Final[Collides] = _Collision.COLLIDES
Entries = Mapping[str, Any]
Same = Callable[[Any, Any], bool]
Join = Callable[[Any, Any, Any], Any]


def join_one(base: Any, ours: Any, theirs: Any, *, same: Same | None = None) -> Any:
    """Join one element; MISSING stands for “not there”."""
    if _is_same(ours, theirs, same) or _is_same(theirs, base, same):
        return ours
    return theirs if _is_same(ours, base, same) else COLLIDES


def join_mapping(
    base: Entries,
    ours: Entries,
    theirs: Entries,
    *,
    same: Same | None = None,
    inner: Join | None = None,
) -> dict[str, Any] | Collides:
    """Join key by key, keys in sorted order; `inner` joins an entry that both sides changed."""
    joined: dict[str, Any] = {}
    for key in sorted({*base, *ours, *theirs}):
        trio = [side.get(key, MISSING) for side in (base, ours, theirs)]
        value: object = join_one(*trio, same=same)
        if value is COLLIDES and inner and MISSING not in trio:
            value = inner(*trio)
        if value is COLLIDES:
            return COLLIDES
        if value is not MISSING:
            joined[key] = value
    return joined


def join_sequence(
    base: Entries, ours: Entries, theirs: Entries, *, inner: Join | None = None
) -> dict[str, Any] | Collides:
    """Join ordered entries: what they are, key by key, and where they stand.

    Only one side may have reordered what both kept.
    """
    entries = join_mapping(base, ours, theirs, inner=inner)
    if entries is COLLIDES:
        return COLLIDES
    kept = {key for key in entries if key in ours and key in theirs}
    spine = _spine([[key for key in side if key in kept] for side in (base, ours, theirs)])
    if spine is None:
        return COLLIDES
    order = _woven(spine, [_inserts(side, entries, kept) for side in (ours, theirs)])
    return {key: entries[key] for key in order}


def _is_same(a: Any, b: Any, same: Same | None) -> bool:
    if a is MISSING or b is MISSING:
        return a is b
    return same(a, b) if same else bool(a == b)


def _spine(orders: list[list[str]]) -> list[str] | None:
    base, ours, theirs = orders
    if ours == theirs:
        return ours
    if len(base) != len(ours):  # both added the same entry, at different places
        return None
    if ours == base:
        return theirs
    return ours if theirs == base else None


def _inserts(side: Entries, entries: Entries, kept: set[str]) -> dict[str | None, list[str]]:
    """Return what only this side has, by the common entry it follows (None: at the beginning)."""
    after: str | None = None
    found: dict[str | None, list[str]] = {}
    for key in side:
        if key in kept:
            after = key
        elif key in entries:
            found.setdefault(after, []).append(key)
    return found


def _woven(spine: list[str], inserts: list[dict[str | None, list[str]]]) -> list[str]:
    order: list[str] = []
    for anchor in (None, *spine):
        if anchor is not None:
            order.append(anchor)
        for block in sorted(found[anchor] for found in inserts if anchor in found):
            order += block
    return order
