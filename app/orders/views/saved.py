"""The order list as a list of which views are kept."""

from typing import Final

from app.catalog.views.lists import ListPage
from app.orders.filters import OrderFilter
from app.orders.views.blueprint import bp

ORDERS: Final = ListPage("orders", "orders.order_list", OrderFilter.from_args)
ORDERS.keep_at(bp, "/orders", "orders.read")
