"""A push rehearsed: the code that sends, with a shop that has what it last showed in place of ours.

Nobody is called. Every request the code would make is counted; reads are answered from what the
shop last showed, and every write is taken as it stands. So a plan can say what it will cost.
"""

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpx

from app.adapters.types import ChannelProduct
from app.adapters.woocommerce.client import Client, Door

Row = dict[str, Any]
_FAR: Final = 10**9  # ids of what the rehearsal makes lie beyond those of the shop
_DEFAULT: Final = {
    "id": _FAR - 1,
    "name": "Uncategorized",
}  # where a shop files what is filed nowhere


class Rehearsal(Client):
    """Counts calls instead of making them."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.calls = 0
        self._ids = itertools.count(_FAR)
        self._products: dict[str, Row] = {}
        self._variations: dict[str, dict[str, Row]] = {}

    def know(self, products: Iterable[ChannelProduct]) -> None:
        """Let the shop have these products, and no others."""
        self._products = {each.external_id: dict(each.raw) for each in products if each.raw}
        self._variations = {
            key: {
                str(row["id"]): row
                for row in product.get("variations") or ()
                if isinstance(row, dict)
            }
            for key, product in self._products.items()
        }
        for key, product in self._products.items():
            product["variations"] = [int(number) for number in self._variations[key]]

    def _read(
        self, path: str, params: Mapping[str, Any], *, fresh: bool
    ) -> tuple[Any, httpx.Headers]:
        self.calls += 1
        found = self._found(path, params)
        most, page = int(params.get("per_page") or 100), int(params.get("page") or 1)
        pages = max(1, math.ceil(len(found) / most))
        headers = {"x-wp-total": str(len(found)), "x-wp-totalpages": str(pages)}
        return found[(page - 1) * most : page * most], httpx.Headers(headers)

    def _found(self, path: str, params: Mapping[str, Any]) -> list[Row]:
        if path == "/products":
            wanted = str(params.get("include") or "").split(",")
            return [self._products[key] for key in wanted if key in self._products]
        if path == "/variations":
            parents = str(params.get("parent") or "").split(",")
            return [row for key in parents for row in self._variations.get(key, {}).values()]
        if path.endswith("/variations"):
            return list(self._variations.get(path.split("/")[2], {}).values())
        return self._terms(path.rpartition("/")[2])

    def _terms(self, taxonomy: str) -> list[Row]:
        """Return the categories, tags or brands that its products carry."""
        named = [term for row in self._products.values() for term in row.get(taxonomy) or ()]
        return list({term["id"]: {"parent": 0, **term} for term in named}.values())

    def _write(self, method: str, path: str, params: Mapping[str, Any], body: Any) -> Any:
        self.calls += 1
        if not path.endswith("/batch"):
            return self._taken(path, {"id": path.split("/")[2], **(body or {})})
        place = path.removesuffix("/batch")
        return {
            verb: [
                {"id": each} if verb == "delete" else self._taken(place, each) for each in listed
            ]
            for verb, listed in body.items()
        }

    def _taken(self, path: str, body: Mapping[str, Any]) -> Row:
        """Return a product, a variation or a term as it is after a write."""
        rows = self._products
        if path.endswith("/variations"):
            rows = self._variations.setdefault(path.split("/")[2], {})
        number = int(body.get("id") or next(self._ids))
        row = {**rows.get(str(number), {}), **body, "id": number}
        if isinstance(body.get("images"), list):
            row["images"] = [{"id": next(self._ids), **image} for image in body["images"]]
        if isinstance(body.get("image"), Mapping):
            row["image"] = {"id": next(self._ids), **body["image"]}
        if path == "/products" and not row.get("categories"):
            row["categories"] = [_DEFAULT]
        rows[str(number)] = row
        return row
