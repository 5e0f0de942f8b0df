"""Pure decisions of the catalog: limits, folding, layers, states."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class ProductStatus(StrEnum):
    """Master lifecycle of a product."""

    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"
    ARCHIVED = "archived"


class Layer(StrEnum):
    """Where a master value comes from; a later one lies above an earlier one."""

    SOURCE = "source"
    AI = "ai"
    MANUAL = "manual"


MAX_VARIANTS: Final = 2048
MAX_OPTIONS: Final = 10
MAX_TAGS: Final = 250
MAX_IMAGES: Final = 250
MAX_ATTRIBUTES: Final = 250
MAX_CATEGORIES: Final = 100
CATEGORY_LENGTH: Final = 100
TAG_LENGTH: Final = 255
DESCRIPTION_LENGTH: Final = 200_000
LOW_STOCK: Final = 5
SEARCHED_SKUS: Final = 50
SEARCHED_DESCRIPTION: Final = 2_000
SEARCHED_TOTAL: Final = 64_000

CONDITIONS: Final = ("new", "refurbished", "used")
LAYER_ORDER: Final = (Layer.SOURCE, Layer.AI, Layer.MANUAL)
# Fields that several rows share the meaning of: what stands is what counts, without layers.
UNLAYERED: Final = frozenset({"options", "choice", "quantity", "status"})
# Which layer a write means when its caller does not say.
ORIGIN_LAYERS: Final = MappingProxyType(
    {
        "web": Layer.MANUAL,
        "bulk": Layer.MANUAL,
        "undo": Layer.MANUAL,
        "api": Layer.MANUAL,
        "import": Layer.SOURCE,
        "sync": Layer.SOURCE,
        "cli": Layer.SOURCE,
    }
)
# What a person may make of a product, by where it stands; restore leads from archived to draft.
TRANSITIONS: Final = MappingProxyType(
    {
        ProductStatus.DRAFT: frozenset(
            {ProductStatus.ACTIVE, ProductStatus.INACTIVE, ProductStatus.ARCHIVED}
        ),
        ProductStatus.ACTIVE: frozenset(
            {ProductStatus.DRAFT, ProductStatus.INACTIVE, ProductStatus.ARCHIVED}
        ),
        ProductStatus.INACTIVE: frozenset(
            {ProductStatus.DRAFT, ProductStatus.ACTIVE, ProductStatus.ARCHIVED}
        ),
        ProductStatus.ARCHIVED: frozenset(
            {ProductStatus.DRAFT, ProductStatus.ACTIVE, ProductStatus.INACTIVE}
        ),
    }
)

_TAG: Final = re.compile(r"<[^>]+>")
_SPACE: Final = re.compile(r"\s+")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")

Layers = dict[str, dict[str, Any]]


def fold(text: str) -> str:
    """Return a text without accents, case and doubled spaces, as search and sorting compare it."""
    if text.isascii():
        return " ".join(text.lower().split())
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def sku_key(sku: str | None) -> str | None:
    """Return what SKUs are compared by: trimmed and folded in case; None for a blank one."""
    key = (sku or "").strip().casefold()
    return key or None


def slug(text: str) -> str:
    """Return a handle made from a title; empty when nothing of it can be kept."""
    return _NOT_WORD.sub("-", fold(text)).strip("-")[:200].strip("-")


def plain_text(html: str | None) -> str:
    """Return HTML without its tags."""
    return _SPACE.sub(" ", _TAG.sub(" ", html or "")).strip()


def search_text(values: Mapping[str, Any], variants: list[Mapping[str, Any]]) -> str:
    """Return the folded words a product is found by."""
    words: list[str] = [values.get("title") or "", values.get("brand") or ""]
    for variant in variants[:SEARCHED_SKUS]:
        words += [variant.get("sku") or "", variant.get("gtin") or "", variant.get("mpn") or ""]
    words += values.get("tags") or []
    words += values.get("categories") or []
    for named in (values.get("attributes") or {}).values():
        words += [str(value) for value in named]
    words.append(plain_text(values.get("short_description"))[:SEARCHED_DESCRIPTION])
    words.append(plain_text(values.get("description"))[:SEARCHED_DESCRIPTION])
    return fold(" ".join(word for word in words if word))[:SEARCHED_TOTAL]


def top_layer(layers: Layers, field: str, *, default: Layer) -> Layer:
    """Return the layer the effective value of a field lies on."""
    kept = layers.get(field)
    if not kept:
        return default
    return max((Layer(name) for name in kept), key=LAYER_ORDER.index)


def write_layer(
    layers: Layers, field: str, old: Any, new: Any, *, layer: Layer | None
) -> tuple[Any, Layers]:
    """Lay a new value on a layer; returns the effective value and the layers. None: the top one.

    A field without an entry has one layer, the source, and its column is that value.
    """
    if field in UNLAYERED:
        return new, layers
    kept = dict(layers.get(field) or {})
    at = layer or top_layer(layers, field, default=Layer.SOURCE)
    if not kept and at is Layer.SOURCE:
        return new, layers
    if not kept:
        kept[Layer.SOURCE.value] = old
    kept[at.value] = new
    top = max((Layer(name) for name in kept), key=LAYER_ORDER.index)
    return kept[top.value], {**layers, field: kept}


def drop_layer(layers: Layers, field: str, effective: Any, *, layer: Layer) -> tuple[Any, Layers]:
    """Take a layer off a field; returns what lies below it and the remaining layers."""
    kept = dict(layers.get(field) or {})
    if layer.value not in kept or len(kept) == 1:
        return effective, layers
    del kept[layer.value]
    top = max((Layer(name) for name in kept), key=LAYER_ORDER.index)
    rest = {name: entry for name, entry in layers.items() if name != field}
    if top is not Layer.SOURCE or len(kept) > 1:
        rest[field] = kept
    return kept[top.value], rest


def options_of(choices: list[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the options that a product's variants span, in the order they appear."""
    found: dict[str, dict[str, None]] = {}
    for choice in choices:
        for name, value in choice.items():
            found.setdefault(name, {})[value] = None
    return [{"name": name, "values": list(values)} for name, values in found.items()]


def merge_options(
    options: list[dict[str, Any]], choices: list[Mapping[str, str]]
) -> list[dict[str, Any]]:
    """Return the given options with every value that the variants use, in a stable order."""
    used = {option["name"]: option["values"] for option in options_of(choices)}
    merged = [
        {
            "name": option["name"],
            "values": list(dict.fromkeys([*option["values"], *used.get(option["name"], [])])),
        }
        for option in options
    ]
    known = {option["name"] for option in merged}
    return merged + [
        {"name": name, "values": values} for name, values in used.items() if name not in known
    ]
