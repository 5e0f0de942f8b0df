"""A WooCommerce twin in this process, with hands on it."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from app.adapters.port import ChannelAdapter
from app.adapters.woocommerce import WOOCOMMERCE
from app.core.transport import Exchange, Transport
from app.simulators.woocommerce import StoreState, TwinSettings, create_twin
from tests.channels.conformance import Delivered

HOOK_URL = "https://sync.test/hooks/woocommerce/abc"
HOOK_SECRET = "syncstoretestsecret0123456789"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


class WooStage:
    """One store, and what it calls: pictures it fetches, webhooks it sends."""

    def __init__(self, settings: TwinSettings | None = None, **wire: Any) -> None:
        self.channel = WOOCOMMERCE
        self.wire = wire
        self.exchanges: list[Exchange] = []
        self._pictures: list[str] = []
        self._delivered: list[Delivered] = []
        self.store = StoreState(
            settings=settings or TwinSettings(),
            http=httpx.Client(transport=httpx.MockTransport(self._answer)),
        )
        self.key = self.store.add_key()
        self.twin = create_twin(self.store)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            self._pictures.append(str(request.url))
            return httpx.Response(200, content=PNG, headers={"content-type": "image/png"})
        self._delivered.append((dict(request.headers), request.content))
        return httpx.Response(200)

    def open(
        self, *, key: str | None = None, transport: Transport | None = None, **settings: Any
    ) -> ChannelAdapter:
        home = self.store.settings.home_url
        return WOOCOMMERCE.build(
            {
                "key": key or self.key.consumer_key,
                "secret": self.key.consumer_secret,
            },
            {
                "base_url": home,
                "hook_url": HOOK_URL,
                "hook_secret": HOOK_SECRET,
                "facts": {"currency": "USD", "weight_unit": "kg", "length_unit": "cm"},
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
        return str(
            self.store.add_product(
                name=title,
                type="simple",
                status="publish",
                sku=sku,
                regular_price=f"{minor / 100:.2f}",
                manage_stock=True,
                stock_quantity=quantity,
            )
        )

    def add_variable(self, title: str, skus: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        parts = [
            {
                "sku": sku,
                "regular_price": "10.00",
                "manage_stock": True,
                "stock_quantity": 5,
                "attributes": [{"name": "Size", "option": size}],
            }
            for size, sku in skus.items()
        ]
        parent = self.store.add_product(
            name=title,
            type="variable",
            status="publish",
            attributes=[{"name": "Size", "variation": True, "options": list(skus)}],
            parts=parts,
        )
        found = {size: str(self.store.find_sku(sku)) for size, sku in skus.items()}
        return str(parent), found

    def rename(self, external_id: str, title: str) -> None:
        self.store.edit_product(int(external_id), name=title)

    def reprice_variant(self, parent_id: str, external_id: str, minor: int) -> None:
        self.store.edit_variation(int(external_id), regular_price=f"{minor / 100:.2f}")

    def restock(self, external_id: str, quantity: int) -> None:
        self.store.edit_product(int(external_id), stock_quantity=quantity)

    def variant_of(self, external_id: str) -> str:
        return external_id

    def erase(self, external_id: str) -> None:
        self.store.erase(int(external_id))

    def throttle(self, *, retry_after: int) -> None:
        self.store.throttle_next(retry_after=retry_after)

    def lose_answer(self) -> None:
        self.store.lose_next_answer()

    def writes(self) -> int:
        kinds = ("product", "product_variation", "variation", "products", "variations")
        return sum(1 for write in self.store.writes() if write.resource in kinds)

    def count(self) -> int:
        return len(self.store.product_ids())

    def picture(self, name: str) -> str:
        return f"https://pictures.test/picture-{name}.png"

    def fetched(self) -> int:
        return len(self._pictures)

    def deliveries(self) -> Sequence[Delivered]:
        self.store.deliver_due()
        sent, self._delivered = self._delivered, []
        return [each for each in sent if b"webhook_id=" not in each[1]]

    def pings(self) -> Sequence[Delivered]:
        """Return the pings since the last time."""
        self.store.deliver_due()
        sent, self._delivered = self._delivered, []
        return [each for each in sent if b"webhook_id=" in each[1]]

    def requests(self) -> list[tuple[str, str]]:
        """Return (method, path and query) of every call so far, and forget them."""
        made = [(each.method, each.url.partition("/wp-json/wc/v3")[2]) for each in self.exchanges]
        self.exchanges.clear()
        return made
