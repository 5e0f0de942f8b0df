"""Joins the inventory to the catalog below it; create_app calls it."""

from app.catalog import stock
from app.inventory.service import Keeper


def install(_: object) -> None:
    """Let the catalog keep its stock here."""
    stock.register_keeper(Keeper())
