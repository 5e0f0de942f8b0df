"""Pages of runs, changes, conflicts, listings and webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Product, Variant
from app.connections.models import Connection, ConnectionState
from app.core import clock
from app.core.paging import KeysetPage, newest_page
from app.listings.models import Listing, ListingSnapshot, ListingState, Proposal
from app.sync.errors import RunNotFound
from app.sync.models import (
    ChangeState,
    InboundDelivery,
    RunState,
    SyncChange,
    SyncRun,
)
from app.team.models import User

PAGE = 50
_LOOKED_AT = 2_000  # newest changes of a run in which a refusal is looked for
FAILURES = (ListingState.FAILED, ListingState.GONE)


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with the names people know it by."""

    run: SyncRun
    connection: str
    person: str | None
    refusal: str | None = None  # what was said of one change that a shop refused

    @property
    def id(self) -> UUID:
        """The run's id."""
        return self.run.id

    @property
    def is_open(self) -> bool:
        """Tell whether the run still goes on."""
        return self.run.state in (RunState.WAITING, RunState.RUNNING, RunState.PAUSED)

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken so far."""
        if self.run.started_at is None:
            return None
        return ((self.run.finished_at or clock.now()) - self.run.started_at).total_seconds()


def _runs() -> Any:
    newest = (
        select(SyncChange.state, SyncChange.sentence)
        .where(SyncChange.run_id == SyncRun.id)
        .order_by(SyncChange.id.desc())
        .limit(_LOOKED_AT)
        .correlate(SyncRun)
        .subquery()
    )
    refusal = (
        select(newest.c.sentence)
        .where(newest.c.state == ChangeState.REJECTED, newest.c.sentence.is_not(None))
        .limit(1)
        .scalar_subquery()
    )
    is_partial = (SyncRun.state == RunState.PARTIAL) & (SyncRun.failed > 0)
    return (
        select(SyncRun, Connection.name, User.name, case((is_partial, refusal)))
        .join(Connection, Connection.id == SyncRun.connection_id)
        .outerjoin(User, User.id == SyncRun.user_id)
    )


def _run_rows(session: Session, wanted: Any) -> list[RunRow]:
    return [RunRow(*row) for row in session.execute(wanted)]


def run_page(
    session: Session,
    *,
    connection_id: UUID | None = None,
    state: str | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[RunRow]:
    """Return runs, newest first."""
    wanted = _runs()
    if connection_id is not None:
        wanted = wanted.where(SyncRun.connection_id == connection_id)
    if state:
        wanted = wanted.where(SyncRun.state == state)
    return newest_page(
        session, wanted, [SyncRun.id], RunRow, after=after, before=before, limit=limit
    )


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
    connection: str
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
    before: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[ChangeRow]:
    """Return changes of a run or a listing, newest first."""
    wanted = (
        select(SyncChange, Listing.title, Connection.name, Variant.sku)
        .join(Listing, Listing.id == SyncChange.listing_id)
        .join(Connection, Connection.id == SyncChange.connection_id)
        .outerjoin(Variant, Variant.id == SyncChange.variant_id)
    )
    if run_id is not None:
        wanted = wanted.where(SyncChange.run_id == run_id)
    if listing_id is not None:
        wanted = wanted.where(SyncChange.listing_id == listing_id)
    if states:
        wanted = wanted.where(SyncChange.state.in_(states))
    return newest_page(
        session, wanted, [SyncChange.id], ChangeRow, after=after, before=before, limit=limit
    )


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
    cause: str = "",
    ids: Sequence[UUID] | None = None,
    is_kept_off: bool = False,
    is_open: bool = False,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[ListingRow]:
    """Return listings with the best proposal of each unpaired one.

    `is_open`: only of channels that were not closed.
    """
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
    if is_open:
        wanted = wanted.where(Connection.state != ConnectionState.DISCONNECTED)
    if is_kept_off:
        wanted = wanted.where(Listing.kept_off_at.is_not(None))
    if cause:
        wanted = wanted.where(Listing.error_group == cause)
    if text:
        sought = f"%{text.replace('%', '')}%"
        wanted = wanted.where(Listing.title.ilike(sought) | Listing.first_sku.ilike(sought))
    return newest_page(
        session, wanted, [Listing.id], ListingRow, after=after, before=before, limit=limit
    )


def state_counts(session: Session, connection_id: UUID | None = None) -> dict[str, int]:
    """Return how many listings are in each state."""
    wanted = select(Listing.state, func.count()).group_by(Listing.state)
    if connection_id is not None:
        wanted = wanted.where(Listing.connection_id == connection_id)
    return {str(row[0]): int(row[1]) for row in session.execute(wanted)}


def kept_off_count(session: Session, connection_id: UUID) -> int:
    """Return how many listings people keep off a channel."""
    kept = select(func.count()).where(
        Listing.connection_id == connection_id, Listing.kept_off_at.is_not(None)
    )
    return session.scalar(kept) or 0


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A webhook with the item it is about, where we know it."""

    delivery: InboundDelivery
    title: str | None
    product_id: UUID | None

    @property
    def id(self) -> UUID:
        """The delivery's id."""
        return self.delivery.id


def deliveries(
    session: Session,
    connection_id: UUID,
    *,
    state: str | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[DeliveryRow]:
    """Return webhooks of a connection, newest first."""
    about = (Listing.connection_id == InboundDelivery.connection_id) & (
        Listing.external_id == InboundDelivery.external_id
    )
    wanted = (
        select(InboundDelivery, Listing.title, Listing.product_id)
        .outerjoin(Listing, about)
        .where(InboundDelivery.connection_id == connection_id)
    )
    if state:
        wanted = wanted.where(InboundDelivery.state == state)
    return newest_page(
        session, wanted, [InboundDelivery.id], DeliveryRow, after=after, before=before, limit=limit
    )


def proposals(session: Session, listing_id: UUID, *, most: int = 5) -> list[Proposal]:
    """Return what an unpaired item may be, the likeliest first."""
    wanted = (
        select(Proposal)
        .where(Proposal.listing_id == listing_id)
        .order_by(Proposal.score.desc(), Proposal.product_id)
        .limit(most)
    )
    return list(session.scalars(wanted))


def find_snapshot(session: Session, listing_id: UUID) -> ListingSnapshot | None:
    """Return a channel's own answer about a listing, if one was kept."""
    return session.get(ListingSnapshot, listing_id)
