"""A simulated Shopify shop in a merchant's world, connected as its own app."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.connections import connecting, wire
from app.core import clock, db
from app.simulators.shopify import StoreState, TwinSettings, create_twin
from tests.engine.world import Shop, Store


@dataclass
class ShopifyShop(Store):
    """A connected Shopify shop; the same hands as a WooCommerce store has."""

    state: Any
    connection_id: UUID

    def id_of(self, sku: str) -> int:
        """Return the id of the product that has a SKU."""
        for each in self.state.product_ids():
            if self.state.find_sku(sku) in self.state.variant_ids(each):
                return int(each)
        raise AssertionError(f"The shop has no {sku}.")

    def product(self, sku: str) -> dict[str, Any]:
        """Return the product that has a SKU."""
        shown: dict[str, Any] = self.state.product(self.id_of(sku))
        return shown


@contextmanager
def connected_shopify(
    shop: Shop, *, seed: Callable[[StoreState], None] | None = None, **settings: Any
) -> Iterator[ShopifyShop]:
    """Connect a new simulated shop and let it begin its first read."""
    name = f"store-{db.new_id().hex[-8:]}.myshopify.com"
    outside = httpx.Client(transport=httpx.WSGITransport(app=shop.app))
    state = StoreState(
        settings=TwinSettings(shop=name, allows_local_urls=True, **settings),
        clock=clock.now,
        http=outside,
    )
    if seed is not None:
        seed(state)
    address = f"https://{name}"
    twin = create_twin(state)
    wire.mount(address, httpx.WSGITransport(app=twin, raise_app_exceptions=False))
    try:
        keys = {
            "access_token": state.install()["access"],
            "client_secret": state.settings.client_secret,
        }
        row = connecting.connect(
            shop.actor, connecting.Wish("shopify", "Sandbox", address, keys, {})
        )
        connecting.activate(shop.actor, row.id)
        store = ShopifyShop(shop, state, address, row.id)
        shop.stores.append(store)
        yield store
    finally:
        wire.unmount(address)
        state.close()
