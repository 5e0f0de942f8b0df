"""Pure: values as they come in, cleaned to the one spelling we keep, or refused with a sentence."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from app.adapters import units
from app.adapters.values import BACKORDERS, FIELDS, Kind, Value, Values
from app.catalog import identifiers, rules
from app.catalog.html import clean_html
from app.catalog.keys import is_id
from app.core.money import MAX_MINOR

# Fields of our own rows that channels do not share (yet): kept, imported, exported, not synced.
FURTHER_PRODUCT_FIELDS: Final = ("condition",)
FURTHER_VARIANT_FIELDS: Final = ("mpn", "cost", "prices")

_LENGTHS: Final = {
    "title": 255,
    "brand": 100,
    "sku": 100,
    "gtin": 64,
    "mpn": 70,
    "image": 2000,
}
_LABELS: Final = {
    **{name: field.label for name, field in FIELDS.items()},
    "condition": "Condition",
    "mpn": "MPN",
    "cost": "Cost",
    "prices": "Prices in other currencies",
}
_HALVES: Final = re.compile("[\ud800-\udfff]")
_MAX_MEASURE: Final = Decimal("999999.99")
_MAX_QUANTITY: Final = 2_000_000_000


class NotTaken(ValueError):
    """A value that cannot be kept; the message is a sentence for the merchant."""


def label(field: str) -> str:
    """Return the merchant's word for a field."""
    return _LABELS.get(field, field.replace("_", " ").capitalize())


class How(NamedTuple):
    """In which currency prices are, and whether a person typed what is cleaned."""

    currency: str
    is_strict: bool


@lru_cache(maxsize=64)
def _how(currency: str, *, is_strict: bool) -> How:
    return How(currency, is_strict)


def clean(field: str, value: Value, *, currency: str, is_strict: bool = True) -> Value:
    """Return a value in the spelling we keep; raises NotTaken. Strict is what a person types."""
    if value is None:
        return _required(field)
    cleaner = _CLEANERS.get(field)
    if cleaner is None:
        raise NotTaken(f"{field} is not a field of the catalog.")
    return cleaner(field, value, _how(currency, is_strict=is_strict))


def same(field: str, a: Value, b: Value) -> bool:
    """Tell whether two cleaned values mean the same to a shopper."""
    if a == b:
        return True
    known = FIELDS.get(field)
    if known is None or a is None or b is None:
        return not a and not b and known is not None and known.kind is not Kind.QUANTITY
    if known.kind is Kind.MEASURE:
        return units.to_base(a["value"], a["unit"]) == units.to_base(b["value"], b["unit"])
    if known.kind is Kind.IMAGES:
        return [(i["key"], i.get("alt")) for i in a] == [(i["key"], i.get("alt")) for i in b]
    return False


def check_variant(values: Values) -> dict[str, str]:
    """Return what is wrong between the fields of one variant, field → sentence."""
    problems: dict[str, str] = {}
    starts, ends = values.get("sale_from"), values.get("sale_to")
    if starts and ends and datetime.fromisoformat(starts) >= datetime.fromisoformat(ends):
        problems["sale_to"] = "The sale must end after it starts."
    price, sale = values.get("price"), values.get("sale_price")
    if price and sale and sale["minor"] > price["minor"]:
        problems["sale_price"] = "The sale price must not be above the price."
    if sale and not price:
        problems["price"] = "A sale price needs a regular price beside it."
    return problems


