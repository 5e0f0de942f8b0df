"""Listings: a product as it stands on one connection."""
