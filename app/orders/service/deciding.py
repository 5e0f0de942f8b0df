"""What people decide about orders: hold, cancel, refund, map what nobody knew, pick and pack."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select

from app.catalog.models import Variant
from app.core.db import new_id
from app.core.errors import Invalid, NotFound
from app.core.work import Work
from app.inventory import service as inventory
from app.orders import rules, shop_counts
from app.orders.errors import NotAllowedNow, OrderNotFound
from app.orders.events import ChannelOwed
from app.orders.models import Order, OrderLine, Refund
from app.orders.rules import OrderState
from app.orders.service import promises, sets, timeline
from app.orders.service.fetching import get_order


def hold_order(work: Work, order_id: UUID, reason: str, *, version: int | None = None) -> None:
    """Let nobody work on an order; what it is promised stays promised."""
    order = get_order(work, order_id, version=version)
    if order.state not in rules.OPEN:
        raise NotAllowedNow("Only an open order can be put on hold.")
    order.is_held_here, order.hold_reason = True, reason.strip()[:200]
    promises.restate(work, order)
    work.touch("orders", f"order-{order.id}")


def free_order(work: Work, order_id: UUID, *, version: int | None = None) -> None:
    """Take our hold off an order; one of the channel stays until the channel takes it off."""
    order = get_order(work, order_id, version=version)
    order.is_held_here = False
    if not order.is_held_there:
        order.hold_reason = ""
    timeline.note(work, order, "freed", "The hold was taken off.")
    promises.settle(work, order)
    promises.restate(work, order)
    work.touch("orders", f"order-{order.id}")


def move_order(work: Work, order_id: UUID, to: OrderState, *, version: int | None = None) -> None:
    """Begin to pick, call it packed, or delivered; raises NotAllowedNow."""
    order = get_order(work, order_id, version=version)
    if to not in rules.BY_HAND or not rules.may_follow(OrderState(order.state), to):
        raise NotAllowedNow(
            f"An order that is {OrderState(order.state).value.replace('_', ' ')}"
            f" cannot become {to.value.replace('_', ' ')}."
        )
    words = {OrderState.PICKING: "Picking began.", OrderState.PACKED: "Packed."}
    promises.move(work, order, to, sentence=words.get(to, "Delivered."))


@dataclass(frozen=True, slots=True)
class Cancelling:
    """How an order is cancelled: why, and what the channel does with it."""

    reason: str = ""
    restocks: bool = True
    refunds: bool = False
    notifies: bool = False


def cancel_order(
    work: Work, order_id: UUID, how: Cancelling, *, version: int | None = None
) -> None:
    """Cancel what was not shipped yet: promises are freed at once, the channel hears of it."""
    order = get_order(work, order_id, version=version)
    if order.cancelled_at is not None:
        raise NotAllowedNow("This order is cancelled already.")
    if any(line.shipped for line in order.lines):
        raise NotAllowedNow("A part of this order left already. Refund what is left instead.")
    order.cancelled_at, order.cancel_reason = work.now, how.reason.strip()[:200]
    order.cancelling = {
        "restocks": how.restocks,
        "refunds": how.refunds,
        "notifies": how.notifies,
    }
    timeline.note(work, order, "cancelled", f"Cancelled here. {order.cancel_reason}".rstrip())
    if how.restocks:
        _given_back(work, order, {line: line.taken for line in order.lines})
    promises.settle(work, order)
    promises.restate(work, order)
    if order.connection_id is not None:
        work.emit(ChannelOwed(order.connection_id, "cancel", order.id))
    work.touch("orders", f"order-{order.id}")


@dataclass(frozen=True, slots=True)
class Refunding:
    """What is given back: minor units of the order's currency, for which units, and why."""

    amount: int
    lines: Mapping[UUID, int]
    reason: str = ""
    restocks: bool = False


