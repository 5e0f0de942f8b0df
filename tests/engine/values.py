"""Random values of fields, as people type them: few enough that sides agree by chance."""

from collections.abc import Callable
from html import escape
from random import Random
from typing import Any, Final

WORDS: Final = (
    "Mug",
    "Cup & saucer",
    "Bowl “deep”",
    "Vase <tall>",
    "Krug für Bär",
    "茶杯",
    "Jar's",
)
_COLOURS: Final = ("red", "blue", "sale", "new", "old")


def barcode(random: Random) -> str:
    """Return an EAN-13 with its check digit."""
    digits = f"{random.randrange(10**12):012d}"
    total = sum(int(each) * (3 if at % 2 else 1) for at, each in enumerate(digits))
    return f"{digits}{-total % 10}"


def _prose(random: Random) -> str | None:
    word = escape(random.choice(WORDS), quote=False)
    return random.choice((None, f"<p>{word} <strong>{random.randrange(99)}</strong></p>"))


def _usd(low: int, high: int) -> Callable[[Random], Any]:
    return lambda random: {"minor": random.randrange(low, high), "currency": "USD"}


def _maybe(draw: Callable[[Random], Any]) -> Callable[[Random], Any]:
    return lambda random: draw(random) if random.random() < 0.7 else None


def _size(unit: str) -> Callable[[Random], Any]:
    return lambda random: {"value": random.choice(("0.25", "0.5", "1", "12.5")), "unit": unit}


def _day(year: int) -> Callable[[Random], Any]:
    return lambda random: f"{year}-{random.randint(1, 12):02d}-01T00:00:00+00:00"


_DRAWS: Final[dict[str, Callable[[Random], Any]]] = {
    "title": lambda random: f"{random.choice(WORDS)} {random.randrange(999)}",
    "description": _prose,
    "short_description": _prose,
    "status": lambda random: random.choice(("active", "draft", "inactive")),
    "brand": lambda random: random.choice(WORDS),  # WooCommerce never takes the last brand away
    "categories": lambda random: random.choice(([], ["Kitchen"], ["Gifts & more"])),
    "tags": lambda random: sorted(random.sample(_COLOURS, random.randrange(4))),
    "attributes": lambda random: random.choice(
        ({}, {"Material": ["Clay"]}, {"Made in": ["Köln", "Bonn"], "Material": ["Tin"]})
    ),
    "sku": lambda random: f"S-{random.randrange(10**9)}",
    "gtin": _maybe(barcode),
    "price": _usd(1000, 1300),
    "sale_price": _maybe(_usd(500, 900)),
    "sale_from": _maybe(_day(2031)),
    "sale_to": _maybe(_day(2032)),
    "quantity": lambda random: random.randrange(40),
    "backorders": lambda random: random.choice(("no", "yes")),
    "weight": _maybe(_size("kg")),
    "length": _maybe(_size("cm")),
    "width": _maybe(_size("cm")),
    "height": _maybe(_size("cm")),
}


def value_of(random: Random, name: str) -> Any:
    """Draw a value of a field."""
    return _DRAWS[name](random)
