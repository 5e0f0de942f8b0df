"""One order as its page shows it: lines, parcels, refunds, who bought, and what happened when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer, selectinload

from app.catalog.models import Media, MediaState, Product, Variant
from app.catalog.queries import organization_of
from app.connections.models import Connection, ConnectionState
from app.core.logging import mask
from app.core.money import Money
from app.inventory.models import Location
from app.orders.errors import OrderNotFound
from app.orders.models import Order, OrderEvent, OrderLine, Refund, Shipment
from app.orders.queries import sets
from app.orders.queries.buyers import Buyer, buyer_of
from app.orders.queries.letters import MailRow, mail_rows
from app.orders.queries.returns import ReturnRow, backs_of, return_rows
from app.orders.rules import OPEN, Back, LineFigures, OrderState, refundable, share_of
from app.orders.service import personal
from app.orders.service.refunding import paid_units
from app.orders.service.sets import parts_of
from app.sync.models import Direction, SyncTask, TaskState
from app.team.models import User

EVENTS: Final = 200


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with what we know it stands for."""

    line: OrderLine
    sku: str  # ours where it is known, else theirs
    product_id: UUID | None
    product_title: str
    media_id: UUID | None
    figures: LineFigures
    unit: Money
    total: Money
    parts: str = ""  # of a kit: what is in one set
    paid: int = 0  # for the whole line, taxes with it

    def worth(self, units: int) -> int:
        """Return what so many units cost the buyer, in minor units."""
        return share_of(self.paid, units, paid_units(self.line))

    @property
    def id(self) -> UUID:
        """The line's id."""
        return self.line.id

    @property
    def is_unknown(self) -> bool:
        """Whether somebody has to say what it is."""
        return self.line.variant_id is None and self.line.needs_stock and self.line.quantity > 0


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """A parcel with what is in it, and how the channel stands to it."""

    parcel: Shipment
    location: str
    user: str
    units: Mapping[UUID, int]
    is_owed: bool

    @property
    def id(self) -> UUID:
        """The parcel's id."""
        return self.parcel.id


@dataclass(frozen=True, slots=True)
class RefundRow:
    """Money given back."""

    refund: Refund
    amount: Money
    user: str
    is_owed: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    """A line of the timeline."""

    id: int
    kind: str
    sentence: str
    user: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """Everything the page of an order shows."""

    order: Order
    connection: str
    hears: bool  # there is a channel that can be told of it
    buyer: Buyer
    lines: Sequence[LineRow]
    parcels: Sequence[ParcelRow]
    refunds: Sequence[RefundRow]
    returns: Sequence[ReturnRow]
    backs: Mapping[UUID, Back]  # line → what came back of it
    mails: Sequence[MailRow]
    events: Sequence[EventRow]
    missing: str = ""  # what it waits for, in words
    refused: tuple[UUID, str] | None = None  # the task that told of the cancellation, and why not

    @property
    def id(self) -> UUID:
        """The order's id."""
        return self.order.id

    @property
    def is_open(self) -> bool:
        """Whether anybody may still work on it."""
        return self.order.state in OPEN

    @property
    def promised(self) -> int:
        """Units that are promised and may be shipped."""
        return sum(row.line.allocated for row in self.lines)

    @property
    def may_ship(self) -> bool:
        """Whether a parcel may leave now."""
        is_held = self.order.state == OrderState.ON_HOLD or self.order.is_held_here
        return self.is_open and not is_held and self.promised > 0

    @property
    def may_cancel(self) -> bool:
        """Whether nobody cancelled it, and something of it did not leave yet."""
        is_shipped = any(row.line.shipped for row in self.lines)
        waits = not is_shipped or any(row.figures.open for row in self.lines)
        return self.is_open and self.order.cancelled_at is None and waits

    @property
    def may_return(self) -> bool:
        """Whether something of it left that is not expected back and did not come back."""
        return any(self.room(row) for row in self.lines)

    def room(self, row: LineRow) -> int:
        """Return how many units of a line may still be expected back."""
        expected = sum(
            max(0, part.expected - part.came)
            for each in self.returns
            if each.is_open
            for part in each.row.lines
            if part.line_id == row.id
        )
        return max(0, row.line.shipped - self.backs[row.id].kept - expected)

    @property
    def unknown(self) -> Sequence[LineRow]:
        """Lines that somebody has to map."""
        return [row for row in self.lines if row.is_unknown]

    @property
    def refundable(self) -> Money:
        """What may still be given back."""
        order = self.order
        return self.money(refundable(order.payment, order.total_minor, order.refunded_minor))

    @property
    def shipping_left(self) -> Money:
        """What of the shipping may still be given back."""
        given = sum(
            row.refund.shipping_minor
            for row in self.refunds
            if row.refund.told_at is not None or row.refund.error is None
        )
        return self.money(max(0, self.order.shipping_minor - given))

    @property
    def is_owed(self) -> bool:
        """Whether the channel has not heard of a parcel or a refund yet."""
        return any(row.is_owed for row in self.parcels) or any(row.is_owed for row in self.refunds)

    @property
    def last_event(self) -> int:
        """The newest line of the timeline, for forms that tell what changed since."""
        return max((event.id for event in self.events), default=0)

    def money(self, minor: int) -> Money:
        """Return an amount in the currency of the order."""
        return Money(minor, self.order.currency)


def get_order(session: Session, order_id: UUID) -> Order:
    """Return an order of this organization; raises OrderNotFound."""
    found = session.scalar(
        select(Order)
        .options(defer(Order.raw))
        .where(Order.id == order_id, Order.organization_id == organization_of(session))
    )
    if found is None:
        raise OrderNotFound
    return found


