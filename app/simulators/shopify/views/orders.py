"""Orders and their lines, as far as they are read."""

from decimal import Decimal
from typing import Any

from app.simulators.shopify import texts
from app.simulators.shopify.call import View, shop_money
from app.simulators.shopify.connections import Connection, connect
from app.simulators.shopify.core import StoreCore


def bag(store: StoreCore, amount: object) -> dict[str, Any]:
    """Return an amount as the shop and as the customer sees it; here they are the same."""
    money = shop_money(store, amount)
    return {"shopMoney": money, "presentmentMoney": money}


class OrderView(View):
    """An order."""

    typename = "Order"

    def _total(self) -> Decimal:
        lines = self.row["lines"]
        return sum((Decimal(line["price"]) * line["quantity"] for line in lines), Decimal(0))

    def cancelled_at(self) -> str | None:
        """When it was called off."""
        return texts.written(self.row["cancelled"])

    def closed(self) -> bool:
        """Whether it is filed away."""
        return False

    def currency_code(self) -> str:
        """The shop's currency."""
        return self.store.settings.currency

    presentment_currency_code = currency_code

    def processed_at(self) -> str | None:
        """When it was placed."""
        return texts.written(self.row["created"])

    def total_price_set(self) -> dict[str, Any]:
        """What the customer pays."""
        return bag(self.store, self._total())

    current_total_price_set = subtotal_price_set = total_price_set

    def total_shipping_price_set(self) -> dict[str, Any]:
        """Shipping is free here."""
        return bag(self.store, 0)

    total_tax_set = total_discounts_set = total_shipping_price_set

    def line_items(self, **args: Any) -> Connection[Any]:
        """What was bought."""
        return connect(
            self.call,
            self.row["lines"],
            args,
            place=lambda line: (line["id"], line["id"]),
            show=lambda line: self.call.show("LineItem", line | {"is_open": self.row["is_open"]}),
        )


class LineView(View):
    """One thing in an order."""

    typename = "LineItem"

    def product(self) -> View | None:
        """The product, while it exists."""
        return self.call.show("Product", self.store.products.get(self.row["product_id"]))

    def variant(self) -> View | None:
        """The variant, while it exists."""
        return self.call.show("ProductVariant", self.store.variants.get(self.row["variant_id"]))

    def current_quantity(self) -> int:
        """What is left after edits."""
        return int(self.row["quantity"])

    def unfulfilled_quantity(self) -> int:
        """What is still to be sent."""
        return int(self.row["quantity"]) if self.row["is_open"] else 0

    def original_unit_price_set(self) -> dict[str, Any]:
        """What one cost."""
        return bag(self.store, self.row["price"])

    def discounted_total_set(self, *, with_code_discounts: bool = False) -> dict[str, Any]:
        """What the line cost."""
        del with_code_discounts
        return bag(self.store, Decimal(self.row["price"]) * int(self.row["quantity"]))
