"""Reads about what each shop is shown of the stock, why, and how likely a unit is sold twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Float, cast, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Product, Variant
from app.connections import building
from app.connections.models import Connection, ConnectionState, ExchangeLog
from app.core import clock
from app.inventory import oversell
from app.inventory import service as inventory
from app.inventory.offering import Mode, Terms
from app.inventory.oversell import Risk, Seller
from app.orders.models import Order, OrderLine
from app.sync import shares
from app.sync.models import Direction, SyncTask, TaskState
from app.sync.shares import Share

DAYS: Final = 28
UNMEASURED: Final = 60.0  # seconds, until there is something to measure
_NEWEST: Final = 500  # orders, writes and calls that a window is measured by
_P95: Final = 0.95


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A shop, what it may sell of a variant now, what it is to be shown, and why."""

    share: Share
    why: str


@dataclass(frozen=True, slots=True)
class VariantOffer:
    """Where a variant sells, and what sharing it comes to."""

    rows: Sequence[ShareRow]
    risk: Risk | None  # None: fewer than two shops share it

    @property
    def is_together(self) -> bool:
        """Whether it is split together with kits that hold it, or with what is in it."""
        return any(each.share.is_together for each in self.rows)


@dataclass(frozen=True, slots=True)
class ConnectionRisk:
    """How late a shop learns and is told, and what that comes to for what sells fastest there."""

    hears: float | None  # seconds, of 95 in 100 sales; None: nothing was measured yet
    writes: float | None
    blind: float
    shops: int  # that share stock, this one included
    variant_id: UUID | None = None
    name: str = ""
    risk: Risk | None = None


def variant_offer(session: Session, variant_id: UUID) -> VariantOffer:
    """Return what each shop is shown of a variant, with the risk of sharing it."""
    found = shares.shares(session, [variant_id])
    modes = [each.member.mode for each in found]
    rows = [ShareRow(each, why(each, modes)) for each in found]
    sharing = [each.connection_id for each in found if each.member.mode is Mode.SHARED]
    if len(set(sharing)) < 2:
        return VariantOffer(rows, None)
    connections = session.scalars(select(Connection).where(Connection.id.in_(sharing))).all()
    available = inventory.available_at(session, [variant_id], ()).get(variant_id, 0)
    return VariantOffer(rows, _risk(session, connections, variant_id, available))


def connection_risk(session: Session, connection: Connection) -> ConnectionRisk | None:
    """Return the windows of a shop, and the risk of what sells fastest in it; None: not shared."""
    if shares.mode_of(connection.settings) is not Mode.SHARED:
        return None
    others = [each for each in _sharing(session, connection) if each.id != connection.id]
    found = windows(session, connection)
    fastest = _fastest(session, connection) if others else None
    if fastest is None:
        return ConnectionRisk(*found, len(others) + 1)
    variant_id, name = fastest
    available = inventory.available_at(session, [variant_id], ()).get(variant_id, 0)
    risk = _risk(session, [connection, *others], variant_id, available)
    return ConnectionRisk(*found, len(others) + 1, variant_id, name, risk)


def why(share: Share, modes: Sequence[Mode]) -> str:
    """Say why a shop is shown what it is."""
    member, offered = share.member, share.offered
    if offered is None:
        return "It keeps its own count. Yours is not sent."
    if not member.takes:
        return "Nothing is sent there now. What it may sell is held for it."
    if member.mode is Mode.STRICT:
        said = f"A part of its own, weight {member.terms.weight}"
    elif share.is_together or Mode.STRICT in modes:
        said = f"Shares {offered.part:,} that no other shop has as its own part"
    else:
        said = f"Shares all {offered.part:,} that count for it"
    return f"{said}{_limits(member.terms)}."


def _limits(terms: Terms) -> str:
    said = ""
    if terms.buffer or terms.buffer_percent:
        both = [
            f"{terms.buffer:,} units" if terms.buffer else "",
            f"{terms.buffer_percent} %" if terms.buffer_percent else "",
        ]
        said += f", less {' or '.join(each for each in both if each)} held back"
    if terms.cap is not None:
        said += f", at most {terms.cap:,}"
    return said


