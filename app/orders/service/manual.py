"""Orders that people enter here: numbered without gaps, and promised like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.orders import Address, Payment
from app.catalog.models import Product, Variant
from app.core.db import new_id
from app.core.errors import Invalid
from app.core.money import MAX_MINOR
from app.core.work import Work
from app.orders import rules
from app.orders.errors import NotAllowedNow
from app.orders.events import OrderPlaced
from app.orders.letters import LetterKind
from app.orders.models import Order, OrderCounter, OrderLine, OrderState
from app.orders.service import mailing, personal, promises, rushing, timeline
from app.orders.service.fetching import get_order

SOURCE: Final = "manual"
PREFIX: Final = "M-"
FIRST: Final = 1001
MOST_LINES: Final = 100
MOST_MINOR: Final = 10**12
EDITABLE: Final = frozenset((OrderState.PENDING, OrderState.ALLOCATED, OrderState.ON_HOLD))
PAYMENTS: Final = (Payment.PENDING, Payment.PAID)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as a person enters it; the price of a unit in minor units."""

    variant_id: UUID
    units: int
    unit_minor: int


@dataclass(frozen=True, slots=True)
class ManualOrder:
    """What a person enters; amounts are minor units of `currency`, taxes are in the prices."""

    currency: str
    entries: Sequence[Entry]
    ship_to: Address = field(default_factory=Address)
    email: str = ""
    phone: str = ""
    shipping_minor: int = 0
    discount_minor: int = 0
    payment: Payment = Payment.PENDING
    shipping_method: str = ""
    note: str = ""

    @property
    def items_minor(self) -> int:
        """What its goods cost before the discount."""
        return sum(each.units * each.unit_minor for each in self.entries)


def create_order(work: Work, draft: ManualOrder) -> UUID:
    """Enter an order; returns its id. It is promised stock at once."""
    goods = _checked(work, draft)
    row = Order(
        id=new_id(),
        organization_id=work.organization_id,
        created_at=work.now,
        source=SOURCE,
        number=_next_number(work),
        state=OrderState.PENDING,
        payment=draft.payment,
        placed_at=work.now,
        currency=draft.currency,
        includes_tax=True,
    )
    work.session.add(row)
    work.session.flush()
    timeline.note(work, row, "placed", "Entered here.")
    _write(work, row, draft, goods)
    work.emit(OrderPlaced(row.id, None))
    mailing.tell_buyer(work, row, LetterKind.CONFIRMED, row.id)
    return row.id


def change_order(
    work: Work, order_id: UUID, draft: ManualOrder, *, version: int | None = None
) -> None:
    """Change an order that was entered here and that nobody picks yet."""
    order = get_order(work, order_id, version=version)
    if order.source != SOURCE:
        raise NotAllowedNow("This order belongs to its shop. Change it there.")
    if order.state not in EDITABLE or order.refunded_minor or any(x.shipped for x in order.lines):
        raise NotAllowedNow("This order is on its way or closed, so it cannot be changed any more.")
    goods = _checked(work, draft)
    order.payment = draft.payment
    timeline.note(work, order, "changed", "The order was changed here.")
    _write(work, order, draft, goods)


def _next_number(work: Work) -> str:
    """Take the next number; who comes at the same time waits, and a refusal gives it back."""
    asked = insert(OrderCounter).values(organization_id=work.organization_id, last=FIRST)
    asked = asked.on_conflict_do_update(
        index_elements=[OrderCounter.organization_id], set_={"last": OrderCounter.last + 1}
    )
    while True:
        number = f"{PREFIX}{work.session.scalar(asked.returning(OrderCounter.last))}"
        taken = select(Order.id).where(
            Order.organization_id == work.organization_id, Order.number == number
        )
        if work.session.scalar(taken) is None:  # a shop's own numbers may begin like ours
            return number


