"""Which product of ours a product of a file is, and what the file wants changed of it.

The key of the file (handle, parent SKU) decides first, then the SKUs of the variants. Evidence that
points to two products refuses the item. Variants pair by SKU, then by option values, then because
both sides have only one; a variant the file does not name stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.catalog.files import ParsedProduct, Refusal
from app.catalog.models import Product, Variant
from app.catalog.rules import sku_key
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
    """What one product of a file asks for: a new product, or a change of one of ours."""

    parsed: ParsedProduct
    draft: ProductDraft | None = None
    change: ProductChange | None = None
    state: ProductState | None = None


def wishes(
    work: Work, items: Sequence[ParsedProduct]
) -> tuple[list[Wish], list[tuple[ParsedProduct, Refusal]]]:
    """Match products of a file with ours in a handful of queries."""
    handles = _by_handle(work, [item.key for item in items])
    skus = _by_sku(work, items)
    matched: list[tuple[ParsedProduct, UUID | None]] = []
    refused: list[tuple[ParsedProduct, Refusal]] = []
    for item in items:
        found, refusal = _match(item, handles.get(item.key), skus)
        if refusal is None:
            matched.append((item, found))
        else:
            refused.append((item, refusal))
    ids = [found for _, found in matched if found is not None]
    states = load_products(work.session, work.organization_id, ids, is_locking=True)
    taken: set[UUID] = set()
    made = []
    for item, found in matched:
        if found is not None and found in taken:
            refused.append((item, _twice(item)))
            continue
        if found is not None:
            taken.add(found)
        made.append(_wish(item, states.get(found) if found is not None else None))
    return made, refused


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


def _wish(item: ParsedProduct, state: ProductState | None) -> Wish:
    if state is None:
        variants = tuple(VariantDraft(each.values) for each in item.variants)
        return Wish(item, draft=ProductDraft(item.values, variants, handle=item.key or None))
    pairs = _pair_variants(item, state)
    change = ProductChange(
        state.id,
        item.values,
        variants={key: item.variants[at].values for at, key in pairs.items()},
        new_variants=tuple(
            VariantDraft(each.values) for at, each in enumerate(item.variants) if at not in pairs
        ),
    )
    return Wish(item, change=change, state=state)


def _pair_variants(item: ParsedProduct, state: ProductState) -> dict[int, UUID]:
    """Return position in the file → our variant, each at most once."""
    free: dict[UUID, Mapping[str, Any]] = {key: each.values for key, each in state.variants.items()}
    pairs: dict[int, UUID] = {}
    for key_of in (_sku_of, _choice_of):
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
    choice = values.get("choice") or {}
    named = sorted((str(k).casefold(), str(v).casefold()) for k, v in choice.items())
    return tuple(named) or None