def _sharing(session: Session, connection: Connection) -> list[Connection]:
    rows = session.scalars(
        select(Connection).where(
            Connection.organization_id == connection.organization_id,
            Connection.state == ConnectionState.ACTIVE,
        )
    )
    return [each for each in rows if shares.mode_of(each.settings) is Mode.SHARED]


def _risk(
    session: Session, connections: Sequence[Connection], variant_id: UUID, available: int
) -> Risk:
    sold = _sold(session, variant_id)
    sellers = []
    for each in connections:
        hears, writes, blind = windows(session, each)
        sellers.append(
            Seller(
                sold.get(each.id, 0) / _seconds(each),
                UNMEASURED if hears is None else hears,
                UNMEASURED if writes is None else writes,
                blind,
                shares.terms_of(each.settings).buffer,
            )
        )
    return oversell.risk(sellers, available)


def _seconds(connection: Connection) -> float:
    """Return over how long a shop's sales are known, at most 28 days and at least one."""
    since = clock.now() - (connection.connected_at or connection.created_at)
    return min(max(since, timedelta(days=1)), timedelta(days=DAYS)).total_seconds()


def _sold(session: Session, variant_id: UUID) -> Mapping[UUID, int]:
    """Return the units of a variant that each shop sold in 28 days."""
    rows = session.execute(
        select(Order.connection_id, func.sum(OrderLine.ordered))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            OrderLine.variant_id == variant_id,
            Order.placed_at >= clock.now() - timedelta(days=DAYS),
            Order.connection_id.is_not(None),
        )
        .group_by(Order.connection_id)
    )
    return {key: int(units) for key, units in rows if key}


def windows(session: Session, connection: Connection) -> tuple[float | None, float | None, float]:
    """Return the seconds until we know of a sale, until a count is confirmed, and of blindness."""
    since = max(clock.now() - timedelta(days=DAYS), connection.connected_at or clock.now())
    heard = (
        select(func.extract("epoch", Order.created_at - Order.placed_at).label("late"))
        .where(
            Order.organization_id == connection.organization_id,
            Order.connection_id == connection.id,
            Order.placed_at >= since,
        )
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(_NEWEST)
        .subquery()
    )
    written = (
        select(func.extract("epoch", SyncTask.finished_at - SyncTask.created_at).label("late"))
        .where(
            SyncTask.connection_id == connection.id,
            SyncTask.direction == Direction.PUSH,
            SyncTask.state == TaskState.DONE,
        )
        .order_by(SyncTask.due_at.desc())
        .limit(_NEWEST)
        .subquery()
    )
    late = [
        session.scalar(select(func.percentile_cont(_P95).within_group(cast(each.c.late, Float))))
        for each in (heard, written)
    ]
    hears, writes = (None if each is None else max(0.0, float(each)) for each in late)
    return hears, writes, _blind(session, connection)


def _blind(session: Session, connection: Connection) -> float:
    """Return the seconds between the last look and the write: a call each, where none compares."""
    if building.channel(connection.channel).capabilities.compares_levels:
        return 0.0
    calls = (
        select(ExchangeLog.milliseconds.label("late"))
        .where(ExchangeLog.connection_id == connection.id)
        .order_by(ExchangeLog.id.desc())
        .limit(_NEWEST)
        .subquery()
    )
    found = session.scalar(
        select(func.percentile_cont(_P95).within_group(cast(calls.c.late, Float)))
    )
    return 2.0 if found is None else 2 * float(found) / 1000


def _fastest(session: Session, connection: Connection) -> tuple[UUID, str] | None:
    """Return the variant of which most units were in a shop's newest orders."""
    newest = (
        select(Order.id)
        .where(
            Order.organization_id == connection.organization_id,
            Order.connection_id == connection.id,
            Order.placed_at >= clock.now() - timedelta(days=DAYS),
        )
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(_NEWEST)
    )
    row = session.execute(
        select(OrderLine.variant_id, func.max(Product.title).label("title"))
        .join(Variant, Variant.id == OrderLine.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(OrderLine.order_id.in_(newest))
        .group_by(OrderLine.variant_id)
        .order_by(func.sum(OrderLine.ordered).desc(), OrderLine.variant_id)
        .limit(1)
    ).first()
    return None if row is None else (row.variant_id, row.title)
