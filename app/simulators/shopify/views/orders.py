"""Orders, their lines, addresses and refunds."""

from decimal import Decimal
from typing import Any

from app.simulators.shopify import orders, shipping, texts
from app.simulators.shopify.call import Call, View, shop_money
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.views.metafields import MetafieldOwner
from app.simulators.storage import Row


def bag(store: StoreCore, amount: object) -> dict[str, Any]:
    """Return an amount as the shop and as the customer sees it; here they are the same."""
    money = shop_money(store, amount)
    return {"shopMoney": money, "presentmentMoney": money}


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
        return orders.refunded(self.row) < orders.total(self.row)

    def refunds(self, first: int | None = None) -> list[View | None]:
        """What went back."""
        rows = [each | {"order_id": self.row["id"]} for each in self.row["refunds"]]
        return [self.call.show("Refund", row) for row in rows[:first]]

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
        return bag(self.store, orders.total(self.row) - orders.refunded(self.row))

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
        """Discounts are not simulated."""
        return bag(self.store, 0)


class CustomerView(View):
    """A customer; lives in the row of the order."""

    typename = "Customer"

    def id(self) -> str:
        """The global id."""
        return texts.gid(self.typename, self.row["customer_id"])

    def legacy_resource_id(self) -> str:
        """The number webhooks use."""
        return str(self.row["customer_id"])

    def first_name(self) -> str | None:
        """Protected, as all that says who it is."""
        shown = self.store.settings.shows_customers
        return str(self.row["billing_address"]["first_name"]) if shown else None

    def last_name(self) -> str | None:
        """Protected too."""
        shown = self.store.settings.shows_customers
        return str(self.row["billing_address"]["last_name"]) if shown else None

    def display_name(self) -> str:
        """The name, or the number when the name is protected."""
        names = [name for name in (self.first_name(), self.last_name()) if name]
        return " ".join(names) or str(self.row["customer_id"])

    def tags(self) -> list[str]:
        """None."""
        return []


class AddressView(View):
    """An address of an order."""

    typename = "MailingAddress"

    def name(self) -> str:
        """First and last name."""
        return f"{self.row['first_name']} {self.row['last_name']}"

    def country_code_v2(self) -> str:
        """The country in two letters."""
        return str(self.row["country_code"])

    def coordinates_validated(self) -> bool:
        """Nobody looked at a map."""
        return False

    def formatted(self, *, with_company: bool = True, with_name: bool = False) -> list[str]:
        """The address as lines."""
        lines = [
            self.row["address1"],
            self.row["address2"],
            f"{self.row['city']} {self.row['zip']}",
        ]
        first = [self.name()] if with_name else []
        company = [self.row["company"]] if with_company else []
        return [line for line in (*first, *company, *lines, self.row["country"]) if line]


class LineView(View):
    """One thing in an order."""

    typename = "LineItem"

    def product(self) -> View | None:
        """The product, while it exists."""
        return self.call.show("Product", self.store.products.get(self.row["product_id"]))

    def variant(self) -> View | None:
        """The variant, while it exists."""
        return self.call.show("ProductVariant", self.store.variants.get(self.row["variant_id"]))

    def unfulfilled_quantity(self) -> int:
        """What is still to be sent."""
        return shipping.remaining(self.store, self.row["id"])

    def refundable_quantity(self) -> int:
        """What can still go back."""
        return int(self.row["current_quantity"])

    def non_fulfillable_quantity(self) -> int:
        """What is not to be sent any more."""
        return int(self.row["quantity"]) - self.unfulfilled_quantity()

    def is_gift_card(self) -> bool:
        """Gift cards are not simulated."""
        return False

    def original_unit_price_set(self) -> dict[str, Any]:
        """What one cost."""
        return bag(self.store, self.row["price"])

    def discounted_unit_price_set(self) -> dict[str, Any]:
        """The same: there are no discounts."""
        return bag(self.store, self.row["price"])

    def original_total_set(self) -> dict[str, Any]:
        """What the line cost."""
        return bag(self.store, Decimal(self.row["price"]) * int(self.row["quantity"]))

    def discounted_total_set(self, *, with_code_discounts: bool = False) -> dict[str, Any]:
        """The same: there are no discounts."""
        del with_code_discounts
        return self.original_total_set()

    def total_discount_set(self) -> dict[str, Any]:
        """Nothing."""
        return bag(self.store, 0)

    def tax_lines(self, first: int | None = None) -> list[dict[str, Any]]:
        """Taxes stand at the order."""
        del first
        return []


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
        order = self._order()
        own = next(each for each in order["lines"] if each["id"] == line["line_id"])
        amount = bag(self.store, Decimal(own["price"]) * line["quantity"])
        place = self.store.locations.get(order["location_id"])
        return {
            "id": texts.gid("RefundLineItem", line["id"]),
            "lineItem": self.call.show("LineItem", own),
            "location": self.call.show("Location", place),
            "priceSet": bag(self.store, own["price"]),
            "quantity": line["quantity"],
            "restockType": line["restock_type"],
            "restocked": line["restock_type"] != "NO_RESTOCK",
            "subtotalSet": amount,
        }
