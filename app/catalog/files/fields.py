"""How the cells of our own fields are read, for files whose columns we name or a person names."""

from functools import partial
from typing import Any, Final

from app.adapters.values import BACKORDERS, PRODUCT_STATUSES
from app.catalog.files.cells import (
    BadCell,
    flag,
    listed,
    measure,
    moment,
    money_reader,
    path,
    quantity,
    shown,
    unguarded,
    unique,
)
from app.catalog.files.draft import (
    LIMITS,
    Parser,
    body,
    bounded,
    category_set,
    condition,
    text,
)
from app.catalog.files.types import ImportOptions

MEASURES: Final = ("weight", "length", "width", "height")
_STATUS_WORDS: Final = {
    **{status: status for status in PRODUCT_STATUSES},
    **dict.fromkeys(("published", "publish", "live", "enabled", "aktiv", "yes", "1"), "active"),
    **dict.fromkeys(("true", "ja", "visible", "online", "available"), "active"),
    **dict.fromkeys(("hidden", "disabled", "inaktiv", "no", "0", "false", "private"), "inactive"),
    **dict.fromkeys(("nein", "unpublished", "offline", "unlisted"), "inactive"),
    **dict.fromkeys(("entwurf", "pending", "incomplete", "-1"), "draft"),
    **dict.fromkeys(("archiviert", "deleted", "discontinued"), "archived"),
}


def status(cell: str) -> str | None:
    """Read a status in the words people use; blank is None."""
    word = cell.strip().casefold()
    if not word:
        return None
    if word not in _STATUS_WORDS:
        raise BadCell(f"{shown(cell)} is none of {', '.join(PRODUCT_STATUSES)}.")
    return _STATUS_WORDS[word]


def backorders(cell: str) -> str:
    """Read whether more may be sold than there is; blank is no."""
    word = cell.strip().casefold()
    if word in BACKORDERS:
        return word
    if word in ("continue", "deny"):
        return "yes" if word == "continue" else "no"
    return "yes" if flag(word) else "no"


def product_parsers(options: ImportOptions, separator: str = ",") -> dict[str, Parser]:
    """Return how product fields are read."""
    clean = options.clean_html

    def words(cell: str) -> list[str]:
        return unique(listed(unguarded(cell), separator))

    return {
        "title": text(LIMITS["title"]),
        "description": body(LIMITS["description"], clean),
        "short_description": body(LIMITS["short_description"], clean),
        "status": status,
        "brand": text(LIMITS["brand"]),
        "condition": condition,
        "categories": lambda cell: category_set([path(word) for word in words(cell)]),
        "tags": lambda cell: bounded(words(cell)),
    }


def variant_parsers(options: ImportOptions) -> dict[str, Parser]:
    """Return how variant fields are read, but for GTIN, options and pictures."""
    amount = money_reader(options.currency, options.decimal)
    day = partial(moment, zone=options.zone, is_day_first=options.is_day_first)

    def in_unit(unit: str) -> Parser:
        return partial(measure, unit=unit, decimal=options.decimal)

    lengths = {name: in_unit(options.length_unit) for name in MEASURES[1:]}
    return {
        "sku": text(LIMITS["sku"]),
        "mpn": text(LIMITS["mpn"]),
        "price": amount,
        "sale_price": amount,
        "cost": amount,
        "sale_from": day,
        "sale_to": partial(day, is_end=True),
        "quantity": lambda cell: quantity(cell, options.decimal) if cell.strip() else None,
        "backorders": backorders,
        "weight": in_unit(options.weight_unit),
        **lengths,
    }


def foreign_amount(currency: str, options: ImportOptions) -> Parser:
    """Return how an amount of a further currency is read."""
    return money_reader(currency, options.decimal)


def further_prices(values: dict[str, Any]) -> None:
    """Gather "price:EUR" and "sale_price:EUR" into `prices`."""
    found: dict[str, dict[str, Any]] = {}
    for name in [name for name in values if ":" in name]:
        field, _, currency = name.partition(":")
        found.setdefault(currency, {"price": None, "sale_price": None})[field] = values.pop(name)
    if found:
        values["prices"] = {
            currency: pair for currency, pair in found.items() if any(pair.values())
        }