def order_detail(session: Session, order_id: UUID, *, sees_buyers: bool) -> OrderDetail:
    """Return an order with everything about it; raises OrderNotFound."""
    order = get_order(session, order_id)
    connection = (
        session.get(Connection, order.connection_id) if order.connection_id is not None else None
    )
    hears = connection is not None and connection.state != ConnectionState.DISCONNECTED
    lines = line_rows(session, [order])[order.id]
    waits = order.state == OrderState.PENDING
    refunds = _refunds(session, order, hears=hears)
    paid_for = {row.refund.return_id for row in refunds if row.refund.return_id}
    returns = return_rows(session, order, paid_for)
    return OrderDetail(
        order=order,
        connection=connection.name if connection else "",
        hears=hears,
        buyer=buyer_of(order.organization_id, order.id, order.personal, is_open=sees_buyers),
        lines=lines,
        parcels=_parcels(session, order, hears=hears),
        refunds=refunds,
        returns=returns,
        backs=backs_of([row.line for row in lines], returns),
        mails=mail_rows(session, order.id),
        events=_events(session, order.id),
        missing=sets.missing_words(session, [row.line for row in lines]) if waits else "",
        refused=_refused(session, order) if hears and order.cancelled_at else None,
    )


def line_rows(session: Session, orders: Sequence[Order]) -> dict[UUID, list[LineRow]]:
    """Return the lines of orders, with pictures and SKUs of ours, in one question."""
    currencies = {order.id: order.currency for order in orders}
    includes_tax = {order.id for order in orders if order.includes_tax}
    picture = func.coalesce(Variant.media_id, Product.thumb_media_id)
    rows: Sequence[Any] = session.execute(
        select(OrderLine, Variant.sku, Product.id, Product.title, Media.id)
        .outerjoin(Variant, Variant.id == OrderLine.variant_id)
        .outerjoin(Product, Product.id == Variant.product_id)
        .outerjoin(Media, (Media.id == picture) & (Media.state == MediaState.READY))
        .where(OrderLine.order_id.in_(list(currencies)))
        .order_by(OrderLine.order_id, OrderLine.position, OrderLine.id)
    ).all()
    goods = sets.goods_of(session, {key for row in rows for key in parts_of(row[0])})
    found: dict[UUID, list[LineRow]] = {key: [] for key in currencies}
    for line, sku, product_id, title, media_id in rows:
        currency = currencies[line.order_id]
        found[line.order_id].append(
            LineRow(
                line=line,
                sku=sku or line.sku,
                product_id=product_id,
                product_title=title or "",
                media_id=media_id,
                figures=LineFigures(
                    line.quantity,
                    line.shipped,
                    line.returned,
                    line.allocated,
                    needs_stock=line.needs_stock,
                ),
                unit=Money(line.unit_minor, currency),
                total=Money(line.total_minor, currency),
                parts=sets.parts_words(goods, line),
                paid=line.total_minor + (0 if line.order_id in includes_tax else line.tax_minor),
            )
        )
    return found


def _parcels(session: Session, order: Order, *, hears: bool) -> list[ParcelRow]:
    rows = session.execute(
        select(Shipment, Location.name, User.name)
        .outerjoin(Location, Location.id == Shipment.location_id)
        .outerjoin(User, User.id == Shipment.user_id)
        .options(selectinload(Shipment.lines))
        .where(Shipment.order_id == order.id)
        .order_by(Shipment.shipped_at, Shipment.id)
    )
    return [
        ParcelRow(
            parcel=parcel,
            location=location or "",
            user=user or "",
            units={part.line_id: part.quantity for part in parcel.lines},
            is_owed=hears and parcel.told_at is None,
        )
        for parcel, location, user in rows
    ]


def _refunds(session: Session, order: Order, *, hears: bool) -> list[RefundRow]:
    rows = session.execute(
        select(Refund, User.name)
        .outerjoin(User, User.id == Refund.user_id)
        .where(Refund.order_id == order.id)
        .order_by(Refund.at, Refund.id)
    )
    return [
        RefundRow(
            refund=refund,
            amount=Money(refund.amount_minor, order.currency),
            user=user or "",
            is_owed=hears and refund.told_at is None,
        )
        for refund, user in rows
    ]


def _refused(session: Session, order: Order) -> tuple[UUID, str] | None:
    """Return the parked task about the cancellation of an order, with its reason."""
    found = session.execute(
        select(SyncTask.id, SyncTask.error)
        .where(
            SyncTask.connection_id == order.connection_id,
            SyncTask.direction == Direction.TELL,
            SyncTask.subject == f"cancel:{order.id}",
            SyncTask.state == TaskState.PARKED,
        )
        .limit(1)
    ).first()
    return (found.id, found.error or "") if found else None


def _events(session: Session, order_id: UUID, *, since: int = 0) -> list[EventRow]:
    rows = session.execute(
        select(OrderEvent.id, OrderEvent.kind, OrderEvent.sentence, User.name, OrderEvent.at)
        .outerjoin(User, User.id == OrderEvent.user_id)
        .where(OrderEvent.order_id == order_id, OrderEvent.id > since)
        .order_by(OrderEvent.id.desc())
        .limit(EVENTS)
    )
    return [EventRow(r[0], r[1], r[2], r[3] or "", r[4]) for r in rows]


def events_since(session: Session, order_id: UUID, event_id: int) -> list[EventRow]:
    """Return what happened to an order after a line of its timeline, the newest first."""
    return _events(session, order_id, since=event_id)


def raw_answer(session: Session, order_id: UUID) -> Mapping[str, Any]:
    """Return what the channel told of an order, secrets masked; raises OrderNotFound."""
    order = get_order(session, order_id)
    opened: Mapping[str, Any] = mask(personal.unseal(order.organization_id, order.id, order.raw))
    return opened
