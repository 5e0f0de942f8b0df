"""Reads about syncing, for pages and commands."""

from app.sync.queries.home import Day, Home, counters, home
from app.sync.queries.lists import (
    ChangeRow,
    ConflictRow,
    DeliveryRow,
    Held,
    ListingRow,
    RunRow,
    changes,
    conflicts,
    deliveries,
    get_run,
    held,
    held_ids,
    listing_page,
    run_page,
    run_rows,
    state_counts,
)

__all__ = [
    "ChangeRow",
    "ConflictRow",
    "Day",
    "DeliveryRow",
    "Held",
    "Home",
    "ListingRow",
    "RunRow",
    "changes",
    "conflicts",
    "counters",
    "deliveries",
    "get_run",
    "held",
    "held_ids",
    "home",
    "listing_page",
    "run_page",
    "run_rows",
    "state_counts",
]
