"""Processes: nothing imports them."""
