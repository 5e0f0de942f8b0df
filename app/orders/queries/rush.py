"""The rules that make orders rush orders, and what other rules would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from app.catalog.queries import organization_of
from app.orders.models import Order
from app.orders.rush import RushRule
from app.orders.service import rushing

LOOKED_AT: Final = 20_000  # a preview looks at the newest so many


@dataclass(frozen=True, slots=True)
class RushPreview:
    """How many open orders other rules would turn."""

    begin: int
    end: int
    is_partial: bool  # there are more open orders than it looked at

    @property
    def turns(self) -> int:
        """How many orders become something else."""
        return self.begin + self.end


def rush_rules(session: Session) -> rushing.Table:
    """Return the rules as they stand."""
    return rushing.table_of(session, organization_of(session))


def rush_channels(session: Session) -> dict[str, str]:
    """Return the names of the connections a rule may name, by id."""
    return rushing.channel_names(session, organization_of(session))


def rush_preview(session: Session, rules: Sequence[RushRule]) -> RushPreview:
    """Return what these rules would change of the open orders nobody decided about by hand."""
    asked = rushing.open_orders(organization_of(session)).order_by(Order.id.desc())
    rows: Sequence[Any] = session.execute(asked.limit(LOOKED_AT + 1)).all()
    begin = end = 0
    for row in rows[:LOOKED_AT]:
        is_rush, _ = rushing.verdict(rules, rushing.facts_of(row), {})
        begin += is_rush and not row.is_rush
        end += row.is_rush and not is_rush
    return RushPreview(begin, end, is_partial=len(rows) > LOOKED_AT)
