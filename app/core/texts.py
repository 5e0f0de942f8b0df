"""Which texts PostgreSQL keeps: everything but the character NUL and halves of a character."""

import re
from typing import Any, Final

_HALVES: Final = re.compile("[\ud800-\udfff]")
# What may become such a character when JSON is read; pairs of halves are whole characters.
_DOUBTFUL: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


def is_storable(text: str) -> bool:
    """Tell whether a text can be written to the database."""
    return "\x00" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def storable(text: str) -> str:
    """Return a text as the database keeps it: without NUL, half characters replaced."""
    whole = text if text.isascii() else _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)
    return whole.replace("\x00", "")


def storable_json(found: Any, spelled: bytes) -> Any:
    """Return JSON as the database keeps it; `spelled` is how it came, and mostly clears it."""
    return _kept(found) if _DOUBTFUL.search(spelled) else found


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): _kept(item) for name, item in value.items()}
    return [_kept(item) for item in value] if isinstance(value, list) else value
