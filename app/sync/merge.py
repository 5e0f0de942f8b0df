"""Three-way merge of one field: base is what both sides last agreed on, not what is newest.

A side that did not change never wins. When both changed, edits join where the kind of value allows
it without guessing: elements of a set, keys of a map, pictures and options of a list, movements of
stock. What cannot join is for the rule (`on_both`) to decide, or for a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.adapters.values import Kind, Value
from app.sync import compare, joining
from app.sync.policy import OnBoth
from app.sync.sides import MISSING, Missing


@dataclass(frozen=True, slots=True)
class Merged:
    """The value both sides shall have, and which of them it changes."""

    value: Value
    changed_ours: bool  # our value differs from it: it has to be written here
    changed_theirs: bool  # their value differs from it: it has to be written there


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed the field and nobody may decide for the merchant; both values are kept."""

    base: Value | Missing
    ours: Value
    theirs: Value


def merge_field(
    field_name: str,
    base: Value | Missing,
    ours: Value,
    theirs: Value,
    on_both: OnBoth,
) -> Merged | Conflict:
    """Merge one field; `base` MISSING: never agreed. NEWEST asks, unless the caller settles it."""
    if compare.equal(field_name, ours, theirs):
        return Merged(ours, changed_ours=False, changed_theirs=False)
    if base is MISSING:
        return _first_meeting(field_name, ours, theirs, on_both)
    if compare.equal(field_name, theirs, base):
        return Merged(ours, changed_ours=False, changed_theirs=True)
    if compare.equal(field_name, ours, base):
        return Merged(theirs, changed_ours=True, changed_theirs=False)
    joined = _join(field_name, (base, ours, theirs))
    if joined is not joining.COLLIDES:
        return _merged(field_name, joined, ours, theirs)
    return _ruled(base, ours, theirs, on_both)


def _first_meeting(
    field_name: str, ours: Value, theirs: Value, on_both: OnBoth
) -> Merged | Conflict:
    if compare.is_empty(field_name, theirs):
        return Merged(ours, changed_ours=False, changed_theirs=True)
    if compare.is_empty(field_name, ours):
        return Merged(theirs, changed_ours=True, changed_theirs=False)
    return _ruled(MISSING, ours, theirs, on_both)


def _ruled(base: Value | Missing, ours: Value, theirs: Value, on_both: OnBoth) -> Merged | Conflict:
    if on_both is OnBoth.OURS:
        return Merged(ours, changed_ours=False, changed_theirs=True)
    if on_both is OnBoth.THEIRS:
        return Merged(theirs, changed_ours=True, changed_theirs=False)
    return Conflict(base, ours, theirs)


def _merged(field_name: str, value: Value, ours: Value, theirs: Value) -> Merged:
    return Merged(
        value,
        changed_ours=not compare.equal(field_name, value, ours),
        changed_theirs=not compare.equal(field_name, value, theirs),
    )


def _join(field_name: str, trio: tuple[Value, Value, Value]) -> Any:
    join = _JOINS.get(compare.kind_of(field_name))
    return joining.COLLIDES if join is None else join(field_name, trio)


def _join_quantity(_: str, trio: tuple[Value, Value, Value]) -> Any:
    base, ours, theirs = trio
    if base is None or ours is None or theirs is None:
        return joining.COLLIDES
    total = base + (ours - base) + (theirs - base)
    return total if total >= 0 else joining.COLLIDES


def _join_set(field_name: str, trio: tuple[Value, Value, Value]) -> Any:
    base, ours, theirs = (
        {name.casefold(): name for name in compare.canonical(field_name, side) or ()}
        for side in trio
    )
    joined = joining.join_mapping(base, ours, theirs)
    return joined if joined is joining.COLLIDES else sorted(joined.values())


def _join_map(field_name: str, trio: tuple[Value, Value, Value]) -> Any:
    base, ours, theirs = (compare.canonical(field_name, side) or {} for side in trio)
    joined = joining.join_mapping(base, ours, theirs, inner=_join_values)
    if joined is joining.COLLIDES:
        return joined
    return {name: values for name, values in joined.items() if values}


def _join_values(*trio: Any) -> Any:
    """Join the values of one attribute; a value that both replaced, each by its own, collides."""
    base, ours, theirs = ({value.casefold(): value for value in side} for side in trio)
    joined = joining.join_mapping(base, ours, theirs)
    if joined is joining.COLLIDES:
        return joined
    is_replaced = (base.keys() - ours.keys()) & (base.keys() - theirs.keys())
    if is_replaced and ours.keys() - base.keys() != theirs.keys() - base.keys():
        return joining.COLLIDES
    return sorted(joined.values())


def _join_choice(field_name: str, trio: tuple[Value, Value, Value]) -> Any:
    base, ours, theirs = (_folded_choice(side) for side in trio)
    joined = joining.join_mapping(base, ours, theirs, same=_same_choice)
    return joined if joined is joining.COLLIDES else dict(joined.values())


def _folded_choice(value: Mapping[str, str] | None) -> dict[str, tuple[str, str]]:
    return {
        name.strip().casefold(): (name.strip(), chosen.strip())
        for name, chosen in (value or {}).items()
        if name and chosen
    }


def _same_choice(a: tuple[str, str], b: tuple[str, str]) -> bool:
    return a[1].casefold() == b[1].casefold()


def _join_images(field_name: str, trio: tuple[Value, Value, Value]) -> Any:
    base, ours, theirs = (_by_key(field_name, side) for side in trio)
    urls = {image["key"]: image.get("url") for side in trio for image in side or ()}
    joined = joining.join_sequence(base, ours, theirs)
    if joined is joining.COLLIDES:
        return joined
    return [{"key": key, "alt": alt, "url": urls.get(key)} for key, alt in joined.items()]


def _by_key(field_name: str, value: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    return {image["key"]: image["alt"] for image in compare.canonical(field_name, value) or ()}


def _join_options(field_name: str, trio: tuple[Value, Value, Value]) -> Any:
    base, ours, theirs = (_by_name(field_name, side) for side in trio)
    joined = joining.join_sequence(base, ours, theirs, inner=_join_option)
    if joined is joining.COLLIDES:
        return joined
    return [{"name": name, "values": list(values)} for name, values in joined.values()]


def _by_name(
    field_name: str, value: Sequence[Mapping[str, Any]] | None
) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {
        option["name"].casefold(): (option["name"], tuple(option["values"]))
        for option in compare.canonical(field_name, value) or ()
    }


def _join_option(base: Any, ours: Any, theirs: Any) -> Any:
    name = joining.join_one(base[0], ours[0], theirs[0])
    values = joining.join_sequence(
        *({value.casefold(): value for value in side[1]} for side in (base, ours, theirs))
    )
    if name is joining.COLLIDES or values is joining.COLLIDES:
        return joining.COLLIDES
    return name, tuple(values.values())


_JOINS = {
    Kind.QUANTITY: _join_quantity,
    Kind.SET: _join_set,
    Kind.MAP: _join_map,
    Kind.CHOICE: _join_choice,
    Kind.IMAGES: _join_images,
    Kind.OPTIONS: _join_options,
}
