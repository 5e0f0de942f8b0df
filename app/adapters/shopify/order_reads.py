"""Reading orders: the history since a day, what moved since then, and single ones as they stand."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from app.adapters.errors import AdapterError, BadPayload
from app.adapters.orders import ChannelOrder
from app.adapters.shopify import ids, schema, walk
from app.adapters.shopify.client import following, nodes
from app.adapters.shopify.documents import Document
from app.adapters.shopify.documents import orders as documents
from app.adapters.shopify.mapper import orders as mapper
from app.adapters.shopify.oauth import missing_scopes
from app.adapters.shopify.problems import TooCostly
from app.adapters.shopify.return_reads import ReturnReads
from app.adapters.shopify.shop import Shop
from app.adapters.types import Cursor, Page, Problem
from app.core import clock

Row = dict[str, Any]

_PER_PAGE: Final = 50
_LINES: Final = 5  # of each order of a page, and of each parcel and refund; more are read singly
_PARTS: Final = 3  # parcels and refunds of each order of a page
_SHOWN_FOR: Final = timedelta(days=60)  # how far back an app sees without a scope of its own
_EVERYTHING: Final = "read_all_orders"
_ROUTES: Final = "fulfillmentOrders"
_ASKS: Final = (
    {"personal": True, "returns": True},
    {"personal": False, "returns": True},
    {"personal": True, "returns": False},
    {"personal": False, "returns": False},
)


class OrderReads:
    """The half of an adapter that reads orders."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._client = shop.client
        self._returns = ReturnReads(shop.client)
        self._lines = _LINES
        # What is asked for, until Shopify says that it is none of our business.
        self._asks = [each for each in _ASKS if shop.tells_returns or not each["returns"]]

    def pull(self, after: Cursor) -> Page[ChannelOrder]:
        """Read a page of orders, the longest unchanged first.

        A history keeps to the day it was asked from; its watermark lies before its beginning. Of
        what moved since a moment, only what is not known as it stands is read.
        """
        state = dict(after.state)
        if after.kind == "full" and "query" not in state:
            state = {"query": _placed(state.get("since")), "mark": self._present_mark()}
        asked = {"after": state.get("after"), "query": _query(state)}
        known: dict[str, str] = dict(state.get("known") or {})
        if after.kind == "full":
            first = self._fitting(documents.ORDERS_PAGE, _PER_PAGE)
            found = self._asked(documents.ORDERS_PAGE, first=first, **asked)
            whole = [self._whole(row) for row in _unlike(known, nodes(found))]
        else:
            found = self._client.ask(documents.ORDER_MARKS, first=_PER_PAGE, **asked)
            whole = self._rows([_key(row) for row in _unlike(known, nodes(found))])
        rows = nodes(found)
        known |= walk.settled({_key(row): _moved(row) for row in rows})
        since = state.get("since")
        last = max([str(state.get("newest") or since or ""), *(_moved(row) for row in rows)])
        items, unreadable = self._mapped(whole)
        ahead: Cursor | None = None
        watermark: Cursor | None = None
        if (following_page := following(found)) is not None:
            so_far = {**state, "newest": last, "known": walk.newest(known)}
            seen = int(state.get("seen") or 0) + len(rows)
            ahead = Cursor(after.kind, walk.step(so_far, following_page, seen))
        else:
            mark = state.get("mark") or walk.mark_after(since, last, known)
            watermark = Cursor("changes", mark)
        return Page(items, ahead, watermark=watermark, unreadable=tuple(unreadable))

    def orders(self, external_ids: Sequence[str]) -> list[ChannelOrder]:
        """Read these orders as they stand now, in this order.

        What a webhook about sending or a return names stands for its order, and one named in
        several ways comes once. Missing ones are deleted; where an order may just be older than
        Shopify lets the app see, nothing is said of it.
        """
        wanted = self._resolved(external_ids)
        found, unreadable = self._mapped(self._rows(list(wanted.values())))
        if unreadable:
            raise BadPayload("order", sentence=unreadable[0].sentence)
        by_id = {order.external_id: order for order in found}
        missing = [each for each in wanted.values() if each not in by_id]
        unseen = self._out_of_sight(missing) if missing else set()
        named = {wanted[each]: each for each in reversed(external_ids)}
        return [
            by_id.get(order) or mapper.gone(named[order])
            for order in dict.fromkeys(wanted.values())
            if order not in unseen
        ]

    def _resolved(self, external_ids: Sequence[str]) -> dict[str, str]:
        """Return asked-for id → order id; what nobody has to send stays as it is."""
        wanted = {each: each for each in external_ids}
        for prefix, (kind, document) in _STAND_INS.items():
            named = [each for each in wanted if each.startswith(prefix)]
            for start in range(0, len(named), schema.MOST_ROWS):
                few = named[start : start + schema.MOST_ROWS]
                numbers = [each.removeprefix(prefix) for each in few]
                gids = [ids.gid(kind, each) for each in numbers if ids.is_number(each)]
                for row in self._client.ask(document, ids=gids) or ():
                    order = _order_of(row or {})
                    if order is not None:
                        wanted[f"{prefix}{ids.number(row['id'])}"] = order
        return wanted

    def _rows(self, external_ids: Sequence[str]) -> list[Row]:
        wanted = [each for each in dict.fromkeys(external_ids) if ids.is_number(each)]
        found: list[Row] = []
        most = schema.MOST_ROWS
        while wanted:
            most = min(most, self._fitting(documents.ORDERS_BY_ID, schema.MOST_ROWS))
            few = wanted[:most]
            try:
                gids = [ids.gid("Order", each) for each in few]
                answer = self._asked(documents.ORDERS_BY_ID, ids=gids)
            except TooCostly:
                if len(few) == 1:
                    raise
                most = len(few) // 2
                continue
            wanted = wanted[len(few) :]
            found += [self._whole(row) for row in answer or () if row and row.get("id")]
        return found

    def _out_of_sight(self, external_ids: Sequence[str]) -> set[str]:
        """Return those that may be there, but are older than an app without `read_all_orders` sees.

        Ids grow with time, so what is younger than the oldest order in sight is really gone.
        """
        answer = self._client.ask_whole(documents.OLDEST_ORDER)
        installation = answer.get("currentAppInstallation") or {}
        scopes = [str(each.get("handle")) for each in installation.get("accessScopes") or ()]
        opened = str((answer.get("shop") or {}).get("createdAt") or "")
        if not missing_scopes(scopes, [_EVERYTHING]) or opened > _days_ago():
            return set()
        oldest = next((_key(row) for row in nodes(answer.get("orders"))), None)
        return {
            each
            for each in external_ids
            if ids.is_number(each) and (oldest is None or int(each) < int(oldest))
        }

    def _sizes(self) -> dict[str, Any]:
        return {
            "lines": self._lines,
            "parts": _PARTS,
            "routed": self._shop.is_spread,
            **self._asks[0],
        }

    def _fitting(self, document: Document, most: int) -> int:
        return self._client.fitting(document, most, **self._sizes())

    def _asked(self, document: Document, **variables: Any) -> Any:
        """Ask with pages that Shopify takes, and without what it refuses to tell us."""
        while True:
            try:
                return self._client.ask(document, **{**self._sizes(), **variables})
            except TooCostly:
                if self._lines > 1:
                    self._lines //= 2
                elif variables.get("first", 1) > 1:
                    variables["first"] //= 2
                else:
                    raise
            except AdapterError as error:
                if error.code != "ACCESS_DENIED" or len(self._asks) == 1:
                    raise
                del self._asks[0]

    def _present_mark(self) -> dict[str, Any]:
        """Return where reads of changes begin after a history that is read from now on."""
        newest = nodes(self._client.ask(documents.NEWEST_ORDER))
        moment = _moved(newest[0]) if newest else None
        return {"since": walk.earlier(moment), "known": {}}

    def _mapped(
        self, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[list[ChannelOrder], list[Problem]]:
        """Read rows into orders; what cannot be read is named, and the others are good."""
        found, unreadable = [], []
        home = self._client.door.base_url
        places = frozenset(self._shop.locations) if self._shop.is_spread else None
        for row in rows:
            key = _key(row)
            try:
                at = f"order {key or '?'}"
                found.append(mapper.order(row, home=home, places=places, at=at))
            except BadPayload as error:
                unreadable.append(
                    Problem(error.sentence, error.path, "unreadable", external_id=key or None)
                )
        return found, unreadable

    def _whole(self, row: Mapping[str, Any]) -> Row:
        """Complete an order whose lines, parcels or refunds are more than the page brought."""
        routes = self._client.whole(row, _ROUTES, documents.ORDER_ROUTES, lines=_LINES)
        asks = {"routed": self._shop.is_spread}
        parcels, refunds = list(row.get("fulfillments") or ()), list(row.get("refunds") or ())
        if len(parcels) >= _PARTS or len(refunds) >= _PARTS:
            named = self._client.ask(documents.ORDER_PARTS, id=row["id"]) or {}
            parcels = self._parts(documents.PARCELS_BY_ID, named.get("fulfillments"))
            refunds = self._parts(documents.REFUNDS_BY_ID, named.get("refunds"), **asks)
        return {
            **row,
            "lineItems": self._rest(row, "lineItems", documents.ORDER_LINES),
            "fulfillments": [self._with_lines(each, documents.PARCEL_LINES) for each in parcels],
            "refunds": [self._with_lines(each, documents.REFUND_LINES, **asks) for each in refunds],
            _ROUTES: [self._with_lines(each, documents.ROUTE_LINES) for each in routes],
            "returns": {"nodes": self._returns.of_order(row) if nodes(row.get("returns")) else []},
        }

    def _parts(self, document: Document, named: Any, **asks: Any) -> list[Row]:
        gids = [str(each["id"]) for each in named or ()]
        found: list[Row] = []
        while gids:
            few = gids[: self._client.fitting(document, schema.MOST_ROWS, lines=_LINES, **asks)]
            gids = gids[len(few) :]
            answer = self._client.ask(document, ids=few, lines=_LINES, **asks)
            found += [dict(each) for each in answer or () if each and each.get("id")]
        return found

    def _with_lines(self, row: Mapping[str, Any], document: Document, **asks: Any) -> Row:
        name = _LISTS[document.name]
        return {**row, name: self._rest(row, name, document, **asks)}

    def _rest(
        self, row: Mapping[str, Any], name: str, document: Document, **asks: Any
    ) -> dict[str, Any]:
        return {"nodes": self._client.whole(row, name, document, **asks)}


_LISTS: Final = {
    documents.PARCEL_LINES.name: "fulfillmentLineItems",
    documents.REFUND_LINES.name: "refundLineItems",
    documents.ROUTE_LINES.name: "lineItems",
}


# What stands for its order: how it is named, and the query that tells the order.
_STAND_INS: Final = {
    ids.ROUTED: ("FulfillmentOrder", documents.ROUTED_ORDERS),
    ids.RETURNED: ("Return", documents.RETURNED_ORDERS),
}


def _order_of(row: Mapping[str, Any]) -> str | None:
    return ids.number(row.get("orderId") or (row.get("order") or {}).get("id"))


def _placed(since: Any) -> str:
    """Return the search for orders placed from a moment on; nothing: for all of them."""
    if not since:
        return ""
    return f"created_at:>='{walk.spelled(datetime.fromisoformat(str(since)))}'"


def _query(state: Mapping[str, Any]) -> str | None:
    since = state.get("since")
    moved = f"updated_at:>='{since}'" if since else ""
    return " ".join(part for part in (state.get("query"), moved) if part) or None


def _key(row: Mapping[str, Any]) -> str:
    return ids.number(row.get("id")) or ""


def _moved(row: Mapping[str, Any]) -> str:
    return str(row.get("updatedAt") or "")


def _unlike(known: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the orders that are not known to stand as they do."""
    return [row for row in rows if known.get(_key(row)) != row.get("updatedAt")]


def _days_ago() -> str:
    return walk.spelled(clock.now() - _SHOWN_FOR)
