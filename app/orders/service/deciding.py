"""What people decide about orders: hold, map what nobody knew, pick and pack, write a note."""

from uuid import UUID

from sqlalchemy import Select, select

from app.catalog.models import Variant
from app.core.errors import NotFound
from app.core.work import Work
from app.orders import rules
from app.orders.errors import NotAllowedNow, OrderNotFound
from app.orders.models import Order, OrderLine
from app.orders.rules import OrderState
from app.orders.service import promises, timeline
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
    order.hold_reason = "Held on the channel." if order.is_held_there else ""
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
    alike = alike_lines(work.session.get_one(Order, line.order_id), line)
    found = work.session.scalars(alike.with_only_columns(OrderLine.order_id).distinct()).all()
    orders = [get_order(work, key) for key in sorted(found)]
    # Somebody may have mapped them while their orders were waited for.
    rows = work.session.scalars(
        alike.where(OrderLine.order_id.in_(found)).execution_options(populate_existing=True)
    ).all()
    for row in rows:
        row.variant_id = variant_id
    work.session.flush()
    mapped = {row.order_id for row in rows}
    for order in orders:
        if order.id in mapped:
            timeline.note(work, order, "mapped", f"{line.title or line.sku} was mapped.")
            promises.settle(work, order)
            promises.restate(work, order)
            work.touch(f"order-{order.id}")
    work.touch("orders")
    return len(rows)
