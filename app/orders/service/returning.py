"""Returns: expected, then unpacked with a decision for each unit, or called off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from app.core.db import new_id
from app.core.errors import Invalid
from app.core.work import Work
from app.inventory.models import Location
from app.orders import rules
from app.orders.errors import NotAllowedNow, OrderNotFound
from app.orders.models import Order, OrderLine, Return, ReturnLine, ReturnState
from app.orders.service import promises, shelving, timeline
from app.orders.service.fetching import get_order
from app.orders.service.shelving import Unpacked


@dataclass(frozen=True, slots=True)
class Expecting:
    """What a buyer sends back, and why."""

    units: Mapping[UUID, int]
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unpacking:
    """What came, with a decision for each unit, and where it is put on the shelf."""

    units: Mapping[UUID, Unpacked]
    location_id: UUID | None = None
    note: str = ""


# Of a return that a channel decides on bit by bit, a part came already.
_STILL: Final = func.greatest(
    ReturnLine.expected - ReturnLine.restocked - ReturnLine.written_off - ReturnLine.sent_back, 0
)


def expect_return(
    work: Work, order_id: UUID, what: Expecting, *, version: int | None = None
) -> UUID:
    """Expect units of an order back; returns the return's id. Stock moves when they came."""
    order = get_order(work, order_id, version=version)
    room = room_for(work, order)
    units = {line: what.units[line.id] for line in order.lines if what.units.get(line.id, 0) > 0}
    if over := _over(units, room):
        raise Invalid(fields=over)
    if not units:
        raise Invalid("Enter how many units come back.")
    row = Return(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        position=next_position(work, order),
        state=ReturnState.EXPECTED,
        reason=what.reason.strip()[:200],
        note=what.note.strip()[:500],
        user_id=work.actor.user_id,
        lines=[
            ReturnLine(organization_id=work.organization_id, line_id=line.id, expected=part)
            for line, part in units.items()
        ],
    )
    work.session.add(row)
    said = f"Return {row.position}: {units_of(sum(units.values()))} expected back."
    timeline.note(work, order, "return_expected", f"{said} {row.reason}".rstrip())
    work.touch("orders", f"order-{order.id}")
    return row.id


def next_position(work: Work, order: Order) -> int:
    """Return the number of the next return of an order."""
    last = select(func.max(Return.position)).where(Return.order_id == order.id)
    return int(work.session.scalar(last) or 0) + 1


def room_for(work: Work, order: Order) -> dict[UUID, int]:
    """Return, by line, how many units may still be expected back."""
    waiting = work.session.execute(
        select(ReturnLine.line_id, func.sum(_STILL))
        .join(Return, Return.id == ReturnLine.return_id)
        .where(Return.order_id == order.id, Return.state == ReturnState.EXPECTED)
        .group_by(ReturnLine.line_id)
    )
    expected = {line_id: int(units) for line_id, units in waiting}
    here = shelving.backs(work, order)
    return {
        line.id: max(0, line.shipped - here[line.id].kept - expected.get(line.id, 0))
        for line in order.lines
    }


def _over(units: Mapping[OrderLine, int], room: Mapping[UUID, int]) -> dict[str, str]:
    return {
        f"units-{line.id}": f"Only {room[line.id]} of these left and did not come back."
        for line, part in units.items()
        if part > room[line.id]
    }


def receive_return(
    work: Work, order_id: UUID, return_id: UUID, what: Unpacking, *, version: int | None = None
) -> None:
    """Take in what came: back on the shelf, written off, or sent to the buyer again. Ends it."""
    order, row = _open(work, order_id, return_id, version)
    here = shelving.backs(work, order)
    units = {line: what.units[line.id] for line in order.lines if sum(what.units.get(line.id, ()))}
    over = {
        f"came-{line.id}": f"Only {line.shipped - here[line.id].kept} of these are with the buyer."
        for line, part in units.items()
        if sum(part) > line.shipped - here[line.id].kept
    }
    if over:
        raise Invalid(fields=over)
    if not units:
        raise Invalid("Enter what came, or say that nothing came.")
    shelving.unpack(work, order, units, location_id=what.location_id)
    shelving.keep(work, row, units)
    _close(work, row, ReturnState.RECEIVED)
    row.note = what.note.strip()[:500] or row.note
    if any(each.restocked for each in units.values()):
        row.location_id = what.location_id
    work.session.flush()
    timeline.note(work, order, "return_received", _said(work, row, units))
    promises.restate(work, order)
    work.touch("orders", f"order-{order.id}")


def cancel_return(
    work: Work, order_id: UUID, return_id: UUID, *, version: int | None = None
) -> None:
    """Expect a return no longer: nothing of it came."""
    order, row = _open(work, order_id, return_id, version)
    came = any(each.came for each in row.lines)
    _close(work, row, ReturnState.RECEIVED if came else ReturnState.CANCELLED)
    rest = "nothing more is expected" if came else "nothing came"
    timeline.note(work, order, "return_cancelled", f"Return {row.position}: {rest}.")
    work.touch("orders", f"order-{order.id}")


def _open(work: Work, order_id: UUID, return_id: UUID, version: int | None) -> tuple[Order, Return]:
    order = get_order(work, order_id, version=version)
    row = work.session.get(Return, return_id, populate_existing=True)
    if row is None or row.order_id != order.id:
        raise OrderNotFound("This return does not exist, or you do not have access to it.")
    if row.state != ReturnState.EXPECTED:
        raise NotAllowedNow("This return is closed already.")
    return order, row


def _close(work: Work, row: Return, state: ReturnState) -> None:
    assert state in rules.RETURN_TRANSITIONS[ReturnState(row.state)]  # noqa: S101 (_open saw to it)
    row.state, row.closed_at = state, work.now


def _said(work: Work, row: Return, units: Mapping[OrderLine, Unpacked]) -> str:
    place = work.session.get(Location, row.location_id) if row.location_id else None
    said = said_of(units, f" at {place.name}" if place else "")
    return f"Return {row.position} received: {said}."


def said_of(units: Mapping[OrderLine, Unpacked], place: str = "") -> str:
    """Say what became of units that came."""
    sums = Unpacked(*(sum(each) for each in zip(*units.values(), strict=True)))
    parts = [
        f"{count:,} {words}"
        for count, words in (
            (sums.restocked, f"back into stock{place}"),
            (sums.written_off, "written off"),
            (sums.sent_back, "sent back"),
        )
        if count
    ]
    return ", ".join(parts)


def units_of(count: int) -> str:
    """Write how many units."""
    return f"{count:,} unit{'' if count == 1 else 's'}"
