"""Joins the sync to the orders below it; create_app calls it."""

from collections.abc import Mapping
from uuid import UUID

from app.core.work import Work
from app.orders import shop_counts
from app.sync import bases, sent_counts, tasks


def explain(work: Work, connection_id: UUID, moved: Mapping[UUID, int]) -> None:
    """Move the bases of counts; answers read before are not believed any more."""
    bases.explain(work, connection_id, moved, read_order=tasks.read_order(work))
    sent_counts.explain(work, connection_id, moved)


def install(_: object) -> None:
    """Let orders say what they do to a shop's own count."""
    shop_counts.register(explain)
