"""The regular comparison: everything, or a sample where reading everything is dear.

A large shop that can only be read page by page is read whole once a week; on the other days some
listings chosen by chance are read as they stand, and what differs among them bounds what may differ
among all (`sampling`). What differs is merged as in every read.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from app.connections.models import Connection, ConnectionState
from app.connections.service import get_connection
from app.connections.wire import channel
from app.core.actor import Actor
from app.core.work import Work, unit_of_work
from app.listings.models import Listing, ListingState
from app.sync import runs, sampling, service, tasks
from app.sync.models import RunKind, RunState

LARGE: Final = 20_000  # listings; at two calls a second some ten minutes of reading
SAMPLE: Final = 400
WHOLE_EVERY: Final = timedelta(days=7)
_ASLEEP: Final = (ListingState.IGNORED, ListingState.GONE)


def compare(actor: Actor, connection_id: UUID) -> UUID | None:
    """Ask for the regular comparison; None: the connection rests or is being read."""
    with unit_of_work(actor) as work:
        row = get_connection(work, connection_id)
        if row.state == ConnectionState.ACTIVE and is_dear(work, row):
            return request_sample(work, row)
    return service.reconcile(actor, connection_id)


def words(row: Connection, listings: int) -> str:
    """Say what the last comparison tells about all listings, when it was a sample of them."""
    if row.drift_checked is None or not 0 < row.drift_checked <= SAMPLE < listings:
        return ""
    return sampling.sentence(row.drift_listings or 0, row.drift_checked)


def is_dear(work: Work, row: Connection, *, large: int = LARGE) -> bool:
    """Tell whether reading everything is dear, and was done not long ago."""
    compared_at = row.last_reconciled_at
    if channel(row.channel).capabilities.has_export or compared_at is None:
        return False
    count = select(func.count()).select_from(Listing).where(Listing.connection_id == row.id)
    is_large = (work.session.scalar(count) or 0) > large
    return is_large and work.now - compared_at < WHOLE_EVERY


def request_sample(work: Work, row: Connection, *, size: int = SAMPLE) -> UUID | None:
    """Ask for some listings, chosen by chance, as they stand now; None: there are none."""
    chosen = work.session.scalars(
        select(Listing.external_id)
        .where(
            Listing.connection_id == row.id,
            Listing.external_id.is_not(None),
            Listing.product_id.is_not(None),
            Listing.state.not_in(_ASLEEP),
        )
        .order_by(func.random())
        .limit(size)
    ).all()
    ids = [each for each in chosen if each]
    if not ids:
        return None
    run = runs.open_run(
        work, row.id, RunKind.SAMPLE, cause="Daily sample", total=len(ids), state=RunState.RUNNING
    )
    tasks.request_pulls(work, row.id, ids, run_id=run.id)
    return run.id
