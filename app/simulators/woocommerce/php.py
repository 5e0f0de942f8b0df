"""The habits of PHP and WordPress that show through the API."""

import json
import math
import re
import unicodedata
from typing import Any

from app.simulators.woocommerce.errors import PhpFatal

_BLOCK = re.compile(
    r"^<(?:p|div|h[1-6]|ul|ol|li|table|blockquote|pre|figure|section|hr|form|iframe)\b",
    re.IGNORECASE,
)
_UNSAFE = re.compile(r"<(script|style|iframe)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)


def dumps(value: Any) -> str:
    """Encode as `json_encode` does, with `\\/` and `\\uXXXX` escapes."""
    return json.dumps(value, separators=(",", ":"), default=str).replace("/", "\\/")


def number(value: float) -> int | float:
    """Return a whole float as an int, which is how PHP writes it."""
    return int(value) if float(value).is_integer() else value


def text(value: Any) -> str:
    """Turn a scalar into a PHP string; anything else ends the request."""
    match value:
        case str():
            return value
        case bool():
            return "1" if value else ""
        case int() | float():
            return str(number(value))
        case None:
            return ""
    raise PhpFatal(type(value).__name__)


def boolean(value: Any) -> bool:
    """Read a flag as the store does: yes, true, 1."""
    if isinstance(value, str):
        return value.lower() in {"yes", "true", "1", "on"}
    return bool(value)


def integer(value: Any) -> int:
    """Read an integer the lenient way; what is none becomes 0."""
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def stock_amount(value: Any) -> int | None:
    """Read a quantity; fractions are cut off, text that is no number counts as 0."""
    return None if value is None or value == "" else integer(value)


def decimal_text(value: Any) -> str:
    """Read a price or a weight: dot decimal, everything else stripped; rubbish becomes empty."""
    kept = re.sub(r"[^0-9.\-]", "", text(value))
    try:
        return kept if math.isfinite(float(kept)) else ""
    except ValueError:
        return ""


def slug(value: str) -> str:
    """Make a slug: ASCII, lower case, hyphens."""
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")


def paragraphs(value: str) -> str:
    """Wrap text into paragraphs as `wpautop` does for the front end."""
    if not value.strip():
        return ""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", value.replace("\r\n", "\n"))]
    return "".join(f"{_paragraph(block)}\n" for block in blocks if block)


def _paragraph(block: str) -> str:
    if _BLOCK.match(block):
        return block
    return f"<p>{block.replace(chr(10), '<br />' + chr(10))}</p>"


def texturize(value: str) -> str:
    """Curl apostrophes, the most visible thing `wptexturize` does."""
    return re.sub(r"(?<=\w)'(?=\w)", "&#8217;", value)


def safe_html(value: str) -> str:
    """Strip what a user without the unfiltered_html right may not store."""
    return _UNSAFE.sub("", value)


def decode_entities(value: str) -> str:
    """Decode the five entities that WordPress decodes in a webhook secret."""
    for entity, plain in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&#039;", "'"),
        ("&amp;", "&"),
    ):
        value = value.replace(entity, plain)
    return value
