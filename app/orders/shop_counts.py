"""The place where both sides' agreement on a shop's count is kept; sync fills it.

What we are about to tell a shop makes it count up again. That both sides agree on it belongs into
the transaction that frees the units here: else they would be sent, too, and count twice. Orders lie
below sync and may not call it, so sync registers its keeper when the app is wired.
"""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from app.core.work import Work


class Explain(Protocol):
    """Moves what both sides agree on, by variant."""

    def __call__(self, work: Work, connection_id: UUID, moved: Mapping[UUID, int]) -> None:
        """Take in by how much the shop's own count moved, or is about to."""


class _Registered:
    explain: Explain | None = None


def register(explain: Explain) -> None:
    """Keep agreements with this function from now on."""
    _Registered.explain = explain


def explain(work: Work, connection_id: UUID | None, moved: Mapping[UUID, int]) -> None:
    """Tell that a shop's own count moves by this because of an order; no shop, no count."""
    if connection_id is None or not any(moved.values()):
        return
    if _Registered.explain is None:
        raise RuntimeError("Nobody keeps what both sides agree on; create_app wires the sync.")
    _Registered.explain(work, connection_id, {key: by for key, by in moved.items() if by})
