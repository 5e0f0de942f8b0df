"""Which product of ours a product of a file is, and what the file wants changed of it.

The key of the file (handle, parent SKU) decides first, then the SKUs of the variants. Evidence that
points to two products refuses the item. Variants pair by SKU, then by option values, then because
both sides have only one; a variant the file does not name stays as it is. Rows that are named by
nothing but a SKU, and whose SKU is one of several variants of ours, tell only of that variant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.catalog.files import Dialect, ParsedProduct, Refusal
from app.catalog.imports.keeping import kept_product, kept_variant
from app.catalog.models import Product, Variant
from app.catalog.rules import Layer, sku_key
from app.catalog.service.drafts import (
    ProductChange,
    ProductDraft,
    ProductState,
    VariantDraft,
)
from app.catalog.service.loading import load_products
from app.catalog.service.writing import among
from app.core.work import Work


@dataclass(frozen=True, slots=True)
class Wish:
    """What one product of a file asks for: a new product, or a change of one of ours.

    `pairs` names the variant of ours that stands behind a position of the file's variants.
    """

    parsed: ParsedProduct
    draft: ProductDraft | None = None
    change: ProductChange | None = None
    state: ProductState | None = None
    pairs: Mapping[int, UUID] = field(default_factory=dict)
    is_part: bool = False  # a row that names one variant and says nothing of the product


@dataclass(frozen=True, slots=True)
class Terms:
    """How a file is to be taken: on which layer, in whose words, under which column titles."""

    layer: Layer
    dialect: Dialect
    titles: Mapping[str, str] = field(default_factory=dict)
    import_id: UUID | None = None  # under which history keeps what it changed


Refused = list[tuple[ParsedProduct, Refusal]]


def wishes(work: Work, items: Sequence[ParsedProduct], terms: Terms) -> tuple[list[Wish], Refused]:
    """Match products of a file with ours in a handful of queries."""
    handles = _by_handle(work, [item.key for item in items])
    skus = _by_sku(work, items)
    matched: list[tuple[ParsedProduct, UUID | None]] = []
    refused: Refused = []
    for item in items:
        found, refusal = _match(item, handles.get(item.key), skus)
        if refusal is None:
            matched.append((item, found))
        else:
            refused.append((item, refusal))
    ids = [found for _, found in matched if found is not None]
    states = load_products(work.session, work.organization_id, ids, is_locking=True)
    places: dict[UUID, int] = {}
    made: list[Wish] = []
    for item, found in matched:
        state = states.get(found) if found is not None else None
        if state is None:
            _begin(item, made, refused)
            continue
        wish = _change(item, state, terms, work.now, is_part=_is_part(item, state, handles))
        at = places.setdefault(state.id, len(made))
        if at == len(made):
            made.append(wish)
        elif wish.is_part or made[at].is_part:
            made[at] = _joined(made[at], wish)
        else:
            refused.append((item, _twice(item)))
    return made, refused


def _begin(item: ParsedProduct, made: list[Wish], refused: Refused) -> None:
    if "title" not in item.values:
        refused.append((item, _nameless(item)))
        return
    variants = tuple(VariantDraft(each.values) for each in item.variants)
    draft = ProductDraft(item.values, variants, handle=item.key or None)
    made.append(Wish(item, draft=draft))


def _is_part(item: ParsedProduct, state: ProductState, handles: Mapping[str, UUID]) -> bool:
    """Say whether a row is about one of several variants: found by SKU, named by nothing else."""
    if item.key in handles or len(item.variants) != 1 or len(state.variants) < 2:
        return False
    return item.key == item.variants[0].values.get("sku")


def _by_handle(work: Work, keys: Sequence[str]) -> dict[str, UUID]:
    rows = work.session.execute(
        select(Product.handle, Product.id).where(
            Product.organization_id == work.organization_id,
            among(Product.handle, [key[:255] for key in keys if key]),
        )
    )
    return {handle: key for handle, key in rows if handle is not None}


def _by_sku(work: Work, items: Sequence[ParsedProduct]) -> dict[str, tuple[UUID, str]]:
    keys = {
        key for item in items for each in item.variants if (key := sku_key(each.values.get("sku")))
    }
    if not keys:
        return {}
    rows = work.session.execute(
        select(Variant.sku_key, Product.id, Product.title)
        .join(Product, Product.id == Variant.product_id)
        .where(
            Variant.organization_id == work.organization_id, among(Variant.sku_key, sorted(keys))
        )
    )
    return {key: (product_id, title) for key, product_id, title in rows if key is not None}


def _match(
    item: ParsedProduct, by_handle: UUID | None, skus: Mapping[str, tuple[UUID, str]]
) -> tuple[UUID | None, Refusal | None]:
    chosen = by_handle
    for each in item.variants:
        key = sku_key(each.values.get("sku"))
        owner = skus.get(key) if key else None
        if owner is None:
            continue
        if chosen is None:
            chosen = owner[0]
        elif owner[0] != chosen:
            sku = str(each.values.get("sku"))
            return None, Refusal(
                each.row,
                "SKU",
                f"The SKU “{sku}” belongs to your product “{owner[1]}”, but this row is part of"
                " another one. Give it another SKU, or correct the product there.",
                sku,
            )
    return chosen, None


def _twice(item: ParsedProduct) -> Refusal:
    return Refusal(
        item.rows[0],
        None,
        "Another product of this file is the same product of yours. Merge the two in the file.",
        item.key,
    )


def _nameless(item: ParsedProduct) -> Refusal:
    return Refusal(
        item.rows[0],
        None,
        "This is not in your catalog, and the file has no column with titles to create it from.",
        item.key,
    )


def _change(
    item: ParsedProduct, state: ProductState, terms: Terms, now: datetime, *, is_part: bool
) -> Wish:
    pairs = _pair_variants(item, state)
    change = ProductChange(
        state.id,
        {} if is_part else kept_product(terms.dialect, item.values, state.values),
        variants={
            key: kept_variant(
                terms.dialect, item.variants[at].values, state.variants[key].values, now
            )
            for at, key in pairs.items()
        },
        new_variants=tuple(
            VariantDraft(each.values) for at, each in enumerate(item.variants) if at not in pairs
        ),
    )
    return Wish(item, change=change, state=state, pairs=pairs, is_part=is_part)


def _joined(one: Wish, other: Wish) -> Wish:
    """Return one wish for rows that name variants of the same product."""
    a, b, first, second = one.parsed, other.parsed, one.change, other.change
    if first is None or second is None:
        raise ValueError("Only changes of a product can be joined.")
    parsed = replace(
        a,
        rows=(*a.rows, *b.rows),
        variants=(*a.variants, *b.variants),
        warnings=(*a.warnings, *b.warnings),
        row_kinds={**a.row_kinds, **b.row_kinds},
    )
    change = replace(
        first,
        values={**first.values, **second.values},
        variants={**first.variants, **second.variants},
        new_variants=(*first.new_variants, *second.new_variants),
    )
    moved = {at + len(a.variants): key for at, key in other.pairs.items()}
    return Wish(
        parsed,
        change=change,
        state=one.state,
        pairs={**one.pairs, **moved},
        is_part=one.is_part and other.is_part,
    )


def _pair_variants(item: ParsedProduct, state: ProductState) -> dict[int, UUID]:
    """Return position in the file → our variant, each at most once."""
    free: dict[UUID, Mapping[str, Any]] = {key: each.values for key, each in state.variants.items()}
    pairs: dict[int, UUID] = {}
    for key_of in (_sku_of, _choice_of, _folded_choice_of):
        ours: dict[Any, list[UUID]] = {}
        for key, values in free.items():
            if (named := key_of(values)) is not None:
                ours.setdefault(named, []).append(key)
        for at, each in enumerate(item.variants):
            named = key_of(each.values)
            if at in pairs or named is None or len(ours.get(named, ())) != 1:
                continue
            pairs[at] = ours.pop(named)[0]
            free.pop(pairs[at], None)
    if len(item.variants) == len(state.variants) == 1 and not pairs:
        pairs[0] = next(iter(state.variants))
    return pairs


def _sku_of(values: Mapping[str, Any]) -> str | None:
    return sku_key(values.get("sku"))


def _choice_of(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    choice = values.get("choice")
    if choice is None:
        return None
    return tuple(sorted((str(name), str(value)) for name, value in choice.items()))


def _folded_choice_of(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    choice = _choice_of(values)
    if choice is None:
        return None
    return tuple(sorted((name.casefold(), value.casefold()) for name, value in choice))
