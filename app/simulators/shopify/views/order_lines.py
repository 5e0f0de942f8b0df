"""The lines of orders, and who bought them."""

from decimal import Decimal
from typing import Any

from app.simulators.shopify import shipping, texts
from app.simulators.shopify.call import View, bag


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
        """The same: discounts are given on the whole order."""
        return bag(self.store, self.row["price"])

    def original_total_set(self) -> dict[str, Any]:
        """What the line cost."""
        return bag(self.store, Decimal(self.row["price"]) * int(self.row["quantity"]))

    def discounted_total_set(self, *, with_code_discounts: bool = False) -> dict[str, Any]:
        """The same: discounts are given on the whole order."""
        del with_code_discounts
        return self.original_total_set()

    def total_discount_set(self) -> dict[str, Any]:
        """Nothing."""
        return bag(self.store, 0)

    def discount_allocations(self) -> list[dict[str, Any]]:
        """What falls to it of the discount on the order."""
        amount = Decimal(self.row.get("discount", "0"))
        return [{"allocatedAmountSet": bag(self.store, amount)}] if amount else []

    def tax_lines(self, first: int | None = None) -> list[dict[str, Any]]:
        """What falls to it of the tax."""
        amount = Decimal(self.row.get("tax", "0"))
        tax = {"title": "Sales tax", "rate": None, "ratePercentage": None, "source": None}
        found = [tax | {"priceSet": bag(self.store, amount)}] if amount else []
        return found[:first]
