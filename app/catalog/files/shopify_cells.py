"""How Shopify's cells are read where they differ from everybody else's."""

from decimal import Decimal

from app.catalog.files.cells import BadCell, flag, number
from app.catalog.files.draft import LIMITS, text

_line = text(LIMITS["sku"])


def sku(cell: str) -> str | None:
    """Read a SKU; Shopify puts a ' before figures, so that spreadsheets keep their zeros."""
    word: str | None = _line(cell)
    return word[1:] if word and word[0] == "'" and word[1:].isdigit() else word


def is_default(values: list[str]) -> bool:
    return {value.casefold() for value in values} <= {"default title", "default", ""}


def backorders(cell: str) -> str:
    word = cell.strip().casefold()
    if word in ("continue", "deny", ""):
        return "yes" if word == "continue" else "no"
    return "yes" if flag(word) else "no"


def plain_grams(cell: str) -> str:
    if not cell:
        return ""
    grams = number(cell)
    if grams < Decimal(0):
        raise BadCell(f"“{cell}” is below zero.")
    return str(grams)
