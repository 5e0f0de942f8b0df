"""Parcels of ours: units leave at once, the channel hears of it as soon as it can."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.core.db import new_id
from app.core.errors import Invalid
from app.core.work import Work
from app.orders import rules
from app.orders.errors import NotAllowedNow, NothingToShip, OrderNotFound
from app.orders.events import ChannelOwed
from app.orders.letters import LetterKind
from app.orders.models import Order, OrderLine, Refund, Shipment
from app.orders.rules import OrderState
from app.orders.service import mailing, promises, there, timeline
from app.orders.service.fetching import get_order


@dataclass(frozen=True, slots=True)
class Parcel:
    """What leaves: line → units (None: everything that is promised), and how."""

    units: Mapping[UUID, int] | None = None
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    notifies: bool = True


def ship_order(work: Work, order_id: UUID, parcel: Parcel, *, version: int | None = None) -> UUID:
    """Let a parcel leave; returns its id. Raises NotAllowedNow, NothingToShip, Invalid."""
    order = get_order(work, order_id, version=version)
    if order.state not in rules.OPEN:
        raise NotAllowedNow(f"An order that is {_words(order.state)} cannot be shipped.")
    if order.state == OrderState.ON_HOLD or order.is_held_here:  # a part of it may have left
        raise NotAllowedNow("This order is on hold. Take the hold off, then ship it.")
    units = _chosen(order, parcel.units)
    row = Shipment(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        carrier=parcel.carrier.strip()[:60],
        tracking_number=parcel.tracking_number.strip()[:100],
        tracking_url=parcel.tracking_url.strip()[:500],
        shipped_at=work.now,
        user_id=work.actor.user_id,
        notifies=parcel.notifies,
    )
    work.session.add(row)
    there.leave(work, order, row, units)
    with_ = " ".join(part for part in (row.carrier, row.tracking_number) if part)
    count = sum(units.values())
    said = f"{count} unit{'' if count == 1 else 's'} shipped{f' with {with_}' if with_ else ''}."
    timeline.note(work, order, "shipped", said)
    promises.restate(work, order)
    if order.connection_id is not None:
        work.emit(ChannelOwed(order.connection_id, "ship", row.id))
    if order.connection_id is None or not row.notifies:  # else the shop mails the buyer
        _tell_buyer(work, order, row, units)
    work.touch("orders", f"order-{order.id}")
    return row.id


def _tell_buyer(work: Work, order: Order, row: Shipment, units: Mapping[OrderLine, int]) -> None:
    items = [f"{part} × {line.title or line.sku}" for line, part in units.items()]
    values = {
        "items": "\n".join(items),
        "carrier": row.carrier,
        "tracking_number": row.tracking_number,
        "tracking_url": row.tracking_url,
    }
    mailing.tell_buyer(work, order, LetterKind.SHIPPED, row.id, values)


def _words(state: OrderState) -> str:
    return OrderState(state).value.replace("_", " ")


def _chosen(order: Order, wanted: Mapping[UUID, int] | None) -> dict[OrderLine, int]:
    """Return what leaves; more than is promised is refused at its line."""
    if wanted is None:
        units = {line: line.allocated for line in order.lines if line.allocated}
    else:
        lines = {line.id: line for line in order.lines}
        units = {lines[key]: part for key, part in wanted.items() if key in lines and part}
        over = {
            f"units-{line.id}": f"Only {line.allocated} of these are promised from stock."
            for line, part in units.items()
            if part < 0 or part > line.allocated
        }
        if over:
            raise Invalid(fields=over)
    if not units:
        raise NothingToShip
    return units


def change_tracking(
    work: Work,
    shipment_id: UUID,
    *,
    carrier: str,
    tracking_number: str,
    tracking_url: str,
    version: int | None = None,
) -> None:
    """Correct how a parcel of ours is followed; the channel is told again."""
    row = work.session.get(Shipment, shipment_id)
    if row is None or row.organization_id != work.organization_id:
        raise OrderNotFound("This parcel does not exist, or you do not have access to it.")
    order = get_order(work, row.order_id, version=version)
    work.session.refresh(row)  # the channel may have heard of it while the order was waited for
    if row.is_cancelled:
        raise NotAllowedNow("This parcel is cancelled, so nobody follows it.")
    row.carrier, row.tracking_number = carrier.strip()[:60], tracking_number.strip()[:100]
    row.tracking_url, row.told_at = tracking_url.strip()[:500], None
    timeline.write_terms(work, order, [row.tracking_number], {})
    timeline.note(work, order, "tracking", f"Tracking is now {row.carrier} {row.tracking_number}.")
    if order.connection_id is not None:
        work.emit(ChannelOwed(order.connection_id, "ship", row.id))
    work.touch(f"order-{order.id}")


def retry_telling(work: Work, order_id: UUID) -> int:
    """Tell the channel anew of parcels and refunds that it could not hear of; returns how many."""
    order = get_order(work, order_id)
    parcels = work.session.scalars(
        select(Shipment).where(Shipment.order_id == order.id, Shipment.told_at.is_(None))
    ).all()
    refunds = work.session.scalars(
        select(Refund).where(Refund.order_id == order.id, Refund.told_at.is_(None))
    ).all()
    if order.connection_id is None:
        return 0
    owed: list[Shipment | Refund] = [*parcels, *refunds]
    for row in owed:
        kind = "refund" if isinstance(row, Refund) else "unship" if row.is_cancelled else "ship"
        if isinstance(row, Refund) and row.error is not None:
            order.refunded_minor += row.amount_minor
        row.error = None
        work.emit(ChannelOwed(order.connection_id, kind, row.id))
    work.touch("orders", f"order-{order.id}")
    return len(owed)
