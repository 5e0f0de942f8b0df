"""Products created and changed, one or a thousand at a time.

A change applies only real differences. Layers lie over each other (source < AI < manual): a write
under a manual edit changes its layer and nothing that anybody sees. Each product that changed
effectively gets one version, one line of history per field, and one fact for the channels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from app.adapters.values import Values
from app.catalog import rules
from app.catalog.errors import InvalidProducts, StaleProduct
from app.catalog.events import ProductChanged, ProductsCreated
from app.catalog.rules import Layer
from app.catalog.service import history, saving
from app.catalog.service.applying import Applied, Entry, apply_change, first_layers
from app.catalog.service.cleaning import clean_draft
from app.catalog.service.drafts import (
    Cause,
    Changed,
    ProductChange,
    ProductDraft,
    ProductState,
    VariantDraft,
    VariantState,
)
from app.catalog.service.loading import lock_products, organization_currency
from app.catalog.service.pictures import resolve_pictures
from app.catalog.service.wanted import said, wanted_units
from app.core.db import new_id
from app.core.work import Work

_FEW: Final = 20  # more products changed at once are mass work: a single edit may overtake them


def create_product(work: Work, draft: ProductDraft, *, origin: str) -> UUID:
    """Create one product; raises InvalidProducts, SkuTaken or HandleTaken."""
    return create_products(work, [draft], origin=origin)[0]


def create_products(
    work: Work,
    drafts: Sequence[ProductDraft],
    *,
    origin: str,
    layer: Layer | None = None,
    connection_id: UUID | None = None,
    run_id: UUID | None = None,
) -> list[UUID]:
    """Create products with their variants; raises InvalidProducts, SkuTaken or HandleTaken."""
    if not drafts:
        return []
    cause = Cause(origin, layer or rules.ORIGIN_LAYERS[origin], connection_id, run_id)
    currency = organization_currency(work.session, work.organization_id)
    cleaned = _clean(resolve_pictures(work, drafts), currency, cause)
    products = [_new_product(draft, cause, work) for draft in cleaned]
    saving.check_skus(work, products, fresh=_new_sku_fields(products))
    saving.choose_handles(work, products)
    saving.insert_products(work, products, cause, currency)
    chosen = cause.layer or Layer.SOURCE
    entries = [(p.id, 1, Entry("created", None, p.values["title"], chosen)) for p in products]
    history.record(work, entries, cause)
    ids = [product.id for product in products]
    work.emit(ProductsCreated(tuple(ids), connection_id))
    saving.touch(work, ids)
    return ids


def _clean(drafts: Iterable[ProductDraft], currency: str, cause: Cause) -> list[ProductDraft]:
    cleaned, problems = [], {}
    for at, draft in enumerate(drafts):
        kept, wrong = clean_draft(draft, currency=currency, is_strict=cause.is_strict)
        cleaned.append(kept)
        if wrong:
            problems[at] = wrong
    if problems:
        raise InvalidProducts(problems)
    return cleaned


def _new_product(draft: ProductDraft, cause: Cause, work: Work) -> ProductState:
    product = ProductState(
        id=draft.id or new_id(),
        version=1,
        handle=draft.handle.strip()[:255] if draft.handle else None,
        is_excluded=False,
        values=dict(draft.values),
        layers=first_layers(draft.values, cause.layer),
        updated_at=work.now,
    )
    for position, variant in enumerate(draft.variants):
        key = variant.id or new_id()
        product.variants[key] = VariantState(
            key, position, dict(variant.values), first_layers(variant.values, cause.layer)
        )
    return product


def _new_sku_fields(products: Sequence[ProductState]) -> dict[UUID, str]:
    return {
        key: f"variants.{at}.sku" for product in products for at, key in enumerate(product.variants)
    }


def change_product(work: Work, change: ProductChange, *, origin: str) -> Changed:
    """Change one product; raises NotFound, StaleProduct, InvalidProducts or SkuTaken."""
    return change_products(work, [change], origin=origin)[0]


def change_products(
    work: Work,
    changes: Sequence[ProductChange],
    *,
    origin: str,
    layer: Layer | None = None,
    connection_id: UUID | None = None,
    run_id: UUID | None = None,
) -> list[Changed]:
    """Apply real differences. Without a layer: sync writes on top, others as their origin says.

    Raises NotFound, StaleProduct, InvalidProducts (by position in `changes`) or SkuTaken.
    """
    if not changes:
        return []
    chosen = None if origin == "sync" else layer or rules.ORIGIN_LAYERS[origin]
    cause = Cause(origin, chosen, connection_id, run_id)
    products = lock_products(work, [change.product_id for change in changes])
    _refuse_stale(changes, products)
    currency = organization_currency(work.session, work.organization_id)
    wished = resolve_pictures(work, changes)
    done = [apply_change(products[c.product_id], c, cause, currency=currency) for c in wished]
    _keep_wanted(work, done)
    if problems := {at: each.problems for at, each in enumerate(done) if each.problems}:
        raise InvalidProducts(problems)
    _check_skus(work, wished, done)
    written = [each for each in done if each.is_written]
    for each in written:
        if each.is_effective:
            each.product.version += 1
            each.product.updated_at = work.now
    saving.save_changes(work, written, cause, currency)
    _tell(work, written, cause)
    return [_changed(each) for each in done]


def _refuse_stale(changes: Sequence[ProductChange], products: Mapping[UUID, ProductState]) -> None:
    for change in changes:
        product = products[change.product_id]
        if change.expected_version in (None, product.version):
            continue
        there = product.snapshot()
        raise StaleProduct(
            product.id,
            version=product.version,
            ours={"values": dict(change.values), "variants": dict(change.variants)},
            theirs={"values": there.values, "variants": there.variants},
        )


def _keep_wanted(work: Work, done: Sequence[Applied]) -> None:
    removed = [key for each in done for key in each.removed_ids]
    units = wanted_units(work.session, removed)
    for each in done:
        each.problems |= {
            f"variants.{key}.sku": said(units[key]) for key in each.removed_ids if key in units
        }


def _check_skus(work: Work, changes: Sequence[ProductChange], done: Sequence[Applied]) -> None:
    fresh: dict[UUID, str] = {}
    for each in done:
        for key, names in each.variant_fields.items():
            if "sku" in names:
                fresh[key] = f"variants.{key}.sku"
        fresh.update({key: f"new.{at}.sku" for at, key in enumerate(each.new_ids)})
    if fresh:
        gone = [key for each in done for key in each.removed_ids]
        saving.check_skus(work, [each.product for each in done], fresh=fresh, gone=gone)


def _tell(work: Work, done: Sequence[Applied], cause: Cause) -> None:
    history.record(
        work, ((a.product.id, a.product.version, entry) for a in done for entry in a.entries), cause
    )
    effective = [each for each in done if each.is_effective]
    for each in effective:
        names = dict.fromkeys(each.fields)
        names.update(dict.fromkeys(n for ns in each.variant_fields.values() for n in ns))
        if each.new_ids or each.removed_ids:
            names["variants"] = None
        work.emit(
            ProductChanged(
                each.product.id,
                tuple(names),
                (*each.variant_fields, *each.new_ids),
                cause.connection_id,
                is_mass=len(effective) > _FEW,
                is_undo=cause.origin == "undo",
            )
        )
    if effective:
        saving.touch(work, [each.product.id for each in effective])


def _changed(each: Applied) -> Changed:
    return Changed(
        product_id=each.product.id,
        version=each.product.version,
        fields=tuple(each.fields),
        variant_fields={key: tuple(names) for key, names in each.variant_fields.items()},
        new_variant_ids=tuple(each.new_ids),
        removed_variant_ids=tuple(each.removed_ids),
    )


def draft_of(values: Values, variants: Sequence[Values] = (), **named: Any) -> ProductDraft:
    """Return a draft from plain mappings."""
    return replace(ProductDraft(values, tuple(VariantDraft(each) for each in variants)), **named)
