"""A parcel that did not leave after all: its units lie where they lay, and are promised again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.adapters.orders import ChannelOrder, ChannelShipment, Journey
from app.core.work import Work
from app.inventory import service as inventory
from app.orders.errors import NotAllowedNow, OrderNotFound
from app.orders.events import ChannelOwed
from app.orders.models import Order, OrderLine, Shipment, ShipmentLine
from app.orders.rules import OrderState
from app.orders.service import promises, sets, timeline
from app.orders.service.fetching import get_order

_DELIVERED: Final = "This parcel was delivered. Enter what comes back as a return."
_CAME_BACK: Final = (
    "Some of what was in this parcel came back, so it did leave. Enter the rest as a return."
)
_NAMELESS: Final = (
    "The shop says that these units were shipped, and names no parcel. Take it back in the shop."
)


def cancel_parcel(
    work: Work, order_id: UUID, shipment_id: UUID, *, version: int | None = None
) -> None:
    """Cancel a parcel that did not leave after all; its channel hears of it.

    Raises NotAllowedNow once it was delivered or anything of it came back.
    """
    order = get_order(work, order_id, version=version)
    row = work.session.get(Shipment, shipment_id)
    if row is None or row.order_id != order.id:
        raise OrderNotFound("This parcel does not exist, or you do not have access to it.")
    if (problem := obstacle(order, order.lines, row)) is not None:
        raise NotAllowedNow(problem)
    units = _units(order.lines, row)
    row.is_cancelled, row.error = True, None
    _put_back(work, order, units)
    count = sum(units.values())
    said = f"{_named(row)} cancelled: {count} unit{'' if count == 1 else 's'} did not leave."
    timeline.note(work, order, "unshipped", said)
    promises.settle(work, order)
    promises.restate(work, order)
    owe(work, order, row)
    work.touch("orders", f"order-{order.id}")


def obstacle(order: Order, lines: Iterable[OrderLine], row: Shipment) -> str | None:
    """Return why a parcel cannot be cancelled here; None: it can."""
    if row.is_cancelled:
        return "This parcel is cancelled already."
    if row.journey == Journey.DELIVERED or order.state == OrderState.DELIVERED:
        return _DELIVERED
    if order.connection_id is not None and is_nameless(row):
        return _NAMELESS
    units = _units(lines, row)
    return _CAME_BACK if any(part > _out(line) for line, part in units.items()) else None


def is_nameless(row: Shipment) -> bool:
    """Tell whether a parcel stands for what a channel called shipped without naming one."""
    is_theirs = row.user_id is None and row.told_at is not None
    return is_theirs and row.external_id is None


def owe(work: Work, order: Order, row: Shipment) -> None:
    """Let the channel hear that a parcel it knows of, or may know of, did not leave."""
    if order.connection_id is not None:
        row.told_at = None
        work.emit(ChannelOwed(order.connection_id, "unship", row.id))


def hand_over(work: Work, row: Shipment, external_id: str) -> None:
    """Let a parcel be the channel's with this id, which one cancelled here was before.

    The channel has one parcel for both, so of the cancelled one there is nothing left to hear.
    """
    before = work.session.scalar(
        select(Shipment).where(
            Shipment.order_id == row.order_id,
            Shipment.external_id == external_id,
            Shipment.id != row.id,
        )
    )
    if before is not None and before.is_cancelled:
        before.external_id, before.error = None, None
        before.told_at = before.told_at or work.now
        work.session.flush()


def cancelled_there(
    work: Work, order: Order, row: Shipment, known: Iterable[Shipment], seen: ChannelShipment
) -> None:
    """Follow a channel that cancelled a parcel; what came back meanwhile did leave.

    One parcel of ours may be several there, one per location: then only what was in the cancelled
    one is put back, and the others hold the rest.
    """
    others = [
        each
        for each in known
        if each is not row
        and not each.is_cancelled
        and each.tracking_number
        and each.tracking_number == row.tracking_number
    ]
    if others:
        held = {line.id: seen.lines.get(line.external_id or "", 0) for line in order.lines}
        _share_out(work, row, others, held)
    row.is_cancelled, row.told_at, row.error = True, work.now, None
    units = {line: min(part, _out(line)) for line, part in _units(order.lines, row).items()}
    _put_back(work, order, units)
    timeline.note(work, order, "unshipped", f"{_named(row)} was cancelled on the channel.")


def called_back(work: Work, order: Order, parcels: Iterable[Shipment], seen: ChannelOrder) -> None:
    """Follow a channel that called lines shipped without naming a parcel, and no longer does."""
    shown = {each.external_id: each.shipped for each in seen.lines}
    for row in parcels:
        units = _units(order.lines, row)
        if any(
            part > min(_out(line), line.shipped - shown.get(line.external_id or "", 0))
            for line, part in units.items()
        ):
            continue
        row.is_cancelled = True
        _put_back(work, order, units)
        timeline.note(work, order, "unshipped", "No longer shipped on the channel.")


def _named(row: Shipment) -> str:
    return f"Parcel {row.tracking_number}" if row.tracking_number else "A parcel"


def _share_out(
    work: Work, row: Shipment, others: Sequence[Shipment], held: Mapping[UUID, int]
) -> None:
    """Let a parcel hold what the channel says was in it: others take the rest, or give theirs."""
    for line_id, units in held.items():
        for each in others:
            more = min(units - _holds(row, line_id), _holds(each, line_id))
            if more:
                _hold(work, row, line_id, _holds(row, line_id) + more)
                _hold(work, each, line_id, _holds(each, line_id) - more)


def _holds(row: Shipment, line_id: UUID) -> int:
    return next((each.quantity for each in row.lines if each.line_id == line_id), 0)


def _hold(work: Work, row: Shipment, line_id: UUID, units: int) -> None:
    part = next((each for each in row.lines if each.line_id == line_id), None)
    if part is None:
        part = ShipmentLine(organization_id=work.organization_id, line_id=line_id)
        row.lines.append(part)
    part.quantity = units
    if not units:
        row.lines.remove(part)


def _units(lines: Iterable[OrderLine], row: Shipment) -> dict[OrderLine, int]:
    known = {line.id: line for line in lines}
    return {known[each.line_id]: each.quantity for each in row.lines if each.line_id in known}


def _out(line: OrderLine) -> int:
    """Return how many units of a line left and did not come back."""
    return max(0, line.shipped - max(line.returned, line.refund_back))


def _put_back(work: Work, order: Order, units: Mapping[OrderLine, int]) -> None:
    """Let units be on the shelf they were taken from, promised to their lines as before.

    Nothing is promised anew: that might take what is kept back for a sale on its way.
    """
    reference = promises.reference(order.id)
    goods = {good for line in units for good in sets.goods_of(line, 1)}
    gone = inventory.left_from(work, goods, reference=reference)
    back: dict[UUID, int] = {}
    for line, part in units.items():
        line.shipped -= part
        for level_id, count in _held_again(line, part, gone).items():
            promises.hold(work, line, level_id, count)
            back[level_id] = back.get(level_id, 0) + count
    work.session.flush()
    inventory.unship(work, back, reference=reference)


def _held_again(
    line: OrderLine, units: int, gone: Mapping[UUID, dict[UUID, int]]
) -> dict[UUID, int]:
    """Return, by level, what a line holds again, and take it off what is gone; kits as whole sets.

    What left without having been promised, or counted, was taken from no level.
    """
    each_has = sets.goods_of(line, 1)
    if not each_has:
        return {}
    known = (sum(gone.get(good, {}).values()) // count for good, count in each_has.items())
    whole = max(0, min(units, *known))
    parts: dict[UUID, int] = {}
    for good, count in each_has.items():
        left = whole * count
        for level_id, there in gone.get(good, {}).items():
            part = max(0, min(left, there))
            if part:
                parts[level_id] = part
                gone[good][level_id] -= part
                left -= part
    line.allocated += whole
    return parts
