"""Reading products with their variations: everything, what changed, or only who is there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.adapters.errors import BadPayload
from app.adapters.types import ChannelProduct, Cursor, Page, Problem
from app.adapters.woocommerce import schema
from app.adapters.woocommerce.client import Listing
from app.adapters.woocommerce.mapper import inward
from app.adapters.woocommerce.shop import Shop
from app.adapters.woocommerce.walks import OVERLAP, Walk, minus, stamp

Row = Mapping[str, Any]

_EDIT: Final = {"context": "edit", "status": "any"}
_BY_ID: Final = {"orderby": "id", "order": "asc", "status": "any"}
_WHO: Final = "id,type,variations"
_SWEPT_PER_READ: Final = 20  # variable products asked one by one where the shop is older than 10.3
_LONGEST_STEP: Final = schema.PER_PAGE


@dataclass(frozen=True, slots=True)
class _Window:
    rows: list[dict[str, Any]]
    next: dict[str, Any] | None
    total: int | None


class Reads:
    """The reading half of an adapter."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._client = shop.client

    def pull(self, after: Cursor) -> Page[ChannelProduct]:
        """Read the page a cursor stands for."""
        if after.kind == "full":
            return self._full(after.state)
        if after.kind == "ids":
            return self._ids(after.state)
        return self._changes(after.state)

    def products(self, external_ids: Sequence[str]) -> list[ChannelProduct]:
        """Read these products now, in this order; absent and trashed ones come back deleted."""
        found, unreadable = self._mapped(self.rows(external_ids), fresh=True)
        if unreadable:
            raise BadPayload("product", sentence=unreadable[0].sentence)
        by_id = {product.external_id: product for product in found}
        return [by_id.get(each) or inward.gone(each) for each in external_ids]

    def rows(self, external_ids: Sequence[str], **params: Any) -> list[dict[str, Any]]:
        """Return the products with these ids as the shop spells them, past every cache."""
        ids = [each for each in dict.fromkeys(external_ids) if each.isdigit()]
        if not ids:
            return []
        query = {**_EDIT, "fresh": True, **params}
        return list(self._client.rows_of("/products", "include", ids, **query))

    def variations(self, parents: Sequence[str], **params: Any) -> dict[str, list[dict[str, Any]]]:
        """Return the variations of these products, by product."""
        found: dict[str, list[dict[str, Any]]] = {parent: [] for parent in parents}
        for parent, row in self._variation_rows(list(found), params):
            found.setdefault(parent, []).append(row)
        for rows in found.values():
            rows.sort(key=lambda row: (int(row.get("menu_order") or 0), int(row.get("id") or 0)))
        return found

    def _variation_rows(
        self, parents: Sequence[str], params: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        if len(parents) > 1 and self._shop.lists_variations:
            query = {**_BY_ID, "context": "edit", **params}
            for row in self._client.rows_of("/variations", "parent", parents, **query):
                yield str(row.get("parent_id")), row
            return
        for parent in parents:
            path = f"/products/{parent}/variations"
            for row in self._client.rows(path, **{**_BY_ID, "context": "edit", **params}):
                yield parent, row

    def _mapped(
        self, rows: Sequence[Row], *, fresh: bool
    ) -> tuple[list[ChannelProduct], list[Problem]]:
        dialect = self._shop.dialect_for(rows)
        parents = [
            str(row["id"])
            for row in rows
            if row.get("type") == "variable" and inward.variation_ids(row)
        ]
        variations = self.variations(parents, fresh=fresh) if parents else {}
        found, unreadable = [], []
        for row in rows:
            key = str(row.get("id"))
            try:
                found.append(
                    inward.product(
                        row, dialect, variations=variations.get(key, ()), at=f"product {key}"
                    )
                )
            except BadPayload as error:
                unreadable.append(Problem(error.sentence, field=error.path, code="unreadable"))
        return found, unreadable

    def _full(self, state: Mapping[str, Any]) -> Page[ChannelProduct]:
        mark = state.get("mark") or self._present_mark()
        window = self._window(state, context="edit")
        items, unreadable = self._mapped(window.rows, fresh=False)
        ahead = Cursor("full", {**window.next, "mark": mark}) if window.next else None
        return Page(
            items,
            ahead,
            watermark=None if ahead else Cursor("changes", mark),
            total=window.total,
            unreadable=tuple(unreadable),
        )

    def _ids(self, state: Mapping[str, Any]) -> Page[ChannelProduct]:
        window = self._window(state, _fields=_WHO)
        items = [inward.identities(row) for row in window.rows]
        return Page(items, Cursor("ids", window.next) if window.next else None, total=window.total)

    def _window(self, state: Mapping[str, Any], **params: Any) -> _Window:
        """Read the next stretch by id, overlapping by one row so that a deletion is noticed."""
        offset, last = int(state.get("offset", 0)), int(state.get("last", 0))
        start = max(0, offset - 1)
        listing = self._by_id(start, params)
        rows = listing.rows
        if start and not any(int(row["id"]) <= last for row in rows):
            # Something before us was deleted and the rest moved up: look one stretch back.
            rows = [*self._by_id(max(0, start - _LONGEST_STEP), params).rows, *rows]
        new = {int(row["id"]): row for row in rows if int(row["id"]) > last}
        end = start + schema.PER_PAGE
        has_more = end < listing.total if listing.total is not None else bool(listing.rows)
        ahead = {"offset": end, "last": max(new, default=last)} if has_more else None
        return _Window([new[key] for key in sorted(new)], ahead, listing.total)

    def _by_id(self, offset: int, params: Mapping[str, Any]) -> Listing:
        return self._client.page("/products", **{**_BY_ID, "offset": offset, **params})

    def _present_mark(self) -> dict[str, Any]:
        """Return where reads of changes begin after a full read that starts now."""
        products = self._newest("/products")
        mark: dict[str, Any] = {"products": {"since": minus(products, OVERLAP)}}
        if self._shop.lists_variations:
            variations = self._newest("/variations")
            mark["variations"] = {"since": minus(variations, OVERLAP)}
        else:
            since = minus(products, OVERLAP)
            mark["sweep"] = {"since": since, "next": since, "offset": 0}
        return mark

    def _newest(self, path: str) -> str | None:
        listing = self._client.page(
            path,
            fresh=True,
            per_page=1,
            orderby="modified",
            order="desc",
            status="any",
            _fields="id,date_modified_gmt",
        )
        return stamp(listing.rows[0])[1] if listing.rows else None

    def _changes(self, state: Mapping[str, Any]) -> Page[ChannelProduct]:
        phase = state.get("phase", "products")
        if phase == "sweep":
            return self._sweep(state)
        walk = (
            Walk.from_json(state["walk"]) if "walk" in state else Walk.begin(state.get(phase) or {})
        )
        listing = self._moved(f"/{phase}", walk)
        stamps = [stamp(row) for row in listing.rows]
        after, fresh = walk.step(stamps)
        parents = {str(row["id"]): str(row.get("parent_id") or row["id"]) for row in listing.rows}
        items, unreadable = self._mapped(self.rows([parents[key] for key in fresh]), fresh=True)
        if listing.has_more(walk.page):
            ahead = Cursor("changes", {**state, "phase": phase, "walk": after.to_json()})
            return Page(items, ahead, unreadable=tuple(unreadable))
        done = {name: value for name, value in state.items() if name not in ("walk", "phase")}
        done[phase] = after.watermark()
        return self._next_phase(phase, done, items, unreadable)

    def _moved(self, path: str, walk: Walk) -> Listing:
        return self._client.page(
            path,
            fresh=True,
            modified_after=walk.after,  # without a zone: WordPress turns one with Z into local time
            dates_are_gmt="true",
            orderby="modified",
            order="asc",
            status="any",
            page=walk.page,
            _fields="id,parent_id,date_modified_gmt" if path == "/variations" else _STAMPED,
        )

    def _next_phase(
        self,
        phase: str,
        done: dict[str, Any],
        items: Sequence[ChannelProduct],
        unreadable: Iterable[Problem],
    ) -> Page[ChannelProduct]:
        if phase == "products":
            following = "variations" if self._shop.lists_variations else "sweep"
            ahead = Cursor("changes", {**done, "phase": following})
            return Page(items, ahead, unreadable=tuple(unreadable))
        return Page(items, None, watermark=Cursor("changes", done), unreadable=tuple(unreadable))

    def _sweep(self, state: Mapping[str, Any]) -> Page[ChannelProduct]:
        """Ask a few variable products, in turn, whether one of their variations changed."""
        newest = state["products"]["since"]
        sweep = state.get("sweep") or {"since": None, "next": newest, "offset": 0}
        listing = self._client.page(
            "/products",
            type="variable",
            per_page=_SWEPT_PER_READ,
            **{**_BY_ID, "offset": sweep["offset"], "_fields": "id"},
        )
        parents = [str(row["id"]) for row in listing.rows]
        changed = [parent for parent in parents if self._has_moved(parent, sweep["since"])]
        end = int(sweep["offset"]) + _SWEPT_PER_READ
        # A round begins anew from what was newest when the last round began: nothing that changed
        # behind the round's back is older than that.
        ahead = {**sweep, "offset": end}
        if not listing.rows or (listing.total is not None and end >= listing.total):
            ahead = {"since": sweep["next"], "next": newest, "offset": 0}
        items, unreadable = self._mapped(self.rows(changed), fresh=True)
        done = {name: value for name, value in state.items() if name != "phase"}
        return self._next_phase("sweep", {**done, "sweep": ahead}, items, unreadable)

    def _has_moved(self, parent: str, since: str | None) -> bool:
        listing = self._client.page(
            f"/products/{parent}/variations",
            fresh=True,
            per_page=1,
            modified_after=since,
            dates_are_gmt="true",
            status="any",
            _fields="id",
        )
        return bool(listing.rows)


_STAMPED: Final = "id,date_modified_gmt"
