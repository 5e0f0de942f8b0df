"""What an order is promised: settled anew after everything that happens to it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased

from app.adapters.orders import Journey, Payment
from app.catalog import service as catalog
from app.core.crypto import CannotOpen
from app.core.work import Work
from app.inventory import service as inventory
from app.inventory.routing import Spot
from app.inventory.service.promising import Promise
from app.orders import rules
from app.orders.models import Allocation, Order, OrderLine, Shipment
from app.orders.rules import LineFigures, OrderState
from app.orders.service import personal, sets, timeline

PAID_ENOUGH: Final = frozenset(
    (Payment.AUTHORIZED, Payment.PARTIALLY_PAID, Payment.PAID, Payment.PARTIALLY_REFUNDED)
)
_STATE_WORDS: Final[Mapping[OrderState, str]] = {
    OrderState.PENDING: "Waits for stock.",
    OrderState.ON_HOLD: "On hold.",
    OrderState.ALLOCATED: "Everything is promised from stock.",
    OrderState.PARTIALLY_SHIPPED: "A part is shipped.",
    OrderState.SHIPPED: "Shipped.",
    OrderState.DELIVERED: "Delivered.",
    OrderState.CANCELLED: "Cancelled.",
    OrderState.RETURNED: "Everything came back.",
}


def reference(order_id: UUID) -> str:
    """Name an order in the ledger."""
    return f"order:{order_id}"


def figures_of(line: OrderLine) -> LineFigures:
    """Return a line as the rules see it."""
    return LineFigures(
        line.quantity, line.shipped, line.returned, line.allocated, needs_stock=line.needs_stock
    )


def wants_stock(order: Order) -> bool:
    """Tell whether an order is to be promised anything: paid for, or counted down by its shop."""
    if order.cancelled_at is not None:
        return False
    is_owed = order.payment in PAID_ENOUGH or any(line.taken for line in order.lines)
    return order.connection_id is None or is_owed


def _is_owed() -> ColumnElement[bool]:
    """Ask what `wants_stock` asks: who will not be promised anything stands in nobody's way."""
    other = aliased(OrderLine)
    return or_(
        Order.connection_id.is_(None),
        Order.payment.in_(sorted(PAID_ENOUGH)),
        select(other.id).where(other.order_id == Order.id, other.taken > 0).exists(),
    )


def settle(
    work: Work, order: Order, *, included: Mapping[UUID, int] | None = None
) -> dict[UUID, int]:
    """Promise what lines still want, and free what they no longer do.

    `included` are units, by variant, that our stock is without already: the shop counted them down
    before we first looked. Returns, by variant, what had been kept back for exactly this.
    """
    is_wanted = wants_stock(order)
    freed: dict[UUID, int] = {}
    growing: list[tuple[OrderLine, int]] = []
    for line in order.lines:
        more = (figures_of(line).open if is_wanted else 0) - line.allocated
        if more < 0:
            free(work, line, -more, freed)
        elif more > 0 and line.variant_id is not None:
            growing.append((line, more))
    variants = inventory.release(work, freed, reference=reference(order.id))
    made = _promise(work, order, growing, included or {})
    _tell(work, order, variants, made)
    inventory.waiting_moved(work, {line.variant_id for line in order.lines if line.variant_id})
    return made.held


def promise_leaving(work: Work, order: Order, leaving: Mapping[OrderLine, int]) -> dict[UUID, int]:
    """Promise what leaves and never was: the sale and its parcel are heard of at once.

    Units on their way take what there is, as they would have when they were sold. Returns, by
    variant, what had been kept back for exactly this.
    """
    growing = [
        (line, units - line.allocated)
        for line, units in leaving.items()
        if line.needs_stock and line.variant_id is not None and units > line.allocated
    ]
    if not growing:
        return {}
    made = _promise(work, order, growing, {})
    _tell(work, order, (), made)
    return made.held


def _promise(
    work: Work,
    order: Order,
    growing: Sequence[tuple[OrderLine, int]],
    included: Mapping[UUID, int],
) -> Promise:
    growing = sets.remember(work, growing)
    wanted: dict[UUID, int] = {}
    for line, more in growing:
        if line.parts is None and line.variant_id is not None:
            wanted[line.variant_id] = wanted.get(line.variant_id, 0) + more
    made = inventory.promise(
        work,
        wanted,
        reference=reference(order.id),
        connection_id=order.connection_id,
        included=included,
        sets=sets.wishes(growing),
        to=partial(_goes_to, order),
    )
    _keep(work, growing, made)
    return made


def _goes_to(order: Order) -> Spot | None:
    """Return where an order goes; of one whose buyer was forgotten, the country is left."""
    try:
        told = personal.unseal(order.organization_id, order.id, order.personal)
    except CannotOpen:
        told = {}
    address = told.get("ship_to") or {}
    country = address.get("country") or order.ship_country
    return Spot.of(country, address.get("region") or "", address.get("postcode") or "")


def _tell(work: Work, order: Order, freed: Sequence[UUID], made: Promise) -> None:
    """Tell the channels what moved; the one that sold counted the item, not what is in it."""
    in_sets = {good for line in order.lines for good in sets.goods_in(line)}
    moved = {*freed, *made.moved}
    theirs = set() if freed else moved - in_sets
    if theirs:
        catalog.stock_moved(work, sorted(theirs), connection_id=order.connection_id)
    if rest := moved - theirs:
        catalog.stock_moved(work, sorted(rest))


