"""Money given back by a person here: never more than was paid, and the channel is told of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from app.adapters.orders import Payment
from app.core.db import new_id
from app.core.errors import Invalid
from app.core.work import Work
from app.inventory import service as inventory
from app.orders import rules
from app.orders.errors import OrderNotFound
from app.orders.events import ChannelOwed
from app.orders.letters import LetterKind
from app.orders.models import Order, OrderLine, Refund, Return
from app.orders.service import mailing, promises, shelving, timeline
from app.orders.service.fetching import get_order


@dataclass(frozen=True, slots=True)
class Refunding:
    """What is given back: minor units of the order's currency, for which units, and why.

    Units of lines in `restocks` go on the shelf again, here and in the shop's own count; others
    that never left are taken off the stock. With a return, its units came in already: nothing is
    put back, here or there.
    """

    amount: int
    lines: Mapping[UUID, int]
    reason: str = ""
    restocks: Collection[UUID] = ()
    shipping: int = 0  # of the amount
    note: str = ""
    return_id: UUID | None = None


def refund_order(
    work: Work, order_id: UUID, what: Refunding, *, version: int | None = None
) -> UUID:
    """Give money back; returns the refund's id. More than was paid is refused.

    A channel knows one switch for all units of a refund, so units that go on the shelf and units
    that do not are told as two refunds, of which this returns the first.
    """
    order = get_order(work, order_id, version=version)
    _check(work, order, what)
    rows = [give(work, order, part) for part in _parts(order, what)]
    promises.settle(work, order)
    promises.restate(work, order)
    work.touch("orders", f"order-{order.id}")
    return rows[0].id


def _check(work: Work, order: Order, what: Refunding) -> None:
    left = rules.refundable(order.payment, order.total_minor, order.refunded_minor)
    if not left:
        raise Invalid(fields={"amount": "Nothing that was paid is left to give back."})
    if not 0 < what.amount <= left:
        raise Invalid(fields={"amount": "Choose an amount above zero and up to what is left."})
    shipping = order.shipping_minor - shipping_refunded(work, order)
    if not 0 <= what.shipping <= max(0, min(shipping, what.amount)):
        sentence = "Choose no more than was paid for shipping, and no more than the amount."
        raise Invalid(fields={"shipping": sentence})
    if what.return_id is not None:
        get_return(work, order, what.return_id)
    given = refunded_units(work, order)
    over = {
        f"units-{line.id}": _too_many(left_of(line, given))
        for line in order.lines
        if what.lines.get(line.id, 0) > left_of(line, given)
    }
    over = over or _in_stock_already(work, order, what)
    if over:
        raise Invalid(fields=over)


def _in_stock_already(work: Work, order: Order, what: Refunding) -> dict[str, str]:
    """What was unpacked is counted here and goes out to the shop: it may not count up, too."""
    here = shelving.backs(work, order)
    over: dict[str, str] = {}
    for line in order.lines if what.return_id is None else ():
        sent = what.lines.get(line.id, 0) - max(0, line.quantity - line.shipped)
        with_buyer = line.shipped - here[line.id].returned
        if line.id in what.restocks and sent > with_buyer and here[line.id].kept:
            over[f"units-{line.id}"] = (
                "Some of these came in with a return already. Refund the return instead, or untick"
                " “Into stock”."
            )
    return over


def _too_many(left: int) -> str:
    return f"Only {left} of these may still be given back." if left else "All went back already."


def get_return(work: Work, order: Order, return_id: UUID) -> Return:
    """Return a return of an order; raises OrderNotFound."""
    found = work.session.get(Return, return_id, populate_existing=True)
    if found is None or found.order_id != order.id:
        raise OrderNotFound("This return does not exist, or you do not have access to it.")
    return found


def shipping_refunded(work: Work, order: Order) -> int:
    """Return how much of the shipping went back."""
    asked = select(func.coalesce(func.sum(Refund.shipping_minor), 0))
    return int(work.session.scalar(asked.where(Refund.order_id == order.id, _counts())) or 0)


def _counts() -> ColumnElement[bool]:
    """What the channel refused is not given back."""
    return or_(Refund.told_at.is_not(None), Refund.error.is_(None))


def refunded_units(work: Work, order: Order) -> dict[UUID, int]:
    """Return, by line, for how many units money went back, wherever it was given."""
    found: dict[UUID, int] = {}
    asked = select(Refund.lines).where(Refund.order_id == order.id, _counts())
    for lines in work.session.scalars(asked):
        for key, units in lines.items():
            found[UUID(key)] = found.get(UUID(key), 0) + int(units)
    return found


def left_of(line: OrderLine, given: Mapping[UUID, int]) -> int:
    """Return for how many units of a line money may still go back."""
    return max(0, min(line.quantity, line.ordered - given.get(line.id, 0)))


def worth(order: Order, line: OrderLine, units: int) -> int:
    """Return what so many units of a line cost the buyer."""
    paid = line.total_minor + (0 if order.includes_tax else line.tax_minor)
    return rules.share_of(paid, units, paid_units(line))


def paid_units(line: OrderLine) -> int:
    """Return for how many units the amounts of a line stand."""
    total = line.total_minor + line.discount_minor
    return rules.paid_units(line.ordered, line.quantity, each=line.unit_minor, total=total)


def _parts(order: Order, what: Refunding) -> Sequence[Refunding]:
    """Return one refund, or two where a shop could not be told of it as one."""
    units = {key: part for key, part in what.lines.items() if part > 0}
    back = {key: part for key, part in units.items() if key in what.restocks}
    rest = {key: part for key, part in units.items() if key not in what.restocks}
    is_mixed = bool(back and rest) and order.connection_id is not None and what.return_id is None
    if not is_mixed:
        return [replace(what, lines=units, restocks=() if what.return_id else tuple(back))]
    if what.amount - what.shipping < 2:
        raise Invalid(fields={"amount": "This is too little to share out over these units."})
    lines = {line.id: line for line in order.lines}
    first, second = (
        sum(worth(order, lines[key], part) for key, part in some.items() if key in lines)
        for some in (back, rest)
    )
    part, other = rules.split(what.amount - what.shipping, first, second)
    return [
        replace(what, amount=part, lines=back, restocks=tuple(back), shipping=0),
        replace(what, amount=other + what.shipping, lines=rest, restocks=()),
    ]


def give(work: Work, order: Order, what: Refunding) -> Refund:
    """Give money back without asking whether it may be; the order is settled afterwards."""
    row = Refund(
        id=new_id(),
        organization_id=work.organization_id,
        order_id=order.id,
        amount_minor=what.amount,
        shipping_minor=what.shipping,
        return_id=what.return_id,
        reason=what.reason.strip()[:200],
        note=what.note.strip()[:500],
        at=work.now,
        user_id=work.actor.user_id,
        restocks=bool(what.restocks),
        lines={str(key): units for key, units in what.lines.items()},
        told_at=None if order.connection_id else work.now,
    )
    work.session.add(row)
    order.refunded_minor += what.amount
    _no_longer_wanted(work, order, what)
    timeline.note(work, order, "refunded", f"A refund was given. {row.reason}".rstrip())
    if order.connection_id is not None:
        work.emit(ChannelOwed(order.connection_id, "refund", row.id))
    else:
        is_all = order.refunded_minor >= order.total_minor
        order.payment = Payment.REFUNDED if is_all else Payment.PARTIALLY_REFUNDED
        tell_buyer(work, order, row)
    return row


def tell_buyer(work: Work, order: Order, row: Refund) -> None:
    """Mail the buyer that money went back; of a channel's order once the channel gave it."""
    values = {"amount": mailing.money(order, row.amount_minor), "reason": row.reason}
    mailing.tell_buyer(work, order, LetterKind.REFUNDED, row.id, values)


