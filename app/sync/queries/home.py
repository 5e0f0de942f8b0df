"""What the dashboard and the side menu count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, case, cast, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Product
from app.connections.models import Connection, ConnectionState
from app.core import clock
from app.listings.models import Listing, ListingState
from app.sync.models import (
    ChangeState,
    Conflict,
    ConflictState,
    RunState,
    SyncChange,
    SyncRun,
    SyncTask,
    TaskState,
)
from app.sync.queries.days import DAYS, begun_since
from app.sync.queries.lists import RunRow, run_page


def counters(session: Session) -> dict[str, int]:
    """Return the numbers of the side menu, in one query."""
    is_open = Connection.state != ConnectionState.DISCONNECTED
    worry = select(func.count()).where(
        Listing.state.in_((ListingState.FAILED, ListingState.GONE)),
        Listing.connection_id.in_(select(Connection.id).where(is_open)),
    )
    row = session.execute(
        select(
            select(func.count())
            .where(Conflict.state == ConflictState.OPEN)
            .scalar_subquery()
            .label("conflicts"),
            worry.scalar_subquery().label("errors"),
            select(func.count())
            .where(SyncChange.state == ChangeState.HELD)
            .scalar_subquery()
            .label("held"),
            select(func.count())
            .where(SyncRun.state.in_((RunState.WAITING, RunState.RUNNING)))
            .scalar_subquery()
            .label("running"),
            select(func.count())
            .where(SyncTask.state == TaskState.PARKED)
            .scalar_subquery()
            .label("parked"),
        )
    ).one()
    return {
        "conflicts": row.conflicts,
        "errors": row.errors,
        "held": row.held,
        "runs": row.running,
        "parked": row.parked,
    }


@dataclass(frozen=True, slots=True)
class Day:
    """The items confirmed and failed on one day."""

    at: date
    done: int
    failed: int


def _share(days: Sequence[Day]) -> float | None:
    done, failed = sum(day.done for day in days), sum(day.failed for day in days)
    return done / (done + failed) if done + failed else None


@dataclass(frozen=True, slots=True)
class Home:
    """What the dashboard shows."""

    products: int
    drafts: int
    variants: int
    by_state: Mapping[str, int]
    by_connection: Sequence[tuple[Connection, Mapping[str, int]]]
    days: Sequence[Day]  # the last DAYS, the oldest first
    days_before: Sequence[Day]  # as many before those
    recent: Sequence[RunRow]
    numbers: Mapping[str, int]

    @property
    def success(self) -> float | None:
        """The share of items that came through; None when nothing was sent or read."""
        return _share(self.days)

    @property
    def success_change(self) -> float | None:
        """By how much that share moved against as many days before."""
        now, then = _share(self.days), _share(self.days_before)
        return None if now is None or then is None else now - then

    @property
    def listed(self) -> int:
        """How many paired listings there are."""
        return sum(n for state, n in self.by_state.items() if state not in ("unmapped", "ignored"))

    @property
    def synced(self) -> int:
        """How many listings are confirmed."""
        return self.by_state.get(ListingState.SYNCED, 0)


def home(session: Session, zone: ZoneInfo) -> Home:
    """Return the figures of the dashboard in a handful of queries; days are those of a zone."""
    product_counts = session.execute(
        select(
            func.count(),
            func.sum(case((Product.status == "draft", 1), else_=0)),
            func.coalesce(func.sum(Product.variant_count), 0),
        ).where(Product.archived_at.is_(None))
    ).one()
    by_pair: dict[UUID, dict[str, int]] = {}
    for connection_id, state, count in session.execute(
        select(Listing.connection_id, Listing.state, func.count()).group_by(
            Listing.connection_id, Listing.state
        )
    ):
        by_pair.setdefault(connection_id, {})[state] = count
    connections = session.scalars(
        select(Connection)
        .where(Connection.state != ConnectionState.DISCONNECTED)
        .order_by(Connection.name)
    ).all()
    total: dict[str, int] = {}
    for counts in (by_pair.get(row.id, {}) for row in connections):
        for word, count in counts.items():
            total[word] = total.get(word, 0) + count
    days = _days(session, 2 * DAYS, zone)
    return Home(
        products=product_counts[0],
        drafts=int(product_counts[1] or 0),
        variants=int(product_counts[2]),
        by_state=total,
        by_connection=[(row, by_pair.get(row.id, {})) for row in connections],
        days=days[DAYS:],
        days_before=days[:DAYS],
        recent=run_page(session, limit=8).rows,
        numbers=counters(session),
    )


def _days(session: Session, count: int, zone: ZoneInfo) -> list[Day]:
    first = clock.now().astimezone(zone).date() - timedelta(days=count - 1)
    day = cast(func.timezone(zone.key, SyncRun.created_at), Date)
    rows = {
        row[0]: (int(row[1] or 0), int(row[2] or 0))
        for row in session.execute(
            select(day, func.sum(SyncRun.done - SyncRun.failed), func.sum(SyncRun.failed))
            .where(begun_since(datetime.combine(first, time.min, zone)))
            .group_by(day)
        )
    }
    dates = [first + timedelta(days=at) for at in range(count)]
    return [Day(at, *rows.get(at, (0, 0))) for at in dates]
