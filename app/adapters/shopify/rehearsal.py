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
from app.adapters.shopify.documents import Document, reading, writing
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
        if document is reading.PRODUCTS_BY_ID:
            return {document.root: self._named(variables)}
        self.points += cost.planned(document.text, variables)
        if document in (reading.PRODUCT_VARIANTS, reading.PRODUCT_MEDIA):
            return {document.root: self._rest_of(document, variables)}
        if document.is_mutation:
            return {document.root: {**self._written(document, variables), "userErrors": []}}
        empty: Row = {} if document is about_shop.CATEGORY_SEARCH else {"nodes": []}
        return {document.root: None if document is reading.PRODUCT_BY_KEY else empty}

    def _named(self, variables: Mapping[str, Any]) -> list[Row | None]:
        """Return products as one page shows them; what is not there gives its points back."""
        shown: list[Row | None] = []
        for gid in variables["ids"]:
            row = self._products.get(gid)
            shown.append(row and {**row, **self._pages(row, variables)})
            sizes = {name: min(variables[name], len(_nodes(row, name))) for name in _LISTS}
            self.points += cost.planned(
                reading.PRODUCTS_BY_ID.text, {**variables, **sizes, "ids": [gid]}
            )
        return shown

    def _pages(self, row: Row, variables: Mapping[str, Any]) -> Row:
        return {name: _page(_nodes(row, name), 0, variables[name]) for name in _LISTS}

    def _rest_of(self, document: Document, variables: Mapping[str, Any]) -> Row:
        name = "variants" if document is reading.PRODUCT_VARIANTS else "media"
        listed = _nodes(self._products.get(variables["id"]), name)
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
