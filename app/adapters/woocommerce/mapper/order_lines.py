"""Lines of an order: what was sold, what of it is still wanted, and what stock it took."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from app.adapters.orders import ChannelOrderLine, ChannelRefund, ChannelShipment
from app.adapters.woocommerce.mapper.amounts import Amounts, meta, metas, units
from app.adapters.woocommerce.mapper.reader import Reader
from app.adapters.woocommerce.mapper.refunds import is_before_delivery

_REDUCED: Final = "_reduced_stock"
_TOOK_NOTHING: Final = frozenset(("pending", "failed", "cancelled", "checkout-draft"))
_TOOK: Final = frozenset(("processing", "on-hold", "completed", "refunded"))
_TAG: Final = re.compile(r"<[^>]*>")
_LONGEST_CHOICE: Final = 80
_MOST_UNITS: Final = 10_000_000  # nobody ships more at once, and counts of many orders stay counts


def lines_of(
    order: Reader,
    amounts: Amounts,
    refunds: Sequence[ChannelRefund],
    shipments: Iterable[ChannelShipment],
) -> tuple[ChannelOrderLine, ...]:
    """Read the lines of an order, with what refunds and parcels say about each."""
    back = _summed(refund.lines for refund in refunds)
    not_delivered = _summed(each.lines for each in refunds if is_before_delivery(order, each))
    sent = _summed(each.lines for each in shipments if not each.is_cancelled)
    tells_stock = any(meta(line, _REDUCED) is not None for line in order.objects("line_items"))
    found = []
    for line in order.objects("line_items"):
        key = line.identity("id")
        ordered = _ordered(line)
        shipped = min(sent.get(key, 0), ordered)
        wanted = max(_wanted(order, ordered, not_delivered.get(key, 0)), shipped)
        taken = units(meta(line, _REDUCED))
        if taken is None:
            left = max(ordered - back.get(key, 0), 0)
            taken = 0 if tells_stock else _taken_by_status(order, left)
        found.append(
            _line(
                line,
                amounts,
                ordered=ordered,
                quantity=wanted,
                shipped=wanted if order.text("status") == "completed" else shipped,
                taken=max(taken, 0),
                needs_shipping=order.raw.get("needs_processing") is not False,
            )
        )
    return tuple(found)


def _ordered(line: Reader) -> int:
    """Return how many units a line is of; where a shop does not count, a buyer may ask for any."""
    count = max(units(line.raw.get("quantity")) or 0, 0)
    if count > _MOST_UNITS:
        raise line.bad("quantity", f"a number of units up to {_MOST_UNITS:,}")
    return count


def _summed(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts:
        for key, count in part.items():
            found[key] = found.get(key, 0) + count
    return found


def _wanted(order: Reader, ordered: int, not_delivered: int) -> int:
    status = order.text("status")
    never_sent = order.moment("date_completed_gmt") is None
    if status == "cancelled" or (status == "refunded" and never_sent):
        return 0
    return max(ordered - not_delivered, 0)


def _taken_by_status(order: Reader, left: int) -> int:
    """Guess for shops that hide what a line took: by the statuses that lower stock."""
    status = order.text("status")
    if status in _TOOK_NOTHING:
        return 0
    # A status of a plugin comes after those that took stock, once the order is paid.
    return left if status in _TOOK or order.text("date_paid_gmt") else 0


def _line(
    line: Reader,
    amounts: Amounts,
    *,
    ordered: int,
    quantity: int,
    shipped: int,
    taken: int,
    needs_shipping: bool,
) -> ChannelOrderLine:
    before, after = amounts.of_line(line, "subtotal"), amounts.of_line(line, "total")
    product, variation = _id(line, "product_id"), _id(line, "variation_id")
    return ChannelOrderLine(
        external_id=line.identity("id"),
        title=line.words("name") or "",
        quantity=quantity,
        ordered=ordered,
        unit_price=_each(before, line),
        total=after,
        sku=line.text("sku") or "",
        discount=before - after,
        tax=amounts.known(line, "total_tax"),
        shipped=shipped,
        taken=taken,
        needs_shipping=needs_shipping,
        product_external_id=product,
        variant_external_id=variation or product,
        options=" / ".join(_choices(line)),
    )


def _each(before: int, line: Reader) -> int:
    quantity = line.number("quantity")
    if not quantity:
        return before
    return int((Decimal(before) / quantity).to_integral_value(ROUND_HALF_UP))


def _id(line: Reader, name: str) -> str | None:
    """Return an id; 0 stands for none, also where the product was deleted."""
    value = str(line.raw.get(name) or "")
    return value if value.isdigit() and int(value) else None


def _choices(line: Reader) -> Iterable[str]:
    shown = {
        str(entry.raw.get("key") or ""): entry.raw.get("display_value")
        for entry in line.objects("meta_data")
    }
    for key, value in metas(line):
        words = shown.get(key) or value
        if key.startswith("_") or not isinstance(words, str):
            continue
        text = html.unescape(_TAG.sub("", words)).strip()
        if text and len(text) <= _LONGEST_CHOICE:
            yield text
