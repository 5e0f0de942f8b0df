"""An order is cancelled here, whole or in part: promises are freed at once, the channel hears."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.core.errors import Invalid
from app.core.work import Work
from app.orders import rules
from app.orders.errors import NotAllowedNow
from app.orders.events import ChannelOwed
from app.orders.models import Order, OrderLine
from app.orders.service import promises, refunding, shelving, timeline
from app.orders.service.fetching import get_order


@dataclass(frozen=True, slots=True)
class Cancelling:
    """How an order is cancelled: why, which units, and what the channel does with it.

    Without units it is everything. Units that are not put back are taken off the stock here, too:
    they are lost or damaged.
    """

    reason: str = ""
    restocks: bool = True
    refunds: bool = False
    notifies: bool = False
    units: Mapping[UUID, int] | None = None


def cancel_order(
    work: Work, order_id: UUID, how: Cancelling, *, version: int | None = None
) -> None:
    """Cancel what was not shipped yet, all of it or some units."""
    order = get_order(work, order_id, version=version)
    if order.cancelled_at is not None:
        raise NotAllowedNow("This order is cancelled already.")
    units = _chosen(order, how.units)
    is_whole = units is None or all(
        units.get(line, 0) == promises.figures_of(line).open for line in order.lines
    )
    is_shipped = any(line.shipped for line in order.lines)
    if is_whole and not is_shipped:
        _cancel_whole(work, order, how)
    elif units is None:
        raise NotAllowedNow("A part of this order left already. Refund what is left instead.")
    else:
        _cancel_part(work, order, how, units)
    work.touch("orders", f"order-{order.id}")


def _chosen(order: Order, units: Mapping[UUID, int] | None) -> dict[OrderLine, int] | None:
    """Return what is cancelled; more than waits is refused at its line."""
    if units is None:
        return None
    lines = {line.id: line for line in order.lines}
    chosen = {lines[key]: part for key, part in units.items() if key in lines and part > 0}
    over = {
        f"units-{line.id}": f"Only {promises.figures_of(line).open} of these wait to be shipped."
        for line, part in chosen.items()
        if part > promises.figures_of(line).open
    }
    if over:
        raise Invalid(fields=over)
    if not chosen and any(promises.figures_of(line).open for line in order.lines):
        raise Invalid("Enter how many units are cancelled.")
    return chosen


def _cancel_whole(work: Work, order: Order, how: Cancelling) -> None:
    order.cancelled_at, order.cancel_reason = work.now, how.reason.strip()[:200]
    order.cancelling = {
        "restocks": how.restocks,
        "refunds": how.refunds,
        "notifies": how.notifies,
    }
    timeline.note(work, order, "cancelled", f"Cancelled here. {order.cancel_reason}".rstrip())
    if how.restocks:
        shelving.given_back(work, order, {line: line.taken for line in order.lines})
    else:
        refunding.lose(work, order, {line: line.allocated for line in order.lines})
    promises.settle(work, order)
    promises.restate(work, order)
    if order.connection_id is not None:
        work.emit(ChannelOwed(order.connection_id, "cancel", order.id))
    elif how.refunds and (left := _left(order)):
        refunding.give(work, order, refunding.Refunding(left, {}, how.reason))


def _left(order: Order) -> int:
    return rules.refundable(order.payment, order.total_minor, order.refunded_minor)


def _cancel_part(work: Work, order: Order, how: Cancelling, units: Mapping[OrderLine, int]) -> None:
    """Cancel some units. A channel hears of it as of a refund: it has no other word for a part."""
    count = sum(units.values())
    said = f"{count} unit{'' if count == 1 else 's'} cancelled here."
    timeline.note(work, order, "cancelled", f"{said} {how.reason}".rstrip())
    amount = min(_left(order), sum(refunding.worth(order, *each) for each in units.items()))
    if order.connection_id is None and not (how.refunds and amount):
        refunding.call_off(work, order, units, restocks=how.restocks)
        promises.settle(work, order)
        promises.restate(work, order)
        return
    if not amount:
        raise NotAllowedNow(
            "Nothing that was paid for these units is left to give back, so the shop cannot be told"
            " of it. Take them out of the order in the shop."
        )
    lines = {line.id: part for line, part in units.items()}
    restocks = tuple(lines) if how.restocks else ()
    refunding.refund_order(work, order.id, refunding.Refunding(amount, lines, how.reason, restocks))
