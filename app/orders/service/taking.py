"""An order of a channel taken in: once, whole, however often and in whichever order it is told.

The channel's answer is the current object, so a repeat changes nothing and an older one is not
believed. Header, lines, promises and what the shop's own count went down by are one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.orders import ChannelOrder, ChannelOrderLine
from app.catalog.models import Variant
from app.connections.models import Connection
from app.core.db import new_id
from app.core.work import Work
from app.inventory import service as inventory
from app.listings.offers import offers_named
from app.orders import shop_counts
from app.orders.events import OrderPlaced
from app.orders.letters import LetterKind
from app.orders.models import Order, OrderLine, OrderState
from app.orders.service import mailing, personal, promises, returns_there, rushing, there, timeline

_FRESH: Final = timedelta(days=1)  # nobody is mailed about the history of a shop
PREFIXES: Final[Mapping[str, str]] = {"shopify": "SH-", "woocommerce": "WC-"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking an order in came to."""

    order_id: UUID
    is_new: bool
    version: int  # of the row it left behind


def take_order(work: Work, connection: Connection, seen: ChannelOrder) -> Taken | None:
    """Take an order in as the channel shows it; None: nothing to keep, or older than what is known.

    Carts and drafts are no orders. An order the channel deleted is kept, and cancelled.
    """
    row, is_new = _row(work, connection, seen)
    if row is None or _is_older(row, seen):
        return None
    looked_at = rushing.facts_of(row)
    was_paid = not is_new and row.payment in promises.PAID_ENOUGH
    _write_header(work, connection, row, seen)
    if is_new:
        rushing.decide(work, row)
    else:
        rushing.decide_anew(work, row, looked_at)
    before = {line.id: line.taken for line in row.lines}
    first_seen = _write_lines(work, connection, row, seen)
    if is_new:
        timeline.note(work, row, "placed", f"Placed on {connection.name} as {seen.number}.")
        work.emit(OrderPlaced(row.id, connection.id))
    # What was paid on delivery was confirmed by its parcel.
    is_news = _is_fresh(work, seen) if is_new else not (was_paid or seen.is_done)
    if is_news and seen.payment in promises.PAID_ENOUGH and row.cancelled_at is None:
        mailing.tell_buyer(work, row, LetterKind.CONFIRMED, row.id)
    past = _past(connection, row, before, first_seen)
    held = there.take_shipments(work, row, seen, past=past)
    there.take_refunds(work, row, seen, first_seen)
    returns_there.take_returns(work, row, seen, first_seen)
    included = _included(row, before, first_seen)
    held = _sum(held, promises.settle(work, row, included=included))
    ended = _ended_unheard(work, connection, row, is_new=is_new)
    promises.restate(work, row)
    _write_terms(work, row, personal.of_channel(seen))
    work.touch("orders", f"order-{row.id}")
    shop_counts.explain(work, connection.id, _explained(row, before, _sum(held, ended)))
    work.session.flush()
    return Taken(row.id, is_new=is_new, version=row.version)


def _is_fresh(work: Work, seen: ChannelOrder) -> bool:
    return work.now - seen.placed_at < _FRESH


def _row(work: Work, connection: Connection, seen: ChannelOrder) -> tuple[Order | None, bool]:
    """Return the order's row, locked; made when there is none and it is worth one."""
    found = _locked(work, connection.id, seen.external_id)
    if found is not None:
        return found, False
    if seen.is_draft or seen.is_deleted:
        return None, False
    order_id = new_id()
    added = work.session.scalar(
        insert(Order)
        .values(
            id=order_id,
            organization_id=work.organization_id,
            created_at=work.now,
            connection_id=connection.id,
            source=connection.channel,
            external_id=seen.external_id,
            number=_free_number(work, connection, seen),
            placed_at=seen.placed_at,
            currency=seen.currency,
            state="pending",
            payment=seen.payment,
        )
        .on_conflict_do_nothing(
            index_elements=[Order.connection_id, Order.external_id],
            index_where=Order.external_id.is_not(None),
        )
        .returning(Order.id)
    )
    return _locked(work, connection.id, seen.external_id), added is not None


def _locked(work: Work, connection_id: UUID, external_id: str) -> Order | None:
    return work.session.scalar(
        select(Order)
        .where(Order.connection_id == connection_id, Order.external_id == external_id)
        .with_for_update()
    )


def _free_number(work: Work, connection: Connection, seen: ChannelOrder) -> str:
    """Return our number: the prefix of the connection and theirs; told apart where it is taken."""
    prefix = str(connection.settings.get("order_prefix") or PREFIXES.get(connection.channel, ""))
    wanted = f"{prefix}{seen.number.strip().lstrip('#')}"[:110]
    taken = set(
        work.session.scalars(
            select(Order.number).where(
                Order.organization_id == work.organization_id,
                Order.number.in_([wanted, *(f"{wanted}-{n}" for n in range(2, 30))]),
            )
        )
    )
    free = (
        each for each in (wanted, *(f"{wanted}-{n}" for n in range(2, 30))) if each not in taken
    )
    return next(free, f"{wanted}-{new_id().hex[-8:]}")


