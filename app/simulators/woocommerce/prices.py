"""Prices: what a thing costs now, and whether that is a sale."""

from decimal import Decimal, InvalidOperation
from typing import Final

from app.simulators.woocommerce.core import StoreCore
from app.simulators.woocommerce.storage import Row

_SYMBOLS: Final = {"USD": "&#36;", "EUR": "&euro;", "GBP": "&pound;", "JPY": "&yen;"}


def symbol(currency: str) -> str:
    """Return the sign of a currency as a HTML entity."""
    return _SYMBOLS.get(currency, currency)


def amount(text: str) -> Decimal | None:
    """Read a stored price; None when there is none."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def is_on_sale(store: StoreCore, row: Row) -> bool:
    """Say whether the sale price counts at this moment; a variable product asks its variations."""
    if row["type"] == "variable":
        return any(is_on_sale(store, child) for child in for_sale(store, row))
    now = store.now()
    return (
        bool(row["sale_price"])
        and (row["sale_from"] is None or row["sale_from"] <= now)
        and (row["sale_to"] is None or row["sale_to"] >= now)
    )


def current(store: StoreCore, row: Row) -> str:
    """Return the active price; of a variable or grouped product the lowest of its parts."""
    if row["type"] in {"variable", "grouped"}:
        priced = [current(store, part) for part in for_sale(store, row)]
        return min((price for price in priced if price), key=Decimal, default="")
    return str(row["sale_price"] if is_on_sale(store, row) else row["regular_price"])


def for_sale(store: StoreCore, row: Row) -> list[Row]:
    """Return the published variations of a variable product, or the parts of a grouped one."""
    goods = store.goods
    ids = row["grouped_products"] if row["type"] == "grouped" else goods.children(row["id"])
    parts = [goods.rows[part_id] for part_id in ids if part_id in goods.rows]
    return [part for part in parts if part["status"] == "publish" and part["type"] != "grouped"]
