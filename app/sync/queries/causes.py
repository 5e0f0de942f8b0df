"""Causes of failures: listings of one connection with one code, field and kind of sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.connections.models import Connection, ConnectionState
from app.listings.models import Listing
from app.sync.advice import Advice, advise
from app.sync.queries.lists import FAILURES

MOST_OF_CAUSE: Final = 10_000  # listings one fix is for
_MOST_CAUSES: Final = 6


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


def causes(session: Session, connection_id: UUID | None = None) -> list[Cause]:
    """Return what fails for which cause, the commonest first."""
    wanted = _grouped().where(Listing.state.in_(FAILURES), Listing.error.is_not(None))
    if connection_id is not None:
        wanted = wanted.where(Listing.connection_id == connection_id)
    commonest = wanted.order_by(func.count().desc(), func.min(Listing.error)).limit(_MOST_CAUSES)
    return [Cause(*row) for row in session.execute(commonest)]


def find_cause(session: Session, connection_id: UUID, key: str) -> Cause | None:
    """Return a cause; None: nothing fails for it any more."""
    found = session.execute(_grouped().where(_of(connection_id, key))).first()
    return Cause(*found) if found else None


def _grouped() -> Any:
    """Ask for causes, in the order of the fields of `Cause`."""
    return (
        select(
            Listing.connection_id,
            Connection.name,
            Listing.error_group,
            func.count(),
            func.coalesce(func.min(Listing.error), ""),
            func.min(Listing.error_code),
            func.min(Listing.error_field),
        )
        .join(Connection, Connection.id == Listing.connection_id)
        .where(Connection.state != ConnectionState.DISCONNECTED)
        .group_by(Listing.connection_id, Connection.name, Listing.error_group)
    )


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
