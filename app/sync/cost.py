"""What a plan costs: calls, and minutes by the limits of the connection.

The code that would make the calls tells it: a plan is rehearsed in the batches it would be sent in.
Of many batches the first and one in the middle stand for all. How long a call takes is what the
shop's calls took lately; where it names a limit, the limit may take longer.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.adapters.errors import AdapterError
from app.adapters.port import Capabilities
from app.adapters.types import Batch, ChannelProduct, ChannelVariant, ListingDraft, Price
from app.connections import limits, wire
from app.connections.errors import KeysLost
from app.connections.models import ApiUse, Connection
from app.core.transport import CALL
from app.listings.models import Listing, ListingSnapshot

ALL_OF: Final = 3  # so many batches are rehearsed whole


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls a plan takes, and seconds; None where the shop names no limit and was never asked."""

    calls: int = 0
    seconds: float | None = None

    @property
    def words(self) -> str:
        """Say it: about 40 calls, under a minute."""
        told = f"about {self.calls:,} call{'' if self.calls == 1 else 's'}"
        return told if self.seconds is None else f"{told}, {_duration(self.seconds)}"


def _duration(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return "under a minute"
    if minutes < 90:
        return f"about {minutes} minutes"
    return f"about {round(minutes / 60)} hours"


@dataclass(slots=True)
class Planned:
    """Listings that travel in one batch: those the shop has, and what is to be written."""

    listing_ids: list[UUID] = field(default_factory=list)
    drafts: list[ListingDraft] = field(default_factory=list)
    draft: Callable[[Sequence[UUID]], Sequence[ListingDraft]] | None = None  # asked when needed

    @property
    def is_busy(self) -> bool:
        """Whether something is written, and not only read."""
        return bool(self.drafts) or self.draft is not None

    def written(self) -> Sequence[ListingDraft]:
        """Return what is to be written."""
        return self.drafts if self.draft is None else self.draft(self.listing_ids)


def batched(can: Capabilities, plans: Sequence[Planned]) -> list[Planned]:
    """Return plans of one listing each in the batches they travel in."""
    size = can.batch_size
    parts = [plans[at : at + size] for at in range(0, len(plans), size)]
    return [
        Planned(
            [key for each in part for key in each.listing_ids],
            [draft for each in part for draft in each.drafts],
        )
        for part in parts
    ]


def cost(session: Session, connection: Connection, batches: Sequence[Planned]) -> Cost:
    """Return what reading and pushing these batches takes."""
    can = wire.channel(connection.channel).capabilities
    if len(batches) <= ALL_OF:
        price = _priced(session, connection, batches)
    else:
        busy = _scaled(session, connection, [each for each in batches if each.is_busy])
        idle = _scaled(session, connection, [each for each in batches if not each.is_busy])
        price = Price(busy.calls + idle.calls, busy.points + idle.points)
    return Cost(price.calls, _seconds(session, connection, can, price))


def _scaled(session: Session, connection: Connection, batches: Sequence[Planned]) -> Price:
    if len(batches) <= ALL_OF:
        return _priced(session, connection, batches)
    first = _priced(session, connection, batches[:1])
    both = _priced(session, connection, [batches[0], batches[len(batches) // 2]])
    times = len(batches) - 1
    return Price(
        first.calls + (both.calls - first.calls) * times,
        first.points + (both.points - first.points) * times,
    )


def _priced(session: Session, connection: Connection, batches: Sequence[Planned]) -> Price:
    if not batches or connection.credentials is None:
        return Price(0)
    known = _known(session, [key for each in batches for key in each.listing_ids])
    try:
        adapter, transport = wire.build(connection)
    except KeysLost:
        return Price(0)
    try:
        return adapter.price(
            [
                Batch([known[key] for key in each.listing_ids if key in known], each.written())
                for each in batches
            ]
        )
    except AdapterError:
        return Price(0)  # a shop nobody has read yet cannot be rehearsed: then nothing is said
    finally:
        transport.close()


def _known(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, ChannelProduct]:
    rows = session.execute(
        select(Listing.id, Listing.external_id, Listing.kind, Listing.remote, ListingSnapshot.raw)
        .outerjoin(ListingSnapshot, ListingSnapshot.listing_id == Listing.id)
        .where(Listing.id.in_(listing_ids), Listing.external_id.is_not(None))
    )
    return {
        key: replace(shown(external_id or "", kind, remote), raw=raw or {})
        for key, external_id, kind, remote, raw in rows
    }


def shown(external_id: str, kind: str, remote: Mapping[str, Any]) -> ChannelProduct:
    """Return what the channel last showed of a listing."""
    variants = remote.get("variants", {}).items()
    return ChannelProduct(
        external_id=external_id,
        values=remote.get("values", {}),
        variants=tuple(ChannelVariant(key, values) for key, values in variants),
        kind=kind,
    )


def _seconds(
    session: Session, connection: Connection, can: Capabilities, price: Price
) -> float | None:
    told = [
        (_taken(kind, price, rate.usual_cost) - rate.burst) / rate.per_second
        for kind, rate in limits.rates_of(connection, can).items()
    ]
    of_all = select(func.sum(ApiUse.milliseconds), func.sum(ApiUse.calls)).where(
        ApiUse.connection_id == connection.id
    )
    milliseconds, calls = session.execute(of_all).one()
    if calls:
        told.append(price.calls * float(milliseconds) / float(calls) / 1000)
    return max(0.0, *told) if told else None


def _taken(kind: str, price: Price, usual_cost: float) -> float:
    named = {CALL: float(price.calls), limits.POINTS: price.points}
    return named.get(kind, usual_cost * price.calls)
