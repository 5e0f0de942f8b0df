"""Reading orders: a history, what moved, or these; with their refunds and parcels.

The list of orders shows of refunds only their sums. Their units are read over all orders at once
where the shop can (9.x), and per refunded order where it cannot. Core fulfilments are read per
order, for those whose meta data says that there are any.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.adapters.errors import BadPayload, Gone, Unsupported
from app.adapters.orders import ChannelOrder
from app.adapters.types import Cursor, Page, Problem
from app.adapters.woocommerce.client import Client, Listing
from app.adapters.woocommerce.mapper import orders as mapper
from app.adapters.woocommerce.mapper.amounts import meta
from app.adapters.woocommerce.mapper.reader import Reader, as_list
from app.adapters.woocommerce.walks import OVERLAP, Walk, minus, stamp

Row = Mapping[str, Any]
_ANY: Final = {"status": "any", "dates_are_gmt": "true"}
_HAS_FULFILLMENTS: Final = ("fulfilled", "partially_fulfilled")


class OrderReads:
    """The half of an adapter that reads orders."""

    def __init__(self, client: Client, *, home_url: str) -> None:
        self._client = client
        self._home_url = home_url
        self._lists_refunds = True

    def pull(self, after: Cursor) -> Page[ChannelOrder]:
        """Read the page a cursor stands for, the longest unchanged first."""
        state = dict(after.state)
        is_history = after.kind != "changes"
        if is_history and "mark" not in state:
            # Taken before the read, so that nothing slips between it and the first changes.
            state["mark"] = {"since": minus(self._newest(), OVERLAP)}
        walk = Walk.from_json(state["walk"]) if "walk" in state else _begun(after)
        listing = self._moved(walk, placed_after=state.get("since") if is_history else None)
        ahead, fresh = walk.step([stamp(row) for row in listing.rows])
        by_id = {str(row["id"]): row for row in listing.rows}
        items, unreadable = self._mapped([by_id[key] for key in fresh])
        following = Cursor(after.kind, {**state, "walk": ahead.to_json()})
        is_done = not listing.has_more(walk.page)
        mark = state["mark"] if is_history else ahead.watermark()
        return Page(
            items,
            None if is_done else following,
            watermark=Cursor("changes", mark) if is_done else None,
            unreadable=tuple(unreadable),
        )

    def orders(self, external_ids: Sequence[str]) -> list[ChannelOrder]:
        """Read these orders now, in this order; absent and trashed ones come back deleted."""
        found, unreadable = self._mapped(list(self.rows(external_ids).values()))
        if unreadable:
            raise BadPayload("order", sentence=unreadable[0].sentence)
        by_id = {order.external_id: order for order in found}
        return [by_id.get(each) or mapper.gone(each) for each in external_ids]

    def rows(self, external_ids: Sequence[str], **params: Any) -> dict[str, dict[str, Any]]:
        """Return the orders with these ids as the shop spells them, past every cache, by id."""
        ids = [each for each in dict.fromkeys(external_ids) if each.isdigit()]
        if not ids:
            return {}
        rows = self._client.rows_of("/orders", "include", ids, fresh=True, **_ANY, **params)
        return {str(row["id"]): row for row in rows}

    def refunds_of(self, order_id: str) -> list[dict[str, Any]]:
        """Return every refund of one order, past every cache."""
        return list(self._client.rows(f"/orders/{order_id}/refunds", fresh=True))

    def _moved(self, walk: Walk, *, placed_after: Any) -> Listing:
        return self._client.page(
            "/orders",
            fresh=True,
            modified_after=walk.after,
            after=_gmt(placed_after),
            orderby="modified",
            order="asc",
            page=walk.page,
            **_ANY,
        )

    def _newest(self) -> str | None:
        listing = self._client.page(
            "/orders",
            fresh=True,
            per_page=1,
            orderby="modified",
            order="desc",
            _fields="id,date_modified_gmt",
            **_ANY,
        )
        return stamp(listing.rows[0])[1] if listing.rows else None

    def _mapped(self, rows: Sequence[Row]) -> tuple[list[ChannelOrder], list[Problem]]:
        refunds = self._refunds(rows)
        found, unreadable = [], []
        for row in rows:
            key = str(row.get("id"))
            try:
                found.append(
                    mapper.order(
                        row,
                        refunds=refunds.get(key, ()),
                        fulfillments=self._fulfillments(row),
                        home_url=self._home_url,
                        at=f"order {key}",
                    )
                )
            except BadPayload as error:
                unreadable.append(
                    Problem(error.sentence, error.path, "unreadable", external_id=key)
                )
        return found, unreadable

    def _refunds(self, rows: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
        """Return the refunds of these orders in full, by order."""
        wanted = {
            str(refund["id"]): str(row.get("id"))
            for row in rows
            for refund in as_list(row.get("refunds")) or ()
            if isinstance(refund, Mapping) and refund.get("id")
        }
        found: dict[str, list[dict[str, Any]]] = {}
        for refund in self._listed_refunds(list(wanted)):
            order_id = wanted.pop(str(refund.get("id")), None)
            if order_id is not None:
                found.setdefault(order_id, []).append(refund)
        for order_id in dict.fromkeys(wanted.values()):
            try:
                found[order_id] = self.refunds_of(order_id)
            except Gone:
                continue  # thrown away between both reads; its sums are known
        return found

    def _listed_refunds(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        if not (ids and self._lists_refunds):
            return []
        try:
            return list(self._client.rows_of("/refunds", "include", ids, fresh=True))
        except Unsupported:
            self._lists_refunds = False
            return []

    def _fulfillments(self, row: Row) -> list[Any]:
        if meta(Reader(row, "order"), "_fulfillment_status") not in _HAS_FULFILLMENTS:
            return []
        try:
            listed = self._client.get(f"/orders/{row['id']}/fulfillments", fresh=True)
        except (Unsupported, Gone):
            return []  # the feature was turned off since
        return listed if isinstance(listed, list) else []


def _begun(after: Cursor) -> Walk:
    return Walk.begin(after.state) if after.kind == "changes" else Walk()


def _gmt(moment: Any) -> str | None:
    """Return a moment as the shop compares it: in UTC, and without saying so.

    WordPress turns a text with a zone into the site's local time.
    """
    if moment is None:
        return None
    found = datetime.fromisoformat(str(moment))
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return found.replace(microsecond=0).isoformat()
