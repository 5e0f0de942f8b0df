"""Refunds, what Shopify suggests of them, and payments."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.simulators.shopify import orders, texts
from app.simulators.shopify.call import Call, View, bag
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.refunds import Back, suggested
from app.simulators.storage import Row

GATEWAY = "bogus"


class RefundView(View):
    """Money that went back."""

    typename = "Refund"

    def updated_at(self) -> str | None:
        """A refund does not change."""
        return texts.written(self.row["created"])

    def _order(self) -> Row:
        return self.store.orders.rows[self.row["order_id"]]

    def order(self) -> View | None:
        """The order it belongs to."""
        return self.call.show("Order", self._order())

    def total_refunded_set(self) -> dict[str, Any]:
        """How much."""
        return bag(self.store, self.row["amount"])

    def refund_line_items(self, **args: Any) -> Connection[Any]:
        """For what."""
        return connect(
            self.call,
            self.row["lines"],
            args,
            place=lambda line: (line["id"], line["id"]),
            show=self._line,
        )

    def _line(self, line: Row) -> dict[str, Any]:
        gid = texts.gid("RefundLineItem", line["id"])
        return {"id": gid, **_refund_line(self.call, self._order(), line)}


def _refund_line(call: Call, order: Row, line: Mapping[str, Any]) -> dict[str, Any]:
    own = next(each for each in order["lines"] if each["id"] == line["line_id"])
    place = call.store.locations.get(line["location_id"])
    return {
        "lineItem": call.show("LineItem", own),
        "location": call.show("Location", place),
        "priceSet": bag(call.store, own["price"]),
        "quantity": line["quantity"],
        "restockType": line["restock_type"],
        "restocked": line["restock_type"] != "NO_RESTOCK",
        "subtotalSet": bag(call.store, orders.value(own, line["quantity"])),
        "totalTaxSet": bag(call.store, 0),
    }


def wanted_back(given: Sequence[Mapping[str, Any]]) -> list[Back]:
    """Read the lines of an input."""
    return [
        Back(
            texts.number(each["lineItemId"], "LineItem") or 0,
            each["quantity"],
            each.get("restockType") or "NO_RESTOCK",
            texts.number(each.get("locationId"), "Location"),
        )
        for each in given
    ]


def shown_suggestion(
    call: Call, order: Row, given: Sequence[Mapping[str, Any]], *, is_full: bool
) -> dict[str, Any]:
    """Show what a refund would come to, and by which payment it would go back."""
    units, amount, most = suggested(call.store, order, wanted_back(given), is_full=is_full)
    money, limit = bag(call.store, amount), bag(call.store, most)
    transaction = {
        "amountSet": money,
        "gateway": GATEWAY,
        "kind": "SUGGESTED_REFUND",
        "maximumRefundableSet": limit,
        "parentTransaction": call.show("OrderTransaction", order),
    }
    return {
        "amountSet": money,
        "maximumRefundableSet": limit,
        "refundLineItems": [
            {
                "id": None,
                **_refund_line(
                    call,
                    order,
                    {
                        "line_id": each.line_id,
                        "quantity": each.quantity,
                        "restock_type": each.restock_type,
                        "location_id": each.location_id,
                    },
                ),
            }
            for each in units
        ],
        "subtotalSet": money,
        "suggestedTransactions": [transaction] if most > 0 else [],
        "totalTaxSet": bag(call.store, 0),
    }


class TransactionView(View):
    """The payment of an order; lives in its row."""

    typename = "OrderTransaction"

    def id(self) -> str:
        """The global id."""
        return texts.gid(self.typename, self.row["payment_id"])

    def amount_set(self) -> dict[str, Any]:
        """All of it at once."""
        return bag(self.store, orders.total(self.row))

    def gateway(self) -> str:
        """A payment that only pretends."""
        return GATEWAY

    def kind(self) -> str:
        """Sold."""
        return "SALE"

    def status(self) -> str:
        """It went through."""
        return "SUCCESS"

    def order(self) -> View | None:
        """The order it pays."""
        return self.call.show("Order", self.row)
