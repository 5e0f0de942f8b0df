"""Fulfilment orders and fulfilments."""

from typing import Any, Final

from app.simulators.shopify import texts
from app.simulators.shopify.call import View
from app.simulators.shopify.connections import Connection, connect
from app.simulators.storage import Row

_ACTIONS: Final = {
    "OPEN": ("CREATE_FULFILLMENT", "HOLD", "MOVE", "SPLIT"),
    "IN_PROGRESS": ("CREATE_FULFILLMENT", "HOLD", "MOVE"),
    "ON_HOLD": ("RELEASE_HOLD",),
    "SCHEDULED": ("MARK_AS_OPEN",),
}


class OfOrder(View):
    """A thing that belongs to an order."""

    def _order(self) -> Row:
        return self.store.orders.rows[self.row["order_id"]]

    def order(self) -> View | None:
        """The order."""
        return self.call.show("Order", self._order())

    def _own_line(self, line_id: int) -> Row:
        return next(line for line in self._order()["lines"] if line["id"] == line_id)


class FulfillmentOrderView(OfOrder):
    """What one location has to send of an order."""

    typename = "FulfillmentOrder"

    def assigned_location(self) -> dict[str, Any]:
        """Who sends."""
        place = self.store.locations.rows[self.row["location_id"]]
        told = {"name": place["name"], "countryCode": "US", "city": "San Francisco"}
        told |= {"address1": "1 Market Street", "zip": "94103"}
        return told | {"location": self.call.show("Location", place)}

    def order_id(self) -> str:
        """The order's global id."""
        return texts.gid("Order", self.row["order_id"])

    def order_name(self) -> str:
        """What the order is called."""
        return str(self._order()["name"])

    def order_processed_at(self) -> str | None:
        """When it was placed."""
        return texts.written(self._order()["created"])

    def fulfill_at(self) -> str | None:
        """From when on it may be sent."""
        return texts.written(self.row["created"])

    def supported_actions(self) -> list[dict[str, Any]]:
        """What can be done with it now."""
        actions = _ACTIONS.get(self.row["status"], ())
        return [{"action": action, "externalUrl": None} for action in actions]

    def line_items(self, **args: Any) -> Connection[Any]:
        """What has to be sent."""
        rows = [
            line | {"order_id": self.row["order_id"], "own": self._own_line(line["line_id"])}
            for line in self.row["lines"]
        ]
        return connect(
            self.call,
            rows,
            args,
            place=lambda line: (line["id"], line["id"]),
            show=lambda line: self.call.show("FulfillmentOrderLineItem", line),
        )


class FulfillmentOrderLineView(OfOrder):
    """One line to be sent; its row carries the order's own line."""

    typename = "FulfillmentOrderLineItem"

    def __getattr__(self, name: str) -> Any:
        return self.row["own"][name] if name in self.row["own"] else super().__getattr__(name)

    def line_item(self) -> View | None:
        """The line of the order."""
        return self.call.show("LineItem", self.row["own"])

    def inventory_item_id(self) -> str:
        """What is counted of it."""
        return texts.gid("InventoryItem", self.row["own"]["item_id"])

    def product_title(self) -> str:
        """What it was called when it was bought."""
        return str(self.row["own"]["title"])

    def variant(self) -> View | None:
        """The variant, while it exists."""
        found = self.store.variants.get(self.row["own"]["variant_id"])
        return self.call.show("ProductVariant", found)

    def total_quantity(self) -> int:
        """How many in all."""
        return int(self.row["total"])

    def remaining_quantity(self) -> int:
        """How many are left."""
        return int(self.row["remaining"])


class FulfillmentEventView(View):
    """What a carrier told of a parcel."""

    typename = "FulfillmentEvent"

    def happened_at(self) -> str | None:
        """When it happened."""
        return texts.written(self.row["happened"])

    def estimated_delivery_at(self) -> str | None:
        """When the parcel is expected, if the carrier said so."""
        return texts.written(self.row["estimated"])


class FulfillmentView(OfOrder):
    """What was sent."""

    typename = "Fulfillment"

    def location(self) -> View | None:
        """From where."""
        return self.call.show("Location", self.store.locations.get(self.row["location_id"]))

    def _events(self) -> list[Row]:
        return list(self.row.get("events") or ())

    def _when(self, status: str) -> str | None:
        moments = [each["happened"] for each in self._events() if each["status"] == status]
        return texts.written(moments[-1]) if moments else None

    def display_status(self) -> str:
        """What the merchant sees: the carrier's last word, else their own."""
        if self.row["status"] == "CANCELLED":
            return "CANCELED"
        events = self._events()
        return str(events[-1]["status"]) if events else "FULFILLED"

    def in_transit_at(self) -> str | None:
        """When it went on its way."""
        return self._when("IN_TRANSIT")

    def delivered_at(self) -> str | None:
        """When it was delivered."""
        return self._when("DELIVERED")

    def estimated_delivery_at(self) -> str | None:
        """When it is expected, by the last word about that."""
        told = [each["estimated"] for each in self._events() if each["estimated"] is not None]
        return texts.written(told[-1]) if told else None

    def events(self, *, sort_key: str = "HAPPENED_AT", **args: Any) -> Connection[Any]:
        """What the carrier told."""
        by = "happened" if sort_key == "HAPPENED_AT" else "id"
        return connect(
            self.call,
            self._events(),
            args,
            place=lambda event: (event[by], event["id"]),
            show=lambda event: self.call.show("FulfillmentEvent", event),
        )

    def requires_shipping(self) -> bool:
        """It was sent."""
        return True

    def total_quantity(self) -> int:
        """How many things."""
        return sum(line["quantity"] for line in self.row["lines"])

    def tracking_info(self, first: int | None = None) -> list[dict[str, Any]]:
        """Where it is."""
        return list(self.row["tracking"][:first])

    def fulfillment_line_items(self, **args: Any) -> Connection[Any]:
        """What is in it."""
        return connect(
            self.call,
            self.row["lines"],
            args,
            place=lambda line: (line["id"], line["id"]),
            show=lambda line: {
                "id": texts.gid("FulfillmentLineItem", line["id"]),
                "lineItem": self.call.show("LineItem", self._own_line(line["line_id"])),
                "quantity": line["quantity"],
            },
        )
