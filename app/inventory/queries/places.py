"""Locations, and what of a variant lies where, is kept back, promised, and shown by channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.queries.values import organization_of
from app.connections.models import Connection
from app.core.errors import NotFound
from app.inventory.models import Level, Location, Reservation
from app.orders.models import Allocation, Order, OrderLine
from app.team.models import User

MOST_ORDERS: Final = 20


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A location with how much lies there."""

    place: Location
    variants: int
    units: int


def place_rows(session: Session) -> Sequence[PlaceRow]:
    """Return all locations in the order in which they serve."""
    held = (
        select(
            Level.location_id,
            func.count().label("variants"),
            func.sum(Level.on_hand).label("units"),
        )
        .where(
            Level.organization_id == organization_of(session), Level.is_counted, Level.on_hand != 0
        )
        .group_by(Level.location_id)
        .subquery()
    )
    rows = session.execute(
        select(Location, func.coalesce(held.c.variants, 0), func.coalesce(held.c.units, 0))
        .outerjoin(held, held.c.location_id == Location.id)
        .where(Location.organization_id == organization_of(session))
        .order_by(Location.rank, Location.is_default.desc(), Location.id)
    )
    return [PlaceRow(place, variants, int(units)) for place, variants, units in rows]


def locations(session: Session) -> Sequence[Location]:
    """Return all locations in the order in which they serve."""
    return session.scalars(
        select(Location)
        .where(Location.organization_id == organization_of(session))
        .order_by(Location.rank, Location.is_default.desc(), Location.id)
    ).all()


def get_location(session: Session, location_id: UUID) -> Location:
    """Return a location; raises NotFound."""
    found = session.scalar(
        select(Location).where(
            Location.id == location_id, Location.organization_id == organization_of(session)
        )
    )
    if found is None:
        raise NotFound
    return found


def levels_of(session: Session, variant_id: UUID) -> Sequence[tuple[Level, Location]]:
    """Return the levels of a variant with their locations, in the order in which they serve."""
    rows = session.execute(
        select(Level, Location)
        .join(Location, Location.id == Level.location_id)
        .where(Level.variant_id == variant_id, Level.organization_id == organization_of(session))
        .order_by(Location.rank, Location.is_default.desc(), Location.id)
    )
    return [(level, place) for level, place in rows]


@dataclass(frozen=True, slots=True)
class KeptRow:
    """Units that are kept back, where, for whom and how long."""

    location: str
    connection: str | None
    connection_id: UUID | None
    quantity: int
    reason: str
    expires_at: datetime
    id: UUID
    person: str | None = None  # who kept them back, if it was a person


def kept_rows(session: Session, variant_id: UUID) -> Sequence[KeptRow]:
    """Return what is kept back of a variant."""
    rows = session.execute(
        select(
            Location.name,
            Connection.name,
            Reservation.connection_id,
            Reservation.quantity,
            Reservation.reason,
            Reservation.expires_at,
            Reservation.id,
            User.name,
        )
        .join(Level, Level.id == Reservation.level_id)
        .join(Location, Location.id == Level.location_id)
        .outerjoin(Connection, Connection.id == Reservation.connection_id)
        .outerjoin(User, User.id == Reservation.user_id)
        .where(Level.variant_id == variant_id)
        .order_by(Reservation.expires_at)
    )
    return [KeptRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class HolderRow:
    """An order that was promised units."""

    order_id: UUID
    number: str
    state: str
    location: str
    quantity: int


def holders(session: Session, variant_id: UUID) -> Sequence[HolderRow]:
    """Return the oldest orders that hold units of a variant."""
    rows = session.execute(
        select(Order.id, Order.number, Order.state, Location.name, Allocation.quantity)
        .join(OrderLine, OrderLine.id == Allocation.line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Level, Level.id == Allocation.level_id)
        .join(Location, Location.id == Level.location_id)
        .where(Level.variant_id == variant_id, Allocation.quantity > 0)
        .order_by(Order.placed_at, Order.id)
        .limit(MOST_ORDERS)
    )
    return [HolderRow(*row) for row in rows]
