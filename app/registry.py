"""What SyncStore is made of: one line adds a feature, one line adds a channel."""

from typing import Final

from app.adapters.port import Channel
from app.adapters.woocommerce import WOOCOMMERCE

# Lowest floor first; create_app installs them in this order.
FEATURES: Final[tuple[str, ...]] = (
    "notices",
    "team",
    "connections",
    "catalog",
    "inventory",
    "listings",
    "sync",
)

CHANNELS: Final[tuple[Channel, ...]] = (WOOCOMMERCE,)