def _is_older(row: Order, seen: ChannelOrder) -> bool:
    return (
        row.remote_modified_at is not None
        and seen.modified_at is not None
        and seen.modified_at < row.remote_modified_at
    )


def _write_header(work: Work, connection: Connection, row: Order, seen: ChannelOrder) -> None:
    if seen.is_deleted:
        row.cancelled_at = row.cancelled_at or work.now
        row.cancel_reason = row.cancel_reason or f"Deleted on {connection.name}."
        return
    _follow_cancelling(work, connection, row, seen)
    row.external_number = seen.number[:100]
    row.url, row.payment = seen.url, seen.payment
    row.channel_status = seen.status[:60]
    row.remote_modified_at, row.currency = seen.modified_at, seen.currency
    row.items_minor, row.discount_minor = seen.items, seen.discount
    row.shipping_minor, row.tax_minor = seen.shipping, seen.tax
    row.fees_minor, row.total_minor, row.refunded_minor = seen.fees, seen.total, seen.refunded
    row.includes_tax, row.risk = seen.includes_tax, seen.risk[:10]
    row.shipping_method, row.tags = seen.shipping_method[:100], list(seen.tags)
    row.is_test, row.is_done_there = seen.is_test, seen.is_done
    row.is_held_there = seen.is_held or seen.is_test or _is_unpaid(seen)
    if not row.is_held_here:  # what a person wrote stays
        row.hold_reason = _why_held(seen) if row.is_held_there else ""
    if row.erased_at is None:
        organization = work.organization_id
        buyer = personal.of_channel(seen)
        row.personal = personal.resealed(organization, row.id, row.personal, buyer)
        row.raw = personal.resealed(organization, row.id, row.raw, seen.raw)
        row.ship_country = seen.ship_to.country[:2] if seen.ship_to else ""


def _follow_cancelling(work: Work, connection: Connection, row: Order, seen: ChannelOrder) -> None:
    """Cancel an order with its channel, and open it again with it.

    One that was cancelled here stays so until the channel showed that it knows.
    """
    if seen.cancelled_at is not None:
        if row.cancelled_at is None:
            reason = f": {seen.cancel_reason}" if seen.cancel_reason else "."
            timeline.note(work, row, "cancelled", f"Cancelled on {connection.name}{reason}")
        row.cancelled_at, row.cancelling = seen.cancelled_at, {}
        row.cancel_reason = seen.cancel_reason[:200] or row.cancel_reason
    elif row.cancelled_at is not None and not row.cancelling:
        timeline.note(work, row, "reopened", f"Opened again on {connection.name}.")
        row.cancelled_at, row.cancel_reason = None, ""
        if row.state == OrderState.CANCELLED:
            row.state = OrderState.PENDING


def _is_unpaid(seen: ChannelOrder) -> bool:
    return seen.payment not in promises.PAID_ENOUGH and not any(line.taken for line in seen.lines)


def _why_held(seen: ChannelOrder) -> str:
    if seen.is_test:
        return "A test order."
    if seen.hold_reason:
        return seen.hold_reason[:200]
    return "Not paid yet." if _is_unpaid(seen) else "Held on the channel."


def _write_lines(
    work: Work, connection: Connection, row: Order, seen: ChannelOrder
) -> dict[UUID, datetime]:
    """Write the lines; returns variant → when we first saw the shop's count of it."""
    if seen.is_deleted:
        return {}
    known = {line.external_id: line for line in row.lines}
    variants, first_seen = _variants(work, connection.id, seen.lines)
    for position, each in enumerate(seen.lines):
        line = known.pop(each.external_id, None)
        if line is None:
            line = OrderLine(
                id=new_id(),
                organization_id=work.organization_id,
                external_id=each.external_id,
                ordered=each.ordered,
                quantity=each.quantity,
                shipped=0,
                returned=0,
                allocated=0,
                taken=0,
            )
            row.lines.append(line)
        _write_line(line, position, each)
        if line.variant_id is None:
            line.variant_id = variants.get(each.external_id)
    for gone in known.values():  # edited away: what was promised to it is freed
        gone.quantity = gone.shipped
        gone.taken = 0
    row.units = sum(line.quantity for line in row.lines)
    work.session.flush()
    return first_seen


def _write_line(line: OrderLine, position: int, each: ChannelOrderLine) -> None:
    line.position, line.title = position, each.title[:500]
    line.sku, line.options = each.sku.strip()[:255], each.options[:255]
    line.product_external_id = each.product_external_id
    line.variant_external_id = each.variant_external_id
    line.quantity, line.taken = each.quantity, each.taken
    line.ordered = each.ordered  # an edit may add units
    line.unit_minor, line.discount_minor = each.unit_price, each.discount
    line.tax_minor, line.total_minor = each.tax, each.total
    line.needs_stock = each.needs_shipping or each.taken > 0


