"""Returns opened on a channel: expected here once, followed, and what came of them counted once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.adapters.orders import ChannelOrder, ChannelReturn, Fate, ReturnStep
from app.core.db import new_id
from app.core.work import Work
from app.orders import rules
from app.orders.models import Order, OrderLine, Refund, Return, ReturnLine, ReturnState
from app.orders.service import returning, shelving, timeline
from app.orders.service.shelving import Unpacked

_CAME: Final = (Fate.RESTOCKED, Fate.DISCARDED)
_NOT_TO_BE: Final = (ReturnStep.DECLINED, ReturnStep.CANCELLED)
_WORDS: Final[Mapping[ReturnStep, str]] = {
    ReturnStep.REQUESTED: "asked for again in the shop",
    ReturnStep.DECLINED: "declined in the shop",
    ReturnStep.CANCELLED: "called off in the shop",
}


def take_returns(
    work: Work, order: Order, seen: ChannelOrder, first_seen: Mapping[UUID, datetime]
) -> None:
    """Take over the returns a channel tells of; one that ended before we heard of it was none.

    `first_seen`: variant → when we first looked at what the shop has of it.
    """
    if not seen.returns:
        return
    lines = {line.external_id: line for line in order.lines if line.external_id}
    theirs = select(Return).where(Return.order_id == order.id, Return.external_id.is_not(None))
    known = {row.external_id: row for row in work.session.scalars(theirs)}
    told: dict[OrderLine, int] = {}  # by all of its returns together
    for each in seen.returns:
        row = known.get(each.external_id)
        if row is None and each.step in _NOT_TO_BE and not each.decisions:
            continue
        row = row or _add(work, order, each)
        _expect(work, row, lines, each)
        came = _news(work, order, row, each, told)
        if came:
            counted = {line: _counted(row, line, each, first_seen) for line in came}
            shelving.take_word(work, order, came, counted=counted)
            shelving.keep(work, row, came)
            work.session.flush()
        _follow(work, order, row, each, came)
        if each.refunds:
            _link(work, order, row, each)


def _add(work: Work, order: Order, each: ChannelReturn) -> Return:
    row = Return(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        external_id=each.external_id,
        channel_status="",
        position=returning.next_position(work, order),
        state=ReturnState.EXPECTED,
        reason=each.reason[:200],
        note="",
    )
    work.session.add(row)
    work.session.flush()
    return row


def _expect(work: Work, row: Return, lines: Mapping[str, OrderLine], each: ChannelReturn) -> None:
    """Expect what is announced there now."""
    wanted = {lines[key].id: units for key, units in each.lines.items() if key in lines}
    for line in row.lines:
        line.expected = wanted.pop(line.line_id, 0)
    for line_id, units in wanted.items():
        row.lines.append(
            ReturnLine(organization_id=work.organization_id, line_id=line_id, expected=units)
        )
    row.reason = each.reason[:200]
    work.session.flush()


def _news(
    work: Work, order: Order, row: Return, each: ChannelReturn, told: dict[OrderLine, int]
) -> dict[OrderLine, Unpacked]:
    """Return what was decided there of units that came and that nobody unpacked here."""
    here = shelving.backs(work, order)
    known = {part.line_id: part for part in row.lines}
    came: dict[OrderLine, Unpacked] = {}
    for line in order.lines:
        restocked, discarded = (each.units(fate, line.external_id or "") for fate in _CAME)
        told[line] = told.get(line, 0) + restocked + discarded
        back = here[line.id]
        room = min(told[line] - back.kept - back.sent_back, line.shipped - back.kept)
        own = shelving.of_line(known.get(line.id))
        fresh = rules.heard(restocked, discarded, own, room)
        if any(fresh):
            came[line] = Unpacked(*fresh)
    return came


def _counted(
    row: Return, line: OrderLine, each: ChannelReturn, first_seen: Mapping[UUID, datetime]
) -> int:
    """Return how many units, unknown so far, lay on the shop's shelf before we first looked."""
    since = first_seen.get(line.variant_id) if line.variant_id else None
    if since is None:
        return 0
    known = sum(part.restocked for part in row.lines if part.line_id == line.id)
    return max(0, each.units(Fate.RESTOCKED, line.external_id or "", before=since) - known)


def _follow(
    work: Work,
    order: Order,
    row: Return,
    each: ChannelReturn,
    came: Mapping[OrderLine, Unpacked],
) -> None:
    """Move a return as its channel did, and say so."""
    before, state = row.channel_status, ReturnState(row.state)
    after = rules.return_follows(
        state,
        before,
        each.step,
        came=any(part.came for part in row.lines),
        is_lost={decision.fate for decision in each.decisions} == {Fate.MISSING},
    )
    row.channel_status = each.step
    if after != state:
        row.state = after
        row.closed_at = None if after is ReturnState.EXPECTED else work.now
    parts = [f"{_words(row, before, each)}."] if before != each.step else []
    if came:
        parts.append(f"{returning.said_of(came)}, by the word of the shop.")
    for words in parts:
        kind = f"return_{row.state}"
        timeline.note(work, order, kind, f"Return {row.position}: {words}")
    if parts:
        work.touch("orders", f"order-{order.id}")


def _words(row: Return, before: str, each: ChannelReturn) -> str:
    if not before:
        units = returning.units_of(sum(part.expected for part in row.lines))
        if each.step is ReturnStep.REQUESTED:
            return f"the buyer asks to send {units} back; nobody agreed to it in the shop yet"
        if each.step is ReturnStep.CLOSED:
            return f"{units}, opened and closed in the shop"
        return f"{units} expected back, opened in the shop"
    if each.step is ReturnStep.OPEN:
        is_again = before == ReturnStep.CLOSED
        return "opened again in the shop" if is_again else "agreed to in the shop"
    if each.step is ReturnStep.CLOSED:
        unsaid = "" if each.decisions else ", which does not say what became of the goods"
        return f"closed in the shop{unsaid}"
    return _WORDS[each.step]


def _link(work: Work, order: Order, row: Return, each: ChannelReturn) -> None:
    """Know which money went back for it."""
    paid = select(Refund).where(
        Refund.order_id == order.id,
        Refund.external_id.in_(each.refunds),
        Refund.return_id.is_(None),
    )
    for refund in work.session.scalars(paid):
        refund.return_id = row.id
