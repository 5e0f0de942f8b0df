"""How canonical values read to people, in history, comparisons and overrides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from app.adapters.values import FIELDS, Kind
from app.catalog import rules, values
from app.core.money import Money
from app.web.filters import exactly, money, plural

LONGEST: Final = 400
_OTHER_LABELS: Final = {
    "created": "Created",
    "variant": "Variant",
    "is_excluded": "Kept off channels",
}
ORIGINS: Final = {
    "web": "by hand",
    "bulk": "bulk edit",
    "import": "file import",
    "sync": "sync",
    "cli": "command line",
    "api": "API",
    "undo": "undo",
}


def field_label(name: str) -> str:
    """Return the merchant's word for a field of the history."""
    return _OTHER_LABELS.get(name) or values.label(name)


def show_value(name: str, value: Any) -> str:
    """Return a value as one line of text; nothing is an empty text."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    known = FIELDS.get(name)
    if known is not None and known.kind in _BY_KIND:
        return str(_BY_KIND[known.kind](value))[:LONGEST]
    if name in ("price", "cost") or _is_money(value):
        return _money(value)
    if name == "variant":
        return _variant(value)
    return str(value)[:LONGEST]


def _is_money(value: Any) -> bool:
    return isinstance(value, Mapping) and {"minor", "currency"} == set(value)


def _money(value: Mapping[str, Any]) -> str:
    return str(money(Money(value["minor"], value["currency"])))


def _variant(value: Mapping[str, Any]) -> str:
    words = [*value.get("choice", {}).values(), value.get("sku") or ""]
    return " / ".join(word for word in words if word) or "Default"


def _moment(value: str) -> str:
    return exactly(datetime.fromisoformat(value))


def _images(value: Sequence[Any]) -> str:
    return plural(len(value), "picture")


def _map(value: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name}: {', '.join(map(str, each))}" for name, each in value.items())


def _options(value: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"{o['name']}: {', '.join(o['values'])}" for o in value)


_BY_KIND: Final[dict[Kind, Any]] = {
    Kind.HTML: rules.plain_text,
    Kind.MONEY: _money,
    Kind.MEASURE: lambda value: f"{value['value']} {value['unit']}",
    Kind.MOMENT: _moment,
    Kind.SET: ", ".join,
    Kind.IMAGES: _images,
    Kind.MAP: _map,
    Kind.OPTIONS: _options,
    Kind.CHOICE: lambda value: " / ".join(value.values()),
}
