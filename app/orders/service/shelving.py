"""What comes back from a buyer lies on the shelf once, whichever way we hear: `rules.Back`."""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from app.core.work import Work
from app.inventory import service as inventory
from app.orders import shop_counts
from app.orders.models import Order, OrderLine, Return, ReturnLine
from app.orders.rules import Back
from app.orders.service import promises, sets


class Unpacked(NamedTuple):
    """What was decided of the units of a line that came."""

    restocked: int = 0
    written_off: int = 0
    sent_back: int = 0


def of_line(part: ReturnLine | None) -> Back:
    """Return what one return brought of a line."""
    return Back(0, part.restocked, part.written_off, part.sent_back) if part else Back()


def backs(work: Work, order: Order) -> dict[UUID, Back]:
    """Return what came back of each line."""
    counts = (ReturnLine.restocked, ReturnLine.written_off, ReturnLine.sent_back)
    rows = work.session.execute(
        select(ReturnLine.line_id, *(func.sum(each) for each in counts))
        .join(Return, Return.id == ReturnLine.return_id)
        .where(Return.order_id == order.id)
        .group_by(ReturnLine.line_id)
    )
    unpacked = {row[0]: [int(count) for count in row[1:]] for row in rows}
    return {
        line.id: Back(line.refund_back, *unpacked.get(line.id, (0, 0, 0))) for line in order.lines
    }


def given_back(work: Work, order: Order, units: Mapping[OrderLine, int]) -> None:
    """Agree now on what the shop will count up again once it hears of this."""
    moved: dict[UUID, int] = {}
    for line, part in units.items():
        back = min(part, line.taken)
        line.taken -= back
        if line.variant_id is not None and back:
            _add(moved, {line.variant_id: back})
    shop_counts.explain(work, order.connection_id, moved)


def put_back(
    work: Work,
    order: Order,
    units: Mapping[OrderLine, int],
    *,
    counted: Collection[OrderLine] = (),
) -> None:
    """Take the word of a refund that shipped units are on the shelf again.

    Those of `counted` lay there before we first looked: our number has them already.
    """
    before = backs(work, order)
    risen: dict[UUID, int] = {}
    for line, part in units.items():
        was = before[line.id]
        now = was.with_refund(max(0, min(part, line.shipped - line.refund_back)))
        line.refund_back, line.returned = now.refunded, now.returned
        if line not in counted:
            _add(risen, sets.goods_of(line, now.on_shelf - was.on_shelf))
    inventory.put_back(work, risen, reference=promises.reference(order.id))


def unpack(
    work: Work, order: Order, units: Mapping[OrderLine, Unpacked], *, location_id: UUID | None
) -> None:
    """Take in what somebody unpacked; what a refund had put back before is not added again."""
    before = backs(work, order)
    restocked: dict[UUID, int] = {}
    seen: dict[UUID, int] = {}
    for line, part in units.items():
        was = before[line.id]
        now = was.with_return(*part)
        line.returned = now.returned
        _add(restocked, sets.goods_of(line, part.restocked))
        _add(seen, sets.goods_of(line, was.assumed - now.assumed))
    inventory.unpack(
        work,
        restocked,
        seen,
        location_id=location_id,
        reference=promises.reference(order.id),
    )


def keep(work: Work, row: Return, units: Mapping[OrderLine, Unpacked]) -> None:
    """Write down what came of a return, beside what came of it before."""
    known = {each.line_id: each for each in row.lines}
    for line, part in units.items():
        kept = known.get(line.id)
        if kept is None:
            kept = ReturnLine(
                organization_id=work.organization_id,
                line_id=line.id,
                expected=0,
                restocked=0,
                written_off=0,
                sent_back=0,
            )
            row.lines.append(kept)
        kept.restocked += part.restocked
        kept.written_off += part.written_off
        kept.sent_back += part.sent_back


def take_word(
    work: Work,
    order: Order,
    units: Mapping[OrderLine, Unpacked],
    *,
    counted: Mapping[OrderLine, int],
) -> None:
    """Take a channel's word for units that were unpacked there: as `unpack`, on the first shelf.

    `counted` lay on the shop's shelf before we first looked: our number has them already.
    """
    before = backs(work, order)
    risen: dict[UUID, int] = {}
    for line, part in units.items():
        was = before[line.id]
        now = was.with_return(*part)
        line.returned = now.returned
        more = now.on_shelf - was.on_shelf
        _add(risen, sets.goods_of(line, _without(more, counted.get(line, 0))))
    inventory.come_back(work, risen, reference=promises.reference(order.id))


def _without(more: int, counted: int) -> int:
    return max(0, more - counted) if more > 0 else more


def _add(to: dict[UUID, int], more: Mapping[UUID, int]) -> None:
    for key, units in more.items():
        to[key] = to.get(key, 0) + units
