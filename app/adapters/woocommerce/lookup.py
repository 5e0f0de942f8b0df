"""Look before creating: by SKU, also in the trash, and by our key among the newest products."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.adapters.types import ListingDraft, Problem
from app.adapters.woocommerce.client import Client
from app.adapters.woocommerce.mapper.names import META_KEY
from app.adapters.woocommerce.mapper.reader import as_list
from app.adapters.woocommerce.reads import Reads

Row = Mapping[str, Any]
_EDIT: Final = {"context": "edit"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a creation would collide with."""

    owner: str
    problem: Problem


Found = Row | Taken | None


def skus_of(draft: ListingDraft) -> list[str]:
    """Return every SKU of a draft."""
    named = [variant.values.get("sku") for variant in draft.variants]
    return [sku for sku in dict.fromkeys((*draft.skus, *named)) if sku]


class Lookup:
    """Finds the products that drafts without an id may already be."""

    def __init__(self, client: Client, reads: Reads) -> None:
        self._client = client
        self._reads = reads

    def find(self, drafts: Sequence[ListingDraft]) -> list[Found]:
        """Return for each draft the product that is it, what stands in its way, or None."""
        if not drafts:
            return []
        by_sku = self._by_sku([sku for draft in drafts for sku in skus_of(draft)])
        parents = self._parents(by_sku.values())
        found = [_match(draft, by_sku, parents) for draft in drafts]
        if any(each is None for each in found):
            newest = self._newest_by_key({draft.key for draft in drafts})
            found = [
                newest.get(draft.key) if each is None else each
                for draft, each in zip(drafts, found, strict=True)
            ]
        return found

    def _by_sku(self, skus: Sequence[str]) -> dict[str, list[Row]]:
        wanted = list(dict.fromkeys(skus))
        found = _grouped(self._with_skus(wanted))
        # `any` leaves out the trash, and a product there still holds its SKU.
        missing = [sku for sku in wanted if sku.casefold() not in found]
        return found | _grouped(self._with_skus(missing, status="trash"))

    def _with_skus(self, skus: Sequence[str], **params: Any) -> Iterable[Row]:
        query = {**_EDIT, "fresh": True, **params}
        plain = [sku for sku in skus if "," not in sku]
        found = list(self._client.rows_of("/products", "sku", plain, **query))
        for sku in skus:
            if "," in sku:  # tried as a whole only when it stands alone
                found += self._client.rows("/products", **{**query, "sku": sku})
        return [row for row in found if self._is_in_language(row)]

    def _is_in_language(self, row: Row) -> bool:
        """Tell translations with the same SKU apart, where a plugin keeps one per language."""
        wanted = self._client.door.language
        return wanted is None or row.get("lang") in (None, "", wanted)

    def _parents(self, found: Iterable[Sequence[Row]]) -> dict[str, Row]:
        ids = {
            str(row["parent_id"])
            for rows in found
            for row in rows
            if row.get("type") == "variation" and row.get("parent_id")
        }
        return {str(row["id"]): row for row in self._reads.rows(sorted(ids))}

    def _newest_by_key(self, keys: Collection[str]) -> dict[str, Row]:
        listing = self._client.page(
            "/products",
            fresh=True,
            orderby="id",
            order="desc",
            status="any",
            _fields="id,meta_data",
        )
        ids = {
            str(row["id"]): key
            for row in listing.rows
            if (key := our_key(row)) is not None and key in keys
        }
        return {ids[str(row["id"])]: row for row in self._reads.rows(list(ids))}

    def owner_with_key(self, owner: str, key: str) -> Row | None:
        """Return the product that holds a SKU when it carries our key, so is this very listing."""
        rows = self._reads.rows([owner])
        return next((row for row in rows if our_key(row) == key), None)


def our_key(row: Row) -> str | None:
    """Return the key of ours that a product or variation carries."""
    for entry in as_list(row.get("meta_data")) or ():
        if isinstance(entry, Mapping) and entry.get("key") == META_KEY:
            return str(entry.get("value") or "") or None
    return None


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row.get("sku") or "").casefold(), []).append(row)
    return found


def _match(
    draft: ListingDraft, by_sku: Mapping[str, Sequence[Row]], parents: Mapping[str, Row]
) -> Found:
    owners: dict[str, Row] = {}
    for sku in skus_of(draft):
        for row in by_sku.get(sku.casefold(), ()):
            if row.get("type") == "variation":
                owner = parents.get(str(row.get("parent_id")))
                if owner is not None:
                    owners[str(owner["id"])] = owner
            else:
                owners[str(row["id"])] = row
    ours = [row for row in owners.values() if our_key(row) == draft.key]
    candidates = ours or list(owners.values())
    if not candidates:
        return None
    first = candidates[0]
    if len(candidates) > 1 or first.get("type") != draft.kind:
        return Taken(str(first["id"]), _why(first, draft))
    return first


def _why(row: Row, draft: ListingDraft) -> Problem:
    name = row.get("name") or row["id"]
    if row.get("type") != draft.kind:
        return Problem(
            f"The shop already has “{name}” with this SKU, as a product of the type"
            f" “{row.get('type')}”. Change the SKU here or remove that product.",
            field="sku",
            code="kind_differs",
        )
    return Problem(
        f"The SKUs of this product belong to several products in the shop, among them “{name}”."
        " Make them different, or map the listing by hand.",
        field="sku",
        code="sku_taken",
    )
