"""The WooCommerce twin: a store that answers like WooCommerce's REST API v3.

`create_twin()` builds the WSGI application, `StoreState` is the shop behind it. In process it is
reached through `httpx.WSGITransport(app=create_twin(...))`; `python -m app.simulators.woocommerce`
serves it on loopback.
"""

from app.simulators.woocommerce.app import create_twin
from app.simulators.woocommerce.auth import Key
from app.simulators.woocommerce.core import Write
from app.simulators.woocommerce.deliveries import Sent
from app.simulators.woocommerce.seeds import seed_products, seed_synthetic
from app.simulators.woocommerce.settings import TwinSettings
from app.simulators.woocommerce.shopping import NotInStore
from app.simulators.woocommerce.state import StoreState

__all__ = [
    "Key",
    "NotInStore",
    "Sent",
    "StoreState",
    "TwinSettings",
    "Write",
    "create_twin",
    "seed_products",
    "seed_synthetic",
]
