"""How WooCommerce's cells are read where they differ from everybody else's."""

from collections.abc import Callable
from typing import Final

from app.catalog.files.cells import (
    GRAMS,
    MILLIMETRES,
    BadCell,
    flag,
    listed,
    quantity,
    unguarded,
    unit_of,
)
from app.catalog.files.draft import LIMITS, Parser, body

_STATUSES: Final = {"1": "active", "0": "inactive", "-1": "draft"}
PARENT: Final = "parent"


def known_unit(word: str | None, default: str) -> str:
    try:
        unit = unit_of(word or default)
    except BadCell:
        return default
    return unit if unit in GRAMS or unit in MILLIMETRES else default


def status(cell: str) -> str | None:
    word = cell.strip()
    if not word:
        return None
    if word in _STATUSES:
        return _STATUSES[word]
    return "active" if flag(word) else "inactive"


def brand(cell: str) -> str | None:
    brands = listed(unguarded(cell))
    if brands and len(brands[0]) > LIMITS["brand"]:
        raise BadCell(f"This is longer than {LIMITS['brand']} characters.")
    return brands[0] if brands else None


def stock(cell: str, decimal: str | None = None) -> int | str | None:
    if not cell:
        return None
    return PARENT if cell.strip().casefold() == PARENT else quantity(cell, decimal)


def backorders(cell: str) -> str:
    word = cell.strip().casefold()
    if word == "notify":
        return word
    return "yes" if flag(word) else "no"


def described(limit: int, clean: Callable[[str], str] | None) -> Parser:
    """Make a reader of descriptions, in which WooCommerce writes a line's end as \\n."""
    read = body(limit, None)

    def parse(cell: str) -> str | None:
        found: str | None = read(cell)
        if found is None:
            return None
        if "\\n" in found:
            parts = (part.replace("\\n", "\n") for part in found.split("\\\\n"))
            found = "\\n".join(parts)
        return clean(found) if clean else found

    return parse
