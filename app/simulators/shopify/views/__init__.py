"""What the schema's types show of the store's rows; importing this package registers them all."""

from app.simulators.shopify.views import (
    background,
    inventory,
    media,
    metafields,
    order_lines,
    orders,
    products,
    refunds,
    returns,
    shipping,
    shop,
)

__all__ = [
    "background",
    "inventory",
    "media",
    "metafields",
    "order_lines",
    "orders",
    "products",
    "refunds",
    "returns",
    "shipping",
    "shop",
]
