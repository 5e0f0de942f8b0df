"""When two values of a field are the same to a shopper, whatever way each side spells them.

Equal fingerprints mean equal values. The reverse holds for every kind but MEASURE, where two values
within a hundredth of a gram or millimetre are equal although they may round differently.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from app.adapters import units
from app.adapters.values import FIELDS, Kind, Value, Values
from app.sync import markup
from app.sync.sides import MISSING, Missing

TOLERANCE: Final = Decimal("0.01")  # grams or millimetres


def kind_of(field_name: str) -> Kind:
    """Return the kind of a field; a field we do not know is compared as it stands."""
    known = FIELDS.get(field_name)
    return known.kind if known else Kind.SCALAR


def canonical(field_name: str, value: Value) -> Value:
    """Return the one spelling of a value that equal values share; empty ones become None."""
    if value is None:
        return None
    if field_name == "categories":
        return _set([_path(name) for name in value])
    return _CANONICAL[kind_of(field_name)](value)


def equal(field_name: str, a: Value | Missing, b: Value | Missing) -> bool:
    """Tell whether both values mean the same; MISSING equals only itself."""
    if a is MISSING or b is MISSING:
        return a is b
    if type(a) is type(b) and a == b:
        return True
    left, right = canonical(field_name, a), canonical(field_name, b)
    if type(left) is type(right) and left == right:
        return True
    return kind_of(field_name) is Kind.MEASURE and _is_near(a, b)


def is_empty(field_name: str, value: Value | Missing) -> bool:
    """Tell whether there is nothing to lose; uncounted stock is a fact, not an emptiness."""
    if value is MISSING:
        return True
    return kind_of(field_name) is not Kind.QUANTITY and canonical(field_name, value) is None


def fingerprint(values: Values) -> str:
    """Return a SHA-256 over the canonical values, the same for equal mappings."""
    spelled = {name: canonical(name, value) for name, value in values.items()}
    return digest(spelled)


def digest(content: Any) -> str:
    """Return the SHA-256 of plain JSON, independent of the order of keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return unicodedata.normalize("NFC", value).strip() or None


def _html(value: Any) -> Any:
    return markup.canonical(value) or None if isinstance(value, str) else value


def _money(value: Any) -> Any:
    return {"minor": int(value["minor"]), "currency": str(value["currency"]).strip().upper()}


def _measure(value: Any) -> Any:
    spelled = str(value.get("value") if value.get("value") is not None else "").strip()
    if not spelled:
        return None
    amount = units.to_base(spelled, str(value.get("unit") or ""))
    if amount is None:
        return {"value": spelled, "unit": str(value.get("unit") or "").strip()}
    rounded = amount[0].quantize(TOLERANCE, rounding=ROUND_HALF_EVEN)
    return {"value": f"{rounded + 0:f}", "unit": amount[1]}


def _is_near(a: Any, b: Any) -> bool:
    if not (isinstance(a, dict) and isinstance(b, dict)):
        return False
    left, right = (units.to_base(side.get("value"), str(side.get("unit") or "")) for side in (a, b))
    if left is None or right is None or left[1] != right[1]:
        return False
    return abs(left[0] - right[0]) <= TOLERANCE


def _moment(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return _text(value)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0).isoformat()


def _path(name: Any) -> str:
    return " > ".join(part.strip() for part in str(name).split(">") if part.strip())


def _set(value: Any) -> Any:
    return sorted({spelled for item in value if (spelled := _text(str(item)))}) or None


def _images(value: Any) -> Any:
    first_of: dict[str, Any] = {}
    for image in value:
        first_of.setdefault(str(image["key"]), _text(image.get("alt")))
    return [{"key": key, "alt": alt} for key, alt in first_of.items()] or None


def _map(value: Any) -> Any:
    spelled = {_text(str(name)) or "": _set(values) for name, values in value.items()}
    return {name: values for name, values in spelled.items() if name and values} or None


def _options(value: Any) -> Any:
    return [
        {"name": _text(str(option["name"])) or "", "values": _once(option.get("values") or [])}
        for option in value
    ] or None


def _once(values: Any) -> list[str]:
    return list(dict.fromkeys(spelled for item in values if (spelled := _text(str(item)))))


def _choice(value: Any) -> Any:
    spelled = {_folded(name): _folded(chosen) for name, chosen in value.items()}
    return {name: chosen for name, chosen in spelled.items() if name and chosen} or None


def _folded(value: Any) -> str:
    return str(_text(str(value)) or "").casefold() if value is not None else ""


_CANONICAL: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.SCALAR: _text,
    Kind.TEXT: _text,
    Kind.HTML: _html,
    Kind.MONEY: _money,
    Kind.QUANTITY: lambda value: value,
    Kind.MEASURE: _measure,
    Kind.MOMENT: _moment,
    Kind.SET: _set,
    Kind.IMAGES: _images,
    Kind.MAP: _map,
    Kind.OPTIONS: _options,
    Kind.CHOICE: _choice,
}
