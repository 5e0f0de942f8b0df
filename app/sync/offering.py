"""Rules about what a shop is shown were changed: every shop they touch is offered it anew."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.connections.models import Connection, ConnectionState
from app.core.work import Work
from app.inventory.offering import Mode
from app.listings.models import Listing, ListingState
from app.sync import shares, tasks
from app.sync.models import Haste

_ASLEEP: Final = (ListingState.IGNORED, ListingState.GONE, ListingState.UNMAPPED)


def offer_anew(work: Work, connection: Connection, before: Mapping[str, Any]) -> int:
    """Queue what is to be shown otherwise after a change of rules; returns how many listings.

    Where shops have parts of their own, a change for one is a change for all.
    """
    after = connection.settings
    if connection.state != ConnectionState.ACTIVE or _told(before) == _told(after):
        return 0
    modes = {shares.mode_of(before), shares.mode_of(after)}
    is_for_all = Mode.STRICT in modes or shares.has_strict(work.session, work.organization_id)
    return _queue(work, None if is_for_all else connection.id)


def _told(settings: Mapping[str, Any]) -> tuple[Any, ...]:
    mode, places = shares.mode_of(settings), shares.places_of(settings)
    return mode, shares.terms_of(settings), places


def _queue(work: Work, only: UUID | None) -> int:
    wanted = (
        select(Listing.id, Listing.connection_id)
        .join(Connection, Connection.id == Listing.connection_id)
        .where(
            Listing.organization_id == work.organization_id,
            Listing.product_id.is_not(None),
            Listing.external_id.is_not(None),
            Listing.state.not_in(_ASLEEP),
            Connection.state == ConnectionState.ACTIVE,
        )
    )
    if only is not None:
        wanted = wanted.where(Listing.connection_id == only)
    pairs = [(row.id, row.connection_id) for row in work.session.execute(wanted)]
    haste = Haste.URGENT if len(pairs) <= tasks.FEW else Haste.MASS
    return tasks.request_pushes(work, pairs, haste=haste)
