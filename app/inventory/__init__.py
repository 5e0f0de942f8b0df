"""Inventory: locations, levels and the ledger of postings."""
