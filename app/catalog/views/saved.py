"""The product list as a list of which views are kept."""

from typing import Final

from app.catalog.filters import ProductFilter
from app.catalog.views.blueprint import bp
from app.catalog.views.lists import ListPage

PRODUCTS: Final = ListPage("products", "catalog.product_list", ProductFilter.from_args)
PRODUCTS.keep_at(bp, "/products", "catalog.read")
