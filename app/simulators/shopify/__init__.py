"""The Shopify twin: a store that answers like the GraphQL Admin API 2026-10.

`create_twin()` builds the WSGI application, `StoreState` is the shop behind it. In process it is
reached through `httpx.WSGITransport(app=create_twin(...))`; `python -m app.simulators.shopify`
serves it on loopback.
"""

from app.simulators.shopify.app import create_twin
from app.simulators.shopify.core import Condition, Quirk, Write
from app.simulators.shopify.deliveries import Sent
from app.simulators.shopify.seeds import seed_products, seed_synthetic
from app.simulators.shopify.settings import TwinSettings
from app.simulators.shopify.state import NotInStore, OutOfStock, ShopRefused, StoreState

__all__ = [
    "Condition",
    "NotInStore",
    "OutOfStock",
    "Quirk",
    "Sent",
    "ShopRefused",
    "StoreState",
    "TwinSettings",
    "Write",
    "create_twin",
    "seed_products",
    "seed_synthetic",
]
