"""Setting aside: listings that stay off their channel until a person puts them back.

Nothing is sent to such a listing, and what its shop shows of it is kept without being taken over.
Those of one decision share the moment of it, which is how all of them are put back together.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, false, or_, select, update

from app.connections.models import Connection, ConnectionState
from app.core.work import Work
from app.listings.models import Listing, ListingState
from app.sync import tasks, telling
from app.sync.models import (
    ChangeState,
    Conflict,
    ConflictState,
    Direction,
    SyncChange,
    SyncTask,
    TaskState,
)
from app.team.service import record_audit

_NOTED: Final = 10  # reasons that go into the audit log
_KEPT_OFF: Final = "The listing is kept off its channel."


def keep_off(work: Work, listing_ids: Sequence[UUID]) -> int:
    """Keep listings off their channels from now on; returns how many."""
    rows = work.session.scalars(
        select(Listing)
        .where(
            Listing.id.in_(listing_ids),
            Listing.organization_id == work.organization_id,
            Listing.product_id.is_not(None),
            Listing.kept_off_at.is_(None),
        )
        .order_by(Listing.id)
        .with_for_update()
    ).all()
    reasons: dict[UUID, Counter[str]] = {}
    for row in rows:
        reasons.setdefault(row.connection_id, Counter())[row.error or ""] += 1
        row.kept_off_at, row.state = work.now, ListingState.PAUSED
    work.session.flush()
    tasks.supersede_parked(work, [row.id for row in rows])
    close(work, [row.id for row in rows], _KEPT_OFF)
    for connection_id, told in reasons.items():
        most = [sentence for sentence, _ in told.most_common(_NOTED) if sentence]
        _note(work, "listings.kept_off", connection_id, told.total(), {"reasons": most})
    _tell(work, rows)
    return len(rows)


def close(work: Work, listing_ids: Sequence[UUID], why: str) -> None:
    """Ask nobody about these listings; put back, they ask anew what still differs."""
    asked = (
        (
            Conflict,
            ConflictState.OPEN,
            {"state": ConflictState.RESOLVED, "resolution": "vanished", "resolved_at": work.now},
        ),
        (
            SyncChange,
            ChangeState.HELD,
            {"state": ChangeState.CANCELLED, "settled_at": work.now, "sentence": why},
        ),
    )
    for model, waits, values in asked:
        work.session.execute(
            update(model)
            .where(model.listing_id.in_(listing_ids), model.state == waits)
            .values(values)
            .execution_options(synchronize_session=False)
        )
    if listing_ids:
        theirs = select(Listing.connection_id).where(Listing.id.in_(listing_ids)).distinct()
        telling.hush(work, work.session.scalars(theirs).all())
        work.touch("conflicts", "plans")


def keep_off_parked(work: Work, task_ids: Sequence[UUID]) -> int:
    """Keep the listings of parked tasks off their channels; returns how many.

    A task about an item that is paired with nothing stays parked: there is nothing to keep off.
    """
    is_its_listing = or_(
        Listing.id == SyncTask.listing_id,
        and_(
            SyncTask.direction == Direction.PULL,
            Listing.connection_id == SyncTask.connection_id,
            Listing.external_id == SyncTask.subject,
        ),
    )
    rows = work.session.execute(
        select(SyncTask.id, Listing.id)
        .join(Listing, is_its_listing)
        .where(
            SyncTask.id.in_(task_ids),
            SyncTask.organization_id == work.organization_id,
            SyncTask.state == TaskState.PARKED,
            Listing.product_id.is_not(None),
        )
    ).all()
    count = keep_off(work, list({listing_id for _, listing_id in rows}))
    work.session.execute(
        update(SyncTask)
        .where(SyncTask.id.in_([task_id for task_id, _ in rows]))
        .values(state=TaskState.DONE, finished_at=work.now)
        .execution_options(synchronize_session=False)
    )
    work.touch("parked")
    return count


def put_back(
    work: Work, *, kept_off_at: datetime | None = None, listing_ids: Sequence[UUID] = ()
) -> int:
    """Let listings go to their channels again, these or those of one decision; returns how many."""
    of_decision = Listing.kept_off_at == kept_off_at if kept_off_at else false()
    rows = work.session.scalars(
        select(Listing)
        .where(
            or_(of_decision, Listing.id.in_(listing_ids)),
            Listing.organization_id == work.organization_id,
            Listing.kept_off_at.is_not(None),
        )
        .order_by(Listing.id)
        .with_for_update()
    ).all()
    for row in rows:
        row.kept_off_at, row.state = None, ListingState.WAITING
    work.session.flush()
    counts = Counter(row.connection_id for row in rows)
    live = work.session.scalars(
        select(Connection.id).where(
            Connection.id.in_(counts), Connection.state != ConnectionState.DISCONNECTED
        )
    ).all()
    tasks.request_pushes(
        work, [(row.id, row.connection_id) for row in rows if row.connection_id in live]
    )
    for connection_id, count in counts.items():
        _note(work, "listings.put_back", connection_id, count, {})
    _tell(work, rows)
    return len(rows)


def _note(
    work: Work, action: str, connection_id: UUID, count: int, details: dict[str, list[str]]
) -> None:
    name = work.session.get_one(Connection, connection_id).name
    listings = f"{count:,} listing{'' if count == 1 else 's'}"
    said = {"listings.kept_off": "Kept {} off {}", "listings.put_back": "Put {} back on {}"}
    sentence = said[action].format(listings, name)
    record_audit(work, action, "connection", connection_id, sentence, details)


def _tell(work: Work, rows: Sequence[Listing]) -> None:
    if rows:
        work.touch(*(f"listing-{row.id}" for row in rows), "listings")
        work.touch(*(f"product-{row.product_id}" for row in rows))
        work.touch(*(f"connection-{key}" for key in {row.connection_id for row in rows}))
