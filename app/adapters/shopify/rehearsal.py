"""A push rehearsed: the code that sends, with a shop that has what it last showed in place of ours.

Nobody is called. Every request the code would make is counted with the points it would use; reads
are answered from what the shop last showed, and every write is taken. So a plan can say what it
will cost. Pages are as large as before Shopify's first answer tells that more would fit: where many
products are read, a few calls too many are said.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app.adapters.shopify import cost, ids
from app.adapters.shopify.client import Client, Door, _Learned
from app.adapters.shopify.documents import Document, level_name, location_name, reading, writing
from app.adapters.shopify.documents import shop as about_shop
from app.adapters.types import ChannelProduct

Row = dict[str, Any]
_FAR: Final = 10**15  # numbers of what the rehearsal makes lie beyond those of the shop


class Rehearsal(Client):
    """Counts calls and points instead of making calls."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.calls = 0
        self.points = 0.0
        self._learned = _Learned()
        self._numbers = itertools.count(_FAR)
        self._products: dict[str, Row] = {}

    def know(self, products: Iterable[ChannelProduct]) -> None:
        """Let the shop have these products, and no others."""
        self._products = {
            ids.gid("Product", each.external_id): dict(each.raw) for each in products if each.raw
        }

    def _exchange(self, document: Document, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        self.calls += 1
        places = sum(1 for name in variables if name.startswith(location_name(0)))
        if document == reading.PRODUCTS_BY_ID.at(places):
            return {document.root: self._named(document, variables, places)}
        self.points += cost.planned(document.text, variables)
        if document in (reading.PRODUCT_VARIANTS.at(places), reading.PRODUCT_MEDIA):
            return {document.root: self._rest_of(document, variables, places)}
        if document.is_mutation:
            return {document.root: {**self._written(document, variables), "userErrors": []}}
        empty: Row = {} if document is about_shop.CATEGORY_SEARCH else {"nodes": []}
        return {document.root: None if document is reading.PRODUCT_BY_KEY else empty}

    def _named(
        self, document: Document, variables: Mapping[str, Any], places: int
    ) -> list[Row | None]:
        """Return products as one page shows them; what is not there gives its points back."""
        shown: list[Row | None] = []
        for gid in variables["ids"]:
            row = _looked_at(self._products.get(gid), places)
            shown.append(row and {**row, **self._pages(row, variables)})
            sizes = {name: min(variables[name], len(_nodes(row, name))) for name in _LISTS}
            self.points += cost.planned(document.text, {**variables, **sizes, "ids": [gid]})
        return shown

    def _pages(self, row: Row, variables: Mapping[str, Any]) -> Row:
        return {name: _page(_nodes(row, name), 0, variables[name]) for name in _LISTS}

    def _rest_of(self, document: Document, variables: Mapping[str, Any], places: int) -> Row:
        name = "media" if document is reading.PRODUCT_MEDIA else "variants"
        listed = _nodes(_looked_at(self._products.get(variables["id"]), max(places, 1)), name)
        return {name: _page(listed, int(variables["after"]), variables["first"])}

    def _written(self, document: Document, variables: Mapping[str, Any]) -> Row:
        """Take a write; returns what its answer names."""
        if document in (writing.PUBLISH, writing.UNPUBLISH):
            row = self._products.get(variables["id"], {})
            row["isPublished"] = document is writing.PUBLISH
        if document is writing.VARIANTS_UPDATE:
            self._show_pictures(variables)
        if document is not writing.PRODUCT_SET:
            return {}
        named, body = variables["identifier"], variables["input"]
        gid = named.get("id") or ids.gid("Product", str(next(self._numbers)))
        row = self._products.setdefault(gid, {"id": gid, "isPublished": True, **_blank(body)})
        row["status"] = body.get("status", row.get("status"))
        return {"product": {"id": gid}}

    def _show_pictures(self, variables: Mapping[str, Any]) -> None:
        rows = {
            each["id"]: each
            for each in _nodes(self._products.get(variables["productId"]), "variants")
        }
        for body in variables["variants"]:
            if "mediaId" in body and body["id"] in rows:
                rows[body["id"]]["media"] = {"nodes": [{"id": body["mediaId"]}]}


_LISTS: Final = ("variants", "media")


def _looked_at(row: Row | None, places: int) -> Row | None:
    """Show the stock of a product at so many locations, whatever was looked at when it was seen."""
    if row is None:
        return None
    variants = [_counted(each, places) for each in _nodes(row, "variants")]
    return {**row, "variants": {"nodes": variants}}


def _counted(variant: Row, places: int) -> Row:
    item = variant.get("inventoryItem")
    if not isinstance(item, Mapping):
        return variant
    plain = {name: value for name, value in item.items() if not name.startswith("level")}
    levels = {level_name(at): item.get(level_name(at)) for at in range(places)}
    return {**variant, "inventoryItem": {**plain, **levels}}


def _nodes(row: Mapping[str, Any] | None, name: str) -> Sequence[Row]:
    return list(((row or {}).get(name) or {}).get("nodes") or ())


def _page(rows: Sequence[Row], start: int, size: int) -> Row:
    """Return a stretch of a list as a connection; a cursor is the position it goes on at."""
    end = start + size
    return {
        "nodes": rows[start:end],
        "pageInfo": {"hasNextPage": end < len(rows), "endCursor": str(end)},
    }


def _blank(body: Mapping[str, Any]) -> Row:
    """Return a new product as far as it has to be known to be read back."""
    names = ("title", "descriptionHtml", "vendor", "productType", "tags")
    return {name: body[name] for name in names if name in body} | {"options": []}
