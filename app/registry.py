"""What SyncStore is made of: one line adds a feature, one line adds a channel."""

from typing import Final

from app.adapters.memory import MEMORY
from app.adapters.port import Channel
from app.adapters.shopify import SHOPIFY
from app.adapters.woocommerce import WOOCOMMERCE

# Lowest floor first; create_app installs them in this order.
FEATURES: Final[tuple[str, ...]] = (
    "notices",
    "team",
    "connections",
    "catalog",
    "inventory",
    "listings",
    "orders",
    "sync",
)

CHANNELS: Final[tuple[Channel, ...]] = (WOOCOMMERCE, SHOPIFY)


def channels(*, with_memory: bool = False) -> tuple[Channel, ...]:
    """Return the kinds of channels; the one in memory only where somebody rehearses."""
    return (*CHANNELS, MEMORY) if with_memory else CHANNELS
