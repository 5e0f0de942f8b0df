"""The order half of the reference adapter: the port of orders over a shop in a dict."""

from collections.abc import Sequence
from datetime import datetime

from app.adapters.memory.orders import shipped, unshipped
from app.adapters.memory.shop import MemoryShop
from app.adapters.orders import (
    CancelDraft,
    ChannelOrder,
    ChannelShipment,
    Payment,
    RefundDraft,
    ShipmentDraft,
    UnshipDraft,
)
from app.adapters.types import Applied, Cursor, Outcome, Page, Problem, Rejected
from app.core import clock


class MemoryOrders:
    """The order half of the reference adapter."""

    _shop: MemoryShop

    def pull_orders(self, after: Cursor) -> Page[ChannelOrder]:
        """Read a page of orders, the longest unchanged first."""
        self._shop.note("pull_orders")
        book = self._shop.book
        since = int(after.state.get("version", 0))
        day = after.state.get("since")
        moved = sorted((version, key) for key, version in book.versions.items() if version > since)
        page, rest = moved[: self._shop.page_size], moved[self._shop.page_size :]
        items = [
            book.orders[key]
            for _, key in page
            if day is None or book.orders[key].placed_at >= datetime.fromisoformat(day)
        ]
        mark = page[-1][0] if page else since
        state = {"version": mark} | ({"since": day} if day else {})
        return Page(
            items,
            Cursor(after.kind, state) if rest else None,
            watermark=None if rest else Cursor("changes", {"version": mark}),
        )

    def read_orders(self, external_ids: Sequence[str]) -> Sequence[ChannelOrder]:
        """Read these orders as they stand now; missing ones come back with `is_deleted`."""
        self._shop.note("read_orders", external_ids)
        book = self._shop.book
        return [book.orders.get(key) or _missing(key) for key in external_ids]

    def ship_orders(self, drafts: Sequence[ShipmentDraft]) -> Sequence[Outcome]:
        """Make parcels known; the same number on the same order is the same parcel."""
        return [self._ship(draft) for draft in drafts]

    def _ship(self, draft: ShipmentDraft) -> Outcome:
        order = self._shop.book.orders.get(draft.order_external_id)
        if order is None or order.cancelled_at is not None:
            problem = Problem("The order is cancelled in the shop.", code="order_closed")
            return Rejected(draft.key, (problem,))
        for each in order.shipments:
            if each.is_cancelled:
                continue
            if each.external_id == draft.key or (draft.number and each.number == draft.number):
                return Applied(draft.key, each.external_id)
        parcel = ChannelShipment(
            draft.key, dict(draft.lines), draft.carrier, draft.number, draft.url, clock.now()
        )
        self._shop.note("write_shipment", [draft.key])
        self._shop.keep_order(shipped(order, parcel))
        return Applied(draft.key, parcel.external_id)

    def unship_orders(self, drafts: Sequence[UnshipDraft]) -> Sequence[Outcome]:
        """Take parcels back; one that is not there any more is done."""
        for draft in drafts:
            order = self._shop.book.orders[draft.order_external_id]
            for each in order.shipments:
                is_it = each.external_id in (draft.external_id, draft.key) or (
                    draft.number and each.number == draft.number
                )
                if is_it and not each.is_cancelled and each.external_id not in draft.others:
                    self._shop.note("write_unship", [draft.key])
                    self._shop.keep_order(unshipped(order, each))
                    break
        return [Applied(draft.key, draft.external_id) for draft in drafts]

    def cancel_orders(self, drafts: Sequence[CancelDraft]) -> Sequence[Outcome]:
        """Cancel orders; one that is cancelled already is done."""
        for draft in drafts:
            order = self._shop.book.orders[draft.order_external_id]
            if order.cancelled_at is None:
                self._shop.note("write_cancel", [draft.key])
                self._shop.cancel(order.external_id, restocks=draft.restocks, why=draft.reason)
        return [Applied(draft.key, draft.order_external_id) for draft in drafts]

    def refund_orders(self, drafts: Sequence[RefundDraft]) -> Sequence[Outcome]:
        """Give money back; a key that was seen before is not paid twice."""
        book = self._shop.book
        outcomes: list[Outcome] = []
        for draft in drafts:
            if draft.key not in book.refund_keys:
                self._shop.note("write_refund", [draft.key])
                book.refund_keys[draft.key] = self._shop.refund(
                    draft.order_external_id,
                    draft.amount,
                    draft.lines,
                    restocks=draft.restocks,
                    why=draft.reason,
                    key=draft.key,
                )
            outcomes.append(Applied(draft.key, book.refund_keys[draft.key]))
        return outcomes


def _missing(external_id: str) -> ChannelOrder:
    return ChannelOrder(
        external_id=external_id,
        number="",
        placed_at=clock.now(),
        modified_at=None,
        currency="USD",
        status="",
        payment=Payment.PENDING,
        lines=(),
        total=0,
        is_deleted=True,
    )
