"""Reads about syncing, for pages and commands."""

from app.sync.queries.causes import Cause, failing_ids, find_cause
from app.sync.queries.days import RunDay, run_days
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
from app.sync.queries.parked import (
    ParkedDetail,
    ParkedRow,
    ParkedWish,
    get_parked,
    parked_ids,
    parked_page,
)

__all__ = [
    "FAILURES",
    "Cause",
    "ChangeRow",
    "Day",
    "DeliveryRow",
    "Home",
    "ListingRow",
    "ParkedDetail",
    "ParkedRow",
    "ParkedWish",
    "RunDay",
    "RunRow",
    "changes",
    "counters",
    "deliveries",
    "failing_ids",
    "find_cause",
    "find_snapshot",
    "get_parked",
    "get_run",
    "home",
    "listing_page",
    "parked_ids",
    "parked_page",
    "proposals",
    "reasons",
    "run_days",
    "run_page",
    "run_rows",
    "state_counts",
]
