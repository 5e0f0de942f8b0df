"""Returns of an order, as its page shows them, and where what came back may be put."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.catalog.queries import organization_of
from app.inventory.models import Location, LocationKind
from app.orders.models import Order, OrderLine, Return, ReturnLine
from app.orders.rules import Back, ReturnState
from app.team.models import User


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """A return, who expects it, and where it was unpacked."""

    row: Return
    user: str
    location: str
    is_refunded: bool

    @property
    def id(self) -> UUID:
        """The return's id."""
        return self.row.id

    @property
    def is_open(self) -> bool:
        """Whether it is still on its way."""
        return self.row.state == ReturnState.EXPECTED

    @property
    def expected(self) -> int:
        """How many units were announced."""
        return sum(part.expected for part in self.row.lines)

    @property
    def sums(self) -> tuple[int, int, int]:
        """How many units went back into stock, were written off, were sent back."""
        parts: Sequence[ReturnLine] = self.row.lines
        return (
            sum(part.restocked for part in parts),
            sum(part.written_off for part in parts),
            sum(part.sent_back for part in parts),
        )

    @property
    def may_refund(self) -> bool:
        """Whether something came and stayed that no money went back for yet."""
        restocked, written_off, _ = self.sums
        return restocked + written_off > 0 and not self.is_refunded


def return_rows(session: Session, order: Order, refunded: set[UUID]) -> list[ReturnRow]:
    """Return the returns of an order, the oldest first."""
    rows = session.execute(
        select(Return, User.name, Location.name)
        .outerjoin(User, User.id == Return.user_id)
        .outerjoin(Location, Location.id == Return.location_id)
        .options(selectinload(Return.lines))
        .where(Return.order_id == order.id)
        .order_by(Return.position)
    )
    return [
        ReturnRow(row, user or "", location or "", is_refunded=row.id in refunded)
        for row, user, location in rows
    ]


def backs_of(lines: Sequence[OrderLine], returns: Sequence[ReturnRow]) -> Mapping[UUID, Back]:
    """Return what came back of each line."""
    found = {line.id: Back(line.refund_back) for line in lines}
    for each in returns:
        for part in each.row.lines:
            found[part.line_id] = found[part.line_id].with_return(
                part.restocked, part.written_off, part.sent_back
            )
    return found


def shelves(session: Session) -> Sequence[tuple[UUID, str]]:
    """Return the locations goods may be put at, the merchant's first one first."""
    rows = session.execute(
        select(Location.id, Location.name)
        .where(
            Location.organization_id == organization_of(session),
            Location.is_active,
            Location.kind != LocationKind.CHANNEL,
        )
        .order_by(Location.rank, Location.is_default.desc(), Location.id)
    )
    return [(row.id, row.name) for row in rows]