def _variants(
    work: Work, connection_id: UUID, lines: Sequence[ChannelOrderLine]
) -> tuple[dict[str, UUID], dict[UUID, datetime]]:
    """Return line id → variant, by how the shop's item is paired here, else by its SKU."""
    ids = [each.variant_external_id for each in lines if each.variant_external_id]
    there = offers_named(work.session, work.organization_id, connection_id, ids)
    by_offer = {row.external_id: row.variant_id for row in there}
    keys = {each.sku.strip().casefold() for each in lines if each.sku.strip()}
    named = work.session.execute(
        select(Variant.sku_key, Variant.id).where(
            Variant.organization_id == work.organization_id, Variant.sku_key.in_(keys)
        )
    )
    by_sku = {row.sku_key: row.id for row in named}
    found = {
        each.external_id: by_offer.get(each.variant_external_id or "")
        or by_sku.get(each.sku.strip().casefold())
        for each in lines
    }
    known = {key: variant_id for key, variant_id in found.items() if variant_id}
    return known, {row.variant_id: row.created_at for row in there if row.variant_id}


def _past(
    connection: Connection,
    row: Order,
    before: Mapping[UUID, int],
    first_seen: Mapping[UUID, datetime],
) -> list[OrderLine]:
    """Return lines that are new to us, and were sold before we first looked at their goods."""
    return [
        line
        for line in row.lines
        if line.id not in before and row.placed_at < _since(connection, line, first_seen)
    ]


def _since(
    connection: Connection, line: OrderLine, first_seen: Mapping[UUID, datetime]
) -> datetime:
    seen = first_seen.get(line.variant_id) if line.variant_id else None
    return seen or connection.created_at


def _included(
    row: Order, before: dict[UUID, int], first_seen: Mapping[UUID, datetime]
) -> dict[UUID, int]:
    """Return what the shop had counted down before we first looked: our number is without it.

    Such a line explains nothing of what the shop shows since: `before` learns that it is known.
    """
    units: dict[UUID, int] = {}
    for line in row.lines:
        variant_id = line.variant_id
        since = first_seen.get(variant_id) if variant_id else None
        if line.id in before or variant_id is None or since is None or row.placed_at >= since:
            continue
        before[line.id] = line.taken
        units[variant_id] = units.get(variant_id, 0) + line.taken
    return units


def _ended_unheard(
    work: Work, connection: Connection, row: Order, *, is_new: bool
) -> dict[UUID, int]:
    """Free what was kept back for units that were sold and given back before we heard of either."""
    ended: dict[UUID, int] = {}
    for line in row.lines if is_new else ():
        wanted = line.quantity if row.cancelled_at is None else 0
        units = line.ordered - max(line.taken, wanted)
        if line.variant_id is not None and units > 0:
            ended[line.variant_id] = ended.get(line.variant_id, 0) + units
    return inventory.free_kept(work, connection.id, ended) if ended else {}


def _sum(*some: Mapping[UUID, int]) -> dict[UUID, int]:
    total: dict[UUID, int] = {}
    for each in some:
        for key, units in each.items():
            total[key] = total.get(key, 0) + units
    return total


def _explained(row: Order, before: Mapping[UUID, int], held: Mapping[UUID, int]) -> dict[UUID, int]:
    """Return, by variant, how the shop's own count moved because of this order, and unseen yet."""
    explained: dict[UUID, int] = {}
    for line in row.lines:
        moved = before.get(line.id, 0) - line.taken
        if line.variant_id is not None and moved:
            explained[line.variant_id] = explained.get(line.variant_id, 0) + moved
    for variant_id, units in held.items():  # seen before: the base moved then
        explained[variant_id] = explained.get(variant_id, 0) + units
    return {variant_id: units for variant_id, units in explained.items() if units}


def _write_terms(work: Work, row: Order, told: Mapping[str, object]) -> None:
    plain = [row.number, row.external_number, *(line.sku for line in row.lines)]
    timeline.write_terms(work, row, plain, told if row.erased_at is None else {})


def held_there(work: Work, connection_id: UUID, variant_ids: Sequence[UUID]) -> set[UUID]:
    """Return the variants of which a shop counted units down for orders, and may give them back.

    What was sent may be given back, too: by a refund that puts it on the shop's shelf.
    """
    taken = exists().where(
        OrderLine.variant_id == Variant.id,
        OrderLine.taken > 0,
        OrderLine.order_id == Order.id,
        Order.connection_id == connection_id,
    )
    asked = select(Variant.id).where(Variant.id.in_(variant_ids), taken)
    return set(work.session.scalars(asked))
