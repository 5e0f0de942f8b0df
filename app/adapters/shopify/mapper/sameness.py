"""Whether writing a value would change anything: ours against what the shop shows."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from app.adapters import units
from app.adapters.values import FIELDS, Kind, Value, Values

# Below a thousandth of a gram two weights are one: Shopify keeps them as floats.
_NEAR: Final = Decimal("0.001")


def changed(desired: Values, current: Values) -> dict[str, Value]:
    """Return the fields of `desired` that the shop does not show yet."""
    return {
        name: value
        for name, value in desired.items()
        if name not in current or not is_same(name, value, current[name])
    }


def is_same(name: str, ours: Value, theirs: Value) -> bool:
    """Tell whether two values of a field are the same thing in Shopify."""
    if ours is None or theirs is None:
        return _is_empty(ours) and _is_empty(theirs)
    if FIELDS[name].kind is Kind.MEASURE:
        return _is_near(ours, theirs)
    spell = _BY_NAME.get(name) or _BY_KIND.get(FIELDS[name].kind)
    return bool(ours == theirs) if spell is None else bool(spell(ours) == spell(theirs))


def _is_empty(value: Value) -> bool:
    # Zero is a price and a quantity; only texts, collections and weights are empty that way.
    if isinstance(value, Mapping) and "unit" in value:
        return not units.plain_number(value.get("value"))
    return value is None or value in ("", [], {})


def _is_near(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    left, right = (
        units.to_base(each.get("value"), str(each.get("unit"))) for each in (ours, theirs)
    )
    if left is None or right is None or left[1] != right[1]:
        return False
    return abs(left[0] - right[0]) <= _NEAR


def _folded(value: Any) -> str:
    return str(value).strip().casefold()


def _options(value: Any) -> Any:
    return [(str(each["name"]).strip(), [str(v).strip() for v in each["values"]]) for each in value]


def _map(value: Mapping[str, Any]) -> Any:
    return {str(name): sorted(str(each) for each in values) for name, values in value.items()}


_BY_NAME: Final[Mapping[str, Callable[[Any], Any]]] = {
    "backorders": lambda value: "yes" if value == "notify" else value,
    "tags": lambda value: {_folded(each) for each in value},  # Shopify's tags know no case
}
_BY_KIND: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: lambda value: str(value).strip(),
    Kind.HTML: lambda value: str(value).strip(),
    Kind.SET: lambda value: {str(each).strip() for each in value},
    Kind.OPTIONS: _options,
    Kind.MAP: _map,
    Kind.CHOICE: lambda value: {_folded(name): _folded(each) for name, each in value.items()},
}
