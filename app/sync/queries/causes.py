"""Causes of failures: listings of one connection with one code, field and kind of sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.connections.models import Connection
from app.listings.models import Listing
from app.sync.advice import Advice, advise
from app.sync.queries.lists import FAILURES

MOST_OF_CAUSE = 10_000  # listings one fix is for


@dataclass(frozen=True, slots=True)
class Cause:
    """Why listings of one connection fail; the sentence is that of one of them."""

    connection_id: UUID
    connection: str
    key: str
    count: int
    sentence: str
    code: str | None
    field: str | None

    @property
    def advice(self) -> Advice:
        """What to do about it."""
        return advise(self.code, self.field)


def _of(connection_id: UUID, key: str) -> ColumnElement[bool]:
    return and_(
        Listing.connection_id == connection_id,
        Listing.error_group == key,
        Listing.state.in_(FAILURES),
    )


def find_cause(session: Session, connection_id: UUID, key: str) -> Cause | None:
    """Return a cause; None: nothing fails for it any more."""
    found = session.execute(
        select(
            Connection.name,
            func.count(),
            func.min(Listing.error),
            func.min(Listing.error_code),
            func.min(Listing.error_field),
        )
        .join(Connection, Connection.id == Listing.connection_id)
        .where(_of(connection_id, key))
        .group_by(Connection.name)
    ).first()
    if found is None:
        return None
    name, count, sentence, code, field = found
    return Cause(connection_id, name, key, count, sentence or "", code, field)


def failing_ids(
    session: Session, organization_id: UUID, connection_id: UUID, key: str
) -> Sequence[tuple[UUID, UUID | None]]:
    """Return (listing id, product id) of what fails for a cause, as many as one fix is for."""
    rows = session.execute(
        select(Listing.id, Listing.product_id)
        .where(Listing.organization_id == organization_id, _of(connection_id, key))
        .order_by(Listing.id)
        .limit(MOST_OF_CAUSE)
    )
    return [(row.id, row.product_id) for row in rows]
