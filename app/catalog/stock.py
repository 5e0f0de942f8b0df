"""The place where stock is kept, as the catalog asks for it; the inventory feature fills it.

The catalog lies below the inventory and may not call it. A change that carries a quantity must
still be one transaction, so the inventory registers its keeper here when the app is wired.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.work import Work


class StockKeeper(Protocol):
    """Reads and sets what can be sold of variants; None means that stock is not counted."""

    def quantities(self, session: Session, variant_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return the available quantity of each counted variant."""

    def counted(
        self, session: Session, variant_ids: Sequence[UUID]
    ) -> tuple[dict[UUID, int], set[UUID]]:
        """Return the available quantities, and which variants are kits: nobody sets their stock."""

    def set_quantities(
        self, work: Work, quantities: Mapping[UUID, int | None], *, origin: str
    ) -> None:
        """Set the available quantity of variants; None stops counting them."""


class _Registered:
    keeper: StockKeeper | None = None


def register_keeper(keeper: StockKeeper) -> None:
    """Keep stock with this keeper from now on."""
    _Registered.keeper = keeper


def keeper() -> StockKeeper:
    """Return the keeper of stock."""
    if _Registered.keeper is None:
        raise RuntimeError("No stock keeper is registered; create_app wires the inventory.")
    return _Registered.keeper
