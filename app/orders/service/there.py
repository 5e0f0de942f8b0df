"""What a channel itself shipped and refunded: parcels and money it tells of, taken over once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.adapters.orders import ChannelOrder, ChannelRefund, ChannelShipment
from app.core.db import new_id
from app.core.work import Work
from app.inventory import service as inventory
from app.orders.models import Order, OrderLine, Refund, Shipment, ShipmentLine
from app.orders.service import (
    promises,
    refunding,
    shelving,
    timeline,
    travelling,
    unshipping,
)


def take_shipments(
    work: Work, order: Order, seen: ChannelOrder, *, past: Collection[OrderLine] = ()
) -> dict[UUID, int]:
    """Take over what was shipped on the channel and not by us.

    What was never promised is promised first, but for the lines of `past`: they were sold before
    we first looked, and our number is without them. Returns, by variant, what had been kept back
    for exactly this.
    """
    going = _Going(work, order, past)
    lines = {line.external_id: line for line in order.lines if line.external_id}
    known = {
        row.external_id: row
        for row in work.session.scalars(select(Shipment).where(Shipment.order_id == order.id))
    }
    followed = set()
    for each in seen.shipments:
        row = known.get(each.external_id) or _ours(known.values(), each)
        if row is None:
            row = _add_shipment(going, lines, each)
            known[each.external_id] = row
        elif each.is_cancelled and not row.is_cancelled:
            unshipping.cancelled_there(work, order, row, known.values(), each)
        if row.id not in followed:  # one of ours that became two there is told of once
            travelling.follow(work, order, row, each)
        followed.add(row.id)
    rest = [row for row in known.values() if unshipping.is_nameless(row) and not row.is_cancelled]
    _ship_the_rest(going, _still_to_be_heard(known.values(), seen), seen)
    if rest and not seen.is_done and seen.cancelled_at is None:
        unshipping.called_back(work, order, rest, seen)
    return going.held


@dataclass(slots=True)
class _Going:
    """Parcels of a channel as they leave, and what had been kept back for what is in them."""

    work: Work
    order: Order
    past: Collection[OrderLine]
    held: dict[UUID, int] = field(default_factory=dict)

    def leave(self, parcel: Shipment, units: Mapping[OrderLine, int]) -> None:
        """Let units leave; what nobody promised yet is promised now."""
        late = {line: part for line, part in units.items() if line not in self.past}
        held = promises.promise_leaving(self.work, self.order, late)
        for variant_id, kept in held.items():
            self.held[variant_id] = self.held.get(variant_id, 0) + kept
        leave(self.work, self.order, parcel, units)


def _still_to_be_heard(known: Iterable[Shipment], seen: ChannelOrder) -> dict[UUID, int]:
    """Return, by line, units of parcels that were cancelled here and that the channel still has."""
    there = {each.external_id for each in seen.shipments if not each.is_cancelled}
    units: dict[UUID, int] = {}
    for row in known:
        if row.is_cancelled and (row.told_at is None or row.external_id in there):
            for part in row.lines:
                units[part.line_id] = units.get(part.line_id, 0) + part.quantity
    return units


def _ours(known: Iterable[Shipment], each: ChannelShipment) -> Shipment | None:
    """Return the parcel of ours that this is, if its confirmation got lost.

    One that was cancelled here, and of which the channel heard, is none: its number may be on
    another parcel now.
    """
    alike = (
        row
        for row in known
        if row.external_id is None
        and each.number
        and row.tracking_number == each.number
        and not (row.is_cancelled and row.told_at is not None)
    )
    return next(alike, None)


def _add_shipment(going: _Going, lines: Mapping[str, OrderLine], each: ChannelShipment) -> Shipment:
    work, order = going.work, going.order
    units = {
        lines[key]: min(quantity, lines[key].quantity - lines[key].shipped)
        for key, quantity in each.lines.items()
        if key in lines
    }
    parcel = Shipment(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        external_id=each.external_id,
        carrier=each.carrier[:60],
        tracking_number=each.number[:100],
        tracking_url=each.url[:500],
        shipped_at=each.at or work.now,
        told_at=work.now,
        is_cancelled=each.is_cancelled,
    )
    work.session.add(parcel)
    if each.is_cancelled:
        return parcel
    going.leave(parcel, {line: part for line, part in units.items() if part > 0})
    said = f" with {each.carrier} {each.number}".rstrip() if each.number else ""
    timeline.note(work, order, "shipped", f"Shipped on the channel{said}.")
    return parcel


def _ship_the_rest(going: _Going, unheard: Mapping[UUID, int], seen: ChannelOrder) -> None:
    """A channel may say that lines are shipped without telling of a parcel."""
    work, order = going.work, going.order
    lines = {line.external_id: line for line in order.lines if line.external_id}
    units = {
        line: each.shipped - line.shipped - unheard.get(line.id, 0)
        for each in seen.lines
        if (line := lines.get(each.external_id)) is not None
    }
    units = {line: more for line, more in units.items() if more > 0}
    if not units:
        return
    parcel = Shipment(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        shipped_at=seen.modified_at or work.now,
        told_at=work.now,
    )
    work.session.add(parcel)
    going.leave(parcel, units)
    timeline.note(work, order, "shipped", "Shipped on the channel.")


def leave(work: Work, order: Order, parcel: Shipment, units: Mapping[OrderLine, int]) -> None:
    """Let units leave with a parcel: what was promised is taken off the shelf."""
    gone: dict[UUID, int] = {}
    for line, quantity in units.items():
        parcel.lines.append(
            ShipmentLine(organization_id=work.organization_id, line_id=line.id, quantity=quantity)
        )
        promised = min(quantity, line.allocated)
        line.shipped += quantity
        for row, part in promises.drawn(work, line, promised):
            gone[row.level_id] = gone.get(row.level_id, 0) + part
            promises.lessen(work, row, part)
        line.allocated -= promised
    work.session.flush()
    inventory.ship(work, gone, reference=promises.reference(order.id))
    timeline.write_terms(work, order, [parcel.tracking_number], {})


def take_refunds(
    work: Work, order: Order, seen: ChannelOrder, first_seen: Mapping[UUID, datetime]
) -> None:
    """Take over money given back on the channel, and what came back for it.

    `first_seen`: variant → when we first looked at what the shop has of it.
    """
    lines = {line.external_id: line for line in order.lines if line.external_id}
    rows = work.session.scalars(select(Refund).where(Refund.order_id == order.id)).all()
    known = {row.external_id for row in rows}
    untold = [row for row in rows if row.external_id is None]
    for each in seen.refunds:
        if each.external_id in known:
            continue
        # One of ours whose answer is still on its way, or was lost.
        ours = next((row for row in untold if _is_the_same(row, each, lines)), None)
        if ours is None:
            _add_refund(work, order, lines, each, first_seen)
        else:
            untold.remove(ours)
            refunding.tell_buyer(work, order, ours)
            ours.external_id, ours.told_at, ours.error = each.external_id, work.now, None
    if not seen.is_deleted:
        work.session.flush()
        refunding.recount(work, order, seen.refunded)


def _is_the_same(row: Refund, each: ChannelRefund, lines: Mapping[str, OrderLine]) -> bool:
    """Tell by our key; where the channel did not get to keep it, by all that it kept."""
    if each.key:
        return each.key == str(row.id)
    units = {str(lines[key].id): count for key, count in each.lines.items() if key in lines}
    return (row.amount_minor, row.reason, row.lines) == (each.amount, each.reason, units)


def _add_refund(
    work: Work,
    order: Order,
    lines: Mapping[str, OrderLine],
    each: ChannelRefund,
    first_seen: Mapping[UUID, datetime],
) -> None:
    ours = {str(lines[key].id): units for key, units in each.lines.items() if key in lines}
    # What never left is no longer promised; only what had left comes back to the shelf.
    came = {
        lines[key]: units - each.called_off.get(key, 0)
        for key, units in each.restocked.items()
        if key in lines
    }
    counted = [line for line in came if _is_before(each.at, line, first_seen)]
    shelving.put_back(work, order, came, counted=counted)
    work.session.add(
        Refund(
            id=new_id(),
            organization_id=work.organization_id,
            order_id=order.id,
            external_id=each.external_id,
            amount_minor=each.amount,
            reason=each.reason[:200],
            at=each.at,
            lines=ours,
            restocks=bool(each.restocked),
            told_at=work.now,
        )
    )
    timeline.note(work, order, "refunded", "Refunded on the channel.")


def _is_before(at: datetime, line: OrderLine, first_seen: Mapping[UUID, datetime]) -> bool:
    since = first_seen.get(line.variant_id) if line.variant_id else None
    return since is not None and at < since
