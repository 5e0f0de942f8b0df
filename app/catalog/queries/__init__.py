"""Reads of the catalog."""

from app.catalog.queries.values import product_values

__all__ = ["product_values"]
