"""Reads about connections."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.connections import rules
from app.connections.errors import ConnectionNotFound
from app.connections.models import ApiUse, Connection, ConnectionState, ExchangeLog
from app.core import clock
from app.core.paging import KeysetPage, itself, newest_page
from app.listings.models import Listing, ListingState

_FAILURES = (ListingState.FAILED, ListingState.GONE)
_WORRIES = (ListingState.NEEDS_YOU, *_FAILURES)


@dataclass(frozen=True, slots=True)
class Card:
    """A connection with what stands out about it."""

    row: Connection
    listings: int
    unmapped: int
    worries: int  # failed ones among them
    failed: int

    @property
    def state(self) -> str:
        """The word of the states table: how the connection is."""
        return state_word(self.row)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a connection suffers from at the moment."""

    is_down: bool  # the breaker is open
    rests_until: datetime | None  # nobody calls before this
    grant_days: int | None  # the approval ends within so many days (0: it ended); None: it is fine


def condition(row: Connection) -> Condition:
    """Return what a connection suffers from at the moment."""
    is_active = row.state == ConnectionState.ACTIVE
    rests = is_active and row.blocked_until is not None and row.blocked_until > clock.now()
    ends = row.grant_ends_at
    warned = None if ends is None else rules.grant_warning(ends, None, now=clock.now())
    return Condition(
        is_down=is_active and row.opened_at is not None,
        rests_until=row.blocked_until if rests else None,
        grant_days=None if row.state == ConnectionState.DISCONNECTED else warned,
    )


def state_word(row: Connection) -> str:
    """Return the state of a connection in the words of the states table."""
    words = {
        ConnectionState.PENDING: "waiting",
        ConnectionState.ACTIVE: "active",
        ConnectionState.PAUSED: "paused",
        ConnectionState.ERROR: "error",
        ConnectionState.DISCONNECTED: "disconnected",
    }
    if condition(row).rests_until is not None:
        return "resting"
    return words[ConnectionState(row.state)]


def cards(session: Session, *, with_closed: bool = False) -> list[Card]:
    """Return the organization's connections with their counts, in two queries."""
    counts = {
        row.connection_id: row
        for row in session.execute(
            select(
                Listing.connection_id,
                func.count().label("listings"),
                func.sum(case((Listing.state == ListingState.UNMAPPED, 1), else_=0)).label(
                    "unmapped"
                ),
                func.sum(case((Listing.state.in_(_WORRIES), 1), else_=0)).label("worries"),
                func.sum(case((Listing.state.in_(_FAILURES), 1), else_=0)).label("failed"),
            ).group_by(Listing.connection_id)
        )
    }
    wanted = select(Connection).order_by(Connection.name, Connection.id)
    if not with_closed:
        wanted = wanted.where(Connection.state != ConnectionState.DISCONNECTED)
    found = []
    for row in session.scalars(wanted):
        known = counts.get(row.id)
        found.append(
            Card(
                row,
                known.listings if known else 0,
                int(known.unmapped or 0) if known else 0,
                int(known.worries or 0) if known else 0,
                int(known.failed or 0) if known else 0,
            )
        )
    return found


def get_connection(session: Session, organization_id: UUID, connection_id: UUID) -> Connection:
    """Return a connection of this organization; raises ConnectionNotFound."""
    found = session.scalar(
        select(Connection).where(
            Connection.id == connection_id, Connection.organization_id == organization_id
        )
    )
    if found is None:
        raise ConnectionNotFound
    return found


def find_by_name(session: Session, organization_id: UUID, name: str) -> Connection | None:
    """Return the one live connection with this id or name."""
    rows = session.scalars(
        select(Connection).where(
            Connection.organization_id == organization_id,
            Connection.state != ConnectionState.DISCONNECTED,
        )
    ).all()
    named = [row for row in rows if str(row.id) == name or row.name.casefold() == name.casefold()]
    return named[0] if len(named) == 1 else None


@dataclass(frozen=True, slots=True)
class HourOfUse:
    """Calls of one hour."""

    hour: datetime
    calls: int
    failed: int
    throttled: int
    milliseconds: int


def api_use(session: Session, connection_id: UUID, *, hours: int = 24) -> list[HourOfUse]:
    """Return the calls per hour, oldest first, hours without calls included."""
    last = clock.now().replace(minute=0, second=0, microsecond=0)
    first = last - timedelta(hours=hours - 1)
    rows = {
        row.hour: row
        for row in session.scalars(
            select(ApiUse).where(ApiUse.connection_id == connection_id, ApiUse.hour >= first)
        )
    }
    found = []
    for at in range(hours):
        hour = first + timedelta(hours=at)
        row = rows.get(hour)
        found.append(
            HourOfUse(hour, row.calls, row.failed, row.throttled, row.milliseconds)
            if row
            else HourOfUse(hour, 0, 0, 0, 0)
        )
    return found


def exchanges(
    session: Session,
    connection_id: UUID,
    *,
    run_id: UUID | None = None,
    only_failed: bool = False,
    after: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> KeysetPage[ExchangeLog]:
    """Return recorded calls, newest first."""
    wanted = select(ExchangeLog).where(ExchangeLog.connection_id == connection_id)
    if run_id is not None:
        wanted = wanted.where(ExchangeLog.run_id == run_id)
    if only_failed:
        wanted = wanted.where((ExchangeLog.status >= 400) | (ExchangeLog.status.is_(None)))
    return newest_page(
        session, wanted, [ExchangeLog.id], itself, after=after, before=before, limit=limit
    )