def free(work: Work, line: OrderLine, quantity: int, freed: dict[UUID, int]) -> None:
    """Take units out of what a line is promised, and add them to `freed`, by level."""
    for row, part in drawn(work, line, quantity, last_first=True):
        freed[row.level_id] = freed.get(row.level_id, 0) + part
        lessen(work, row, part)
    line.allocated -= quantity


def drawn(
    work: Work, line: OrderLine, quantity: int, *, last_first: bool = False
) -> list[tuple[Allocation, int]]:
    """Return which promised units go when so many of a line do; of a kit, whole sets."""
    order = Allocation.level_id.desc() if last_first else Allocation.level_id
    rows = work.session.scalars(
        select(Allocation).where(Allocation.line_id == line.id).order_by(order).with_for_update()
    ).all()
    if line.parts is not None:
        return sets.drawn(work, line, rows, quantity)
    taken, rest = [], quantity
    for row in rows:
        part = min(rest, row.quantity)
        if not part:
            break
        rest -= part
        taken.append((row, part))
    return taken


def lessen(work: Work, row: Allocation, by: int) -> None:
    """Take units out of an allocation; one that holds none any more is gone."""
    if by < row.quantity:
        row.quantity -= by
    else:
        work.session.delete(row)


def _keep(work: Work, growing: Sequence[tuple[OrderLine, int]], made: Promise) -> None:
    """Write down which units of which levels belong to which line."""
    left = {key: dict(parts) for key, parts in made.parts.items()}
    for line, more in growing:
        if line.parts is not None:
            if line.id in made.sets:
                line.allocated += made.sets[line.id].sets
                for level_id, units in made.sets[line.id].parts.items():
                    hold(work, line, level_id, units)
            continue
        if line.variant_id in made.uncounted:
            line.allocated += more
            continue
        assert line.variant_id is not None  # noqa: S101 (only mapped lines grow)
        for level_id, units in list(left.get(line.variant_id, {}).items()):
            part = min(more, units)
            if not part:
                continue
            more -= part
            left[line.variant_id][level_id] -= part
            line.allocated += part
            hold(work, line, level_id, part)
    work.session.flush()


def hold(work: Work, line: OrderLine, level_id: UUID, quantity: int) -> None:
    """Write down that so many units of a level belong to a line."""
    row = work.session.get(Allocation, (line.id, level_id))
    if row is not None:
        row.quantity += quantity
    else:
        work.session.add(
            Allocation(
                organization_id=work.organization_id,
                line_id=line.id,
                level_id=level_id,
                quantity=quantity,
            )
        )


def restate(work: Work, order: Order) -> None:
    """Give an order the state its figures call for, and say so in its timeline."""
    order.unmapped = sum(
        1 for line in order.lines if line.variant_id is None and line.needs_stock and line.quantity
    )
    after = rules.state_of(
        OrderState(order.state),
        (figures_of(line) for line in order.lines),
        is_cancelled=order.cancelled_at is not None,
        is_held=order.is_held_there or order.is_held_here,
        is_done_there=order.is_done_there,
    )
    move(work, order, after)
    if rules.has_arrived(after, _journeys(work, order, after)):
        move(work, order, OrderState.DELIVERED, sentence="Delivered, by the word of the carrier.")


def _journeys(work: Work, order: Order, state: OrderState) -> Sequence[Journey | None]:
    """Return what carriers say of the parcels of an order that is on its way as a whole."""
    if state is not OrderState.SHIPPED:
        return ()
    return work.session.scalars(
        select(Shipment.journey).where(Shipment.order_id == order.id, ~Shipment.is_cancelled)
    ).all()


def move(work: Work, order: Order, after: OrderState, *, sentence: str = "") -> None:
    """Move an order to another state; the same state is no move."""
    if order.state == after:
        return
    order.state = after
    said = sentence or _STATE_WORDS.get(after, "")
    if after is OrderState.ON_HOLD and order.hold_reason:
        said = f"On hold: {order.hold_reason}"
    if said:
        timeline.note(work, order, after.value, said)
    work.touch("orders", f"order-{order.id}")


def allocate_waiting(work: Work, variant_ids: Iterable[UUID], *, most: int = 200) -> int:
    """Promise stock that came in to lines that wait: rush orders first, then the oldest."""
    variants = list(variant_ids)
    found = work.session.scalars(
        select(OrderLine.order_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.variant_id.in_(variants) | sets.waits_for(work, variants),
            OrderLine.needs_stock,
            OrderLine.quantity > OrderLine.shipped + OrderLine.allocated,
            Order.state.in_([state.value for state in rules.OPEN]),
            Order.cancelled_at.is_(None),
            _is_owed(),
        )
        .order_by(Order.is_rush.desc(), Order.placed_at, Order.id)
        .limit(most)
    ).all()
    orders = list(dict.fromkeys(found))
    for order_id in orders:
        row = work.session.scalars(
            select(Order).where(Order.id == order_id).with_for_update()
        ).one()
        settle(work, row)
        restate(work, row)
    return len(orders)
