"""Addresses of our own that a request may name to go on to."""

import re
from typing import Final

_LONGEST: Final = 2000
# Browsers read a backslash as a slash and drop tabs and line breaks: /\t/ would be another site.
_OWN_PATH: Final = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")


def own_path(wanted: str | None) -> str | None:
    """Return an address of ours to go on to, or None for another site's."""
    return wanted if wanted and len(wanted) < _LONGEST and _OWN_PATH.fullmatch(wanted) else None
