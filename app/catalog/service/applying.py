"""Pure: a wished change laid over a product; what came of it, for rows, history and news."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from app.catalog import rules, values
from app.catalog.rules import Layer, Layers
from app.catalog.service.cleaning import Problems, check_whole, clean_fields
from app.catalog.service.columns import PRODUCT_DEFAULTS, VARIANT_DEFAULTS, fresh_variant
from app.catalog.service.drafts import (
    Cause,
    ProductChange,
    ProductState,
    VariantDraft,
    VariantState,
)
from app.core.db import new_id

OF_KIT: Final = "The stock of a kit follows from its components. Adjust those."


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of history."""

    field: str
    old: Any
    new: Any
    layer: Layer
    variant_id: UUID | None = None


@dataclass(slots=True)
class Applied:
    """What a change did to a product in memory."""

    product: ProductState
    entries: list[Entry] = field(default_factory=list)
    problems: Problems = field(default_factory=dict)
    fields: dict[str, None] = field(default_factory=dict)
    variant_fields: dict[UUID, list[str]] = field(default_factory=dict)
    rewritten: set[UUID] = field(default_factory=set)  # variants whose row differs, layers included
    new_ids: list[UUID] = field(default_factory=list)
    removed_ids: list[UUID] = field(default_factory=list)
    has_new_layers: bool = False

    @property
    def is_effective(self) -> bool:
        """Whether a reader sees a difference."""
        return bool(self.fields or self.variant_fields or self.new_ids or self.removed_ids)

    @property
    def is_written(self) -> bool:
        """Whether any row differs."""
        return self.is_effective or self.has_new_layers or bool(self.rewritten)


def apply_change(
    product: ProductState, change: ProductChange, cause: Cause, *, currency: str
) -> Applied:
    """Change a product in memory; problems are collected, and then nothing may be written."""
    done = Applied(product)
    cleaned, wrong = clean_fields(
        change.values,
        known=PRODUCT_DEFAULTS,
        currency=currency,
        is_strict=cause.is_strict,
        current=product.values,
    )
    done.problems.update(wrong)
    for name, value in cleaned.items():
        product.layers = _apply_field(done, name, value, cause, layers=product.layers)
    _remove_variants(done, change)
    for variant_id, wished in change.variants.items():
        _change_variant(done, variant_id, wished, cause, currency=currency)
    for at, draft in enumerate(change.new_variants):
        _add_variant(done, at, draft, cause, currency=currency)
    _reorder(done, change)
    _follow_options(done, cause)
    touched = {*done.variant_fields, *done.new_ids}
    done.problems.update(check_whole(product, touched, is_strict=cause.is_strict))
    return done


def _apply_field(
    done: Applied,
    name: str,
    new: Any,
    cause: Cause,
    *,
    layers: Layers,
    variant: VariantState | None = None,
) -> Layers:
    holder = variant.values if variant else done.product.values
    old = holder[name]
    at = cause.layer or rules.top_layer(layers, name, default=Layer.SOURCE)
    if values.same(name, _on_layer(layers, name, at, old), new):
        return layers
    effective, kept = rules.write_layer(layers, name, old, new, layer=at)
    if not values.same(name, old, effective):
        holder[name] = effective
        done.entries.append(Entry(name, old, effective, at, variant.id if variant else None))
        if variant:
            done.variant_fields.setdefault(variant.id, []).append(name)
        else:
            done.fields[name] = None
    if variant:
        done.rewritten.add(variant.id)
    elif kept != layers:
        done.has_new_layers = True
    return kept


def _on_layer(layers: Layers, name: str, at: Layer, effective: Any) -> Any:
    """Return what a layer says now; a layer that says nothing is compared with what is seen."""
    return layers.get(name, {}).get(at.value, effective) if name in layers else effective


def _remove_variants(done: Applied, change: ProductChange) -> None:
    for variant_id in change.removed_variants:
        variant = done.product.variants.pop(variant_id, None)
        if variant is None:
            continue
        done.removed_ids.append(variant_id)
        done.entries.append(
            Entry("variant", _brief(variant.values), None, Layer.MANUAL, variant_id)
        )


def _change_variant(
    done: Applied, variant_id: UUID, wished: Mapping[str, Any], cause: Cause, *, currency: str
) -> None:
    variant = done.product.variants.get(variant_id)
    if variant is None:
        done.problems[f"variants.{variant_id}"] = "This variant does not exist any more."
        return
    cleaned, wrong = clean_fields(
        wished,
        known=VARIANT_DEFAULTS,
        currency=currency,
        is_strict=cause.is_strict,
        current=variant.values,
    )
    done.problems.update({f"variants.{variant_id}.{name}": text for name, text in wrong.items()})
    if (
        variant.is_kit
        and cleaned.get("quantity", variant.values["quantity"]) != (variant.values["quantity"])
    ):
        cleaned.pop("quantity")
        if cause.is_strict:
            done.problems[f"variants.{variant_id}.quantity"] = OF_KIT
    for name, value in cleaned.items():
        variant.layers = _apply_field(
            done, name, value, cause, layers=variant.layers, variant=variant
        )


def _add_variant(
    done: Applied, at: int, draft: VariantDraft, cause: Cause, *, currency: str
) -> None:
    cleaned, wrong = clean_fields(
        draft.values, known=VARIANT_DEFAULTS, currency=currency, is_strict=cause.is_strict
    )
    done.problems.update({f"new.{at}.{name}": text for name, text in wrong.items()})
    variant_id = draft.id or new_id()
    position = max((v.position for v in done.product.variants.values()), default=-1) + 1
    full = {**fresh_variant(), **cleaned}
    layers = first_layers(cleaned, cause.layer)
    done.product.variants[variant_id] = VariantState(variant_id, position, full, layers)
    done.new_ids.append(variant_id)
    done.entries.append(
        Entry("variant", None, _brief(full), cause.layer or Layer.SOURCE, variant_id)
    )


def _brief(known: Mapping[str, Any]) -> dict[str, Any]:
    return {"sku": known["sku"], "choice": known["choice"], "price": known["price"]}


def _reorder(done: Applied, change: ProductChange) -> None:
    if not change.variant_order:
        return
    place = {key: at for at, key in enumerate(change.variant_order)}
    ordered = sorted(
        done.product.variants.values(), key=lambda v: (place.get(v.id, len(place)), v.position)
    )
    for position, variant in enumerate(ordered):
        if variant.position != position:
            variant.position = position
            done.rewritten.add(variant.id)
    done.product.variants = {variant.id: variant for variant in ordered}


def _follow_options(done: Applied, cause: Cause) -> None:
    """Let the options list every value that the variants use."""
    product = done.product
    old = product.values["options"]
    choices = [variant.values["choice"] for variant in product.variants.values()]
    new = rules.merge_options(old, choices)
    if new != old:
        product.values["options"] = new
        done.entries.append(Entry("options", old, new, cause.layer or Layer.SOURCE))
        done.fields["options"] = None


def first_layers(given: Mapping[str, Any], layer: Layer | None) -> Layers:
    """Return the layers of new values: a person's words are marked, a source's are the ground."""
    if layer in (None, Layer.SOURCE):
        return {}
    return {
        name: {layer.value: value}
        for name, value in given.items()
        if name not in rules.UNLAYERED and value not in (None, [], {})
    }
