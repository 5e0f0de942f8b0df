"""Bodies of answers: JSON, also behind a byte order mark and stray notices of PHP.

Buyers and plugins write what no database keeps; it is dropped here, so that one such text holds up
nothing behind it.
"""

import json
import re
from typing import Any, Final

from app.core.texts import storable_json


class NotJson(ValueError):
    """The body holds no JSON object or list."""


_START: Final = re.compile(r"[{\[]")
_TRIES: Final = 40


def read_json(content: bytes, *, is_tolerant: bool) -> tuple[Any, bool]:
    """Return (JSON, was it polluted); only a tolerant reading cuts away what is not JSON."""
    text = content.decode("utf-8-sig", errors="replace").strip()
    try:
        found, is_polluted = _read(text, is_tolerant=is_tolerant)
        return storable_json(found, content), is_polluted
    except RecursionError:  # a tower of brackets
        raise NotJson from None


def _read(text: str, *, is_tolerant: bool) -> tuple[Any, bool]:
    try:
        found = json.loads(text)
    except ValueError:
        if not is_tolerant:
            raise NotJson from None
        return _largest(text), True
    if not isinstance(found, dict | list):
        raise NotJson
    return found, False


def _largest(text: str) -> Any:
    decoder = json.JSONDecoder()
    best, size, covered = None, 0, 0
    for number, start in enumerate(_START.finditer(text)):
        if number >= _TRIES:
            break
        if start.start() < covered:
            continue
        try:
            found, end = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        covered = end
        if end - start.start() > size:
            best, size = found, end - start.start()
    if best is None:
        raise NotJson
    return best
