"""The columns of a file with no known dialect: what each may become, and what a person chose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.catalog import values
from app.catalog.files import (
    ColumnMapping,
    Dialect,
    FileFacts,
    UnreadableFile,
    suggest,
    with_ignored,
)
from app.catalog.models import Import

_SAMPLES: Final = 3
_SAMPLE_LENGTH: Final = 60
_CURRENCIES: Final = ("USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "JPY")
_PRODUCT: Final = (
    "title", "description", "short_description", "status", "brand", "condition", "categories",
    "tags",
)  # fmt: skip
_VARIANT: Final = (
    "sku", "gtin", "mpn", "price", "sale_price", "sale_from", "sale_to", "cost", "quantity",
    "backorders", "weight", "length", "width", "height",
)  # fmt: skip
_REPEATABLE: Final = ("images",)

Group = tuple[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column with what it holds in the first rows, and what becomes of it."""

    name: str  # of the input
    title: str
    sample: str
    is_read: bool
    target: str
    groups: Sequence[Group]
    error: str | None


def column_rows(
    row: Import,
    facts: FileFacts,
    chosen: Mapping[str, str] | None,
    problems: Mapping[str, str],
) -> list[ColumnRow]:
    """Return the columns in the order of the file; a kept or suggested mapping is filled in."""
    is_generic = facts.dialect is Dialect.GENERIC
    targets: Mapping[str, str] = {}
    if is_generic:
        targets = chosen if chosen is not None else _kept(row, facts)
    ignored = set(() if is_generic else _unread(facts))
    return [
        ColumnRow(
            name=f"column-{at}",
            title=title,
            sample=_sample(facts, at),
            is_read=title not in ignored,
            target=targets.get(title, ""),
            groups=_groups(title, targets.get(title, "")) if is_generic else (),
            error=problems.get(title),
        )
        for at, title in enumerate(facts.header)
    ]


def _unread(facts: FileFacts) -> tuple[str, ...]:
    try:
        return with_ignored(facts).ignored
    except UnreadableFile:
        return facts.ignored


def _kept(row: Import, facts: FileFacts) -> Mapping[str, str]:
    mapping = ColumnMapping.from_json(row.mapping) if row.mapping else suggest(facts.header)
    return mapping.columns


def _sample(facts: FileFacts, at: int) -> str:
    cells = [cells[at].strip() for cells in facts.sample_rows if at < len(cells)]
    found = list(dict.fromkeys(cell[:_SAMPLE_LENGTH] for cell in cells if cell))
    return " · ".join(found[:_SAMPLES])


def _groups(title: str, target: str) -> list[Group]:
    names = [title]
    kind, _, named = target.partition(":")
    if kind in ("option", "attribute") and named and named not in names:
        names.insert(0, named)
    further = [
        *((f"option:{name}", f"Option “{name}”") for name in names),
        *((f"attribute:{name}", f"Attribute “{name}”") for name in names),
    ]
    currencies = list(_CURRENCIES)
    if kind in ("price", "sale_price") and named and named not in currencies:
        currencies.insert(0, named)
    return [
        ("Product", [("key", "Product key: rows with the same one belong together"),
                     *((name, values.label(name)) for name in _PRODUCT)]),
        ("Variant", [(name, values.label(name)) for name in _VARIANT]),
        ("Pictures", [("images", "Picture addresses"), ("image_alt", "Picture text")]),
        ("Options and attributes", further),
        ("Prices in other currencies", [
            *((f"price:{code}", f"Price in {code}") for code in currencies),
            *((f"sale_price:{code}", f"Sale price in {code}") for code in currencies),
        ]),
    ]  # fmt: skip


def read_columns(
    row: Import, facts: FileFacts, given: Mapping[str, str]
) -> tuple[dict[str, str] | None, dict[str, str]]:
    """Return column → target as chosen (None: this file needs no mapping), and what is wrong."""
    if facts.dialect is not Dialect.GENERIC:
        return None, {}
    chosen: dict[str, str] = {}
    problems: dict[str, str] = {}
    for each in column_rows(row, facts, None, {}):
        target = given.get(each.name, "")
        if not target:
            continue
        if target not in {key for _, choices in each.groups for key, _ in choices}:
            problems[each.title] = "Choose one of the fields."
        elif target in chosen.values() and target not in _REPEATABLE:
            other = next(title for title, taken in chosen.items() if taken == target)
            problems[each.title] = f"The column “{other}” holds this already."
        chosen[each.title] = target
    return chosen, problems
