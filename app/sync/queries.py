"""Reads about syncing: runs, changes, conflicts, webhooks, what needs a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Date, case, cast, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Product, Variant
from app.connections.models import Connection, ConnectionState
from app.core import clock
from app.core.paging import KeysetPage, decode_cursor, encode_cursor
from app.listings.models import Listing, ListingState, Proposal
from app.sync.errors import RunNotFound
from app.sync.models import (
    ChangeState,
    Conflict,
    ConflictState,
    InboundDelivery,
    RunState,
    SyncChange,
    SyncRun,
    SyncTask,
    TaskState,
)
from app.team.models import User

PAGE = 50


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with the names people know it by."""

    run: SyncRun
    connection: str
    person: str | None

    @property
    def id(self) -> UUID:
        """The run's id."""
        return self.run.id

    @property
    def is_open(self) -> bool:
        """Tell whether the run still goes on."""
        return self.run.state in (RunState.WAITING, RunState.RUNNING)

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken so far."""
        if self.run.started_at is None:
            return None
        return ((self.run.finished_at or clock.now()) - self.run.started_at).total_seconds()


def _runs() -> Any:
    return (
        select(SyncRun, Connection.name, User.name)
        .join(Connection, Connection.id == SyncRun.connection_id)
        .outerjoin(User, User.id == SyncRun.user_id)
    )


def _run_rows(session: Session, wanted: Any) -> list[RunRow]:
    return [RunRow(run, name, person) for run, name, person in session.execute(wanted)]


def run_page(
    session: Session,
    *,
    connection_id: UUID | None = None,
    state: str | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[RunRow]:
    """Return runs, newest first."""
    wanted = _runs()
    if connection_id is not None:
        wanted = wanted.where(SyncRun.connection_id == connection_id)
    if state:
        wanted = wanted.where(SyncRun.state == state)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after:
        wanted = wanted.where(SyncRun.id < UUID(decode_cursor(after, length=1)[0]))
    rows = _run_rows(session, wanted.order_by(SyncRun.id.desc()).limit(limit + 1))
    return _page(rows, total, limit)


def _page(rows: list[Any], total: int, limit: int) -> KeysetPage[Any]:
    following = encode_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None
    return KeysetPage(rows[:limit], None, following, total)


def run_rows(session: Session, run_ids: Sequence[UUID]) -> list[RunRow]:
    """Return some runs, for live rows."""
    return _run_rows(session, _runs().where(SyncRun.id.in_(run_ids)))


def get_run(session: Session, organization_id: UUID, run_id: UUID) -> RunRow:
    """Return one run; raises RunNotFound."""
    wanted = _runs().where(SyncRun.id == run_id, SyncRun.organization_id == organization_id)
    rows = _run_rows(session, wanted)
    if not rows:
        raise RunNotFound
    return rows[0]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A planned or settled change with the names people know it by."""

    change: SyncChange
    title: str
    sku: str | None

    @property
    def id(self) -> int:
        """The change's id."""
        return self.change.id


