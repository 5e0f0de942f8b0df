"""Reading JSON of a shop, field by field: an absent key is not null, null is not empty, and what
cannot be read is a BadPayload with its path."""

import html
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.adapters.errors import BadPayload
from app.adapters.units import MOST_DIGITS


def as_list(value: Any) -> Any:
    """Return a list as one: PHP spells it as an object once something was taken out of it."""
    return list(value.values()) if isinstance(value, Mapping) else value


class Reader:
    """One JSON object and where it stood; methods return None for null and for absent keys."""

    def __init__(self, raw: Any, at: str) -> None:
        if not isinstance(raw, Mapping):
            raise BadPayload(at, "an object")
        self.raw: Mapping[str, Any] = raw
        self.at = at

    def has(self, name: str) -> bool:
        """Tell whether the object carries a key."""
        return name in self.raw

    def bad(self, name: str, expected: str) -> BadPayload:
        """Make the error for a key."""
        return BadPayload(f"{self.at}.{name}", expected)

    def identity(self, name: str) -> str:
        """Return a number greater than zero as text."""
        value = self.raw.get(name)
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if not text.isdigit() or int(text) == 0:
            raise self.bad(name, "an id")
        return text

    def text(self, name: str) -> str | None:
        """Return a text as stored; numbers where texts are promised are taken, "" is None."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.bad(name, "a text")
        return str(value)

    def words(self, name: str) -> str | None:
        """Return a plain text that the shop may have stored with HTML entities."""
        text = self.text(name)
        return None if text is None else html.unescape(text)

    def number(self, name: str) -> Decimal | None:
        """Return a decimal number, given as number or text."""
        text = self.text(name)
        if text is None:
            return None
        try:
            number = Decimal(text.strip())
        except InvalidOperation:
            raise self.bad(name, "a number") from None
        if not number.is_finite() or number.adjusted() > MOST_DIGITS:
            raise self.bad(name, "a number")
        return number

    def moment(self, name: str) -> datetime | None:
        """Return an aware moment; the shop's texts without a zone are UTC."""
        text = self.text(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self.bad(name, "a date and time") from None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

    def flag(self, name: str) -> bool:
        """Return truth as PHP sees it: true, 1, "1", "yes"."""
        return self.raw.get(name) in (True, 1, "1", "yes", "true")

    def objects(self, name: str) -> Iterator["Reader"]:
        """Go over a list of objects; null and PHP's numbered objects count as lists."""
        value = as_list(self.raw.get(name))
        if value is None:
            return
        if not isinstance(value, list):
            raise self.bad(name, "a list")
        for number, item in enumerate(value):
            yield Reader(item, f"{self.at}.{name}[{number}]")

    def inner(self, name: str) -> "Reader | None":
        """Return an object inside, or None."""
        value = self.raw.get(name)
        if value is None or value in ("", []):
            return None
        return Reader(value, f"{self.at}.{name}")
