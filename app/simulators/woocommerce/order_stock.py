"""How orders move stock: a line remembers in its meta data what it took and what came back."""

from typing import Final

from app.simulators.woocommerce import fields, stock
from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.errors import ApiError
from app.simulators.woocommerce.storage import Row

REDUCED: Final = "_reduced_stock"
_CAME_BACK: Final = "_restock_refunded_items"
_TAKES: Final = {"processing", "completed", "on-hold"}
_GIVES: Final = {"cancelled", "pending"}
_HELD_SECONDS: Final = 60 * 60  # the shop option "Hold stock", for checkouts that are not paid yet


class SoldOut(ApiError):
    """The checkout refuses: too few are left."""

    def __init__(self, name: str) -> None:
        message = f"There is not enough of “{name}” in stock."
        super().__init__("woocommerce_rest_product_out_of_stock", 409, message)


def follow_status(store: StoreCore, row: Row) -> None:
    """Take stock once an order is in progress; give it back once it is cancelled or open again."""
    if row["status"] in _TAKES and not row["has_taken_stock"]:
        row["has_taken_stock"] = True
        row["line_items"] = [_take(store, line) for line in row["line_items"]]
    elif row["status"] in _GIVES and row["has_taken_stock"]:
        row["has_taken_stock"] = False
        row["line_items"] = [give_back(store, line) for line in row["line_items"]]


def follow_quantity(store: StoreCore, row: Row, line: Row) -> Row:
    """Let stock follow a line that was added or changed while the order is in progress."""
    kept = _keeper(store, line)
    if row["status"] not in _TAKES or not row["has_taken_stock"] or kept is None:
        return line
    before = _count(line, REDUCED)
    more = line["quantity"] - _count(line, _CAME_BACK) - before
    if more:
        stock.move(store, kept, -more)
        line = _remember(store, line, REDUCED, before + more)
    return line


def give_back(store: StoreCore, line: Row) -> Row:
    """Put back what a line took."""
    kept = _keeper(store, line)
    if not _count(line, REDUCED) or kept is None:
        return line
    stock.move(store, kept, _count(line, REDUCED))
    return _remember(store, line, REDUCED, None)


def restock_refunded(store: StoreCore, line: Row, quantity: int) -> Row:
    """Put refunded units of a line back, unless it took nothing."""
    kept = _keeper(store, line)
    if not _count(line, REDUCED) or not quantity or kept is None:
        return line
    stock.move(store, kept, quantity)
    line = _remember(store, line, REDUCED, _count(line, REDUCED) - quantity)
    return _remember(store, line, _CAME_BACK, _count(line, _CAME_BACK) + quantity)


def refuse_oversale(store: StoreCore, lines: list[tuple[int, int]]) -> None:
    """Refuse a cart that wants more than is left and not held by other checkouts."""
    wanted: dict[int, int] = {}
    for row_id, quantity in lines:
        row = store.goods.get(row_id)
        if row is None:
            raise ApiError("woocommerce_rest_product_invalid_id", 404, "Invalid ID.")
        kept = stock.keeper(store, row) if store.settings.keeps_stock else None
        if kept is not None:
            wanted[kept["id"]] = wanted.get(kept["id"], 0) + quantity
        elif row["stock_status"] == "outofstock":
            raise SoldOut(row["name"])
    for row_id, quantity in wanted.items():
        row = store.goods.rows[row_id]
        left = (row["stock_quantity"] or 0) - _held(store, row_id)
        if row["backorders"] == "no" and quantity > left:
            raise SoldOut(row["name"])


def _held(store: StoreCore, row_id: int) -> int:
    """Count what open checkouts hold of a thing."""
    since = store.now() - _HELD_SECONDS
    return sum(
        line["quantity"]
        for row in store.orders.rows.values()
        if row["status"] == "pending" and row["created"] > since
        for line in row["line_items"]
        if (kept := _keeper(store, line)) is not None and kept["id"] == row_id
    )


def _take(store: StoreCore, line: Row) -> Row:
    sold = store.goods.get(line["product_id"])
    if sold is not None:
        store.goods.put(sold | {"total_sales": sold["total_sales"] + line["quantity"]})
    kept = _keeper(store, line)
    if kept is None or _count(line, REDUCED):
        return line
    stock.move(store, kept, -line["quantity"])
    return _remember(store, line, REDUCED, line["quantity"])


def _keeper(store: StoreCore, line: Row) -> Row | None:
    row = store.goods.get(line["variation_id"] or line["product_id"])
    if row is None or not store.settings.keeps_stock:
        return None
    return stock.keeper(store, row)


def _count(line: Row, key: str) -> int:
    found = (meta["value"] for meta in line.get("meta", ()) if meta["key"] == key)
    return int(next(found, 0))


def _remember(store: StoreCore, line: Row, key: str, count: int | None) -> Row:
    sent = {"key": key, "value": None if count is None else str(count)}
    return line | {"meta": fields.merged_meta(store, line.get("meta", []), sent)}