def refund_order(
    work: Work, order_id: UUID, what: Refunding, *, version: int | None = None
) -> UUID:
    """Give money back; returns the refund's id. More than was paid is refused."""
    order = get_order(work, order_id, version=version)
    left = order.total_minor - order.refunded_minor
    if not 0 < what.amount <= left:
        raise Invalid(fields={"amount": "Choose an amount above zero and up to what is left."})
    row = Refund(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        amount_minor=what.amount,
        reason=what.reason.strip()[:200],
        at=work.now,
        user_id=work.actor.user_id,
        restocks=what.restocks,
        lines={str(key): units for key, units in what.lines.items() if units},
        told_at=None if order.connection_id else work.now,
    )
    work.session.add(row)
    _no_longer_wanted(work, order, what)
    order.refunded_minor += what.amount
    timeline.note(work, order, "refunded", f"A refund was given. {row.reason}".rstrip())
    if order.connection_id is not None:
        work.emit(ChannelOwed(order.connection_id, "refund", row.id))
    work.touch("orders", f"order-{order.id}")
    return row.id


def _given_back(work: Work, order: Order, units: Mapping[OrderLine, int]) -> None:
    """Agree now on what the shop will count up again once it hears of this."""
    moved: dict[UUID, int] = {}
    for line, part in units.items():
        back = min(part, line.taken)
        line.taken -= back
        if line.variant_id is not None and back:
            moved[line.variant_id] = moved.get(line.variant_id, 0) + back
    shop_counts.explain(work, order.connection_id, moved)


def _no_longer_wanted(work: Work, order: Order, what: Refunding) -> None:
    """Free what was refunded before it left; put on the shelf what came back."""
    lines = {line.id: line for line in order.lines}
    units = {lines[key]: part for key, part in what.lines.items() if key in lines and part > 0}
    back: dict[UUID, int] = {}
    for line, part in units.items():
        unsent = min(part, line.quantity - line.shipped)
        line.quantity -= unsent
        returned = min(part - unsent, line.shipped - line.returned) if what.restocks else 0
        line.returned += returned
        for good, more in sets.goods_of(line, returned).items():
            back[good] = back.get(good, 0) + more
    if what.restocks:
        _given_back(work, order, units)
    inventory.put_back(work, back, reference=promises.reference(order.id))
    promises.settle(work, order)
    promises.restate(work, order)


def note_order(work: Work, order_id: UUID, text: str, *, version: int | None = None) -> None:
    """Keep what the team writes to itself about an order."""
    order = get_order(work, order_id, version=version)
    order.note = text.strip()[:2000]
    timeline.note(work, order, "note", "The note of the team was changed.")
    work.touch("orders", f"order-{order.id}")


def alike_lines(order: Order, line: OrderLine) -> Select[OrderLine]:
    """Return the lines nobody knows that are the same item of the same channel, or the same SKU."""
    alike = (
        select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.organization_id == order.organization_id,
            OrderLine.variant_id.is_(None),
            OrderLine.needs_stock,
        )
    )
    if line.variant_external_id:
        return alike.where(
            Order.connection_id == order.connection_id,
            OrderLine.variant_external_id == line.variant_external_id,
        )
    return alike.where(OrderLine.sku == line.sku if line.sku else OrderLine.id == line.id)


def map_line(work: Work, line_id: UUID, variant_id: UUID) -> int:
    """Say what a line that nobody knew stands for, here and on every order like it.

    Every line of the organization with the same item of the same channel, or the same SKU where the
    channel names no item, is mapped and promised stock. Returns how many lines.
    """
    line = work.session.get(OrderLine, line_id)
    variant = work.session.get(Variant, variant_id)
    if line is None or line.organization_id != work.organization_id:
        raise OrderNotFound
    if variant is None or variant.organization_id != work.organization_id:
        raise NotFound("This product does not exist, or you do not have access to it.")
    order = get_order(work, line.order_id)
    alike = alike_lines(order, line)
    rows = work.session.scalars(alike.order_by(OrderLine.id)).all()
    for row in rows:
        row.variant_id = variant_id
    work.session.flush()
    for key in sorted({row.order_id for row in rows}):
        touched = get_order(work, key)
        timeline.note(work, touched, "mapped", f"{line.title or line.sku} was mapped.")
        promises.settle(work, touched)
        promises.restate(work, touched)
        work.touch(f"order-{key}")
    work.touch("orders")
    return len(rows)