def _no_longer_wanted(work: Work, order: Order, what: Refunding) -> None:
    """Free what was refunded before it left; put on the shelf what came back."""
    lines = {line.id: line for line in order.lines}
    units = {lines[key]: part for key, part in what.lines.items() if key in lines}
    unsent = {} if what.return_id else call_off(work, order, units, restocks=bool(what.restocks))
    if what.restocks:
        shelving.put_back(
            work, order, {line: part - unsent.get(line, 0) for line, part in units.items()}
        )
        shelving.given_back(work, order, units)


def call_off(
    work: Work, order: Order, units: Mapping[OrderLine, int], *, restocks: bool
) -> dict[OrderLine, int]:
    """Lower lines by what of these units never left; what is not put back is taken off the stock.

    Returns how many units of each line that were.
    """
    unsent: dict[OrderLine, int] = {}
    for line, part in units.items():
        unsent[line] = max(0, min(part, line.quantity - line.shipped))
        line.quantity -= unsent[line]
    if not restocks:
        lose(work, order, unsent)
    return unsent


def lose(work: Work, order: Order, units: Mapping[OrderLine, int]) -> None:
    """Take units off the stock that are promised to lines: they are lost or damaged."""
    lost: dict[UUID, int] = {}
    for line, part in units.items():
        promises.free(work, line, min(part, line.allocated), lost)
    inventory.write_off(work, lost, reference=promises.reference(order.id))


def recount(work: Work, order: Order, told: int) -> None:
    """Count what went back: what the channel told of, and ours that it has not heard of yet."""
    owed = work.session.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.order_id == order.id, Refund.told_at.is_(None), Refund.error.is_(None)
        )
    )
    order.refunded_minor = told + int(owed or 0)
