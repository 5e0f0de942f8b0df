"""What a program sends: a JSON object, read field by field, with a sentence for what is wrong."""

from collections.abc import Mapping
from typing import Any, Final

from flask import request

from app.core.errors import Invalid
from app.core.texts import is_storable

_MOST: Final = 2**63 - 1  # what a bigint holds


def whole_number(text: str, *, most: int = _MOST) -> int | None:
    """Return a text of an address or a hidden field as a number from 0; None when it is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    number = int(text)
    return number if number <= most else None


def json_body() -> Mapping[str, Any]:
    """Return the JSON object of this request; raises Invalid when there is none."""
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:  # a tower of brackets
        body = None
    if not isinstance(body, dict):
        raise Invalid("Send a JSON object in the body.")
    return body


def text_of(body: Mapping[str, Any], name: str, *, longest: int, is_needed: bool = True) -> str:
    """Return a text of a JSON object, or an empty one; raises Invalid at the field."""
    value = body.get(name)
    if value is None and not is_needed:
        return ""
    if not isinstance(value, str) or (is_needed and not value.strip()):
        raise Invalid(fields={name: f"Send “{name}” as a text."})
    if len(value) > longest:
        raise Invalid(fields={name: f"“{name}” takes at most {longest} characters."})
    return _storable(name, value)


def _storable(name: str, value: str) -> str:
    if not is_storable(value):
        raise Invalid(fields={name: f"“{name}” holds a character nobody can read."})
    return value


def texts_of(body: Mapping[str, Any], name: str, *, most: int) -> list[str] | None:
    """Return a list of texts of a JSON object, or None without one; raises Invalid."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > most:
        raise Invalid(fields={name: f"Send “{name}” as a list of at most {most} texts."})
    if not all(isinstance(each, str) for each in value):
        raise Invalid(fields={name: f"Send “{name}” as a list of texts."})
    return [_storable(name, each) for each in value]
