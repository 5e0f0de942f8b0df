"""Parked tasks: what failed equally too often, with its reason and what it carried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from app.connections.models import Connection
from app.core.logging import mask
from app.core.paging import KeysetPage, newest_page
from app.listings.models import Listing, ListingSnapshot
from app.sync.errors import TaskNotFound
from app.sync.models import Direction, SyncChange, SyncTask, TaskState

PAGE = 50
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class ParkedWish:
    """What a list of parked tasks is narrowed to."""

    connection_id: UUID | None = None
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parked task with the names people know it by."""

    task: SyncTask
    connection: str
    listing: Listing | None

    @property
    def id(self) -> UUID:
        """The task's id."""
        return self.task.id

    @property
    def title(self) -> str:
        """What it is about."""
        return (self.listing.title if self.listing else "") or f"Item {self.task.subject}"

    @property
    def parked_at(self) -> datetime | None:
        """When it was parked."""
        return self.task.finished_at


def _narrowed(wanted: Select[*tuple[Any, ...]], wish: ParkedWish) -> Select[*tuple[Any, ...]]:
    wanted = wanted.where(SyncTask.state == TaskState.PARKED)
    if wish.connection_id is not None:
        wanted = wanted.where(SyncTask.connection_id == wish.connection_id)
    if wish.direction is not None:
        wanted = wanted.where(SyncTask.direction == wish.direction)
    return wanted


def _named(wish: ParkedWish) -> Select[*tuple[Any, ...]]:
    """A send knows its listing; a read knows the item's number in the shop."""
    is_its_listing = or_(
        Listing.id == SyncTask.listing_id,
        and_(
            SyncTask.direction == Direction.PULL,
            Listing.connection_id == SyncTask.connection_id,
            Listing.external_id == SyncTask.subject,
        ),
    )
    wanted = (
        select(SyncTask, Connection.name, Listing)
        .join(Connection, Connection.id == SyncTask.connection_id)
        .outerjoin(Listing, is_its_listing)
    )
    return _narrowed(wanted, wish)


def parked_page(
    session: Session,
    wish: ParkedWish,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = PAGE,
) -> KeysetPage[ParkedRow]:
    """Return parked tasks, newest first."""
    return newest_page(
        session, _named(wish), [SyncTask.id], ParkedRow, after=after, before=before, limit=limit
    )


def parked_ids(session: Session, wish: ParkedWish) -> Sequence[UUID]:
    """Return the ids of all parked tasks a list shows, as many as are decided at once."""
    wanted = _narrowed(select(SyncTask.id), wish)
    return session.scalars(wanted.order_by(SyncTask.id).limit(MOST_AT_ONCE)).all()


@dataclass(frozen=True, slots=True)
class ParkedDetail:
    """A parked task with what it carried: planned changes, and the shop's last answer, masked."""

    row: ParkedRow
    changes: Sequence[SyncChange]
    theirs: Any


def get_parked(session: Session, organization_id: UUID, task_id: UUID) -> ParkedDetail:
    """Return one parked task; raises TaskNotFound when it is parked no more."""
    wanted = _named(ParkedWish()).where(
        SyncTask.id == task_id, SyncTask.organization_id == organization_id
    )
    found = session.execute(wanted).first()
    if found is None:
        raise TaskNotFound
    row = ParkedRow(*found)
    changes = session.scalars(
        select(SyncChange).where(SyncChange.task_id == task_id).order_by(SyncChange.id.desc())
    ).all()
    snapshot = session.get(ListingSnapshot, row.listing.id) if row.listing else None
    return ParkedDetail(row, _last_of_each(changes), mask(snapshot.raw) if snapshot else None)


def _last_of_each(changes: Sequence[SyncChange]) -> list[SyncChange]:
    """Each try writes its changes down; the last one counts."""
    last: dict[tuple[UUID | None, str], SyncChange] = {}
    for change in changes:
        last.setdefault((change.variant_id, change.field), change)
    return list(last.values())
