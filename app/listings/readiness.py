"""What is missing before a product may be published on a channel, in a merchant's words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from app.adapters.values import FIELDS, PRODUCT_STATUSES, Value, Values
from app.catalog.identifiers import gtin_problem

_GONE: Final = PRODUCT_STATUSES[-1]


class Limits(Protocol):
    """What a channel carries and bears; adapters.port.Capabilities is one."""

    @property
    def product_fields(self) -> frozenset[str]:
        """Fields of products."""

    @property
    def variant_fields(self) -> frozenset[str]:
        """Fields of variants."""

    @property
    def max_images(self) -> int | None:
        """How many pictures a product may have there."""

    @property
    def max_variants(self) -> int | None:
        """How many variants a product may have there."""

    @property
    def max_lengths(self) -> Mapping[str, int]:
        """Field → how many characters it may have there."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something missing or wrong; one that does not block is worth a look."""

    field: str
    sentence: str
    variant_key: str | None = None
    is_blocking: bool = True


def gaps(
    values: Values,
    variants: Mapping[str, Values],
    limits: Limits,
    *,
    currency: str | None = None,
) -> list[Gap]:
    """List what stands between a product and its listing; blocking ones first.

    `currency` is what the shop sells in; None: it names none.
    """
    found = [
        *_product_gaps(values, limits),
        *_variant_count_gaps(variants, limits),
        *_option_gaps(values, variants, limits),
        *_sku_gaps(variants, limits),
    ]
    for key, held in variants.items():
        found += _variant_gaps(key, held, limits, currency)
    return sorted(found, key=lambda gap: not gap.is_blocking)


def is_ready(found: Sequence[Gap]) -> bool:
    """Tell whether nothing blocks."""
    return not any(gap.is_blocking for gap in found)


def _product_gaps(values: Values, limits: Limits) -> Iterator[Gap]:
    if not _text(values.get("title")):
        yield Gap("title", "Give the product a title.")
    if values.get("status") == _GONE:
        yield Gap("status", "The product is archived. Restore it before you publish it.")
    if "description" in limits.product_fields and not _text(values.get("description")):
        yield Gap("description", "Shoppers see no description.", is_blocking=False)
    yield from _length_gaps(None, values, limits)
    yield from _picture_gaps(values.get("images") or (), limits)


def _picture_gaps(images: Sequence[Any], limits: Limits) -> Iterator[Gap]:
    if "images" not in limits.product_fields:
        return
    if not images:
        yield Gap("images", "Shoppers see no picture.", is_blocking=False)
    most = limits.max_images
    if most is not None and len(images) > most:
        sentence = f"The channel takes {most} pictures; this product has {len(images)}."
        yield Gap("images", f"{sentence} Only the first {most} are sent.", is_blocking=False)


def _length_gaps(key: str | None, values: Values, limits: Limits) -> Iterator[Gap]:
    for name, most in limits.max_lengths.items():
        value = values.get(name)
        if isinstance(value, str) and len(value) > most:
            label = FIELDS[name].label if name in FIELDS else name
            sentence = f"{label} may have {most} characters on this channel; it has {len(value)}."
            yield Gap(name, sentence, key)


def _variant_count_gaps(variants: Mapping[str, Values], limits: Limits) -> Iterator[Gap]:
    if not variants:
        yield Gap("variants", "Add at least one variant: it carries price and stock.")
    most = limits.max_variants
    if most is not None and len(variants) > most:
        yield Gap("variants", f"The channel takes {most} variants; there are {len(variants)}.")


def _option_gaps(values: Values, variants: Mapping[str, Values], limits: Limits) -> Iterator[Gap]:
    if len(variants) < 2 or "choice" not in limits.variant_fields:
        return
    names = [option["name"] for option in values.get("options") or ()]
    if not names:
        yield Gap("options", "Several variants need an option that tells them apart, such as Size.")
        return
    choices = {key: _choice(held.get("choice")) for key, held in variants.items()}
    for key, chosen in choices.items():
        for name in (name for name in names if name.strip().casefold() not in chosen):
            yield Gap("choice", f"This variant has no value for “{name}”.", key)
    yield from _twin_gaps(choices)


def _twin_gaps(choices: Mapping[str, Mapping[str, str]]) -> Iterator[Gap]:
    folded = {
        key: tuple(sorted((name, value.casefold()) for name, value in chosen.items()))
        for key, chosen in choices.items()
    }
    counts = Counter(folded.values())
    for key, chosen in choices.items():
        if chosen and counts[folded[key]] > 1:
            spelled = ", ".join(chosen.values())
            yield Gap("choice", f"More than one variant stands for “{spelled}”.", key)


def _choice(choice: Mapping[str, str] | None) -> dict[str, str]:
    return {
        name.strip().casefold(): _text(value)
        for name, value in (choice or {}).items()
        if _text(value)
    }


def _sku_gaps(variants: Mapping[str, Values], limits: Limits) -> Iterator[Gap]:
    if "sku" not in limits.variant_fields:
        return
    skus = {key: _text(held.get("sku")) for key, held in variants.items()}
    counts = Counter(sku.casefold() for sku in skus.values())
    for key, sku in skus.items():
        if not sku:
            sentence = "Without an SKU this variant cannot be found again on the channel."
            yield Gap("sku", sentence, key, is_blocking=False)
        elif counts[sku.casefold()] > 1:
            yield Gap("sku", f"More than one variant has the SKU “{sku}”.", key)


def _variant_gaps(key: str, values: Values, limits: Limits, currency: str | None) -> Iterator[Gap]:
    yield from _length_gaps(key, values, limits)
    if "price" in limits.variant_fields:
        yield from _price_gaps(key, values, currency)
    problem = gtin_problem(values.get("gtin"))
    if problem and "gtin" in limits.variant_fields:
        yield Gap("gtin", problem, key)
    quantity = values.get("quantity")
    if isinstance(quantity, int) and quantity < 0 and "quantity" in limits.variant_fields:
        yield Gap("quantity", "Stock is below zero.", key, is_blocking=False)


def _price_gaps(key: str, values: Values, currency: str | None) -> Iterator[Gap]:
    price, sale = values.get("price"), values.get("sale_price")
    if price is None:
        place = f" in {currency}" if currency else ""
        yield Gap("price", f"Give every variant a price{place}.", key)
        return
    for name, money in (("price", price), ("sale_price", sale)):
        if money is not None and currency is not None and money["currency"] != currency:
            sentence = f"The shop sells in {currency}; this price is in {money['currency']}."
            yield Gap(name, sentence, key)
    if price["minor"] < 0:
        yield Gap("price", "A price cannot be below 0.", key)
    if sale is not None and _is_dearer(sale, price):
        yield Gap("sale_price", "The sale price must be below the price.", key)
    yield from _window_gaps(key, values)


def _is_dearer(sale: Mapping[str, Any], price: Mapping[str, Any]) -> bool:
    return bool(sale["currency"] == price["currency"] and sale["minor"] >= price["minor"])


def _window_gaps(key: str, values: Values) -> Iterator[Gap]:
    start, end = values.get("sale_from"), values.get("sale_to")
    if start is not None and end is not None and str(start) > str(end):
        yield Gap("sale_to", "The sale ends before it starts.", key)


def _text(value: Value) -> str:
    return value.strip() if isinstance(value, str) else ""
