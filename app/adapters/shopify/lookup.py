"""Look before creating: by our key, which Shopify keeps unique, then by SKU, which it does not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.adapters.errors import Gone
from app.adapters.shopify import ids
from app.adapters.shopify.client import Client
from app.adapters.shopify.documents import reading
from app.adapters.types import ListingDraft, Problem

_SKUS_PER_SEARCH: Final = 20
_PER_SKU: Final = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """What a creation would collide with."""

    owner: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Known:
    """A product a draft may be; not ours: it has our SKU and no mark of ours."""

    external_id: str
    is_ours: bool


Match = Known | Taken | None


def skus_of(draft: ListingDraft) -> list[str]:
    """Return every SKU of a draft."""
    named = [variant.values.get("sku") for variant in draft.variants if not variant.is_removed]
    return [str(sku) for sku in dict.fromkeys((*draft.skus, *named)) if sku]


class Lookup:
    """Finds the products that drafts without an id may already be."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, draft: ListingDraft) -> Match:
        """Return the product a draft is, what stands in its way, or None."""
        ours = self.by_key(draft.key)
        return Known(ours, is_ours=True) if ours is not None else self._by_sku(draft)

    def by_key(self, key: str) -> str | None:
        """Return the product that carries our key."""
        try:
            found = self._client.ask(reading.PRODUCT_BY_KEY, value=key)
        except Gone:
            return None  # no product of this shop ever carried a key of ours
        return ids.number(found.get("id")) if isinstance(found, Mapping) else None

    def owners(self, skus: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return the products that use one of these SKUs, by number."""
        wanted = {sku.casefold() for sku in skus}
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(skus), _SKUS_PER_SEARCH):
            few = skus[start : start + _SKUS_PER_SEARCH]
            for row in self._matching(few):
                product = row.get("product") or {}
                number = ids.number(product.get("id"))
                if number is not None and str(row.get("sku") or "").casefold() in wanted:
                    found[number] = product
        return found

    def _matching(self, skus: Sequence[str]) -> Iterable[Mapping[str, Any]]:
        query = " OR ".join(f"sku:{quoted(sku)}" for sku in skus)
        first = len(skus) * _PER_SKU
        # To the end: the search finds words, so others that are much alike may come before.
        return self._client.pages(reading.VARIANTS_BY_SKU, first=first, query=query)

    def _by_sku(self, draft: ListingDraft) -> Match:
        skus = skus_of(draft)
        owners = self.owners(skus) if skus else {}
        if not owners:
            return None
        number, product = next(iter(owners.items()))
        if len(owners) > 1:
            return Taken(number, _many(product))
        kind = "simple" if product.get("hasOnlyDefaultVariant") else "variable"
        if kind != draft.kind:
            return Taken(number, _other_kind(product))
        return Known(number, is_ours=False)


def quoted(text: str) -> str:
    """Return a text as the search takes it whole."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def taken(product: Mapping[str, Any]) -> Problem:
    """Say that another product already uses a SKU."""
    return Problem(
        f"“{product.get('title')}” in the shop already uses this SKU. Change one of them.",
        field="sku",
        code="sku_taken",
    )


def _many(product: Mapping[str, Any]) -> Problem:
    return Problem(
        "The SKUs of this product belong to several products in the shop, among them"
        f" “{product.get('title')}”. Make them different, or map the listing by hand.",
        field="sku",
        code="sku_taken",
    )


def _other_kind(product: Mapping[str, Any]) -> Problem:
    has = "without" if product.get("hasOnlyDefaultVariant") else "with"
    return Problem(
        f"The shop already has “{product.get('title')}” with this SKU, {has} options. Change the"
        " SKU here or remove that product.",
        field="sku",
        code="kind_differs",
    )
