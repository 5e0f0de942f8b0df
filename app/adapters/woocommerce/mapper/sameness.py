"""Whether writing a value would change anything: ours against what the shop shows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from app.adapters.values import FIELDS, Kind, Value, Values
from app.adapters.woocommerce.mapper.dialect import Dialect

# Statuses of ours that the shop keeps as one.
_AS_KEPT: Final = {"archived": "inactive"}


def changed(desired: Values, current: Values, dialect: Dialect) -> dict[str, Value]:
    """Return the fields of `desired` that the shop does not show yet."""
    return {
        name: value
        for name, value in desired.items()
        if name not in current or not is_same(name, value, current[name], dialect)
    }


def is_same(name: str, ours: Value, theirs: Value, dialect: Dialect) -> bool:
    """Tell whether two values of a field are the same thing in this shop."""
    if ours is None or theirs is None:
        return _is_empty(ours) and _is_empty(theirs)
    spell = _BY_NAME.get(name) or _BY_KIND.get(FIELDS[name].kind)
    if FIELDS[name].kind is Kind.MEASURE:
        return dialect.spelled(name, ours) == dialect.spelled(name, theirs)
    return bool(ours == theirs) if spell is None else bool(spell(ours) == spell(theirs))


def _is_empty(value: Value) -> bool:
    # Zero is a price and a quantity; only texts and collections are empty without being None.
    return value is None or value in ("", [], {})


def _folded(value: Any) -> str:
    return str(value).strip().casefold()


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(str(value))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0)


def _options(value: Any) -> Any:
    # A shop-wide attribute keeps its values in an order of its own.
    return [
        (_folded(option["name"]), {_folded(each) for each in option["values"]}) for option in value
    ]


def _map(value: Mapping[str, Any]) -> Any:
    return {_folded(name): {_folded(each) for each in values} for name, values in value.items()}


def _digits(value: Any) -> str:
    return "".join(each for each in str(value) if each.isdigit() or each == "-")


_BY_NAME: Final[Mapping[str, Callable[[Any], Any]]] = {
    "gtin": _digits,
    "status": lambda value: _AS_KEPT.get(value, value),
    "brand": _folded,
}
_BY_KIND: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: lambda value: str(value).strip(),
    Kind.HTML: lambda value: str(value).strip(),
    Kind.MOMENT: _moment,
    Kind.SET: lambda value: {_folded(each) for each in value},
    Kind.OPTIONS: _options,
    Kind.MAP: _map,
    Kind.CHOICE: lambda value: {_folded(name): _folded(each) for name, each in value.items()},
}
