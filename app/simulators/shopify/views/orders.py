"""Orders as a whole."""

from decimal import Decimal
from typing import Any

from app.simulators.shopify import orders, shipping, texts
from app.simulators.shopify.call import Call, View, bag
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.views.metafields import MetafieldOwner
from app.simulators.shopify.views.refunds import shown_suggestion
from app.simulators.storage import Row


def _listed(call: Call, rows: list[Row], kind: str, args: dict[str, Any]) -> Connection[Any]:
    return connect(
        call,
        rows,
        args,
        place=lambda row: (row["id"], row["id"]),
        show=lambda row: call.show(kind, row),
    )


class OrderView(MetafieldOwner):
    """An order."""

    typename = "Order"

    def _personal(self, name: str) -> Any:
        """Protected customer data: an app that is not approved sees nothing."""
        return self.row[name] if self.store.settings.shows_customers else None

    def email(self) -> str | None:
        """Where the customer reads."""
        text = self._personal("email")
        return None if text is None else str(text)

    def phone(self) -> str | None:
        """Where the customer listens."""
        text = self._personal("phone")
        return None if text is None else str(text)

    def _address(self, name: str) -> View | None:
        address = self._personal(name)
        number = self.row["id"] + (0 if name == "shipping_address" else 1)
        return (
            None if address is None else self.call.show("MailingAddress", address | {"id": number})
        )

    def shipping_address(self) -> View | None:
        """Where it goes."""
        return self._address("shipping_address")

    def billing_address(self) -> View | None:
        """Who pays."""
        return self._address("billing_address")

    def customer(self) -> View | None:
        """Who bought."""
        return self.call.show("Customer", self.row)

    def cancelled_at(self) -> str | None:
        """When it was called off."""
        return texts.written(self.row["cancelled"])

    def closed(self) -> bool:
        """Whether it is filed away."""
        return self.row["closed"] is not None

    def closed_at(self) -> str | None:
        """When it was filed away."""
        return texts.written(self.row["closed"])

    def confirmed(self) -> bool:
        """Whether stock was set aside for it."""
        return True

    def currency_code(self) -> str:
        """The shop's currency."""
        return self.store.settings.currency

    presentment_currency_code = currency_code

    def display_financial_status(self) -> str:
        """How far the money is."""
        return str(self.row["financial_status"])

    def display_fulfillment_status(self) -> str:
        """How far the parcels are."""
        return shipping.status_of(self.store, self.row)

    def edited(self) -> bool:
        """Whether lines were changed."""
        return bool(self.row["is_edited"])

    def fulfillable(self) -> bool:
        """Whether something can be sent."""
        rows = self.store.fulfillment_orders.where("order", self.row["id"])
        return any(row["status"] in shipping.SENDABLE for row in rows)

    def fulfillment_orders(
        self, *, displayable: bool = False, query: str | None = None, **args: Any
    ) -> Connection[Any]:
        """What has to be sent, by location."""
        del displayable, query
        rows = self.store.fulfillment_orders.where("order", self.row["id"])
        return _listed(self.call, rows, "FulfillmentOrder", args)

    def fulfillments(self, first: int | None = None, query: str | None = None) -> list[View | None]:
        """What was sent."""
        del query
        rows = self.store.fulfillments.where("order", self.row["id"])
        return [self.call.show("Fulfillment", row) for row in rows[:first]]

    def fully_paid(self) -> bool:
        """Whether nothing is owed."""
        return str(self.row["financial_status"]) == "PAID"

    def unpaid(self) -> bool:
        """Whether nothing was paid."""
        return self.row["financial_status"] in {"PENDING", "VOIDED"}

    def line_items(self, **args: Any) -> Connection[Any]:
        """What was bought."""
        return _listed(self.call, self.row["lines"], "LineItem", args)

    def payment_gateway_names(self) -> list[str]:
        """How it was paid."""
        return ["bogus"]

    def processed_at(self) -> str | None:
        """When it was placed."""
        return texts.written(self.row["created"])

    def refundable(self) -> bool:
        """Whether money can go back."""
        return orders.refundable(self.row) > 0

    def refunds(self, first: int | None = None) -> list[View | None]:
        """What went back."""
        rows = [each | {"order_id": self.row["id"]} for each in self.row["refunds"]]
        return [self.call.show("Refund", row) for row in rows[:first]]

    def returns(self, *, query: str | None = None, **args: Any) -> Connection[Any]:
        """What comes back."""
        del query
        return _listed(self.call, self.store.returns.where("order", self.row["id"]), "Return", args)

    def requires_shipping(self) -> bool:
        """Whether anything in it is sent."""
        return any(line["requires_shipping"] for line in self.row["lines"])

    def _shipping_line(self) -> dict[str, Any]:
        told = {"title": self.row["shipping_method"], "code": self.row["shipping_method"]}
        price = bag(self.store, self.row["shipping_price"])
        told |= {"id": texts.gid("ShippingLine", self.row["id"]), "source": "shopify"}
        return told | {"originalPriceSet": price, "discountedPriceSet": price, "taxLines": []}

    def shipping_line(self) -> dict[str, Any]:
        """How it is sent."""
        return self._shipping_line()

    def shipping_lines(self, *, include_removals: bool = False, **args: Any) -> Connection[Any]:
        """How it is sent, as a list of one."""
        del include_removals
        return connect(
            self.call,
            [self._shipping_line()],
            args,
            place=lambda line: (0, 0),
            show=lambda line: line,
        )

    def source_identifier(self) -> None:
        """Orders come from the shop itself."""
        return

    def subtotal_line_items_quantity(self) -> int:
        """How many things were bought."""
        return sum(line["quantity"] for line in self.row["lines"])

    def subtotal_price_set(self) -> dict[str, Any]:
        """What the goods cost."""
        return bag(self.store, orders.subtotal(self.row))

    def current_subtotal_price_set(self) -> dict[str, Any]:
        """What the goods cost that are left."""
        return bag(self.store, orders.subtotal(self.row, column="current_quantity"))

    def tax_lines(self) -> list[dict[str, Any]]:
        """The taxes."""
        tax = {"title": "Sales tax", "rate": None, "ratePercentage": None, "source": None}
        has_tax = Decimal(self.row["tax"]) > 0
        return [tax | {"priceSet": bag(self.store, self.row["tax"])}] if has_tax else []

    def taxes_included(self) -> bool:
        """Taxes come on top."""
        return False

    def total_price_set(self) -> dict[str, Any]:
        """What the customer was to pay."""
        return bag(self.store, orders.total(self.row))

    def current_total_price_set(self) -> dict[str, Any]:
        """What is left of it."""
        return bag(self.store, orders.left(self.row))

    def total_refunded_set(self) -> dict[str, Any]:
        """What went back."""
        return bag(self.store, orders.refunded(self.row))

    def total_shipping_price_set(self) -> dict[str, Any]:
        """What sending costs."""
        return bag(self.store, self.row["shipping_price"])

    def total_tax_set(self) -> dict[str, Any]:
        """What taxes cost."""
        return bag(self.store, self.row["tax"])

    def total_discounts_set(self) -> dict[str, Any]:
        """What the customer was let off."""
        return bag(self.store, self.row.get("discount", "0"))

    def risk(self) -> dict[str, Any]:
        """Whether somebody else may have bought."""
        level = self.row.get("risk", "NONE")
        advice = {"HIGH": "CANCEL", "MEDIUM": "INVESTIGATE", "LOW": "ACCEPT"}.get(level, "NONE")
        return {"assessments": [{"riskLevel": level}], "recommendation": advice}

    def suggested_refund(
        self,
        refund_line_items: list[dict[str, Any]] | None = None,
        *,
        refund_shipping: bool | None = None,
        shipping_amount: str | None = None,
        suggest_full_refund: bool = False,
    ) -> dict[str, Any]:
        """What a refund of lines would come to; shipping is not worked out."""
        del refund_shipping, shipping_amount
        return shown_suggestion(
            self.call, self.row, refund_line_items or [], is_full=suggest_full_refund
        )

    def transactions(self, first: int | None = None) -> list[View | None]:
        """How the money came, where it came."""
        is_there = orders.refundable(self.row) > 0 or orders.refunded(self.row) > 0
        found = [self.call.show("OrderTransaction", self.row)] if is_there else []
        return found[:first]
