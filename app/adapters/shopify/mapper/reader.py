"""Reading JSON of a shop, field by field: an absent key is not null, null is not empty, and what
cannot be read is a BadPayload with its path."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.adapters.errors import BadPayload
from app.adapters.shopify import ids
from app.adapters.units import MOST_DIGITS


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

    def identity(self, name: str = "id") -> str:
        """Return the number of a global id."""
        found = ids.number(self.raw.get(name))
        if found is None:
            raise self.bad(name, "a global id")
        return found

    def text(self, name: str) -> str | None:
        """Return a text; "" is None."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self.bad(name, "a text")
        return value

    def number(self, name: str) -> Decimal | None:
        """Return a decimal number, given as number or text."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.bad(name, "a number")
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            raise self.bad(name, "a number") from None
        if not number.is_finite() or number.adjusted() > MOST_DIGITS:
            raise self.bad(name, "a number")
        return number

    def moment(self, name: str) -> datetime | None:
        """Return an aware moment."""
        text = self.text(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self.bad(name, "a date and time") from None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; null is an empty one."""
        value = self.raw.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.bad(name, "a list of texts")
        return list(value)

    def objects(self, name: str) -> Iterator["Reader"]:
        """Go over a list of objects, or over the nodes of a connection; null is an empty one."""
        value = self.raw.get(name)
        if isinstance(value, Mapping):
            value = value.get("nodes")
        if value is None:
            return
        if not isinstance(value, list):
            raise self.bad(name, "a list")
        for position, item in enumerate(value):
            yield Reader(item, f"{self.at}.{name}[{position}]")

    def inner(self, name: str) -> "Reader | None":
        """Return an object inside, or None."""
        value = self.raw.get(name)
        return None if value is None else Reader(value, f"{self.at}.{name}")
