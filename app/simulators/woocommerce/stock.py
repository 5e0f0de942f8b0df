"""Stock: who keeps it, what the status says, and how a sale moves it."""

from collections.abc import Mapping
from typing import Any

from app.simulators.woocommerce import php
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.schema import STOCK_STATUSES
from app.simulators.woocommerce.storage import Row


def write_product_stock(store: StoreCore, row: Row, params: Mapping[str, Any]) -> None:
    """Apply the stock fields of a product body, in the order the store looks at them."""
    status = _sent_status(params, row["stock_status"])
    if not store.settings.keeps_stock:
        if row["type"] != "variable":
            row["stock_status"] = status
        return
    _write_flags(row, params)
    if row["type"] in {"grouped", "external"}:
        row["manage_stock"], row["backorders"] = False, "no"
        row["stock_status"] = "instock" if row["type"] == "external" else status
    elif row["manage_stock"]:
        if row["type"] != "variable":
            row["stock_status"] = status
        _write_quantity(row, params)
    elif row["type"] != "variable":
        row["stock_status"] = status
    settle(store, row)


def write_variation_stock(store: StoreCore, row: Row, params: Mapping[str, Any]) -> None:
    """Apply the stock fields of a variation body; "parent" means the parent keeps the stock."""
    if params.get("manage_stock") == "parent":
        row["manage_stock"] = False
    elif params.get("manage_stock") is not None:
        row["manage_stock"] = php.boolean(params["manage_stock"])
    row["stock_status"] = _sent_status(params, row["stock_status"])
    if params.get("backorders") is not None:
        row["backorders"] = _backorders(params["backorders"])
    if row["manage_stock"]:
        _write_quantity(row, params)
    settle(store, row)


def _sent_status(params: Mapping[str, Any], stored: str) -> str:
    sent = params.get("stock_status")
    if sent is None:
        return stored
    return sent if sent in STOCK_STATUSES else "instock"


def _backorders(sent: Any) -> str:
    return sent if sent in {"no", "notify", "yes"} else "no"


def _write_flags(row: Row, params: Mapping[str, Any]) -> None:
    if params.get("manage_stock") is not None:
        row["manage_stock"] = php.boolean(params["manage_stock"])
    if params.get("backorders") is not None:
        row["backorders"] = _backorders(params["backorders"])


def _write_quantity(row: Row, params: Mapping[str, Any]) -> None:
    if params.get("stock_quantity") is not None:
        row["stock_quantity"] = php.stock_amount(params["stock_quantity"])
    elif params.get("inventory_delta") is not None:
        row["stock_quantity"] = (row["stock_quantity"] or 0) + php.integer(
            params["inventory_delta"]
        )
    if "low_stock_amount" in params:
        row["low_stock_amount"] = php.stock_amount(params["low_stock_amount"])


def settle(store: StoreCore, row: Row) -> None:
    """Align quantity, backorders and status, as every save does."""
    if not row["manage_stock"]:
        row["stock_quantity"], row["backorders"], row["low_stock_amount"] = None, "no", None
        if row["type"] == "variable":
            row["stock_status"] = _status_of_children(store, row)
    elif (row["stock_quantity"] or 0) > 0:
        row["stock_status"] = "instock"
    else:
        row["stock_status"] = "outofstock" if row["backorders"] == "no" else "onbackorder"


def _status_of_children(store: StoreCore, row: Row) -> str:
    children = store.goods.children(row["id"])
    live = [store.goods.rows[child] for child in children]
    found = {child["stock_status"] for child in live if child["status"] == "publish"}
    if not children:
        return str(row["stock_status"])
    return next((status for status in ("instock", "onbackorder") if status in found), "outofstock")


def sync_parent(store: StoreCore, parent_id: int) -> None:
    """Let the parent's status follow its variations; its dates stay, and no hook fires."""
    parent = store.goods.get(parent_id)
    if parent is not None and parent["type"] == "variable" and not parent["manage_stock"]:
        parent["stock_status"] = _status_of_children(store, parent)
        store.goods.put(parent)


def keeper(store: StoreCore, row: Row) -> Row | None:
    """Return the row whose quantity a sale of this thing lowers, if any is kept."""
    if row["manage_stock"]:
        return row
    parent = store.goods.get(row["parent_id"]) if row["type"] == "variation" else None
    return parent if parent is not None and parent["manage_stock"] else None


def move(store: StoreCore, row: Row, by: int) -> None:
    """Add to the quantity kept for this thing; a save like any other, with date and hook."""
    kept = keeper(store, row)
    if kept is None or not store.settings.keeps_stock:
        return
    kept = kept | {"stock_quantity": (kept["stock_quantity"] or 0) + by}
    settle(store, kept)
    if store.settings.sale_moves_modified:
        kept["modified"] = store.now()
    store.goods.put(kept)
    if kept["type"] == "variation":
        sync_parent(store, kept["parent_id"])
        store.fire("woocommerce_update_product_variation", kept["id"])
    else:
        store.fire("woocommerce_update_product", kept["id"])