def _checked(work: Work, draft: ManualOrder) -> Mapping[UUID, tuple[Variant, str]]:
    """Return the goods by variant; raises Invalid where the draft makes no sense."""
    if not draft.entries:
        raise Invalid(fields={"find": "Add at least one item."})
    if len(draft.entries) > MOST_LINES:
        raise Invalid(fields={"find": f"An order has at most {MOST_LINES} lines."})
    amounts = (draft.shipping_minor, *(each.unit_minor for each in draft.entries))
    if any(not 0 <= each <= MOST_MINOR for each in amounts):
        raise Invalid("An amount is below zero, or too large.")
    if draft.items_minor + draft.shipping_minor > MAX_MINOR:
        raise Invalid("This comes to more than an order may cost. Correct the units and prices.")
    if not 0 <= draft.discount_minor <= draft.items_minor:
        raise Invalid(fields={"discount": "Choose no more than the items cost."})
    if draft.payment not in PAYMENTS:
        raise Invalid(fields={"payment": "Choose unpaid or paid."})
    ids = [each.variant_id for each in draft.entries]
    rows = work.session.execute(
        select(Variant, Product.title)
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.organization_id == work.organization_id, Variant.id.in_(ids))
    )
    goods = {variant.id: (variant, title) for variant, title in rows}
    if set(ids) - set(goods) or len(set(ids)) < len(ids):
        raise Invalid(fields={"find": "An item is not there any more, or stands here twice."})
    return goods


def _write(
    work: Work, order: Order, draft: ManualOrder, goods: Mapping[UUID, tuple[Variant, str]]
) -> None:
    order.items_minor, order.discount_minor = draft.items_minor, draft.discount_minor
    order.shipping_minor = draft.shipping_minor
    order.total_minor = draft.items_minor - draft.discount_minor + draft.shipping_minor
    order.shipping_method = draft.shipping_method.strip()[:100]
    order.ship_country = draft.ship_to.country.strip().upper()[:2]
    rushing.decide(work, order)
    told = _told(draft)
    order.personal = personal.seal(work.organization_id, order.id, told)
    _write_lines(work, order, draft, goods)
    promises.settle(work, order)
    for line in [line for line in order.lines if not line.quantity]:
        order.lines.remove(line)
    order.units = sum(line.quantity for line in order.lines)
    promises.restate(work, order)
    plain = [order.number, *(line.sku for line in order.lines)]
    timeline.write_terms(work, order, plain, told)
    work.touch("orders", f"order-{order.id}")


def _told(draft: ManualOrder) -> dict[str, Any]:
    has_address = any(asdict(draft.ship_to).values())
    return {
        "email": draft.email.strip()[:200],
        "phone": draft.phone.strip()[:50],
        "note": draft.note.strip()[:2000],
        "ship_to": asdict(draft.ship_to) if has_address else None,
        "bill_to": None,
    }


def _write_lines(
    work: Work, order: Order, draft: ManualOrder, goods: Mapping[UUID, tuple[Variant, str]]
) -> None:
    known = {line.variant_id: line for line in order.lines}
    prices = [each.units * each.unit_minor for each in draft.entries]
    discounts = rules.shared_out(draft.discount_minor, prices)
    for position, entry in enumerate(draft.entries):
        line = known.pop(entry.variant_id, None)
        if line is None:
            line = OrderLine(
                id=new_id(),
                organization_id=work.organization_id,
                variant_id=entry.variant_id,
                shipped=0,
                returned=0,
                refund_back=0,
                allocated=0,
                taken=0,
                needs_stock=True,
            )
            order.lines.append(line)
        variant, title = goods[entry.variant_id]
        line.position, line.title, line.sku = position, title[:500], (variant.sku or "")[:255]
        line.options = " / ".join(str(value) for value in variant.choice.values())[:255]
        line.quantity = line.ordered = entry.units
        line.unit_minor, line.discount_minor = entry.unit_minor, discounts[position]
        line.tax_minor, line.total_minor = 0, prices[position] - discounts[position]
    for gone in known.values():
        gone.quantity = gone.ordered = 0
    work.session.flush()
