"""A pair taken apart: what was agreed on, asked and decided was about these two, and ends with it.

An item that is paired anew, be it with another product, meets it for the first time: with what the
last pair agreed on it would look as if only our side had changed, and be overwritten unasked.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import delete, update

from app.core.work import Work
from app.listings import service as listings
from app.sync import aside, sent_counts, tasks
from app.sync.models import BaseValue, ChangeState, SyncChange

_APART: Final = "The pair was taken apart."
_OF_THE_PAIR: Final = (ChangeState.PLANNED, ChangeState.DECLINED, ChangeState.SENT)


def take_apart(work: Work, listing_id: UUID) -> None:
    """Take a pair apart; nothing is changed on either side."""
    listing = listings.unmap_listing(work, listing_id)
    work.session.execute(delete(BaseValue).where(BaseValue.listing_id == listing.id))
    sent_counts.forget(work, [listing.id])
    tasks.supersede_parked(work, [listing.id])
    aside.close(work, [listing.id], _APART)
    work.session.execute(
        update(SyncChange)
        .where(SyncChange.listing_id == listing.id, SyncChange.state.in_(_OF_THE_PAIR))
        .values(state=ChangeState.CANCELLED, settled_at=work.now, sentence=_APART)
        .execution_options(synchronize_session=False)
    )
