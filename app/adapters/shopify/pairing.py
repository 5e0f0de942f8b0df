"""Which variant draft is which variant of the shop, and what its options become; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.adapters.shopify import ids
from app.adapters.shopify.items import Item
from app.adapters.types import VariantDraft

Row = Mapping[str, Any]
Choice = Mapping[str, str]


@dataclass(slots=True)
class Pair:
    """A variant draft and the variant it is, if it is one already."""

    draft: VariantDraft
    row: Row | None

    @property
    def gid(self) -> str:
        """Shopify's global id of the variant."""
        return str((self.row or {}).get("id"))


class Steps(Protocol):
    """The part of a plan that changes which variants there are."""

    removals: list[Pair]
    creations: list[tuple[Pair, dict[str, Any]]]


def paired(item: Item) -> list[Pair]:
    """Pair drafts with variants: by id, by our key, by SKU, by what they stand for."""
    rows = item.variants
    by_id = {ids.number(row.get("id")): row for row in rows}
    by_key = {key: row for row in rows if (key := _key_of(row)) is not None}
    by_sku = {str(row["sku"]).casefold(): row for row in rows if row.get("sku")}
    by_choice = {_folded(choice_of(row)): row for row in rows}
    claimed = {variant.external_id for variant in item.draft.variants if variant.external_id}
    pairs = []
    for draft in item.draft.variants:
        if draft.external_id is not None:
            pairs.append(Pair(draft, by_id.get(draft.external_id)))
            continue
        sku, choice = str(draft.values.get("sku") or "").casefold(), draft.values.get("choice")
        row = by_key.get(draft.key) or by_sku.get(sku)
        if row is None and choice:
            row = by_choice.get(_folded(choice))
        if row is None and item.is_simple and not choice:
            row = rows[0] if rows else None
        if row is not None and ids.number(row.get("id")) in claimed:
            row = None
        if row is not None:
            claimed.add(ids.number(row.get("id")) or "")
        pairs.append(Pair(draft, row))
    return pairs


def variant_ids(item: Item) -> dict[str, str]:
    """Return our variant key → their number, for every draft that has its variant."""
    return {
        pair.draft.key: ids.number(pair.row.get("id")) or ""
        for pair in paired(item)
        if pair.row is not None and not pair.draft.is_removed
    }


def _key_of(row: Row) -> str | None:
    found = row.get("ourKey")
    return str(found["value"]) if isinstance(found, Mapping) and found.get("value") else None


def choice_of(row: Row) -> dict[str, str]:
    """Return which option values a variant of the shop stands for."""
    return {str(each["name"]): str(each["value"]) for each in row.get("selectedOptions") or ()}


def _folded(choice: Choice) -> frozenset[tuple[str, str]]:
    return frozenset((_fold(name), _fold(value)) for name, value in choice.items())


def _fold(text: str) -> str:
    return text.strip().casefold()


def offered(
    options: Iterable[Mapping[str, Any]], choices: Iterable[Choice]
) -> list[dict[str, Any]]:
    """Return options in which every value a variant stands for is offered."""
    found = {str(each["name"]): list(each["values"]) for each in options}
    for choice in choices:
        for name, value in choice.items():
            spelled = next((each for each in found if _fold(each) == _fold(name)), name)
            values = found.setdefault(spelled, [])
            if _fold(value) not in {_fold(each) for each in values}:
                values.append(value)
    return [{"name": name, "values": values} for name, values in found.items()]


def shown_options(item: Item) -> list[dict[str, Any]]:
    """Return the options the shop shows; none for a product without."""
    if item.is_simple:
        return []
    return [
        {
            "name": str(option.get("name")),
            "values": [str(each.get("name")) for each in option.get("optionValues") or ()],
        }
        for option in (item.row or {}).get("options") or ()
    ]


def needs_structure(item: Item, wanted: Sequence[Mapping[str, Any]] | None, plan: Steps) -> bool:
    """Tell whether making and deleting variants alone would not bring about the wanted options.

    New variants bring their values along, at the end of the list; values nobody stands for leave
    with their variants.
    """
    removed = {pair.gid for pair in plan.removals}
    choices = [choice_of(row) for row in item.variants if str(row.get("id")) not in removed]
    choices = [] if item.is_simple else choices
    new = [pair.draft.values.get("choice") or {} for pair, _ in plan.creations]
    used = {
        (_fold(name), _fold(value)) for each in [*choices, *new] for name, value in each.items()
    }
    predicted = [
        (option["name"], [v for v in option["values"] if (_fold(option["name"]), _fold(v)) in used])
        for option in offered(shown_options(item), new)
    ]
    asked = [
        (str(option["name"]).strip(), [str(each).strip() for each in option["values"]])
        for option in wanted or ()
    ]
    return predicted != asked


def choices_after(
    item: Item, pairs: Sequence[Pair], wanted: Sequence[Mapping[str, Any]] | None
) -> dict[str, Choice] | None:
    """Return what each present variant will stand for; None where that cannot be said."""
    names = [str(option["name"]) for option in wanted or ()]
    drafts = {pair.gid: pair.draft for pair in pairs if pair.row is not None}
    found: dict[str, Choice] = {}
    for row in item.variants:
        gid = str(row.get("id"))
        draft = drafts.get(gid)
        choice = draft.values.get("choice") if draft is not None else None
        if draft is not None and draft.is_removed:
            continue
        if choice is None:
            choice = _renamed({} if item.is_simple else choice_of(row), names)
        if {_fold(each) for each in choice} != {_fold(each) for each in names}:
            return None
        found[gid] = choice
    return found


def _renamed(choice: Choice, names: Sequence[str]) -> Choice:
    """Carry a choice over to new names of the same options, which keep their places."""
    if {_fold(each) for each in choice} == {_fold(each) for each in names}:
        return choice
    return dict(zip(names, choice.values(), strict=False)) if len(names) == len(choice) else choice
