"""Parked tasks: what failed equally too often, with its reason and what it carried."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from app.connections.models import Connection
from app.core.logging import mask
from app.core.paging import KeysetPage, newest_page
from app.listings.models import Listing, ListingSnapshot
from app.orders.models import Order, Refund, Shipment
from app.orders.service.telling import Owed
from app.sync import order_reading
from app.sync.errors import TaskNotFound
from app.sync.models import Direction, SyncChange, SyncTask, TaskState

ORDERS: Final = (Direction.ORDER, Direction.TELL)
OUTWARD: Final = (Direction.PUSH, Direction.TELL)
PAGE = 50
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class ParkedWish:
    """What a list of parked tasks is narrowed to."""

    connection_id: UUID | None = None
    directions: tuple[Direction, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a task about an order does, in words, and the order, where it is known."""

    title: str
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A parked task with the names people know it by."""

    task: SyncTask
    connection: str
    listing: Listing | None
    order: Subject | None = None  # what a task about an order is about

    @property
    def id(self) -> UUID:
        """The task's id."""
        return self.task.id

    @property
    def title(self) -> str:
        """What it is about."""
        if self.order is not None:
            return self.order.title
        return (self.listing.title if self.listing else "") or f"Item {self.task.subject}"

    @property
    def is_outward(self) -> bool:
        """Whether it was on its way to the shop."""
        return self.task.direction in OUTWARD

    @property
    def parked_at(self) -> datetime | None:
        """When it was parked."""
        return self.task.finished_at


def _narrowed(wanted: Select[*tuple[Any, ...]], wish: ParkedWish) -> Select[*tuple[Any, ...]]:
    wanted = wanted.where(SyncTask.state == TaskState.PARKED)
    if wish.connection_id is not None:
        wanted = wanted.where(SyncTask.connection_id == wish.connection_id)
    if wish.directions:
        wanted = wanted.where(SyncTask.direction.in_(wish.directions))
    return wanted


def order_subjects(session: Session, some: Sequence[SyncTask]) -> dict[UUID, Subject]:
    """Return what tasks about orders do, in as many questions as there are kinds."""
    told = {task.id: Owed.read(task.subject) for task in some if task.direction == Direction.TELL}
    read = [task for task in some if task.direction == Direction.ORDER]
    known = _told_of(session, list(told.values()))
    found = {key: _told(owed, known.get(owed.id)) for key, owed in told.items()}
    numbers = {
        (row.connection_id, row.external_id): row
        for row in session.execute(
            select(Order.id, Order.number, Order.connection_id, Order.external_id).where(
                tuple_(Order.connection_id, Order.external_id).in_(
                    [(task.connection_id, task.subject) for task in read]
                )
            )
        )
    }
    for task in read:
        order = numbers.get((task.connection_id, task.subject))
        if task.subject == order_reading.CHANGED:
            found[task.id] = Subject("Read orders that changed")
        elif order is None:
            found[task.id] = Subject(f"Read order {task.subject} of the shop")
        else:
            found[task.id] = Subject(f"Read order {order.number}", order.id)
    return found


def _told_of(session: Session, owed: Sequence[Owed]) -> dict[UUID, Any]:
    """Return, by parcel, refund or order, its order's id and number, and a tracking number."""
    ids = [each.id for each in owed]
    if not ids:
        return {}
    no_number = literal("")
    parcels = select(Shipment.id, Order.id, Order.number, Shipment.tracking_number).join(
        Order, Order.id == Shipment.order_id
    )
    refunds = select(Refund.id, Order.id, Order.number, no_number).join(
        Order, Order.id == Refund.order_id
    )
    orders = select(Order.id, Order.id, Order.number, no_number)
    rows = session.execute(
        union_all(
            parcels.where(Shipment.id.in_(ids)),
            refunds.where(Refund.id.in_(ids)),
            orders.where(Order.id.in_(ids)),
        )
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def _told(owed: Owed, known: Any) -> Subject:
    order_id, number, tracking = known or (None, "", "")
    what = {
        "ship": f"parcel {tracking}".rstrip(),
        "unship": f"the cancelled parcel {tracking}".rstrip(),
        "cancel": "the cancellation",
        "refund": "a refund",
    }.get(owed.kind, "an order")
    return Subject(f"Tell the shop of {what}{f' of {number}' if number else ''}", order_id)


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
    found = newest_page(
        session, _named(wish), [SyncTask.id], ParkedRow, after=after, before=before, limit=limit
    )
    return replace(found, rows=_with_orders(session, found.rows))


def _with_orders(session: Session, rows: Sequence[ParkedRow]) -> list[ParkedRow]:
    """Say of which order tasks are that read one or tell of one."""
    subjects = order_subjects(session, [row.task for row in rows if row.task.direction in ORDERS])
    return [replace(row, order=subjects.get(row.id)) for row in rows]


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
    [row] = _with_orders(session, [ParkedRow(*found)])
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
