"""What shoppers and the merchant do with orders, outside the API."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from app.simulators.woocommerce import order_stock, orders, refunds
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.order_view import shown_order
from app.simulators.woocommerce.render import View
from app.simulators.woocommerce.resource import Asking, Shown
from app.simulators.woocommerce.storage import Row

_SHOPPER: Final = {
    "first_name": "Alice",
    "last_name": "Archer",
    "address_1": "1 Orchard Road",
    "city": "Springfield",
    "state": "IL",
    "postcode": "62701",
    "country": "US",
    "email": "alice@example.com",
    "phone": "+1 217 555 0100",
}


class NotInStore(LookupError):
    """A test or a demo named an id that this store does not have."""


class Shopping(StoreCore):
    """The hands of shoppers and of the merchant on orders."""

    def sell(
        self,
        lines: Sequence[tuple[int, int]],
        *,
        status: str = "processing",
        customer: Mapping[str, str] | None = None,
        **body: Any,
    ) -> int:
        """Let a shopper buy `(product or variation id, quantity)` at the checkout.

        Stock goes down in the same step; a cart with too little left is refused whole (SoldOut).
        `pending` is a checkout that waits for its payment, and holds what is in it for an hour.
        """
        buyer = {**_SHOPPER, **(customer or {})}
        place = {name: value for name, value in buyer.items() if name != "email"}
        facts: dict[str, Any] = {"billing": buyer, "shipping": place, "payment_method": "stripe"}
        with self.change():
            order_stock.refuse_oversale(self, list(lines))
            return self.place_order(*lines, status=status, **{**facts, **body})

    def place_order(self, *lines: tuple[int, int], status: str = "processing", **body: Any) -> int:
        """Enter an order for `(product or variation id, quantity)`, whatever is left of it."""
        with self.change():
            items = [{"product_id": row_id, "quantity": quantity} for row_id, quantity in lines]
            row = orders.new_order(
                self, {"status": status, "line_items": items, **body}, created_via="checkout"
            )
        return int(row["id"])

    def pay_order(self, order_id: int) -> None:
        """Let the payment of an order arrive."""
        self._change(order_id, {"set_paid": True})

    def edit_order(self, order_id: int, **body: Any) -> None:
        """Change an order as the merchant does in the WP admin."""
        self._change(order_id, body)

    def edit_line(self, order_id: int, line_id: int, quantity: int) -> None:
        """Change a quantity; unlike the API, the admin screen keeps the price of a piece."""
        with self.change():
            [line] = [each for each in self._order(order_id)["line_items"] if each["id"] == line_id]
            share = Decimal(quantity) / line["quantity"]
            sums = {name: f"{Decimal(line[name]) * share:.2f}" for name in ("subtotal", "total")}
            self._change(order_id, {"line_items": [{"id": line_id, "quantity": quantity, **sums}]})

    def cancel_order(self, order_id: int) -> None:
        """Cancel an order; what it took goes back on the shelf."""
        self._change(order_id, {"status": "cancelled"})

    def refund_order(
        self,
        order_id: int,
        lines: Mapping[int, int] | None = None,
        *,
        amount: str | None = None,
        restock: bool = True,
        reason: str = "",
    ) -> int:
        """Refund units of lines, by default for what they cost, or an amount; returns its id."""
        with self.change():
            sold = {line["id"]: line for line in self._order(order_id)["line_items"]}
            back = {line_id: _price(sold[line_id]) * n for line_id, n in (lines or {}).items()}
            entries = [
                {"id": line_id, "quantity": n, "refund_total": f"{back[line_id]:.2f}"}
                for line_id, n in (lines or {}).items()
            ]
            params = {
                "amount": amount or f"{sum(back.values(), Decimal(0)):.2f}",
                "reason": reason,
                "line_items": entries,
                "api_refund": False,
                "api_restock": restock,
            }
            return int(refunds.add_refund(Asking(self), order_id, params)["id"])

    def trash_order(self, order_id: int) -> None:
        """Put an order into the trash; on the admin screen the hooks are filtered by type."""
        with self.change():
            orders.trash_order(self, self._order(order_id), admin_type="order")

    def restore_order(self, order_id: int) -> None:
        """Take an order out of the trash."""
        with self.change():
            orders.restore_order(self, self._order(order_id))

    def erase_order(self, order_id: int) -> None:
        """Delete an order for good; no webhook tells of it."""
        with self.change():
            self._order(order_id)
            self.orders.drop(order_id)

    def order(self, row_id: int) -> Shown:
        """Return an order."""
        with self.lock:
            return shown_order(View(self, "edit"), self._order(row_id))

    def _change(self, order_id: int, body: Mapping[str, Any]) -> None:
        with self.change():
            orders.change_order(self, self._order(order_id), body)

    def _order(self, order_id: int) -> Row:
        row = self.orders.get(order_id)
        if row is None:
            raise NotInStore(order_id)
        return row


def _price(line: Row) -> Decimal:
    paid = Decimal(line["total"]) + Decimal(line.get("total_tax", "0"))
    return paid / int(line["quantity"])
