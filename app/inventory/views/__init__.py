"""Pages of the inventory, and what it puts into the shell of every page."""

from flask import Flask

from app.inventory.views import (
    counts,
    entry_sheets,
    kits,
    ordering,
    places,
    report,
    serving,
    sheets,
    stock,
    transfers,
    variant,
)
from app.inventory.views.blueprint import bp
from app.web.nav import NavItem, Section, register_nav

__all__ = [
    "bp",
    "counts",
    "entry_sheets",
    "install",
    "kits",
    "ordering",
    "places",
    "report",
    "serving",
    "sheets",
    "stock",
    "transfers",
    "variant",
]


def install(_: Flask) -> None:
    """Tell the shell about the inventory."""
    register_nav(
        NavItem(
            Section.SELL,
            "Inventory",
            "inventory.stock_list",
            "warehouse",
            "inventory.read",
            order=30,
            is_on_phone=True,
        ),
    )
