"""Returns, and the work of taking them in."""

from typing import Any

from app.simulators.shopify import returns, texts
from app.simulators.shopify.call import View
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.views.shipping import OfOrder
from app.simulators.storage import Row


class _Taking(OfOrder):
    """A thing about goods that were sent."""

    def _listed(self, kind: str, rows: list[Row], args: dict[str, Any]) -> Connection[Any]:
        return connect(
            self.call,
            rows,
            args,
            place=lambda row: (row["id"], row["id"]),
            show=lambda row: self.call.show(kind, row),
        )

    def fulfillment_line_item(self) -> dict[str, Any]:
        """What was sent."""
        line = self.call.show("LineItem", self._own_line(self.row["line_id"]))
        gid = texts.gid("FulfillmentLineItem", self.row["sent_id"])
        return {"id": gid, "lineItem": line, "quantity": self._sent()}

    def _sent(self) -> int:
        return next(
            int(line["quantity"])
            for parcel in self.store.fulfillments.where("order", self.row["order_id"])
            for line in parcel["lines"]
            if line["id"] == self.row["sent_id"]
        )


class ReturnView(_Taking):
    """Goods on their way back."""

    typename = "Return"

    def closed_at(self) -> str | None:
        """When it was done."""
        return texts.written(self.row["closed"])

    def request_approved_at(self) -> str | None:
        """When the merchant agreed."""
        return texts.written(self.row["approved"])

    def total_quantity(self) -> int:
        """How many units."""
        return sum(line["quantity"] for line in self.row["lines"])

    def refunds(self, **args: Any) -> Connection[Any]:
        """Money that went back for it."""
        rows = [
            each | {"order_id": self.row["order_id"]}
            for each in self._order()["refunds"]
            if each["id"] in self.row["refunds"]
        ]
        return self._listed("Refund", rows, args)

    def return_line_items(self, **args: Any) -> Connection[Any]:
        """What is to come."""
        return self._listed("ReturnLineItem", self.row["lines"], args)

    def reverse_fulfillment_orders(self, **args: Any) -> Connection[Any]:
        """The work of taking it in; none before the merchant agreed."""
        rows = self.store.ways_back.where("return", self.row["id"])
        return self._listed("ReverseFulfillmentOrder", rows, args)


class ReturnLineView(_Taking):
    """Units of a line in a return."""

    typename = "ReturnLineItem"

    def customer_note(self) -> None:
        """Nobody writes any."""
        return

    def return_reason_note(self) -> str:
        """Nor here."""
        return ""

    def return_reason_definition(self) -> View | None:
        """Why."""
        told = {"id": self.row["reason_id"], "name": self.row["reason"], "deleted": False}
        told |= {"handle": self.row["reason"].lower().replace(" ", "-")}
        return self.call.show("ReturnReasonDefinition", told)

    def _decided(self) -> int:
        return sum(
            returns.disposed(line)
            for way in self.store.ways_back.where("order", self.row["order_id"])
            for line in way["lines"]
            if line["sent_id"] == self.row["sent_id"]
        )

    def processed_quantity(self) -> int:
        """How many were decided on."""
        return min(int(self.row["quantity"]), self._decided())

    def unprocessed_quantity(self) -> int:
        """How many were not."""
        return int(self.row["quantity"]) - self.processed_quantity()

    processable_quantity = unprocessed_quantity

    def refunded_quantity(self) -> int:
        """How many were paid back, by refunds made for returns."""
        is_refunded = any(
            row["refunds"]
            for row in self.store.returns.where("order", self.row["order_id"])
            if any(line["id"] == self.row["id"] for line in row["lines"])
        )
        return int(self.row["quantity"]) if is_refunded else 0

    def refundable_quantity(self) -> int:
        """How many can be paid back."""
        return int(self.row["quantity"]) - self.refunded_quantity()


class ReturnReasonView(View):
    """Why something comes back."""

    typename = "ReturnReasonDefinition"


class WayBackView(_Taking):
    """The work of taking a return in."""

    typename = "ReverseFulfillmentOrder"

    def line_items(self, **args: Any) -> Connection[Any]:
        """What has to be looked at."""
        return self._listed("ReverseFulfillmentOrderLineItem", self.row["lines"], args)


class WayBackLineView(_Taking):
    """Units of a line to be looked at."""

    typename = "ReverseFulfillmentOrderLineItem"

    def total_quantity(self) -> int:
        """How many."""
        return int(self.row["total"])

    def dispositions(self) -> list[View | None]:
        """What became of them."""
        rows = self.row["dispositions"]
        return [self.call.show("ReverseFulfillmentOrderDisposition", each) for each in rows]


class DispositionView(View):
    """What became of some units."""

    typename = "ReverseFulfillmentOrderDisposition"

    def location(self) -> View | None:
        """Where they were put back."""
        return self.call.show("Location", self.store.locations.get(self.row["location_id"]))