def check_choices(choices: Sequence[Mapping[str, str]]) -> dict[int, str]:
    """Return which variants repeat the option values of an earlier one, position → sentence."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    problems: dict[int, str] = {}
    for at, choice in enumerate(choices):
        key = tuple(sorted((rules.fold(n), rules.fold(v)) for n, v in choice.items()))
        if key in seen:
            words = ", ".join(choice.values()) or "no option values"
            problems[at] = f"Another variant already stands for {words}."
        seen.add(key)
    return problems


def _required(field: str) -> Value:
    if field == "title":
        raise NotTaken("A product needs a title.")
    if field == "status":
        raise NotTaken("A product needs a status.")
    if field == "backorders":
        return "no"
    return _EMPTY.get(field)


def plain(text: object) -> str:
    """Return text that PostgreSQL and JSON can hold: composed, without NUL and half characters."""
    spelled = text if isinstance(text, str) else str(text)
    if not spelled.isascii():
        spelled = unicodedata.normalize("NFC", _HALVES.sub("�", spelled))
    return spelled.replace("\x00", "") if "\x00" in spelled else spelled


def _words(value: object) -> str:
    text = plain(value)
    return _spaced(text) if len(text) < 256 else " ".join(text.split())


@lru_cache(maxsize=8192)  # names and values of options, tags and categories come again and again
def _spaced(text: str) -> str:
    return " ".join(text.split())


def _line(value: Any, field: str) -> str | None:
    text = plain(value).strip()
    longest = _LENGTHS.get(field, 255)
    if len(text) > longest:
        raise NotTaken(
            f"{label(field)} takes up to {longest} characters; this one has {len(text)}."
        )
    return text or None


def _text(field: str, value: Any, _how: How) -> Any:
    text = _line(_words(value), field)
    return text if text is not None else _required(field)


def _scalar(field: str, value: Any, _how: How) -> Any:
    if isinstance(value, bool | int):
        return value
    text = _line(value, field)
    return text if text is not None else _required(field)


def _html(field: str, value: Any, _how: How) -> Any:
    text = plain(value).replace("\r\n", "\n")
    if len(text) > rules.DESCRIPTION_LENGTH:
        raise NotTaken(f"{label(field)} takes up to {rules.DESCRIPTION_LENGTH:,} characters.")
    return clean_html(text) or None


def _money(field: str, value: Any, how: How) -> Any:
    currency = how.currency
    code = str(value.get("currency") or currency).upper()
    minor = value.get("minor")
    if not isinstance(minor, int) or isinstance(minor, bool):
        raise NotTaken(f"{label(field)} is not an amount.")
    if code != currency:
        raise NotTaken(
            f"{label(field)} is in {code}; this catalog is priced in {currency}. "
            "Other currencies have prices of their own."
        )
    if not 0 <= minor <= MAX_MINOR:
        raise NotTaken(f"{label(field)} must be 0 or more, and below a trillion.")
    return {"minor": minor, "currency": code}


def _quantity(field: str, value: Any, _how: How) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotTaken(f"{label(field)} must be a whole number.")
    if abs(value) > _MAX_QUANTITY:
        raise NotTaken(f"{label(field)} is too large.")
    return value


def _measure(field: str, value: Any, _how: How) -> Any:
    text = _measured(field, str(value.get("value", "")).strip(), str(value.get("unit") or ""))
    return None if text is None else {"value": text[0], "unit": text[1]}


@lru_cache(maxsize=8192)
def _measured(field: str, raw: str, spelled: str) -> tuple[str, str] | None:
    unit = units.unit_name(spelled)
    if raw in ("", "None"):
        return None
    number = units.plain_number(raw)
    fits = units.is_weight(unit) if field == "weight" else units.is_length(unit)
    if number is None or not 0 <= number <= _MAX_MEASURE:
        raise NotTaken(f"{label(field)} must be a number from 0 to 999,999.99.")
    if not fits:
        known = "kg, g, lb or oz" if field == "weight" else "cm, mm, m, in or ft"
        raise NotTaken(f"{label(field)} needs a unit such as {known}.")
    return f"{units.trimmed(number):f}", unit


def _moment(field: str, value: Any, _how: How) -> Any:
    text = str(value).strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotTaken(f"{label(field)} must be a date such as 2026-11-27 09:00.") from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).replace(microsecond=0).isoformat()
    except OverflowError as error:
        raise NotTaken(f"{label(field)} is too far away. Leave it empty for none.") from error


def _set(field: str, value: Any, _how: How) -> Any:
    return clean_paths(value) if field == "categories" else _tags(value)


def _tags(value: Any) -> list[str]:
    found: dict[str, str] = {}
    for each in value:
        text = _words(each)
        if len(text) > rules.TAG_LENGTH:
            raise NotTaken(f"A tag takes up to {rules.TAG_LENGTH} characters.")
        if text:
            found.setdefault(text.casefold(), text)
    if len(found) > rules.MAX_TAGS:
        raise NotTaken(f"A product takes up to {rules.MAX_TAGS} tags; this one has {len(found)}.")
    return sorted(found.values())


def clean_path(path: str) -> str:
    """Return a category path as we write it: "Clothing > Shirts"; raises NotTaken."""
    parts = [_words(part) for part in path.split(">")]
    parts = [part for part in parts if part]
    if not parts:
        raise NotTaken("A category needs a name.")
    if any(len(part) > rules.CATEGORY_LENGTH for part in parts):
        raise NotTaken(f"A category name takes up to {rules.CATEGORY_LENGTH} characters.")
    joined = " > ".join(parts)
    if len(joined) > 1000:
        raise NotTaken("This category lies too deep.")
    return joined


def clean_paths(paths: Sequence[str]) -> list[str]:
    """Return category paths, each once, sorted; raises NotTaken."""
    found = {clean_path(str(path)) for path in paths if str(path).strip(" >")}
    if len(found) > rules.MAX_CATEGORIES:
        raise NotTaken(f"A product lies in up to {rules.MAX_CATEGORIES} categories.")
    return sorted(found)


def _images(field: str, value: Any, _how: How) -> Any:
    found: dict[str, dict[str, Any]] = {}
    for image in value:
        key = _picture(image["key"])
        alt = _words(image.get("alt") or "")[:500] or None
        found.setdefault(key, {"key": key, "alt": alt, "url": image.get("url")})
    if len(found) > rules.MAX_IMAGES:
        raise NotTaken(f"A product takes up to {rules.MAX_IMAGES} pictures.")
    return list(found.values())


def _map(field: str, value: Any, _how: How) -> Any:
    found: dict[str, list[str]] = {}
    for name, given in value.items():
        title = _words(name)[:100]
        several = given if isinstance(given, list | tuple) else [given]
        texts = dict.fromkeys(_words(each) for each in several if each is not None)
        kept = [text for text in texts if text]
        if title and kept:
            found[title] = kept
    if len(found) > rules.MAX_ATTRIBUTES:
        raise NotTaken(f"A product takes up to {rules.MAX_ATTRIBUTES} attributes.")
    return dict(sorted(found.items()))


def _options(field: str, value: Any, _how: How) -> Any:
    found: dict[str, dict[str, Any]] = {}
    for option in value:
        name = _words(option["name"])
        if not name:
            raise NotTaken("An option needs a name.")
        if len(name) > 100:
            raise NotTaken("An option name takes up to 100 characters.")
        if name.casefold() in found:
            raise NotTaken(f"Two options are called {name}.")
        values = [_words(each)[:255] for each in option.get("values") or []]
        kept = list(dict.fromkeys(each for each in values if each))
        found[name.casefold()] = {"name": name, "values": kept}
    if len(found) > rules.MAX_OPTIONS:
        raise NotTaken(f"A product takes up to {rules.MAX_OPTIONS} options.")
    return list(found.values())


def _choice(field: str, value: Any, _how: How) -> Any:
    spelled = {_words(n): _words(v)[:255] for n, v in value.items()}
    return {name: chosen for name, chosen in spelled.items() if name and chosen}


def _one_of(field: str, value: Any, _how: How) -> Any:
    word, words = str(value).strip().lower(), _WORDS[field]
    if not word:
        return _required(field)
    if word not in words:
        raise NotTaken(f"{label(field)} must be one of {', '.join(words)}.")
    return word


def _gtin(_field: str, value: Any, how: How) -> Any:
    text = _line(value, "gtin")
    if text is None or not how.is_strict:
        return text
    if problem := identifiers.gtin_problem(text):
        raise NotTaken(problem)
    return identifiers.normalise_gtin(text)


def _prices(_field: str, value: Any, how: How) -> Any:
    found = {}
    for code, pair in sorted(value.items()):
        name = str(code).upper()
        price = pair.get("price")
        if price is None or name == how.currency:
            continue
        sale = pair.get("sale_price")
        found[name] = {
            "price": _money("price", price, How(name, how.is_strict)),
            "sale_price": _money("sale_price", sale, How(name, how.is_strict)) if sale else None,
        }
    return found


def _picture(key: Any) -> str:
    if not is_id(str(key)):
        raise NotTaken("This picture has no address and is not in the library.")
    return str(key)


NEVER_EMPTY: Final = frozenset({"title", "status"})
_EMPTY: Final[Mapping[str, Any]] = {
    "tags": [],
    "categories": [],
    "attributes": {},
    "options": [],
    "images": [],
    "choice": {},
    "prices": {},
}
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "status": tuple(rules.ProductStatus),
    "backorders": BACKORDERS,
    "condition": rules.CONDITIONS,
}
_OWN: Final[Mapping[str, Callable[..., Any]]] = {
    **dict.fromkeys(_WORDS, _one_of),
    "gtin": _gtin,
    "cost": _money,
    "image": lambda _field, key, _how: _picture(key),
    "mpn": _scalar,
    "prices": _prices,
}
_BY_KIND: Final[Mapping[Kind, Callable[..., Any]]] = {
    Kind.SCALAR: _scalar,
    Kind.TEXT: _text,
    Kind.HTML: _html,
    Kind.MONEY: _money,
    Kind.QUANTITY: _quantity,
    Kind.MEASURE: _measure,
    Kind.MOMENT: _moment,
    Kind.SET: _set,
    Kind.IMAGES: _images,
    Kind.MAP: _map,
    Kind.OPTIONS: _options,
    Kind.CHOICE: _choice,
}
_CLEANERS: Final[Mapping[str, Callable[..., Any]]] = {
    **{name: _BY_KIND[known.kind] for name, known in FIELDS.items()},
    **_OWN,
}