def changes(
    session: Session,
    *,
    run_id: UUID | None = None,
    listing_id: UUID | None = None,
    states: Sequence[ChangeState] = (),
    after: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[ChangeRow]:
    """Return changes of a run or a listing, newest first."""
    wanted = (
        select(SyncChange, Listing.title, Variant.sku)
        .join(Listing, Listing.id == SyncChange.listing_id)
        .outerjoin(Variant, Variant.id == SyncChange.variant_id)
    )
    if run_id is not None:
        wanted = wanted.where(SyncChange.run_id == run_id)
    if listing_id is not None:
        wanted = wanted.where(SyncChange.listing_id == listing_id)
    if states:
        wanted = wanted.where(SyncChange.state.in_(states))
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after:
        wanted = wanted.where(SyncChange.id < int(decode_cursor(after, length=1)[0]))
    found = session.execute(wanted.order_by(SyncChange.id.desc()).limit(limit + 1))
    return _page([ChangeRow(*row) for row in found], total, limit)


@dataclass(frozen=True, slots=True)
class ListingRow:
    """A listing with its product, for mapping and error lists."""

    listing: Listing
    product: str | None
    connection: str
    proposal: Proposal | None = None
    proposed: str | None = None

    @property
    def id(self) -> UUID:
        """The listing's id."""
        return self.listing.id


def listing_page(
    session: Session,
    *,
    connection_id: UUID | None = None,
    states: Sequence[ListingState] = (),
    text: str = "",
    ids: Sequence[UUID] | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[ListingRow]:
    """Return listings with the best proposal of each unpaired one."""
    best = (
        select(Proposal.id)
        .where(Proposal.listing_id == Listing.id)
        .order_by(Proposal.score.desc())
        .limit(1)
        .correlate(Listing)
        .scalar_subquery()
    )
    proposed = select(Product).subquery()
    wanted = (
        select(Listing, Product.title, Connection.name, Proposal, proposed.c.title)
        .join(Connection, Connection.id == Listing.connection_id)
        .outerjoin(Product, Product.id == Listing.product_id)
        .outerjoin(Proposal, Proposal.id == best)
        .outerjoin(proposed, proposed.c.id == Proposal.product_id)
    )
    if connection_id is not None:
        wanted = wanted.where(Listing.connection_id == connection_id)
    if states:
        wanted = wanted.where(Listing.state.in_(states))
    if ids is not None:
        wanted = wanted.where(Listing.id.in_(ids))
    if text:
        sought = f"%{text.replace('%', '')}%"
        wanted = wanted.where(Listing.title.ilike(sought) | Listing.first_sku.ilike(sought))
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after:
        wanted = wanted.where(Listing.id < UUID(decode_cursor(after, length=1)[0]))
    found = session.execute(wanted.order_by(Listing.id.desc()).limit(limit + 1))
    return _page([ListingRow(*row) for row in found], total, limit)


def state_counts(session: Session, connection_id: UUID | None = None) -> dict[str, int]:
    """Return how many listings are in each state."""
    wanted = select(Listing.state, func.count()).group_by(Listing.state)
    if connection_id is not None:
        wanted = wanted.where(Listing.connection_id == connection_id)
    return {str(row[0]): int(row[1]) for row in session.execute(wanted)}


def deliveries(
    session: Session,
    connection_id: UUID,
    *,
    state: str | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[InboundDelivery]:
    """Return webhooks of a connection, newest first."""
    wanted = select(InboundDelivery).where(InboundDelivery.connection_id == connection_id)
    if state:
        wanted = wanted.where(InboundDelivery.state == state)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after:
        wanted = wanted.where(InboundDelivery.id < UUID(decode_cursor(after, length=1)[0]))
    rows = list(session.scalars(wanted.order_by(InboundDelivery.id.desc()).limit(limit + 1)))
    return _page(rows, total, limit)


def counters(session: Session) -> dict[str, int]:
    """Return the numbers of the side menu, in one query."""
    worry = select(func.count()).where(Listing.state.in_((ListingState.FAILED, ListingState.GONE)))
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
        )
    ).one()
    return {"conflicts": row.conflicts, "errors": row.errors, "held": row.held, "runs": row.running}


@dataclass(frozen=True, slots=True)
class Home:
    """What the dashboard shows."""

    products: int
    active: int
    variants: int
    by_state: Mapping[str, int]
    by_connection: Sequence[tuple[Connection, Mapping[str, int]]]
    success: Sequence[tuple[datetime, int, int]]  # day, done, failed
    recent: Sequence[RunRow]
    numbers: Mapping[str, int]
    parked: int

    @property
    def listed(self) -> int:
        """How many paired listings there are."""
        return sum(n for state, n in self.by_state.items() if state not in ("unmapped", "ignored"))

    @property
    def synced(self) -> int:
        """How many listings are confirmed."""
        return self.by_state.get(ListingState.SYNCED, 0)


def home(session: Session) -> Home:
    """Return the figures of the dashboard in a handful of queries."""
    product_counts = session.execute(
        select(
            func.count(),
            func.sum(case((Product.status == "active", 1), else_=0)),
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
    for counts in by_pair.values():
        for word, count in counts.items():
            total[word] = total.get(word, 0) + count
    parked = session.scalar(
        select(func.count()).select_from(SyncTask).where(SyncTask.state == TaskState.PARKED)
    )
    return Home(
        products=product_counts[0],
        active=int(product_counts[1] or 0),
        variants=int(product_counts[2]),
        by_state=total,
        by_connection=[(row, by_pair.get(row.id, {})) for row in connections],
        success=_success(session),
        recent=_run_rows(session, _runs().order_by(SyncRun.id.desc()).limit(8)),
        numbers=counters(session),
        parked=parked or 0,
    )


def _success(session: Session, days: int = 14) -> list[tuple[datetime, int, int]]:
    first = (clock.now() - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0)
    day = cast(SyncRun.created_at, Date)
    rows = {
        row[0]: (int(row[1] or 0), int(row[2] or 0))
        for row in session.execute(
            select(day, func.sum(SyncRun.done - SyncRun.failed), func.sum(SyncRun.failed))
            .where(SyncRun.created_at >= first)
            .group_by(day)
        )
    }
    found = []
    for at in range(days):
        when = first + timedelta(days=at)
        done, failed = rows.get(when.date(), (0, 0))
        found.append((when, done, failed))
    return found
