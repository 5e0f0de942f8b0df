"""Writes on listings: what other features, views and jobs call."""

from app.listings.service.differing import (
    send_prices,
    set_override,
    set_variant_overrides,
)
from app.listings.service.pairing import (
    NewPair,
    create_here,
    ignore_listing,
    item_of,
    list_again,
    list_products,
    look_again,
    map_listing,
    pair,
    pair_all,
    product_items,
    unignore_listing,
    unmap_listing,
)
from app.listings.service.rows import get_listing, get_listings

__all__ = [
    "NewPair",
    "create_here",
    "get_listing",
    "get_listings",
    "ignore_listing",
    "item_of",
    "list_again",
    "list_products",
    "look_again",
    "map_listing",
    "pair",
    "pair_all",
    "product_items",
    "send_prices",
    "set_override",
    "set_variant_overrides",
    "unignore_listing",
    "unmap_listing",
]
