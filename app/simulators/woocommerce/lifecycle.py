"""Trash, return, and the end of products and variations, with the hooks each of them fires."""

from app.simulators.woocommerce import stock
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.storage import Row


def remove(store: StoreCore, row: Row, *, force: bool) -> None:
    """Delete as the API does: into the trash, or for good."""
    if force:
        erase(store, row)
        return
    refuse_trash(store, row)
    trash(store, row)


def refuse_trash(store: StoreCore, row: Row) -> None:
    """Refuse when the store has no trash, or the thing lies there already."""
    if not store.settings.has_trash:
        raise ApiError("woocommerce_rest_trash_not_supported", 501, "Trashing is not supported.")
    if row["status"] == "trash":
        raise ApiError("woocommerce_rest_already_trashed", 410, "Already in the trash.")


def trash(store: StoreCore, row: Row, *, admin_type: str | None = None) -> None:
    """Put a product into the trash, its variations with it."""
    for child in [store.goods.rows[child_id] for child_id in store.goods.children(row["id"])]:
        if child["status"] != "trash":
            _put_status(store, child, "trash")
            store.fire("wp_trash_post", child["id"], admin_type=admin_type)
    _put_status(store, row, "trash")
    store.fire("wp_trash_post", row["id"], admin_type=admin_type)
    if row["type"] == "variation":
        stock.sync_parent(store, row["parent_id"])


def restore(store: StoreCore, row: Row, *, admin_type: str | None = None) -> None:
    """Take a product out of the trash, its variations with it."""
    for part_id in [row["id"], *store.goods.children(row["id"])]:
        part = store.goods.rows[part_id]
        if part["status"] == "trash":
            _put_status(store, part, part.get("status_before", "publish"))
            store.fire("untrashed_post", part_id, admin_type=admin_type)


def _put_status(store: StoreCore, row: Row, status: str) -> None:
    changed = {"status": status, "status_before": row["status"], "modified": store.now()}
    store.goods.put(row | changed)


def erase(store: StoreCore, row: Row) -> None:
    """Delete for good; `product.deleted` does not tell of it, only the action hooks do."""
    erase_variations(store, row["id"])
    store.goods.drop(row["id"])
    if row["type"] == "variation":
        store.fire("woocommerce_delete_product_variation", row["id"])
        stock.sync_parent(store, row["parent_id"])
    else:
        store.fire("woocommerce_delete_product", row["id"])


def erase_variations(store: StoreCore, parent_id: int) -> None:
    """Delete all variations of a product for good."""
    for child_id in store.goods.children(parent_id):
        store.goods.drop(child_id)
        store.fire("woocommerce_delete_product_variation", child_id)
