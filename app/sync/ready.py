"""What stands between products of ours and one connection, asked before anything is created."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.adapters.values import PRODUCT_STATUSES
from app.connections.models import Connection
from app.connections.wire import channel
from app.listings import pricing
from app.listings.readiness import Gap, gaps
from app.sync import project
from app.sync.project import Pair

_SEEN: Final = PRODUCT_STATUSES[0]  # shoppers see it


def gaps_of(
    session: Session, connection: Connection, product_ids: Sequence[UUID]
) -> dict[UUID, list[Gap]]:
    """Return what each product lacks for this connection; an empty list is ready."""
    currency = project.foreign_currency(session, connection)
    found = project.our_values(session, connection.organization_id, product_ids)
    return {
        key: gaps(
            values.values,
            {
                str(variant): pricing.shown(held, currency)
                for variant, held in values.variants.items()
            },
            channel(connection.channel).capabilities,
            currency=connection.facts.get("currency"),
        )
        for key, values in found.items()
    }


def obstacle(connection: Connection, pair: Pair) -> Gap | None:
    """Return what forbids showing a new listing to shoppers; a draft may be made without it."""
    if pair.ours.values.get("status") != _SEEN:
        return None
    found = gaps(
        pair.ours.values,
        pair.ours.variants,
        channel(connection.channel).capabilities,
        currency=connection.facts.get("currency"),
    )
    return next((gap for gap in found if gap.is_blocking), None)
