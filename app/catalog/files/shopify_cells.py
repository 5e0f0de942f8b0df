"""How Shopify's cells are read where they differ from everybody else's."""

from decimal import Decimal

from app.catalog.files.cells import BadCell, flag, number


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
