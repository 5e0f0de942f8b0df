"""What fields mean together: values that contradict each other, options under another name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.adapters.values import Values
from app.sync import compare

_WINDOW: Final = ("sale_from", "sale_to")
_PRICES: Final = ("price", "sale_price")
SALE_FIELDS: Final = frozenset((*_WINDOW, *_PRICES))


def contradictions(values: Values) -> Iterator[tuple[str, str]]:
    """Yield pairs of fields of a variant that make no sense beside each other."""
    begin, end = (compare.canonical(name, values.get(name)) for name in _WINDOW)
    if begin and end and begin >= end:
        yield _WINDOW
    price, sale = (compare.canonical(name, values.get(name)) for name in _PRICES)
    if price and sale and price["currency"] == sale["currency"] and sale["minor"] > price["minor"]:
        yield _PRICES


def renamed_options(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Return old → new names of options that stayed in their place and kept some values."""
    old_names, new_names = ({_folded(each["name"]) for each in side} for side in (before, after))
    return {
        str(old["name"]): str(new["name"])
        for old, new in zip(before, after, strict=False)
        if _folded(old["name"]) not in new_names
        and _folded(new["name"]) not in old_names
        and {_folded(each) for each in old["values"]} & {_folded(each) for each in new["values"]}
    }


def renamed_choice(choice: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Return what a variant stands for under the new names of its options."""
    return {names.get(name, name): chosen for name, chosen in choice.items()}


def _folded(text: Any) -> str:
    return str(text).strip().casefold()
