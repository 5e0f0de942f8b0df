"""Reading products with their variants: everything, what changed, or only who is there."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.adapters.errors import BadPayload
from app.adapters.shopify import ids, schema, walk
from app.adapters.shopify.bulk import Bulk
from app.adapters.shopify.client import following, nodes
from app.adapters.shopify.documents import Document, reading
from app.adapters.shopify.mapper import inward
from app.adapters.shopify.problems import TooCostly
from app.adapters.shopify.shop import Shop, located
from app.adapters.types import ChannelProduct, Cursor, Page, Problem

Row = dict[str, Any]

_VARIANTS: Final = 10  # of each product of a page; more are read product by product
_MEDIA: Final = 10
_PER_PAGE: Final = 50
_NAMED_PER_PAGE: Final = 100


class Reads:
    """The reading half of an adapter."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._client = shop.client
        self._bulk = Bulk(shop)
        self._inner = _VARIANTS

    def pull(self, after: Cursor) -> Page[ChannelProduct]:
        """Read the page a cursor stands for."""
        if after.kind == "ids":
            return self._ids(after.state)
        if after.kind == "changes":
            return self._changes(after.state)
        if "bulk" in after.state:
            return self._bulk.page(after.state)
        return self._full(after.state, expected=after.expected)

    def products(self, external_ids: Sequence[str]) -> list[ChannelProduct]:
        """Read these products now, in this order; `item:` ids are resolved to their product.

        One that is named in several ways comes once: its stock must not be taken in twice.
        """
        wanted = self._resolved(external_ids)
        found, unreadable = mapped(self._shop, self.rows(list(wanted.values())))
        if unreadable:
            raise BadPayload("product", sentence=unreadable[0].sentence)
        by_id = {product.external_id: product for product in found}
        named = {wanted[each]: each for each in reversed(external_ids)}
        return [
            by_id.get(product) or inward.gone(named[product])
            for product in dict.fromkeys(wanted.values())
        ]

    def _resolved(self, external_ids: Sequence[str]) -> dict[str, str]:
        """Return asked-for id → product id; a stock item nobody has stays as it is."""
        wanted = {each: each for each in external_ids}
        items = [each for each in wanted if each.startswith(ids.ITEM)]
        for start in range(0, len(items), schema.MOST_ROWS // 2):
            few = items[start : start + schema.MOST_ROWS // 2]
            numbers = [each.removeprefix(ids.ITEM) for each in few]
            gids = [ids.gid("InventoryItem", each) for each in numbers if ids.is_number(each)]
            for row in self._client.ask(reading.ITEM_PRODUCTS, ids=gids) or ():
                owner = next(iter(nodes((row or {}).get("variants"))), {})
                product = ids.number((owner.get("product") or {}).get("id"))
                if product is not None:
                    wanted[f"{ids.ITEM}{ids.number(row['id'])}"] = product
        return wanted

    def rows(self, external_ids: Sequence[str]) -> list[Row]:
        """Return the products with these ids as Shopify spells them, all variants included."""
        wanted = [each for each in dict.fromkeys(external_ids) if ids.is_number(each)]
        found: list[Row] = []
        most = schema.MOST_ROWS
        while wanted:
            most = min(most, self._fitting(reading.PRODUCTS_BY_ID, schema.MOST_ROWS))
            few = wanted[:most]
            try:
                answer = self._asked(
                    reading.PRODUCTS_BY_ID, ids=[ids.gid("Product", each) for each in few]
                )
            except TooCostly:
                if len(few) == 1:
                    raise
                most = len(few) // 2
                continue
            wanted = wanted[len(few) :]
            found += [self._whole(row) for row in answer or () if row and row.get("id")]
        return found

    def _sizes(self, document: Document) -> dict[str, Any]:
        if document is reading.IDENTITIES:
            return {"variants": self._inner}
        return {"variants": self._inner, "media": _MEDIA, **self._shop.places()}

    def _fitting(self, document: Document, most: int) -> int:
        return self._client.fitting(self._spelled(document), most, **self._sizes(document))

    def _asked(self, document: Document, **variables: Any) -> Any:
        """Ask with pages that Shopify takes: where it calls a request too costly, the inner page is
        halved, and when there is nothing left of it, the outer one."""
        while True:
            try:
                sizes = self._sizes(document)
                return self._client.ask(self._spelled(document), **{**sizes, **variables})
            except TooCostly:
                if self._inner > 1:
                    self._inner //= 2
                elif variables.get("first", 1) > 1:
                    variables["first"] //= 2
                else:
                    raise

    def _whole(self, row: Mapping[str, Any]) -> Row:
        """Complete a product whose variants or media are more than the page brought."""
        variants = self._rest(
            row,
            "variants",
            self._spelled(reading.PRODUCT_VARIANTS),
            **located(self._shop.locations),
        )
        media = self._rest(row, "media", reading.PRODUCT_MEDIA)
        return {**row, "variants": {"nodes": variants}, "media": {"nodes": media}}

    def _spelled(self, document: Document) -> Document:
        """Return a document that looks at every location of ours."""
        return document.at(len(self._shop.locations))

    def _rest(
        self, row: Mapping[str, Any], name: str, document: Document, **variables: Any
    ) -> list[Mapping[str, Any]]:
        connection = row.get(name)
        found, after = nodes(connection), following(connection)
        while after is not None:
            first = self._client.fitting(document, schema.MOST_ROWS, **variables)
            product = self._client.ask(
                document, id=row["id"], first=first, after=after, **variables
            )
            connection = (product or {}).get(name)
            found += nodes(connection)
            after = following(connection)
        return found

    def _full(self, state: Mapping[str, Any], *, expected: int) -> Page[ChannelProduct]:
        """Read by id; a shop that is, or turns out, large is exported in bulk from there on."""
        mark = state.get("mark") or self._present_mark()
        last, seen = str(state.get("last") or ""), int(state.get("seen") or 0)
        if max(expected, seen) >= schema.PAGED_MOST:
            return self._bulk.start({"mark": mark, "last": last, "expected": expected})
        rows, has_more = self._by_id(reading.PRODUCTS_PAGE, last, _PER_PAGE, sort="ID")
        items, unreadable = mapped(self._shop, [self._whole(row) for row in rows])
        ahead = {"mark": mark, "last": _last(rows, last), "seen": seen + len(rows)}
        return Page(
            items,
            Cursor("full", ahead) if has_more else None,
            watermark=None if has_more else Cursor("changes", mark),
            unreadable=tuple(unreadable),
        )

    def _ids(self, state: Mapping[str, Any]) -> Page[ChannelProduct]:
        last = str(state.get("last") or "")
        rows, has_more = self._by_id(reading.IDENTITIES, last, _NAMED_PER_PAGE)
        items = []
        for row in rows:
            variants = self._rest(row, "variants", reading.VARIANT_IDS)
            items.append(inward.identities({**row, "variants": {"nodes": variants}}))
        ahead = Cursor("ids", {"last": _last(rows, last)}) if has_more else None
        return Page(items, ahead)

    def _by_id(
        self, document: Document, last: str, most: int, **variables: Any
    ) -> tuple[list[Mapping[str, Any]], bool]:
        """Read the next stretch by id: no cursor can go stale, and nothing shifts under it."""
        first = self._fitting(document, most)
        beyond = f"id:>{last} " if last else ""
        query = f"{beyond}{schema.EVERY_STATUS}"
        found = self._asked(document, first=first, query=query, **variables)
        return nodes(found), following(found) is not None

    def _present_mark(self) -> dict[str, Any]:
        """Return where reads of changes begin after a full read that starts now."""
        newest = nodes(self._client.ask(reading.NEWEST_PRODUCT, query=schema.EVERY_STATUS))
        moment = str(newest[0]["updatedAt"]) if newest else None
        return {"since": walk.earlier(moment), "known": {}}

    def _changes(self, state: Mapping[str, Any]) -> Page[ChannelProduct]:
        since = state.get("since")
        known: dict[str, str] = dict(state.get("known") or {})
        newest = str(state.get("newest") or since or "")
        searched = f"updated_at:>'{since}' " if since else ""
        found = self._asked(
            reading.PRODUCTS_PAGE,
            first=self._fitting(reading.PRODUCTS_PAGE, _PER_PAGE),
            after=state.get("after"),
            query=f"{searched}{schema.EVERY_STATUS}",
            sort="UPDATED_AT",
        )
        rows = nodes(found)
        fresh = [row for row in rows if known.get(_key(row)) != row.get("updatedAt")]
        known |= walk.settled({_key(row): str(row.get("updatedAt")) for row in rows})
        newest = max([newest, *(str(row.get("updatedAt")) for row in rows)])
        items, unreadable = mapped(self._shop, [self._whole(row) for row in fresh])
        if (after := following(found)) is not None:
            so_far = {**state, "newest": newest, "known": walk.newest(known)}
            ahead = walk.step(so_far, after, int(state.get("seen") or 0) + len(rows))
            return Page(items, Cursor("changes", ahead), unreadable=tuple(unreadable))
        mark = walk.mark_after(since, newest, known)
        return Page(items, None, watermark=Cursor("changes", mark), unreadable=tuple(unreadable))


def mapped(
    shop: Shop, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[ChannelProduct], list[Problem]]:
    """Read rows into products; what cannot be read is named, and the others are good."""
    found, unreadable = [], []
    for row in rows:
        at = f"product {ids.number(row.get('id')) or '?'}"
        try:
            found.append(inward.product(row, shop.dialect, at=at))
        except BadPayload as error:
            unreadable.append(Problem(error.sentence, field=error.path, code="unreadable"))
    return found, unreadable


def _key(row: Mapping[str, Any]) -> str:
    return ids.number(row.get("id")) or ""


def _last(rows: Sequence[Mapping[str, Any]], before: str) -> str:
    return _key(rows[-1]) if rows else before
