"""How the search index describes each kind of thing."""

from collections.abc import Callable, Mapping
from typing import Any

from app.simulators.shopify import goods, shipping
from app.simulators.shopify.core import StoreCore


def documents(store: StoreCore) -> dict[str, Callable[[int], Mapping[str, Any] | None]]:
    """Return how the search index describes each kind of thing."""
    return {
        "product": lambda row_id: goods.product_doc(store, row_id),
        "variant": lambda row_id: goods.variant_doc(store, row_id),
        "item": lambda row_id: goods.item_doc(store, row_id),
        "order": lambda row_id: _order_doc(store, row_id),
    }


def _order_doc(store: StoreCore, row_id: int) -> Mapping[str, Any] | None:
    row = store.orders.get(row_id)
    if row is None:
        return None
    states = ["closed"] if row["closed"] else ["open"]
    states.append("cancelled" if row["cancelled"] else "not_cancelled")
    states += [] if row["closed"] else ["not_closed"]
    return {
        "id": row_id,
        "title": row["name"],
        "name": row["name"],
        "tag": row["tags"],
        "status": states,
        "financial_status": row["financial_status"].lower(),
        "fulfillment_status": shipping.status_of(store, row).lower(),
        "source_name": row["source_name"],
        "test": row["test"],
        "created_at": row["created"],
        "processed_at": row["created"],
        "updated_at": row["updated"],
    }
