"""Pure: wished values of whole products, cleaned; what cannot be taken is named field by field."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.adapters.values import Values
from app.catalog import rules, values
from app.catalog.service.columns import (
    PRODUCT_DEFAULTS,
    VARIANT_DEFAULTS,
    fresh_product,
    fresh_variant,
)
from app.catalog.service.drafts import ProductDraft, ProductState, VariantDraft

Problems = dict[str, str]


def clean_fields(
    given: Values,
    *,
    known: Mapping[str, Any],
    currency: str,
    is_strict: bool = True,
    current: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], Problems]:
    """Return cleaned values and what is wrong; a value that stands already is never refused."""
    cleaned: dict[str, Any] = {}
    problems: Problems = {}
    for name, value in given.items():
        if name not in known:
            problems[name] = f"{values.label(name)} is not a field that can be set here."
            continue
        if value is None and name not in values.NEVER_EMPTY:
            cleaned[name] = known[name]
            continue
        try:
            cleaned[name] = values.clean(name, value, currency=currency, is_strict=is_strict)
        except values.NotTaken as refusal:
            if current is None or value != current.get(name):
                problems[name] = str(refusal)
        except (AttributeError, KeyError, TypeError, ValueError):
            problems[name] = f"{values.label(name)} cannot be read."
    return cleaned, problems


def clean_draft(
    draft: ProductDraft, *, currency: str, is_strict: bool = True
) -> tuple[ProductDraft, Problems]:
    """Return a draft with every field set and clean, and what is wrong with it."""
    cleaned, problems = clean_fields(
        draft.values, known=PRODUCT_DEFAULTS, currency=currency, is_strict=is_strict
    )
    if "title" not in cleaned and "title" not in problems:
        problems["title"] = "A product needs a title."
    variants: list[VariantDraft] = []
    for at, variant in enumerate(draft.variants or (VariantDraft({}),)):
        kept, wrong = clean_fields(
            variant.values, known=VARIANT_DEFAULTS, currency=currency, is_strict=is_strict
        )
        variants.append(VariantDraft({**fresh_variant(), **kept}, variant.id))
        if is_strict:
            wrong = {**values.check_variant(variants[-1].values), **wrong}
        problems.update({f"variants.{at}.{name}": text for name, text in wrong.items()})
    choices = [variant.values["choice"] for variant in variants]
    problems.update(
        _whole_problems(choices, [str(at) for at in range(len(choices))], is_strict=is_strict)
    )
    full = {**fresh_product(), **cleaned}
    full["options"] = rules.merge_options(full["options"], choices)
    return ProductDraft(full, tuple(variants), draft.handle, draft.id), problems


def check_whole(product: ProductState, touched: set[UUID], *, is_strict: bool) -> Problems:
    """Return what is wrong between the fields of a product that was changed."""
    problems: Problems = {}
    if is_strict:
        for key in touched & set(product.variants):
            wrong = values.check_variant(product.variants[key].values)
            problems.update({f"variants.{key}.{name}": text for name, text in wrong.items()})
    if not product.variants:
        problems["variants"] = "A product needs at least one variant."
    keys = [str(key) for key in product.variants]
    choices = [variant.values["choice"] for variant in product.variants.values()]
    problems.update(_whole_problems(choices, keys, is_strict=is_strict and bool(touched)))
    return problems


def _whole_problems(
    choices: list[Mapping[str, str]], keys: list[str], *, is_strict: bool
) -> Problems:
    problems: Problems = {}
    if len(choices) > rules.MAX_VARIANTS:
        problems["variants"] = (
            f"A product takes up to {rules.MAX_VARIANTS:,} variants; this one has {len(choices):,}."
        )
    elif is_strict and len(choices) > 1:
        for at, text in values.check_choices(choices).items():
            problems[f"variants.{keys[at]}.choice"] = text
    return problems
