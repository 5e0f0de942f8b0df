"""The WooCommerce stage with the hands of shoppers, and of the merchant on orders."""

from collections.abc import Mapping
from decimal import Decimal

from app.adapters.orders import OrderChannel
from app.simulators.woocommerce.order_stock import SoldOut
from tests.channels.order_conformance import CITY, COUNTRY, SHOPPER, orders_of
from tests.channels.woocommerce.stage import WooStage

_PLACES = ("_wc_shipment_tracking_items", "_syncstore_tracking")


class WooOrderStage(WooStage):
    """One store that sells."""

    def orders(self) -> OrderChannel:
        """Open the store, for orders only."""
        return orders_of(self.open())

    def stock_of(self, variant: str) -> int:
        return int(self.store.goods.rows[int(variant)]["stock_quantity"])

    def sell(self, lines: Mapping[str, int], *, is_paid: bool = True) -> str | None:
        try:
            order = self.store.sell(
                [(int(variant), quantity) for variant, quantity in lines.items()],
                status="processing" if is_paid else "pending",
                customer={"email": SHOPPER, "city": CITY, "country": COUNTRY},
            )
        except SoldOut:
            return None
        return str(order)

    def pay(self, order: str) -> None:
        self.store.pay_order(int(order))

    def edit_line(self, order: str, line: str, quantity: int) -> None:
        self.store.edit_line(int(order), int(line), quantity)

    def cancel(self, order: str) -> None:
        self.store.cancel_order(int(order))

    def refund(self, order: str, line: str, quantity: int, *, restocks: bool) -> None:
        self.store.refund_order(int(order), {int(line): quantity}, restock=restocks)

    def numbers_of(self, order: str) -> list[str]:
        row = self.store.orders.rows[int(order)]
        kept = [
            each.get("number") or each.get("tracking_number")
            for meta in self.store.order(int(order))["meta_data"]
            if meta["key"] in _PLACES
            for each in meta["value"]
        ]
        return kept + [
            meta["value"]
            for parcel in row["fulfillments"]
            for meta in parcel["meta_data"]
            if meta["key"] == "_tracking_number"
        ]

    def deliver(self, order: str) -> bool:
        return False  # nothing that follows parcels there keeps the word of a carrier

    def given_back(self, order: str) -> list[int]:
        refunds = self.store.order(int(order))["refunds"]
        return [-int(Decimal(refund["total"]) * 100) for refund in refunds]
