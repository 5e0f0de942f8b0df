"""What a program sends: a JSON object, read field by field, with a sentence for what is wrong."""

from collections.abc import Mapping
from typing import Any

from flask import request

from app.core.errors import Invalid


def json_body() -> Mapping[str, Any]:
    """Return the JSON object of this request; raises Invalid when there is none."""
    body = request.get_json(force=True, silent=True)
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
    return value
