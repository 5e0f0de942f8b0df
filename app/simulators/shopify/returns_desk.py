"""What customers send back, and what the merchant decides about it in the Shopify admin."""

from typing import Any

from app.simulators.shopify import returns
from app.simulators.shopify.merchant import Merchant, NotInStore
from app.simulators.storage import Row


class ReturnsDesk(Merchant):
    """The store with the hand of whoever takes goods back."""

    def open_return(
        self,
        order_id: int,
        *lines: tuple[int, int],
        reason: str = "Too small",
        is_open: bool = True,
    ) -> int:
        """Take `(line, quantity)` back, by default one of the first; returns the return's number.

        Not open: the customer asks for it, and the merchant has to agree.
        """
        with self.change():
            order = self._order(order_id)
            units = list(lines) or [(order["lines"][0]["id"], 1)]
            return int(returns.ask(self, order, units, reason=reason, is_open=is_open)["id"])

    def move_return(self, return_id: int, action: str) -> None:
        """Agree to a return, decline, cancel, close or reopen it."""
        with self.change():
            returns.move(self, self._return(return_id), action)

    def dispose(
        self,
        return_id: int,
        kind: str = "RESTOCKED",
        *,
        line: int | None = None,
        quantity: int = 1,
        location: int | None = None,
    ) -> None:
        """Decide on units that came: of a line, by default the first."""
        with self.change():
            row = self._return(return_id)
            number = line or row["lines"][0]["line_id"]
            returns.decide(self, row, number, quantity, kind, location=location)

    def refund_return(self, return_id: int) -> None:
        """Give the money for a return back."""
        with self.change():
            returns.refund(self, self._return(return_id))

    def told_of_return(self, return_id: int) -> dict[str, Any]:
        """Return where a return stands, as webhooks tell it."""
        with self.lock:
            row = self._return(return_id)
            return {"id": row["id"], "order_id": row["order_id"], "status": row["status"]}

    def _return(self, return_id: int) -> Row:
        row = self.returns.get(return_id)
        if row is None:
            raise NotInStore(return_id)
        return row
