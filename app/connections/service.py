"""Writes on connections."""

from uuid import UUID

from sqlalchemy import select

from app.connections.errors import ConnectionNotFound
from app.connections.models import Connection
from app.core.work import Work


def get_connection(work: Work, connection_id: UUID) -> Connection:
    """Return a connection of this organization; raises ConnectionNotFound."""
    found = work.session.scalar(
        select(Connection).where(
            Connection.id == connection_id,
            Connection.organization_id == work.organization_id,
        )
    )
    if found is None:
        raise ConnectionNotFound
    return found
