"""Refunds of an order: what was given back, which units, and which of them are on the shelf again.

A refund does not tell whether it restocked; a line of the order tells how many of it came back in
all. They are taken to belong to its oldest refunds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from app.adapters.orders import ChannelRefund
from app.adapters.woocommerce.mapper.amounts import Amounts, meta, units
from app.adapters.woocommerce.mapper.names import REFUND_KEY
from app.adapters.woocommerce.mapper.reader import Reader

CAME_BACK: Final = "_restock_refunded_items"


def refunds_of(
    read: Reader, rows: Sequence[Any], amounts: Amounts, *, otherwise_at: datetime
) -> tuple[ChannelRefund, ...]:
    """Read the refunds of an order, the oldest first; `rows` are those the API lists in full."""
    full = [Reader(row, f"{read.at}.refunds[{number}]") for number, row in enumerate(rows)]
    known = {each.identity("id"): each for each in full}
    found = [
        _refund(read, known.get(each.identity("id")), each, amounts, otherwise_at)
        for each in read.objects("refunds")
    ]
    found.sort(key=lambda each: (each.at, int(each.external_id)))
    return tuple(_restocked(read, found))


def _refund(
    order: Reader, full: Reader | None, short: Reader, amounts: Amounts, otherwise_at: datetime
) -> ChannelRefund:
    if full is None:
        return ChannelRefund(
            external_id=short.identity("id"),
            amount=abs(amounts.needed(short, "total")),
            at=otherwise_at,
            reason=short.words("reason") or "",
        )
    return ChannelRefund(
        external_id=full.identity("id"),
        amount=abs(amounts.needed(full, "amount")),
        at=full.moment("date_created_gmt") or otherwise_at,
        reason=full.words("reason") or "",
        lines=units_back(order, full),
        key=str(meta(full, REFUND_KEY) or ""),
    )


def is_before_delivery(order: Reader, refund: ChannelRefund) -> bool:
    """Tell a refund instead of a delivery from one for what came back from the buyer."""
    delivered_at = order.moment("date_completed_gmt")
    return delivered_at is None or refund.at < delivered_at


def units_back(order: Reader, refund: Reader) -> dict[str, int]:
    """Return how many of which line came back; amounts without units are no lines."""
    found: dict[str, int] = {}
    for line in refund.objects("line_items"):
        count = abs(units(line.raw.get("quantity")) or 0)
        origin = meta(line, "_refunded_item_id")
        key = str(origin) if origin else _same_thing(order, line)
        if count and key is not None:
            found[key] = found.get(key, 0) + count
    return found


def _same_thing(order: Reader, refunded: Reader) -> str | None:
    """Return the only line that sells what was refunded."""
    wanted = _thing(refunded)
    fitting = [line for line in order.objects("line_items") if _thing(line) == wanted]
    return fitting[0].identity("id") if len(fitting) == 1 else None


def _thing(line: Reader) -> tuple[str, str]:
    return str(line.raw.get("product_id") or ""), str(line.raw.get("variation_id") or "")


def _restocked(order: Reader, refunds: Iterable[ChannelRefund]) -> Iterable[ChannelRefund]:
    back = {
        line.identity("id"): units(meta(line, CAME_BACK)) or 0
        for line in order.objects("line_items")
    }
    for refund in refunds:
        restocked: dict[str, int] = {}
        for key, count in refund.lines.items():
            if taken := min(count, back.get(key, 0)):
                restocked[key] = taken
                back[key] -= taken
        never_left = refund.lines if is_before_delivery(order, refund) else {}
        yield replace(refund, restocked=restocked, called_off=never_left)
