"""A simulated Shopify shop in a merchant's world: approved once, its keys end and are renewed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import httpx

from app.connections import connecting, wire
from app.core import clock, db
from app.simulators.chaos import Chaos
from app.simulators.shopify import StoreState, TwinSettings, create_twin
from tests.engine.world import Shop, Store


@dataclass
class ShopifyShop(Store):
    """A connected Shopify shop; the same hands as a WooCommerce store has."""

    NAMES: ClassVar[Mapping[str, str]] = {
        "title": "title",
        "description": "descriptionHtml",
        "tags": "tags",
        "price": "price",
        "quantity": "quantity",
    }

    state: Any
    connection_id: UUID

    def id_of(self, sku: str) -> int:
        """Return the id of the product that has a SKU."""
        return int(self.state.variant(self._key(sku))["product_id"])

    def product(self, sku: str) -> dict[str, Any]:
        """Return the product that has a SKU."""
        shown: dict[str, Any] = self.state.product(self.id_of(sku))
        return shown

    def shown(self, sku: str) -> dict[str, Any]:
        """Return what shoppers see of a product."""
        has = self.product(sku)
        [variant] = has["variants"]
        return {
            "title": has["title"],
            "description": has["body_html"],
            "tags": sorted(each for each in has["tags"].split(", ") if each),
            "price": round(100 * float(variant["price"])),
            "quantity": variant["inventory_quantity"],
        }

    def edit(self, sku: str, name: str, value: Any) -> None:
        """Edit one field of a product as the merchant does in the Shopify admin."""
        if name == "quantity":
            self.state.set_stock(self._key(sku), value)
        elif name == "price":
            self.state.edit_variant(self._key(sku), price=f"{value / 100:.2f}")
        else:
            self.state.edit_product(self.id_of(sku), **{self.NAMES[name]: value})


@contextmanager
def connected_shopify(
    shop: Shop,
    *,
    chaos: Chaos | None = None,
    seed: Callable[[StoreState], None] | None = None,
    **settings: Any,
) -> Iterator[ShopifyShop]:
    """Connect a new simulated shop and let it begin its first read."""
    name = f"store-{db.new_id().hex[-8:]}.myshopify.com"
    outside = httpx.Client(transport=httpx.WSGITransport(app=shop.app))
    state = StoreState(
        settings=TwinSettings(shop=name, allows_local_urls=True, **settings),
        clock=clock.now,
        chaos=chaos,
        http=outside,
    )
    if seed is not None:
        seed(state)
    address = f"https://{name}"
    twin = create_twin(state)
    wire.mount(address, httpx.WSGITransport(app=twin, raise_app_exceptions=False))
    try:
        wish = connecting.Wish("shopify", "Sandbox", address, _keys(state), {})
        row = connecting.connect(shop.actor, wish)
        connecting.activate(shop.actor, row.id)
        store = ShopifyShop(shop, state, address, row.id)
        shop.stores.append(store)
        yield store
    finally:
        wire.unmount(address)
        state.close()


def _keys(state: StoreState) -> dict[str, Any]:
    """Return what the approval of the merchant ends in."""
    token = state.install()
    return {
        "key": state.settings.client_id,
        "client_secret": state.settings.client_secret,
        "access_token": token["access"],
        "expires_at": datetime.fromtimestamp(token["expires"], UTC).isoformat(),
        "refresh_token": token["refresh"],
        "refresh_expires_at": datetime.fromtimestamp(token["refresh_expires"], UTC).isoformat(),
    }
