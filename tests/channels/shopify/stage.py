"""A Shopify twin in this process, with hands on it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import httpx

from app.adapters.port import ChannelAdapter
from app.adapters.shopify import SHOPIFY
from app.core.transport import Exchange, Transport
from app.simulators.chaos import Fault
from app.simulators.pictures import placeholder_png
from app.simulators.shopify import (
    OutOfStock,
    StoreState,
    TwinSettings,
    create_twin,
    seed_products,
    shipping,
)
from tests.channels.conformance import Delivered
from tests.channels.order_conformance import SHOPPER

HOOK_URL = "https://sync.test/hooks/shopify/abc"
_GOODS: Final = frozenset(("product", "variant", "level", "item", "metafield", "file"))


class ShopifyStage:
    """One store, and what it calls: pictures it fetches, webhooks it sends."""

    def __init__(self, settings: TwinSettings | None = None, **wire: Any) -> None:
        self.channel = SHOPIFY
        self.wire = wire
        self.exchanges: list[Exchange] = []
        self._pictures: list[str] = []
        self._delivered: list[Delivered] = []
        self.store = StoreState(
            settings=settings or TwinSettings(),
            http=httpx.Client(transport=httpx.MockTransport(self._answer)),
        )
        self.token = str(self.store.install()["access"])
        self.twin = create_twin(self.store)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            self._pictures.append(str(request.url))
            return httpx.Response(200, content=placeholder_png(request.url.path, side=4))
        self._delivered.append((dict(request.headers), request.content))
        return httpx.Response(200)

    def open(
        self, *, key: str | None = None, transport: Transport | None = None, **settings: Any
    ) -> ChannelAdapter:
        return SHOPIFY.build(
            {"access_token": key or self.token},
            {
                "base_url": self.store.settings.home_url,
                "hook_url": HOOK_URL,
                "hook_secret": self.store.settings.client_secret,
                "facts": {"currency": "USD", "weight_unit": "kg"},
                **self.wire,
                **settings,
            },
            transport or self.transport(),
        )

    def transport(self) -> Transport:
        """Return a wire that ends in the twin."""
        inner = httpx.WSGITransport(app=self.twin, raise_app_exceptions=True)
        return Transport(inner=inner, recorder=self.exchanges.append)

    def add_simple(self, title: str, sku: str, *, minor: int = 1000, quantity: int = 5) -> str:
        [number] = seed_products(
            self.store,
            [{"title": title, "sku": sku, "price": _price(minor), "quantity": quantity}],
        )
        return str(number)

    def add_variable(self, title: str, skus: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        variants = [
            {"sku": sku, "price": "10.00", "quantity": 5, "options": {"Size": size}}
            for size, sku in skus.items()
        ]
        [number] = seed_products(
            self.store, [{"title": title, "options": {"Size": list(skus)}, "variants": variants}]
        )
        found = dict(zip(skus, map(str, self.store.variant_ids(number)), strict=True))
        return str(number), found

    def rename(self, external_id: str, title: str) -> None:
        self.store.set_product(int(external_id), title=title)

    def reprice_variant(self, parent_id: str, external_id: str, minor: int) -> None:
        self.store.edit_variant(int(external_id), price=_price(minor))

    def restock(self, external_id: str, quantity: int) -> None:
        self.store.set_stock(int(self.variant_of(external_id)), quantity)

    def variant_of(self, external_id: str) -> str:
        return str(self.store.variant_ids(int(external_id))[0])

    def erase(self, external_id: str) -> None:
        self.store.delete_product(int(external_id))

    def throttle(self, *, retry_after: int) -> None:
        self.store.chaos.next(Fault.THROTTLE, retry_after=retry_after)

    def lose_answer(self) -> None:
        self.store.lose_next_answer()

    def writes(self) -> int:
        return sum(1 for write in self.store.writes() if write.resource in _GOODS)

    def count(self) -> int:
        shown = [self.store.product(each) for each in self.store.product_ids()]
        return sum(1 for each in shown if each["status"] != "archived")

    def picture(self, name: str) -> str:
        return f"https://pictures.test/picture-{name}.png"

    def fetched(self) -> int:
        return len(self._pictures)

    # Orders

    def stock_of(self, variant: str) -> int:
        return self.store.stock(int(variant))

    def sell(self, lines: Mapping[str, int], *, is_paid: bool = True, **details: Any) -> str | None:
        wanted = [(int(variant), units) for variant, units in lines.items()]
        status = "PAID" if is_paid else "PENDING"
        try:
            number = self.store.sell(*wanted, email=SHOPPER, financial_status=status, **details)
        except OutOfStock:
            return None
        return str(number)

    def pay(self, order: str) -> None:
        self.store.pay_order(int(order))

    def edit_line(self, order: str, line: str, quantity: int) -> None:
        self.store.edit_line(int(order), int(line), quantity)

    def cancel(self, order: str) -> None:
        self.store.cancel_order(int(order))

    def refund(self, order: str, line: str, quantity: int, *, restocks: bool) -> None:
        self.store.refund_order(int(order), line=int(line), quantity=quantity, restock=restocks)

    def ship_units(self, order: str, line: str, *counts: int) -> None:
        """Send parcels of so many units of a line each, as the merchant does."""
        for count in counts:
            with self.store.change():
                [row] = self.store.fulfillment_orders.where("line", int(line))
                [own] = [each for each in row["lines"] if each["line_id"] == int(line)]
                shipping.ship(self.store, [(row, {own["id"]: count})], [])

    def numbers_of(self, order: str) -> list[str]:
        parcels = self.store.fulfillments.where("order", int(order))
        sent = [each for each in parcels if each["status"] == "SUCCESS"]
        return [each["number"] for parcel in sent for each in parcel["tracking"]]

    def deliver(self, order: str) -> bool:
        self.store.carry(int(order), "DELIVERED")
        return True

    def given_back(self, order: str) -> list[int]:
        amounts = [
            Decimal(each["amount"]) for each in self.store.orders.rows[int(order)]["refunds"]
        ]
        return [int(amount * 100) for amount in amounts if amount]

    def deliveries(self) -> Sequence[Delivered]:
        self.store.tick()
        sent, self._delivered = self._delivered, []
        return sent


def _price(minor: int) -> str:
    return f"{Decimal(minor) / 100:.2f}"
