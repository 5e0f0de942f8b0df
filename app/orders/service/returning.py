"""Returns: expected, then unpacked with a decision for each unit, or called off."""

from collections.abc import Mapping
from dataclasses import dataclass
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
    count = select(func.coalesce(func.max(Return.position), 0)).where(Return.order_id == order.id)
    row = Return(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        position=int(work.session.scalar(count) or 0) + 1,
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
    said = f"Return {row.position}: {_units(sum(units.values()))} expected back."
    timeline.note(work, order, "return_expected", f"{said} {row.reason}".rstrip())
    work.touch("orders", f"order-{order.id}")
    return row.id


def room_for(work: Work, order: Order) -> dict[UUID, int]:
    """Return, by line, how many units may still be expected back."""
    waiting = work.session.execute(
        select(ReturnLine.line_id, func.sum(ReturnLine.expected))
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
    known = {each.line_id: each for each in row.lines}
    for line, part in units.items():
        kept = known.get(line.id)
        if kept is None:
            kept = ReturnLine(organization_id=work.organization_id, line_id=line.id, expected=0)
            row.lines.append(kept)
        kept.restocked, kept.written_off, kept.sent_back = part
    _close(work, row, ReturnState.RECEIVED)
    row.note = what.note.strip()[:500] or row.note
    row.location_id = what.location_id if any(each.restocked for each in units.values()) else None
    work.session.flush()
    timeline.note(work, order, "return_received", _said(work, row, units))
    promises.restate(work, order)
    work.touch("orders", f"order-{order.id}")


def cancel_return(
    work: Work, order_id: UUID, return_id: UUID, *, version: int | None = None
) -> None:
    """Expect a return no longer: nothing of it came."""
    order, row = _open(work, order_id, return_id, version)
    _close(work, row, ReturnState.CANCELLED)
    timeline.note(work, order, "return_cancelled", f"Return {row.position}: nothing came.")
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
    sums = Unpacked(*(sum(each) for each in zip(*units.values(), strict=True)))
    place = work.session.get(Location, row.location_id) if row.location_id else None
    parts = [
        f"{count:,} {words}"
        for count, words in (
            (sums.restocked, f"back into stock{f' at {place.name}' if place else ''}"),
            (sums.written_off, "written off"),
            (sums.sent_back, "sent back"),
        )
        if count
    ]
    return f"Return {row.position} received: {', '.join(parts)}."


def _units(count: int) -> str:
    return f"{count:,} unit{'' if count == 1 else 's'}"
