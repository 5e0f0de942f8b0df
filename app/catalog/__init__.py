"""Catalog: products, variants, options, media, categories, attributes."""
