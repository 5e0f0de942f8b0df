"""Reads about syncing, for pages and commands."""

from app.sync.queries.home import Day, Home, counters, home
from app.sync.queries.lists import (
    FAILURES,
    ChangeRow,
    DeliveryRow,
    ListingRow,
    RunRow,
    changes,
    deliveries,
    find_snapshot,
    get_run,
    listing_page,
    proposals,
    reasons,
    run_page,
    run_rows,
    state_counts,
)

__all__ = [
    "FAILURES",
    "ChangeRow",
    "Day",
    "DeliveryRow",
    "Home",
    "ListingRow",
    "RunRow",
    "changes",
    "counters",
    "deliveries",
    "find_snapshot",
    "get_run",
    "home",
    "listing_page",
    "proposals",
    "reasons",
    "run_page",
    "run_rows",
    "state_counts",
]
